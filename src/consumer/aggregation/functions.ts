/**
 * The aggregating functions: how the data of one key is laid out, how data of two CPUs or of two readings become one,
 * and what they come to. Data is 64-bit words, signed, whose arithmetic wraps:
 *
 *     count       n
 *     sum         total
 *     min, max    seen, value             seen is not zero once the function was called
 *     avg         n, total
 *     stddev      n, total, sum of squares (low word, high word)
 *     quantize    127 buckets: 63 is zero, 64 + i counts [2^i, 2^(i+1)), 62 - i the same below zero
 *     lquantize   levels + 2 buckets: below the base, each level, at or above the limit
 *     llquantize  see llquantize.ts
 *
 * Merging is associative and commutative and has the empty data, all zeros, as its identity; so CPUs and readings may
 * be added up in any order.
 */

import { quantizeBucket, quantizeZero, aggregationWords as wordsOf } from '../../d/aggregation-data.js';
import { type LogLinear, llquantizeBucket, llquantizeBuckets } from './llquantize.js';

/** An aggregating function with what its arguments fixed. */
export type AggregatingFunction =
  | { readonly function: 'count' | 'sum' | 'min' | 'max' | 'avg' | 'stddev' | 'quantize' }
  | ({ readonly function: 'lquantize' } & Linear)
  | ({ readonly function: 'llquantize' } & LogLinear);

/** lquantize(value, base, limit, step) has `levels` = (limit - base) / step steps. */
export interface Linear {
  readonly base: number;
  readonly step: number;
  readonly levels: number;
}

/** The data of one key. */
export type AggregationData = BigInt64Array;

/** How many words the data of a key take. */
export function aggregationWords(aggregating: AggregatingFunction): number {
  switch (aggregating.function) {
    case 'count':
    case 'sum':
    case 'min':
    case 'max':
    case 'avg':
    case 'quantize':
      return wordsOf(aggregating.function);
    case 'stddev':
      return 4;
    case 'lquantize':
      return aggregating.levels + 2;
    case 'llquantize':
      return llquantizeBuckets(aggregating);
  }
}

/** The data of a key that the function has not been called for: the identity of `mergeAggregation`. */
export function emptyAggregation(aggregating: AggregatingFunction): AggregationData {
  return new BigInt64Array(aggregationWords(aggregating));
}

/** Adds `from` to `into`. Both have the function's words. */
export function mergeAggregation(aggregating: AggregatingFunction, into: AggregationData, from: AggregationData): void {
  switch (aggregating.function) {
    case 'min':
    case 'max':
      mergeExtreme(aggregating.function, into, from);
      return;
    case 'stddev':
      mergeSums(into, from, 2);
      addSquares(into, word(from, 2), word(from, 3));
      return;
    default:
      mergeSums(into, from, into.length);
  }
}

/** Calls the function: what the kernel does at a firing. `increment` is that of the distributions' last argument. */
export function aggregate(
  aggregating: AggregatingFunction,
  data: AggregationData,
  value: bigint,
  increment = 1n,
): void {
  const signed = BigInt.asIntN(64, value);
  switch (aggregating.function) {
    case 'count':
      add(data, 0, 1n);
      return;
    case 'sum':
      add(data, 0, signed);
      return;
    case 'min':
    case 'max':
      mergeExtreme(aggregating.function, data, BigInt64Array.of(1n, signed));
      return;
    case 'avg':
      add(data, 0, 1n);
      add(data, 1, signed);
      return;
    case 'stddev': {
      add(data, 0, 1n);
      add(data, 1, signed);
      const square = signed * signed;
      addSquares(data, square, square >> 64n);
      return;
    }
    case 'quantize':
      add(data, quantizeBucket(signed), increment);
      return;
    case 'lquantize':
      add(data, lquantizeBucket(aggregating, signed), increment);
      return;
    case 'llquantize':
      add(data, llquantizeBucket(aggregating, signed), increment);
      return;
  }
}

/** Whether the function yields a distribution, which prints as a table, and not one number. */
export function isDistribution(aggregating: AggregatingFunction): boolean {
  const { function: name } = aggregating;
  return name === 'quantize' || name === 'lquantize' || name === 'llquantize';
}

const noMinimum = 2n ** 63n - 1n;
const noMaximum = -(2n ** 63n);

/**
 * What a function of one number comes to, divided by the normalisation factor; 0 for distributions. The min() of
 * nothing, as after clear(), is the greatest integer and the max() the least, as dtrace has it.
 */
export function aggregationValue(aggregating: AggregatingFunction, data: AggregationData, normal = 1n): bigint {
  switch (aggregating.function) {
    case 'count':
      return BigInt.asUintN(64, word(data, 0)) / normal;
    case 'sum':
      return word(data, 0) / normal;
    case 'min':
      return (word(data, 0) === 0n ? noMinimum : word(data, 1)) / normal;
    case 'max':
      return (word(data, 0) === 0n ? noMaximum : word(data, 1)) / normal;
    case 'avg':
      return word(data, 0) === 0n ? 0n : word(data, 1) / normal / word(data, 0);
    case 'stddev':
      return standardDeviation(data, normal);
    default:
      return 0n;
  }
}

const word = (data: AggregationData, index: number): bigint => data[index] ?? 0n;

/** Storing into the array is what wraps. */
function add(data: AggregationData, index: number, value: bigint): void {
  data[index] = word(data, index) + value;
}

function mergeSums(into: AggregationData, from: AggregationData, words: number): void {
  for (let i = 0; i < words; i += 1) {
    const more = word(from, i);
    if (more !== 0n) add(into, i, more);
  }
}

function mergeExtreme(which: 'min' | 'max', into: AggregationData, from: AggregationData): void {
  if (word(from, 0) === 0n) return;
  const [held, offered] = [word(into, 1), word(from, 1)];
  if (word(into, 0) === 0n || (which === 'min' ? offered < held : offered > held)) into[1] = offered;
  into[0] = word(into, 0) | word(from, 0);
}

function addSquares(data: AggregationData, low: bigint, high: bigint): void {
  const sum = BigInt.asUintN(64, word(data, 2)) + BigInt.asUintN(64, low);
  data[2] = sum;
  add(data, 3, high + (sum >> 64n));
}

/** The square root of (mean of squares less square of the mean), each mean an integer, as dtrace computes it. */
function standardDeviation(data: AggregationData, normal: bigint): bigint {
  const count = word(data, 0);
  if (count === 0n) return 0n;
  const squares = (BigInt.asUintN(64, word(data, 3)) << 64n) | BigInt.asUintN(64, word(data, 2));
  const mean = word(data, 1) / normal / count;
  return squareRoot(squares / normal / BigInt.asUintN(64, count) - mean * mean);
}

/** The integer square root, by Newton's method; 0 for what is negative. */
function squareRoot(square: bigint): bigint {
  if (square < 1n) return 0n;
  let root = 1n << BigInt((square.toString(2).length + 1) >> 1);
  for (;;) {
    const next = (root + square / root) >> 1n;
    if (next >= root) return root;
    root = next;
  }
}

/** The value that a bucket of quantize() is labelled with: the one of its values that is nearest to zero. */
export function quantizeLabel(bucket: number): bigint {
  if (bucket === quantizeZero) return 0n;
  return bucket > quantizeZero ? 1n << BigInt(bucket - quantizeZero - 1) : -(1n << BigInt(quantizeZero - 1 - bucket));
}

function lquantizeBucket({ base, step, levels }: Linear, value: bigint): number {
  if (value < BigInt(base)) return 0;
  const level = (value - BigInt(base)) / BigInt(step);
  return level >= BigInt(levels) ? levels + 1 : Number(level) + 1;
}
