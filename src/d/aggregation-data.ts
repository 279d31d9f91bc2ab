/** What aggregating functions keep: the words of an entry, the same to probes, the interpreter and the consumer. */

import { assertNever } from './assert-never.js';
import type { AggregatingFunction } from './dif.js';

/** Buckets of quantize(): one for zero, and one for each power of two and sign. */
export const quantizeBuckets = 127;

/** The word of quantize that counts zeros; see `quantizeBucket`. */
export const quantizeZero = 63;

/**
 * 64-bit words that an entry takes: count [n]; sum [total modulo 2^64]; min and max [1 once seen, value]; avg [count, total];
 * quantize one word a bucket.
 */
export function aggregationWords(name: AggregatingFunction): number {
  switch (name) {
    case 'count':
    case 'sum':
      return 1;
    case 'min':
    case 'max':
    case 'avg':
      return 2;
    case 'quantize':
      return quantizeBuckets;
    default:
      return assertNever(name);
  }
}

/**
 * The bucket of a value, which quantize takes as signed: zero 63, positive values 64 + log2(v), negative ones
 * 62 - log2(-v), the minimum together with -2^62.
 */
export function quantizeBucket(value: bigint): number {
  const signed = BigInt.asIntN(64, value);
  if (signed === 0n) return quantizeZero;
  const magnitude = (signed < 0n ? -signed : signed).toString(2).length - 1;
  return signed > 0n ? 64 + magnitude : Math.max(0, 62 - magnitude);
}
