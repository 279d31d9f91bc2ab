import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type AggregatingFunction,
  type AggregationData,
  aggregate,
  aggregationValue,
  aggregationWords,
  emptyAggregation,
  mergeAggregation,
  quantizeLabel,
} from '../../../src/consumer/aggregation/functions.js';
import { llquantizeBound, llquantizeBucket, llquantizeMiddle } from '../../../src/consumer/aggregation/llquantize.js';
import { quantizeBucket } from '../../../src/d/aggregation-data.js';

const functions: readonly AggregatingFunction[] = [
  { function: 'count' },
  { function: 'sum' },
  { function: 'min' },
  { function: 'max' },
  { function: 'avg' },
  { function: 'stddev' },
  { function: 'quantize' },
  { function: 'lquantize', base: -10, step: 5, levels: 6 },
  { function: 'llquantize', factor: 10, low: 0, high: 3, steps: 20 },
];
const table = functions.map((aggregating) => [aggregating.function, aggregating] as const);

const int64 = fc.oneof(
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  fc.bigInt({ min: -40n, max: 40n }),
  fc.constantFrom(-(2n ** 63n), 2n ** 63n - 1n, 0n),
);
const values = fc.array(int64, { maxLength: 8 });

const collect = (aggregating: AggregatingFunction, list: readonly bigint[]): AggregationData => {
  const data = emptyAggregation(aggregating);
  for (const value of list) aggregate(aggregating, data, value);
  return data;
};
const merged = (aggregating: AggregatingFunction, ...parts: readonly AggregationData[]): AggregationData => {
  const into = emptyAggregation(aggregating);
  for (const part of parts) mergeAggregation(aggregating, into, part);
  return into;
};

describe.each(table)('%s', (_, aggregating) => {
  it('merges what CPUs saw into what one would have seen', () => {
    fc.assert(
      fc.property(fc.array(values, { maxLength: 4 }), (parts) => {
        const apart = merged(aggregating, ...parts.map((part) => collect(aggregating, part)));
        expect(apart).toEqual(collect(aggregating, parts.flat()));
      }),
    );
  });

  it('merges in any order and grouping alike, with the empty data as identity', () => {
    fc.assert(
      fc.property(values, values, values, (one, two, three) => {
        const [a, b, c] = [collect(aggregating, one), collect(aggregating, two), collect(aggregating, three)];
        const all = merged(aggregating, a, b, c);
        expect(merged(aggregating, merged(aggregating, a, b), c)).toEqual(all);
        expect(merged(aggregating, a, merged(aggregating, b, c))).toEqual(all);
        expect(merged(aggregating, c, a, b)).toEqual(all);
        expect(merged(aggregating, a, emptyAggregation(aggregating))).toEqual(a);
        expect(merged(aggregating, emptyAggregation(aggregating), a)).toEqual(a);
      }),
    );
  });

  it('has as many words as it says', () => {
    expect(emptyAggregation(aggregating)).toHaveLength(aggregationWords(aggregating));
  });
});

describe('the value of', () => {
  const wrap = (value: bigint): bigint => BigInt.asIntN(64, value);
  const total = (list: readonly bigint[]): bigint => wrap(list.reduce((sum, value) => sum + value, 0n));
  const ordered = (list: readonly bigint[]): bigint[] => list.toSorted((a, b) => (a < b ? -1 : 1));
  const least = (list: readonly bigint[]): bigint => ordered([...list, 2n ** 63n - 1n])[0] ?? 0n;
  const most = (list: readonly bigint[]): bigint => ordered([...list, -(2n ** 63n)]).at(-1) ?? 0n;
  it.each<[AggregatingFunction['function'], (list: readonly bigint[]) => bigint]>([
    ['count', (list) => BigInt(list.length)],
    ['sum', total],
    ['min', least],
    ['max', most],
    ['avg', (list) => (list.length === 0 ? 0n : total(list) / BigInt(list.length))],
  ])('%s is that of its definition, wrapping at 64 bits', (name, define) => {
    const aggregating = functions.find((candidate) => candidate.function === name) ?? { function: 'count' };
    fc.assert(
      fc.property(values, (list) => {
        expect(aggregationValue(aggregating, collect(aggregating, list))).toBe(define(list));
      }),
    );
  });

  it.each([
    [[], 0n],
    [[5n], 0n],
    [[2n, 4n, 4n, 4n, 5n, 5n, 7n, 9n], 2n],
    [[-100n, 100n], 100n],
    [[0n, 16_000_000_000n], 8_000_000_000n],
  ])('stddev of %s is %s', (list, expected) => {
    expect(aggregationValue({ function: 'stddev' }, collect({ function: 'stddev' }, list))).toBe(expected);
  });

  it('is divided by the normalisation factor', () => {
    expect(aggregationValue({ function: 'sum' }, collect({ function: 'sum' }, [1000n, -3500n]), 1000n)).toBe(-2n);
    expect(aggregationValue({ function: 'avg' }, collect({ function: 'avg' }, [1000n, 3000n]), 1000n)).toBe(2n);
  });
});

describe('quantize buckets', () => {
  it.each([
    [0n, 63],
    [1n, 64],
    [2n, 65],
    [3n, 65],
    [4n, 66],
    [2n ** 63n - 1n, 126],
    [-1n, 62],
    [-2n, 61],
    [-3n, 61],
    [-4n, 60],
    [-(2n ** 63n), 0],
  ])('%s is counted in bucket %d', (value, bucket) => {
    expect(quantizeBucket(value)).toBe(bucket);
  });

  it('count a value under the nearest label that is not beyond it', () => {
    fc.assert(
      fc.property(int64, (value) => {
        const label = quantizeLabel(quantizeBucket(value));
        const [size, bound] = [value < 0n ? -value : value, label < 0n ? -label : label];
        expect(bound <= size).toBe(true);
        if (value !== -(2n ** 63n) && value !== 0n) expect(size < 2n * bound).toBe(true);
      }),
    );
  });
});

describe('llquantize buckets', () => {
  it.each([
    [{ factor: 4, low: 0, high: 1, steps: 2 }],
    [{ factor: 4, low: 0, high: 1, steps: 4 }],
    [{ factor: 4, low: 0, high: 1, steps: 8 }],
    [{ factor: 10, low: 0, high: 6, steps: 20 }],
    [{ factor: 10, low: 3, high: 5, steps: 10 }],
    [{ factor: 3, low: 3, high: 5, steps: 27 }],
    [{ factor: 2, low: 8, high: 13, steps: 16 }],
  ])('of %j hold the values from their bound up to the next one', (shape) => {
    const middle = llquantizeMiddle(shape);
    fc.assert(
      fc.property(fc.bigInt({ min: -2_000_000n, max: 2_000_000n }), (value) => {
        const bucket = llquantizeBucket(shape, value);
        const size = value < 0n ? -value : value;
        const distance = Math.abs(bucket - middle);
        if (distance === 0) {
          expect(size < BigInt(shape.factor) ** BigInt(shape.low)).toBe(true);
          return;
        }
        expect(bucket > middle).toBe(value > 0n);
        const bound = llquantizeBound(shape, distance);
        expect(bound !== undefined && bound <= size).toBe(true);
        for (let next = distance + 1; next <= middle; next += 1) {
          const above = llquantizeBound(shape, next);
          if (above === undefined) continue;
          expect(size < above).toBe(true);
          break;
        }
      }),
    );
  });
});
