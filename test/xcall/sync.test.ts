import { describe, expect, it, vi } from 'vitest';
import { PrivilegeError } from '../../src/bpf/loader/errors.js';
import { crossCallOffline } from '../../src/bpf/run.js';
import { quantizeBucket } from '../../src/d/aggregation-data.js';
import { depthMarker } from '../../src/d/codegen/handler.js';
import { controlBlock, controlWords } from '../../src/d/codegen/memory/layout.js';
import { getAffinity, possibleCpus, setAffinity } from '../../src/sys/index.js';
import { createSync, type Straggler, SyncError } from '../../src/xcall/sync.js';
import { mapByName } from '../kernel-objects.js';
import { kernelTest } from '../kernel-test.js';
import { calls, startProgram } from '../programs.js';
import { open, trace } from '../trace.js';

const outside = depthMarker;
const inside = depthMarker | 1;

/** A machine whose CPUs answer what a script says, the last word for ever. */
const scripted = (script: Readonly<Record<number, readonly number[]>>) => {
  const asked: number[] = [];
  const turn = new Map<number, number>();
  const call = (cpu: number): number => {
    // What it is tried with when a sync is made.
    if (cpu === 0x7fff_ffff) return crossCallOffline;
    asked.push(cpu);
    const answers = script[cpu] ?? [];
    const at = turn.get(cpu) ?? 0;
    turn.set(cpu, at + 1);
    return answers[Math.min(at, answers.length - 1)] ?? crossCallOffline;
  };
  return { asked, call };
};

const straggler: Straggler = { cpu: 1, epid: 7, pid: 4242 };
const sync = (call: (cpu: number) => number, cpus: readonly number[], patience = 0) =>
  createSync({ call, possibleCpus: cpus, inspect: (cpu) => ({ ...straggler, cpu }), patience });

describe('sync()', () => {
  it('cannot be made where no calls can be made, and says why before anything is called', () => {
    const asked: number[] = [];
    const refusing = (cpu: number): number => {
      asked.push(cpu);
      throw new PrivilegeError('bpf(BPF_PROG_RUN)', 1);
    };
    expect(() => sync(refusing, [0, 1])).toThrow(PrivilegeError);
    expect(asked.filter((cpu) => cpu < 2)).toEqual([]);
  });

  it('calls every possible CPU once where none is inside a probe', () => {
    const { asked, call } = scripted({ 0: [outside], 2: [outside], 5: [outside] });
    const { statistics, sync: run } = sync(call, [0, 2, 5]);
    run();
    expect(asked).toEqual([0, 2, 5]);
    expect([statistics.calls, statistics.retries]).toEqual([1, 0]);
  });

  it('takes an offline CPU as quiescent', () => {
    const { asked, call } = scripted({ 0: [outside], 1: [crossCallOffline] });
    sync(call, [0, 1]).sync();
    expect(asked).toEqual([0, 1]);
  });

  it('calls a CPU again while it is inside a probe, and counts that', () => {
    const { asked, call } = scripted({ 0: [inside, depthMarker | 0x100, depthMarker | 0xffff, outside], 1: [outside] });
    const { statistics, sync: run } = sync(call, [0, 1]);
    run();
    expect(asked).toEqual([0, 0, 0, 0, 1]);
    expect(statistics.retries).toBe(3);
  });

  it.each([
    ['a run that the kernel skipped', 0],
    ['another marker', 0x1234_0000],
  ])('does not believe %s', (_, answer) => {
    const { asked, call } = scripted({ 0: [answer, outside] });
    sync(call, [0]).sync();
    expect(asked).toEqual([0, 0]);
  });

  it('gives up on a CPU that does not leave its probe, and names it', () => {
    const { call } = scripted({ 0: [outside], 1: [inside] });
    const { sync: run } = sync(call, [0, 1], 10);
    let error: unknown;
    try {
      run();
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(SyncError);
    expect((error as SyncError).straggler).toEqual(straggler);
    expect((error as SyncError).hint).toMatch(/enable fewer/);
    expect((error as SyncError).message).toBe(
      'CPU 1 has been inside a probe for 10 ms: enabled probe ID 7, process 4242',
    );
  });

  it('bears with a CPU for as long as it was told, and calls it all the while', () => {
    let time = 0;
    vi.spyOn(performance, 'now').mockImplementation(() => time);
    try {
      let asked = 0;
      const call = (cpu: number): number => {
        if (cpu > 0) return crossCallOffline;
        asked += 1;
        time += 1;
        return inside;
      };
      expect(() => sync(call, [0], 80).sync()).toThrow('inside a probe for 80 ms');
      expect(asked).toBe(81);
    } finally {
      vi.restoreAllMocks();
    }
  });

  it('keeps how long each call took in the buckets of quantize(), also of one that failed', () => {
    const { call } = scripted({ 0: [outside], 1: [outside, outside, inside] });
    const { statistics, sync: run } = sync(call, [0, 1], 2);
    const counted = () => statistics.latency.reduce((sum, count) => sum + count, 0n);
    expect([counted(), statistics.longest]).toEqual([0n, 0]);
    run();
    run();
    expect(() => run()).toThrow(SyncError);
    expect([counted(), statistics.calls]).toEqual([3n, 3]);
    const last = statistics.latency.findLastIndex((count) => count > 0n);
    expect(last).toBe(quantizeBucket(BigInt(Math.floor(statistics.longest))));
  });
});

describe('the longest sync()', () => {
  it('stays the longest when a shorter one follows', () => {
    // The CPU is inside for longer than the eager tries, so that the first call pauses.
    const { call } = scripted({ 0: [...Array.from({ length: 70 }, () => inside), outside] });
    const { statistics, sync: run } = sync(call, [0], 10_000);
    run();
    const { longest } = statistics;
    expect(longest).toBeGreaterThan(1e6);
    for (let calls = 0; calls < 20; calls += 1) run();
    expect(statistics.latency.findIndex((count) => count > 0n)).toBeLessThan(
      quantizeBucket(BigInt(Math.floor(longest))),
    );
    expect(statistics.longest).toBeGreaterThanOrEqual(longest);
  });
});

describe('sync() on the live kernel', () => {
  kernelTest('returns, with every possible CPU called', () => {
    using session = open('syscall:::entry { @ = count(); } profile-997 { @ = count(); }');
    session.go();
    const before = session.sync.statistics.calls;
    for (let round = 0; round < 100; round += 1) session.sync.sync();
    expect(session.sync.statistics.calls).toBe(before + 100);
    expect(possibleCpus().length).toBeGreaterThan(0);
  });

  kernelTest('ends in an error that names the CPU, the clause and the process where a CPU stays inside', () => {
    using session = open('BEGIN { i = 1; } BEGIN { i = 2; } END { i = 3; }');
    session.go();
    // The process that the cross-call finds is this one: it runs where it calls.
    const before = getAffinity();
    const cpu = before[0] ?? 0;
    const slot = session.cpuOfSlot.indexOf(cpu);
    using control = mapByName('control') ?? expect.unreachable('there is a map of that name');
    const word = (offset: number): number => (controlWords.blocks + slot * controlBlock.size + offset) / 8;
    const inprobe = word(controlBlock.inprobe);
    expect(control.u64[inprobe]).toBe(0n);
    setAffinity([cpu]);
    control.u64[word(controlBlock.epid)] = 9n;
    control.u64[inprobe] = 1n;
    try {
      let error: unknown;
      try {
        session.sync.sync();
      } catch (thrown) {
        error = thrown;
      }
      expect(error).toBeInstanceOf(SyncError);
      expect((error as SyncError).straggler).toEqual({ cpu, epid: 9, pid: process.pid });
      expect(session.sync.statistics.retries).toBeGreaterThan(0);
    } finally {
      control.u64[inprobe] = 0n;
      setAffinity(before);
    }
    session.sync.sync();
  });

  kernelTest('waits where its call lands inside a probe, and counts how often', async () => {
    const programs = await Promise.all(
      [0, 1, 2].map(() => startProgram([{ call: calls.getpgid, times: 1_000_000_000 }])),
    );
    let retries = 0;
    await trace(
      'syscall::getpgid:entry, syscall::getpgid:return /ppid == $pid/ { @[probefunc, execname] = count(); }',
      {
        programs,
        meanwhile: async ({ sync: { sync: run, statistics } }) => {
          const deadline = Date.now() + 20_000;
          while (statistics.retries === 0 && Date.now() < deadline) {
            for (let i = 0; i < 1000 && statistics.retries === 0; i += 1) run();
            await new Promise((resolve) => setTimeout(resolve, 1));
          }
          retries = statistics.retries;
          for (const program of programs) program.close();
        },
      },
    );
    expect(retries).toBeGreaterThan(0);
  });
});
