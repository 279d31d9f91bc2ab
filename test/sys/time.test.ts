import { describe, expect, it } from 'vitest';
import { readClock, realtimeOffset } from '../../src/sys/index.js';

describe('clocks', () => {
  it('the monotonic clock is that of process.hrtime', () => {
    const before = process.hrtime.bigint();
    const now = readClock('monotonic');
    const after = process.hrtime.bigint();
    expect(now >= before && now <= after).toBe(true);
  });

  it('monotonic time plus the offset is wall-clock time', () => {
    const { nanoseconds, uncertainty } = realtimeOffset();
    expect(uncertainty).toBeGreaterThanOrEqual(0n);
    const before = BigInt(Date.now());
    const wall = (readClock('monotonic') + nanoseconds) / 1_000_000n;
    const after = BigInt(Date.now());
    // Date counts whole milliseconds; one more for the adjustment of the clock in between.
    expect(wall >= before - 1n && wall <= after + 1n).toBe(true);
  });
});
