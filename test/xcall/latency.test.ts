import { describe, expect, it } from 'vitest';
import { formatDistribution } from '../../src/consumer/format/distribution.js';
import { quantizeBucket } from '../../src/d/aggregation-data.js';
import { createLatency } from '../../src/xcall/latency.js';

describe('latencies', () => {
  const powers = Array.from({ length: 53 }, (_, exponent) => 2 ** exponent);

  it.each([0, 0.3, 0.99, 1.99, ...powers.flatMap((power) => [power - 1, power, power + 1])])(
    '%d ns is counted in the bucket that quantize() has for it',
    (nanoseconds) => {
      const latency = createLatency();
      latency.add(nanoseconds);
      const expected = new BigInt64Array(127);
      expected[quantizeBucket(BigInt(Math.floor(nanoseconds)))] = 1n;
      expect(latency.buckets()).toEqual(expected);
    },
  );

  it('below zero, as after a clock was set, count as zero', () => {
    const latency = createLatency();
    latency.add(-5);
    expect(latency.buckets()[63]).toBe(1n);
  });

  it('are given in a copy, which prints as quantize() does', () => {
    const latency = createLatency();
    latency.add(3000);
    const before = latency.buckets();
    latency.add(3000);
    expect(formatDistribution({ function: 'quantize' }, before)).toMatch(/^ *2048 \|@{40} 1 *$/m);
    expect(formatDistribution({ function: 'quantize' }, latency.buckets())).toMatch(/^ *2048 \|@{40} 2 *$/m);
  });
});
