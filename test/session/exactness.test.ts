/** A record or a count is neither lost nor doubled: not by reading, clearing, ending, nor by probes that nest. */

import { describe, expect } from 'vitest';
import { kernelTest } from '../kernel-test.js';
import { calls, startProgram, type WaitingProgram } from '../programs.js';
import { type Trace, tableOf, trace } from '../trace.js';

const storm = (times: number): Promise<WaitingProgram> =>
  startProgram([{ call: calls.getpgid, arguments: ['counter'], times }]);

const storms = (count: number, times: number): Promise<WaitingProgram[]> =>
  Promise.all(Array.from({ length: count }, () => storm(times)));

/** Storms that never sleep, but take long enough for the consumer to switch many times meanwhile. */
const longStorms = (count: number, times: number): Promise<WaitingProgram[]> => {
  const bursts = 100;
  const burst = { call: calls.getpgid, arguments: ['counter'], times: times / bursts } as const;
  const steps = Array.from({ length: bursts }, () => [burst, { spin: 2_000_000 }]).flat();
  return Promise.all(Array.from({ length: count }, () => startProgram(steps)));
};

const firedTicks = ({ ticks }: Trace): number => ticks.reduce((sum, { fired }) => sum + fired, 0);

const numbersOf = (lines: readonly string[]): number[] => lines.map(Number);

/** Messages about ticks that came late: the machine's doing, and reported. */
const apartFromTicks = (messages: readonly string[]): string[] =>
  messages.filter((message) => !/ticks? lost/.test(message));

describe('probes that nest', () => {
  const clauses = (update: string): string =>
    `syscall::getpgid:entry /ppid == $pid/ { ${update} } profile-4999 { ${update} }`;

  kernelTest('count into one aggregation: the sum is exact', async () => {
    const made = 200_000;
    const run = await trace(clauses('@ = count();'), { programs: await storms(2, made) });
    expect(numbersOf(run.lines)).toEqual([2 * made + firedTicks(run)]);
    expect(firedTicks(run)).toBeGreaterThan(0);
    expect(apartFromTicks(run.messages)).toEqual([]);
  });

  kernelTest('count by a string key: each sum is exact', async () => {
    const made = 200_000;
    const run = await trace(clauses('@[probeprov, probename] = count();'), { programs: await storms(2, made) });
    const ticks = firedTicks(run);
    expect(tableOf(run.lines)).toEqual({ 'syscall entry': 2 * made, 'profile profile-4999': ticks });
    expect(apartFromTicks(run.messages)).toEqual([]);
  });

  kernelTest('sum, average, take extremes: all agree with the count', async () => {
    const made = 100_000;
    const run = await trace(
      `${clauses('@sum = sum(3); @avg = avg(7); @min = min(probename == "entry" ? 5 : 4); @max = max(id); @count = count();')}
       END { printa("%@d\\n", @sum); printa("%@d\\n", @avg); printa("%@d\\n", @min); printa("%@d\\n", @count); }`,
      { programs: await storms(2, made) },
    );
    const firings = 2 * made + firedTicks(run);
    expect(numbersOf(run.lines.slice(0, 4))).toEqual([3 * firings, 7, 4, firings]);
  });

  kernelTest('quantize: the buckets add up to the firings', async () => {
    const made = 100_000;
    const run = await trace(clauses('@ = quantize(arg0 < 0 || arg0 > 200000 ? 1 : arg0);'), {
      programs: await storms(1, made),
    });
    const rows = run.lines.filter((line) => line.includes('|')).map((line) => Number(line.split(/\s+/).at(-1)));
    expect(rows.reduce((sum, count) => sum + count, 0)).toBe(made + firedTicks(run));
  });

  kernelTest('record: no record is torn, lost or doubled', async () => {
    const made = 50_000;
    const run = await trace(
      `syscall::getpgid:entry /pid == $target/ { printf("%d %d %d %s\\n", arg0, arg0, arg0, probefunc); }
       profile-4999 { printf("%d %d %d %s\\n", -1, -1, -1, probename); }`,
      { programs: [await storm(made)], options: { bufsize: 16 << 20 } },
    );
    const sequence: string[] = [];
    let ticks = 0;
    for (const line of run.lines) {
      if (line === '-1 -1 -1 profile-4999') ticks += 1;
      else sequence.push(line);
    }
    // Buffers are read CPU by CPU, and the program may have been moved to another one.
    sequence.sort((left, right) => Number.parseInt(left, 10) - Number.parseInt(right, 10));
    expect(sequence).toEqual(Array.from({ length: made }, (_, i) => `${i} ${i} ${i} getpgid`));
    expect(ticks).toBe(firedTicks(run));
  });
});

describe('switching', () => {
  kernelTest('aggregations as fast as it goes loses no count and doubles none', async () => {
    const made = 300_000;
    const run = await trace('syscall::getpgid:entry /ppid == $pid/ { @[pid] = count(); @all = count(); }', {
      programs: await longStorms(2, made),
      options: { aggrate: 1 },
      pause: 0,
    });
    expect(run.syncs).toBeGreaterThan(3);
    const [all, ...each] = run.lines.at(-1)?.trim() === String(2 * made) ? [...run.lines].reverse() : run.lines;
    expect(Number(all)).toBe(2 * made);
    expect(each.map((line) => Number(line.trim().split(/\s+/)[1]))).toEqual([made, made]);
    expect(run.messages).toEqual([]);
  });

  kernelTest('and clearing while probes count: what was printed adds up to what was made', async () => {
    const made = 300_000;
    const run = await trace(
      `syscall::getpgid:entry /ppid == $pid/ { @ = count(); }
       tick-200 { printa("%@d\\n", @); clear(@); }
       END { printa("%@d\\n", @); }`,
      { programs: await longStorms(2, made), options: { switchrate: 1_000_000, aggrate: 1_000_000 }, pause: 0 },
    );
    expect(run.lines.length).toBeGreaterThan(5);
    expect(numbersOf(run.lines).reduce((sum, count) => sum + count, 0)).toBe(2 * made);
  });

  kernelTest('principal buffers as fast as it goes loses, doubles, tears and reorders no record', async () => {
    const made = 20_000;
    const programs = await longStorms(2, made);
    const run = await trace(
      'syscall::getpgid:entry /ppid == $pid/ { printf("%d %d %d %d\\n", cpu, pid, arg0, arg0 ^ pid); }',
      {
        programs,
        options: { switchrate: 1, bufsize: 16 << 20 },
        pause: 0,
      },
    );
    const seen = new Set<string>();
    const last = new Map<string, number>();
    for (const line of run.lines) {
      const [cpu = 0, pid = 0, sequence = 0, check] = line.split(' ').map(Number);
      const place = `${cpu} ${pid}`;
      // A process that moves to another CPU leaves records in both buffers; each of them is in order.
      const inOrder = sequence > (last.get(place) ?? -1);
      if (check !== (sequence ^ pid) || !inOrder) expect.unreachable(`after ${last.get(place)}: ${line}`);
      last.set(place, sequence);
      seen.add(`${pid} ${sequence}`);
    }
    expect([run.lines.length, seen.size]).toEqual([2 * made, 2 * made]);
    expect(run.syncs).toBeGreaterThan(3);
    expect(run.messages).toEqual([]);
  });
});

describe('drops', () => {
  const total = (messages: readonly string[], pattern: RegExp): number =>
    messages.reduce((sum, message) => sum + Number(pattern.exec(message)?.[1] ?? 0), 0);

  kernelTest('of records are counted exactly where a buffer is too small', async () => {
    const made = 50_000;
    const run = await trace('syscall::getpgid:entry /ppid == $pid/ { printf("%d%07d %d\\n", cpu, pid, arg0); }', {
      programs: await storms(2, made),
      options: { bufsize: 4096 },
    });
    const dropped = total(run.messages, /^dtrace: (\d+) drops? on CPU \d+$/);
    expect(dropped).toBeGreaterThan(0);
    expect(run.lines.length + dropped).toBe(2 * made);
    expect(run.messages.every((message) => /^dtrace: \d+ drops? on CPU \d+$/.test(message))).toBe(true);
    // What did arrive is in order.
    const last = new Map<number, number>();
    for (const line of run.lines) {
      const [pid = 0, sequence = 0] = line.split(' ').map(Number);
      if (sequence <= (last.get(pid) ?? -1)) expect.unreachable(`after ${last.get(pid)}: ${line}`);
      last.set(pid, sequence);
    }
  });

  kernelTest('of records of several sizes, with ticks among them, are counted exactly', async () => {
    const made = 50_000;
    const run = await trace(
      `syscall::getpgid:entry /pid == $target/ { printf("%d\\n", arg0); }
       syscall::getpgid:entry /pid == $target/ { printf("%s %d\\n", probefunc, arg0); }
       profile-4999 { printf("tick\\n"); }`,
      { programs: [await storm(made)], options: { bufsize: 1000 } },
    );
    const dropped = total(run.messages, /^dtrace: (\d+) drops? on CPU \d+$/);
    expect(dropped).toBeGreaterThan(0);
    expect(run.lines.length + dropped).toBe(2 * made + firedTicks(run));
  });

  kernelTest('of records that are larger than a buffer are counted exactly', async () => {
    const made = 1000;
    const run = await trace('string s; syscall::getpgid:entry /pid == $target/ { printf("%s%s%s\\n", s, s, s); }', {
      programs: [await storm(made)],
      options: { bufsize: 512, switchrate: 1 },
      pause: 0,
    });
    expect(run.lines).toEqual([]);
    expect(total(run.messages, /^dtrace: (\d+) drops? on CPU \d+$/)).toBe(made);
  });

  kernelTest('of aggregations are counted exactly where their memory is too small', async () => {
    const made = 20_000;
    const run = await trace('syscall::getpgid:entry /ppid == $pid/ { @[pid, arg0] = count(); }', {
      programs: await storms(2, made),
      options: { aggsize: 4096, droptags: true },
    });
    const kept = run.lines.reduce((sum, line) => sum + Number(line.trim().split(/\s+/).at(-1)), 0);
    const pattern = /^dtrace: \[DTRACEDROP_AGGREGATION\] (\d+) aggregation drops? on CPU \d+$/;
    const dropped = total(run.messages, pattern);
    expect(dropped).toBeGreaterThan(0);
    expect(kept + dropped).toBe(2 * made);
    expect(run.messages.every((message) => pattern.test(message))).toBe(true);
  });

  kernelTest(
    'of dynamic variables are counted exactly, and the elements that there was room for are right',
    async () => {
      const made = 2000;
      const run = await trace(
        `syscall::getpgid:entry /pid == $target/ { seen[arg0] = arg0 + 1; }
       syscall::getpgid:return /pid == $target/ { @[seen[arg1 * 0] == 1 ? "right" : "wrong"] = count(); }`,
        { programs: [await storm(made)], options: { dynvarsize: 64 * 100 } },
      );
      const dropped = total(run.messages, /^dtrace: (\d+) dynamic variable drops?$/);
      expect(dropped).toBe(made - 100);
      expect(tableOf(run.lines)).toEqual({ right: made });
    },
  );
});
