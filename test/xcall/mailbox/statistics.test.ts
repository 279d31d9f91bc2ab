/** What a mailbox tells of its latencies, from the counts that the server keeps. */

import { describe, expect, it } from 'vitest';
import { quantizeBucket } from '../../../src/d/aggregation-data.js';
import { mailboxSize, mailboxWords } from '../../../src/d/codegen/memory/mailbox-layout.js';
import { createBoxes } from '../../../src/xcall/mailbox/boxes.js';
import { latencyBucket } from '../../../src/xcall/mailbox/rounds.js';
import { atomicWords } from '../../../src/xcall/mailbox/words.js';

/** The latency that a mailbox tells after these requests: nanoseconds, and how many took that long. */
function latencyOf(counts: readonly (readonly [nanoseconds: number, count: number])[]) {
  const words = atomicWords(new BigUint64Array(mailboxSize({ slots: 2, cpus: 2, levels: 1 }) / 8));
  for (const [nanoseconds, count] of counts) {
    words.add(mailboxWords.latencies + 8 * latencyBucket(nanoseconds), BigInt(count));
  }
  const all = counts.map(([nanoseconds]) => nanoseconds);
  words.store(mailboxWords.leastLatency, BigInt(Math.min(...all, 2 ** 40) % 2 ** 40));
  words.store(mailboxWords.greatestLatency, BigInt(Math.max(0, ...all)));
  return createBoxes(words, 2).statistics().latency;
}

describe('the latency of requests', () => {
  it.each([
    {
      counts: [
        [1000, 99],
        [1_000_000, 1],
      ],
      p50: 1000,
      p99: 1000,
    },
    {
      counts: [
        [1000, 98],
        [1_000_000, 2],
      ],
      p50: 1000,
      p99: 1_000_000,
    },
    {
      counts: [
        [1000, 49],
        [5000, 51],
      ],
      p50: 5000,
      p99: 5000,
    },
    { counts: [[700, 1]], p50: 700, p99: 700 },
  ] as const)('is $p50 ns at p50 and $p99 ns at p99 of $counts, at most a fifth too high', ({ counts, p50, p99 }) => {
    const latency = latencyOf(counts);
    for (const [found, is] of [
      [latency.p50, p50],
      [latency.p99, p99],
    ] as const) {
      expect(found / is).toBeGreaterThanOrEqual(1);
      expect(found / is).toBeLessThan(1.2);
    }
    expect(latency.count).toBe(counts.reduce((sum, [, count]) => sum + count, 0));
    expect([latency.min, latency.max]).toEqual([counts[0][0], counts.at(-1)?.[0]]);
    expect(latency.p99).toBeLessThanOrEqual(latency.max);
  });

  it('is counted by powers of two as quantize() does', () => {
    const { buckets } = latencyOf([
      [1023, 2],
      [1024, 3],
      [5000, 4],
    ]);
    const expected = new BigInt64Array(buckets.length);
    expected[quantizeBucket(1023n)] = 2n;
    expected[quantizeBucket(1024n)] = 3n;
    expected[quantizeBucket(5000n)] = 4n;
    expect(buckets).toEqual(expected);
  });

  it('is nothing where there were no requests', () => {
    expect(latencyOf([])).toMatchObject({ count: 0, min: 0, p50: 0, p99: 0, max: 0 });
  });
});
