import { describe, expect } from 'vitest';
import { readClock } from '../../src/sys/index.js';
import { kernelTest } from '../kernel-test.js';
import { calls, startProgram } from '../programs.js';
import { trace } from '../trace.js';

describe('the clocks', () => {
  kernelTest('stand still within a firing', async () => {
    const { lines } = await trace(
      `BEGIN { t = timestamp; v = vtimestamp; w = walltimestamp; }
       BEGIN { printf("%d %d %d\\n", timestamp - t, vtimestamp - v, walltimestamp - w); exit(0); }`,
    );
    expect(lines).toEqual(['0 0 0']);
  });

  kernelTest('are those of the machine: timestamp the monotonic one, walltimestamp the wall clock', async () => {
    const before = [readClock('monotonic'), BigInt(Date.now()) * 1_000_000n] as const;
    const { lines } = await trace('BEGIN { printf("%d %d\\n", timestamp, walltimestamp); exit(0); }');
    const after = [readClock('monotonic'), BigInt(Date.now() + 1) * 1_000_000n] as const;
    const [monotonic = 0n, wall = 0n] = (lines[0] ?? '').split(' ').map(BigInt);
    expect(monotonic >= before[0] && monotonic <= after[0]).toBe(true);
    // Date.now() is cut to whole milliseconds, and follows adjustments of the clock in its own time.
    const slack = 10_000_000n;
    expect(wall >= before[1] - slack && wall <= after[1] + slack).toBe(true);
  });

  kernelTest('go on from firing to firing', async () => {
    const program = await startProgram([{ call: calls.getpgid, times: 1000 }]);
    const { lines } = await trace(
      `syscall::getpgid:entry /pid == $target/ { self->t = timestamp; self->v = vtimestamp; }
       syscall::getpgid:return /pid == $target && timestamp > self->t && vtimestamp >= self->v/ { @ = count(); }`,
      { programs: [program] },
    );
    expect(lines.map(Number)).toEqual([1000]);
  });

  kernelTest('vtimestamp grows while the thread runs, and stands while it sleeps', async () => {
    // 50 ms asleep; then a loop of as many rounds as takes a few ms at least on any machine.
    const program = await startProgram([
      { call: calls.getpgid, arguments: [1] },
      { call: calls.poll, arguments: [0, 0, 50] },
      { call: calls.getpgid, arguments: [2] },
      { spin: 20_000_000 },
      { call: calls.getpgid, arguments: [3] },
    ]);
    const { lines } = await trace(
      'syscall::getpgid:entry /pid == $target/ { printf("%d %d %d\\n", arg0, timestamp, vtimestamp); }',
      { programs: [program] },
    );
    // The records of a CPU come together, and the program may have moved between two of them.
    const records = lines.map((line) => line.split(' ').map(Number));
    const [first = [], second = [], third = []] = records.sort(([a = 0], [b = 0]) => a - b);
    const since = (from: readonly number[], to: readonly number[], at: number): number =>
      (to[at] ?? 0) - (from[at] ?? 0);
    const [asleep, asleepVirtual] = [since(first, second, 1), since(first, second, 2)];
    const [busy, busyVirtual] = [since(second, third, 1), since(second, third, 2)];
    expect(asleep).toBeGreaterThanOrEqual(50_000_000);
    expect(asleepVirtual).toBeGreaterThan(0);
    expect(asleepVirtual).toBeLessThan(asleep / 2);
    expect(busyVirtual).toBeGreaterThan(1_000_000);
    // The scheduler's clock and the monotonic one may disagree by microseconds at each switch.
    const slack = 1_000_000;
    expect(busyVirtual).toBeLessThanOrEqual(busy + slack);
  });
});
