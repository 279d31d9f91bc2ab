/** Latencies as quantize() of D keeps them: a bucket for each power of two. */

import { quantizeBuckets, quantizeZero } from '../d/aggregation-data.js';

/** Latencies that were measured. */
export interface Latency {
  /** Counts one, in nanoseconds; below zero counts as zero. */
  add(nanoseconds: number): void;
  /** The counts so far, in a copy: as many words as quantize() has, and in its buckets (`quantizeBucket`). */
  buckets(): BigInt64Array;
}

/** The bucket of quantize() for whole nanoseconds, without the arithmetic on big integers that would cost more than a call. */
const bucketOf = (nanoseconds: number): number => {
  const whole = Math.floor(nanoseconds);
  if (whole < 1) return quantizeZero;
  const high = Math.floor(whole / 2 ** 32);
  return quantizeZero + (high > 0 ? 64 - Math.clz32(high) : 32 - Math.clz32(whole));
};

/** No latencies yet. */
export function createLatency(): Latency {
  const counts = new Float64Array(quantizeBuckets);
  return {
    add: (nanoseconds) => {
      const bucket = bucketOf(nanoseconds);
      counts[bucket] = (counts[bucket] ?? 0) + 1;
    },
    buckets: () => BigInt64Array.from(counts, BigInt),
  };
}
