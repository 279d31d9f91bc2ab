/** Associative arrays whose elements are freed and made again at full rate: the cleaner keeps up, or drops are counted. */

import { describe, expect } from 'vitest';
import type { DropCount } from '../../src/session/drops.js';
import { defaultOptions } from '../../src/session/options/options.js';
import { openSession } from '../../src/session/session.js';
import { kernelTest } from '../kernel-test.js';
import { calls, startProgram, type WaitingProgram } from '../programs.js';
import { enable, kernel, tableOf, trace } from '../trace.js';

const storms = (count: number, times: number): Promise<WaitingProgram[]> =>
  Promise.all(
    Array.from({ length: count }, () => startProgram([{ call: calls.getpgid, arguments: ['counter'], times }])),
  );

/** Each call makes an element, and its return frees it. */
const text = `
  syscall::getpgid:entry /ppid == $pid/ { entered[tid] = 1; @["entries"] = count(); }
  syscall::getpgid:return /entered[tid]/ { entered[tid] = 0; @["returns"] = count(); }`;

const made = 150_000;

const kinds: readonly DropCount['kind'][] = ['dynamicDrops', 'dirtyDrops', 'rinsingDrops'];

const lostOf = (drops: readonly DropCount[]): number =>
  drops.filter(({ kind }) => kinds.includes(kind)).reduce((sum, { count }) => sum + count, 0);

describe('elements that are freed', () => {
  kernelTest('are made again many times over, and none is lost', async () => {
    const { lines, drops } = await trace(text, { programs: await storms(2, made) });
    const { entries = 0, returns = 0 } = tableOf(lines);
    expect([entries, returns + lostOf(drops)]).toEqual([2 * made, 2 * made]);
    // Without the cleaner there would be one for each of the 16,384 elements.
    expect(returns).toBeGreaterThan(1.9 * made);
  });

  kernelTest('are made again where ticks do so at the same time, in the midst of it', async () => {
    const { lines, drops } = await trace(
      `${text} profile-4999 { k = timestamp & 7; entered[-1 - k] = entered[-1 - k] ? 0 : 1; }`,
      { programs: await storms(2, made) },
    );
    const lost = lostOf(drops);
    const { entries = 0, returns = 0 } = tableOf(lines);
    expect(entries).toBe(2 * made);
    // What an interrupt hits in the midst of the kernel's own bucket is a counted drop.
    expect(entries - returns).toBeLessThanOrEqual(lost);
    expect(lost).toBeLessThan(made / 10);
  });

  kernelTest('are counted drops, of the dirty list, where they are cleaned too seldom', async () => {
    const { lines, messages, drops } = await trace(text, {
      programs: await storms(2, made),
      options: { dynvarsize: 2048, cleanrate: 200_000_000 },
    });
    const { entries = 0, returns = 0 } = tableOf(lines);
    expect([entries, returns + lostOf(drops)]).toEqual([2 * made, 2 * made]);
    expect(returns).toBeGreaterThan(0);
    expect(messages.join('\n')).toMatch(/^dtrace: \d+ dynamic variable drops with non-empty dirty list$/m);
  });

  kernelTest('come back where no tick asks, few as they are, for one request of the probes a cleaning', async () => {
    const programs = await storms(2, made);
    // It never comes to a tick of the cleaner; the mailbox is shown where a program has sync().
    const session = openSession(
      enable(`${text} BEGIN { n = sync(); }`, {
        options: { ...defaultOptions, dynvarsize: 2048 },
        macros: { pid: BigInt(process.pid), target: 0n },
      }),
      kernel(),
      { deadman: 'off', cleanrate: 60_000_000_000 },
    );
    try {
      session.go();
      for (const program of programs) program.release();
      await Promise.all(programs.map(({ ended }) => ended));
      session.stop(() => {});
      const { cyclic = 0, patient = 0, postponed, rounds = 0 } = session.mailbox?.statistics ?? {};
      const counted = new Map<string, number>();
      session.takeAggregations((_table, _cpu, key, data) => {
        const name = Buffer.from(key).toString('latin1').replace(/\0.*$/s, '');
        counted.set(name, (counted.get(name) ?? 0) + Number(data[0]));
      });
      expect(counted.get('entries')).toBe(2 * made);
      expect((counted.get('returns') ?? 0) + lostOf(session.drops())).toBe(2 * made);
      // There are 32 elements.
      expect(counted.get('returns')).toBeGreaterThan(1_000);
      expect(postponed).toBe(0);
      expect(cyclic).toBeGreaterThan(0);
      // Those that can wait do not keep others from asking.
      expect(cyclic).toBeLessThanOrEqual(rounds + 1 + patient);
    } finally {
      session.close();
      for (const program of programs) program.close();
    }
  });
});
