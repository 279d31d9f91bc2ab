/** The timers of the profile provider, and what became of their ticks. */

import { openTimer } from '../bpf/link.js';
import type { BpfMap } from '../bpf/map.js';
import { tickCounters } from '../providers/profile.js';
import type { Timer } from '../providers/provider.js';
import {
  disablePerfEvent,
  enablePerfEvent,
  errno,
  type OwnedDescriptor,
  readPerfEvent,
  SystemCallError,
} from '../sys/index.js';

/** Ticks of one timer on one CPU. `expected = delivered + late + missed`, give or take the one that is due. */
export interface TickCount {
  readonly row: number;
  readonly cpu: number;
  /** Time that the timer ran, by its period. */
  readonly expected: number;
  /** For which the kernel ran the program of the profile provider. */
  readonly delivered: number;
  /** Delivered while the session was active: the probe fired. */
  readonly fired: number;
  /** Passed over because the timer's interrupt came late by whole periods: interrupts off, or the host ran something else. */
  readonly late: number;
  /**
   * The rest: the timer expired, and the kernel ran no program. This is not recursion, which is counted: a kernel can
   * leave eBPF out in the context of certain tasks. The trace of hrtimer_expire_entry then has exactly these
   * expirations more, all of them in those tasks, and every other program on that tracepoint misses the same ones.
   */
  readonly missed: number;
}

/** The timers of a session. */
export interface Timers {
  start(): void;
  /** Ends the ticks; their counts stay. */
  stop(): void;
  /**
   * Opens what is missing now that these CPUs are online, those of `arrived` since the last time: the kernel ends the
   * events of a CPU that goes. Gives the CPUs where timers have begun to run, or run again.
   */
  follow(online: ReadonlySet<number>, arrived: ReadonlySet<number>): ReadonlySet<number>;
  counts(): readonly TickCount[];
  close(): void;
}

/** A timer on a CPU. */
interface RunningTimer {
  readonly timer: Timer;
  readonly cpu: number;
  readonly slot: number;
  event: OwnedDescriptor;
  /** Ticks that were due from the events before this one. */
  earlier: number;
  /** What the event said when it was last looked at; it stands still once its CPU has gone. */
  seen: bigint;
}

/**
 * Opens a stopped timer for each CPU that `timers` ask for and that is online. `counters`: the map of tick counters, where
 * there is one; `openOne` is replaced by tests. Throws PrivilegeError, SystemCallError.
 */
export function openTimers(
  timers: readonly Timer[],
  cpuOfSlot: readonly (number | undefined)[],
  counters: BpfMap | undefined,
  openOne: typeof openTimer = openTimer,
): Timers {
  const running: RunningTimer[] = [];
  let started = false;
  /** Undefined: the CPU has gone since it was listed. `follow` looks after it when it is back. */
  const openEvent = ({ period, tag }: Timer, cpu: number): OwnedDescriptor | undefined => {
    try {
      return openOne({ counter: 'cpu-clock', period, cpu, tag, silent: true });
    } catch (error) {
      if (error instanceof SystemCallError && error.errno === errno.ENODEV) return undefined;
      throw error;
    }
  };
  const open = (timer: Timer, cpu: number): RunningTimer | undefined => {
    const event = openEvent(timer, cpu);
    if (event === undefined) return undefined;
    const one = { timer, cpu, slot: cpuOfSlot.indexOf(cpu), event, earlier: 0, seen: -1n };
    running.push(one);
    return one;
  };
  const close = (): void => {
    for (const { event } of running) event.close();
  };
  const slotted = (cpus: ReadonlySet<number>): number[] =>
    cpuOfSlot.flatMap((cpu) => (cpu !== undefined && cpus.has(cpu) ? [cpu] : []));
  try {
    const cpus = cpuOfSlot.flatMap((cpu) => cpu ?? []);
    for (const timer of timers) {
      for (const cpu of cpus) if (open(timer, cpu) !== undefined && timer.cpus === 'one') break;
    }
  } catch (error) {
    close();
    throw error;
  }
  const due = ({ event, timer }: RunningTimer): number => Number(readPerfEvent(event.fd) / timer.period);
  const count = ({ timer, slot }: RunningTimer, offset: number): number => {
    const index = (timer.index * cpuOfSlot.length + slot) * tickCounters.size + offset;
    return Number(counters?.memory?.u64[index / 8] ?? 0n);
  };
  /** Whether the event still counts; looking twice at the same time says that it does not. */
  const advances = (one: RunningTimer): boolean => {
    const value = readPerfEvent(one.event.fd);
    const advanced = value !== one.seen;
    one.seen = value;
    return advanced;
  };
  const reopen = (one: RunningTimer): RunningTimer | undefined => {
    const event = openEvent(one.timer, one.cpu);
    if (event === undefined) return undefined;
    one.earlier += due(one);
    one.event.close();
    one.event = event;
    one.seen = -1n;
    return one;
  };
  return {
    start: () => {
      started = true;
      for (const { event } of running) enablePerfEvent(event.fd);
    },
    stop: () => {
      started = false;
      for (const { event } of running) disablePerfEvent(event.fd);
    },
    follow: (online, arrived) => {
      const begun = new Set<number>();
      if (!started) return begun;
      for (const timer of timers) {
        const alive = running.filter(
          (one) => one.timer === timer && online.has(one.cpu) && !arrived.has(one.cpu) && advances(one),
        );
        if (timer.cpus === 'one' && alive.length > 0) continue;
        for (const cpu of slotted(online)) {
          if (alive.some((one) => one.cpu === cpu)) continue;
          const known = running.find((one) => one.timer === timer && one.cpu === cpu);
          const one = known === undefined ? open(timer, cpu) : reopen(known);
          if (one === undefined) continue;
          enablePerfEvent(one.event.fd);
          begun.add(cpu);
          if (timer.cpus === 'one') break;
        }
      }
      return begun;
    },
    counts: () =>
      running.map((one) => {
        const expected = one.earlier + due(one);
        const delivered = count(one, tickCounters.delivered);
        const fired = count(one, tickCounters.fired);
        const late = count(one, tickCounters.late);
        const missed = Math.max(0, expected - delivered - late);
        return { row: one.timer.row, cpu: one.cpu, expected, delivered, fired, late, missed };
      }),
    close,
  };
}
