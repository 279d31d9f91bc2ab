/**
 * The kernel's own measure of a program's run time (BPF_ENABLE_STATS), read from the descriptors of whoever holds the
 * programs: /proc/PID/fdinfo shows it, for our processes and for bpftrace's alike.
 */

import { readdirSync, readFileSync } from 'node:fs';
import { enableStatistics } from '../src/bpf/run.js';

interface Runs {
  readonly time: number;
  readonly count: number;
}

/** What the programs of a process have run so far, by the programs' ids. */
function readRuns(pid: number): Map<string, Runs> {
  const runs = new Map<string, Runs>();
  for (const descriptor of readdirSync(`/proc/${pid}/fdinfo`)) {
    let text: string;
    try {
      text = readFileSync(`/proc/${pid}/fdinfo/${descriptor}`, 'utf8');
    } catch {
      // Closed since it was listed; programs stay open.
      continue;
    }
    const field = (name: string): string | undefined => new RegExp(`^${name}:\\s*(\\d+)$`, 'm').exec(text)?.[1];
    const [id, time, count] = [field('prog_id'), field('run_time_ns'), field('run_cnt')];
    // A link names the id of its program too, but has no counts.
    if (id !== undefined && time !== undefined && count !== undefined)
      runs.set(id, { time: Number(time), count: Number(count) });
  }
  return runs;
}

/** Programs of a process that ran for at least half of the calls: those that the calls reached. */
export interface ProgramTime {
  readonly programs: number;
  /** Nanoseconds a run, of all those programs together. */
  readonly each: number;
}

/** Has the kernel measure while `work` makes `calls` calls. */
export async function programTime(pid: number, calls: number, work: () => Promise<unknown>): Promise<ProgramTime> {
  using _statistics = enableStatistics();
  const before = readRuns(pid);
  await work();
  let programs = 0;
  let each = 0;
  for (const [id, { time, count }] of readRuns(pid)) {
    const earlier = before.get(id) ?? { time: 0, count: 0 };
    const runs = count - earlier.count;
    if (runs < calls / 2) continue;
    programs += 1;
    each += (time - earlier.time) / runs;
  }
  if (programs === 0) throw new Error(`process ${pid} has no program that the calls reached`);
  return { programs, each };
}

/**
 * Attaches programs of this process, one after the other, and has the kernel measure all of them while `work` makes
 * as many calls that reach each: nanoseconds a run, in their order. Closes them.
 */
export async function timesTogether(
  calls: number,
  attach: readonly (() => Disposable)[],
  work: (calls: number) => Promise<unknown>,
): Promise<readonly number[]> {
  const attached: Disposable[] = [];
  const idsOf: string[][] = [];
  const known = new Set(readRuns(process.pid).keys());
  try {
    for (const each of attach) {
      attached.push(each());
      const ids = [...readRuns(process.pid).keys()].filter((id) => !known.has(id));
      for (const id of ids) known.add(id);
      idsOf.push(ids);
    }
    await work(calls / 10);
    using _statistics = enableStatistics();
    const before = readRuns(process.pid);
    await work(calls);
    const after = readRuns(process.pid);
    return idsOf.map((ids) => {
      const each = ids.flatMap((id) => {
        const [from, to] = [before.get(id), after.get(id)];
        if (from === undefined || to === undefined || to.count - from.count < calls / 2) return [];
        return [(to.time - from.time) / (to.count - from.count)];
      });
      const [time] = each;
      if (time === undefined || each.length > 1) throw new Error(`${each.length} programs were reached, not one`);
      return time;
    });
  } finally {
    for (const each of attached.reverse()) each[Symbol.dispose]();
  }
}

/** Whether a process holds a program that the kernel has accepted. */
export const hasProgram = (pid: number): boolean => readRuns(pid).size > 0;
