/** The kernel's limit on samples throttles events that take some. The timers of a session take none. */

import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { atomic, loadMapValue, move } from '../../src/bpf/instruction.js';
import { attachPerfEvent, openTimer } from '../../src/bpf/link.js';
import { loadProgram } from '../../src/bpf/loader.js';
import { createMap } from '../../src/bpf/map.js';
import { enablePerfEvent, onlineCpus } from '../../src/sys/index.js';
import { mappedArray, program, returning } from '../bpf/programs.js';
import { kernelTest } from '../kernel-test.js';
import { trace } from '../trace.js';

const limitFile = '/proc/sys/kernel/perf_event_max_sample_rate';

/** Samples a second: fewer than the scheduler has ticks, so that an event may take one in each of them. */
const low = 100;

const rate = 4999;
const period = BigInt(Math.floor(1e9 / rate));

const limitNow = (): number => Number(readFileSync(limitFile, 'latin1'));

/** Why the limit cannot be changed here; undefined: it can. */
const whyNot = (): string | undefined => {
  try {
    writeFileSync(limitFile, readFileSync(limitFile));
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
};

/** Has another process lower the limit while `run` runs: it puts it back also where this one is killed. */
async function withLowLimit(run: () => Promise<void>): Promise<void> {
  const script = `trap '' INT TERM HUP; old=$(cat "$1"); echo ${low} > "$1"; echo ready; cat; echo "$old" > "$1"`;
  const shell = spawn('/bin/sh', ['-c', script, 'sh', limitFile], {
    stdio: ['pipe', 'pipe', 'inherit'],
    detached: true,
  });
  const closed = new Promise<void>((resolve) => shell.once('close', () => resolve()));
  try {
    await new Promise<void>((resolve) => shell.stdout.once('data', () => resolve()));
    await run();
  } finally {
    shell.stdin.end();
    await closed;
  }
}

/** Events of the same period that take samples, on every CPU: how many they take, and how many are due. */
function openSampling() {
  const counts = createMap(mappedArray('counts', 8));
  const items = [loadMapValue('r1', 'counts', 0), move('r2', 1), atomic('add', 8, 'r1', 0, 'r2'), ...returning(0)];
  const sampler = loadProgram(program('sampler', 'perf-event', items), new Map([['counts', counts]]));
  const events = onlineCpus().map((cpu) => openTimer({ counter: 'cpu-clock', period, cpu }));
  const links = events.map((event) => attachPerfEvent(sampler, event.fd));
  const begun = performance.now();
  for (const event of events) enablePerfEvent(event.fd);
  return {
    taken: () => Number(counts.memory?.u64[0] ?? 0n),
    due: () => ((performance.now() - begun) / 1000) * rate * events.length,
    close: () => {
      for (const each of [...links, ...events, sampler, counts]) each.close();
    },
  };
}

const sleep = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));

describe('the limit on samples', () => {
  const reason = whyNot();
  const test = reason === undefined ? kernelTest : it.skip;
  const why = reason === undefined ? '' : ` [skipped: ${reason}]`;
  test(`throttles events that take samples, and no timer of a session${why}`, async () => {
    const before = limitNow();
    await withLowLimit(async () => {
      expect(limitNow()).toBe(low);
      const sampling = openSampling();
      try {
        let due = 0;
        const meanwhile = async (): Promise<void> => {
          const begun = performance.now();
          await sleep(500);
          due = ((performance.now() - begun) / 1000) * rate;
        };
        const { ticks } = await trace(`profile-${rate} { @ = count(); }`, { meanwhile });
        expect(sampling.taken()).toBeLessThan(sampling.due() / 2);
        expect(ticks.map(({ cpu }) => cpu)).toEqual(onlineCpus());
        // Late ones have expired, too. An event that is throttled stands still, and is due nothing by its own count.
        for (const { delivered, late } of ticks) expect(delivered + late).toBeGreaterThan(due / 2);
      } finally {
        sampling.close();
      }
    });
    expect(limitNow()).toBe(before);
  });
});
