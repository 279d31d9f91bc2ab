/** The timers of the profile provider, and what became of their ticks. */

import { openTimer } from '../bpf/link.js';
import type { BpfMap } from '../bpf/map.js';
import { tickCounters } from '../providers/profile.js';
import type { Timer } from '../providers/provider.js';
import { disablePerfEvent, enablePerfEvent, type OwnedDescriptor, readPerfEvent } from '../sys/index.js';

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

/** Opens a stopped timer for each CPU that `timers` ask for. `counters`: the map of tick counters, where there is one. Throws PrivilegeError, SystemCallError. */
export function openTimers(
  timers: readonly Timer[],
  cpuOfSlot: readonly (number | undefined)[],
  counters: BpfMap | undefined,
): Timers {
  const running: RunningTimer[] = [];
  let started = false;
  const openEvent = ({ period, tag }: Timer, cpu: number): OwnedDescriptor =>
    openTimer({ counter: 'cpu-clock', period, cpu, tag, silent: true });
  const open = (timer: Timer, cpu: number): RunningTimer => {
    const one = { timer, cpu, slot: cpuOfSlot.indexOf(cpu), event: openEvent(timer, cpu), earlier: 0, seen: -1n };
    running.push(one);
    return one;
  };
  const close = (): void => {
    for (const { event } of running) event.close();
  };
  const slotted = (cpus: ReadonlySet<number>): number[] =>
    cpuOfSlot.flatMap((cpu) => (cpu !== undefined && cpus.has(cpu) ? [cpu] : []));
  const wanted = (timer: Timer, cpus: readonly number[]): readonly number[] =>
    timer.cpus === 'all' ? cpus : cpus.slice(0, 1);
  try {
    const cpus = cpuOfSlot.flatMap((cpu) => cpu ?? []);
    for (const timer of timers) for (const cpu of wanted(timer, cpus)) open(timer, cpu);
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
  const reopen = (one: RunningTimer): void => {
    const event = openEvent(one.timer, one.cpu);
    one.earlier += due(one);
    one.event.close();
    one.event = event;
    one.seen = -1n;
    enablePerfEvent(event.fd);
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
        const cpus = timer.cpus === 'one' && alive.length > 0 ? [] : wanted(timer, slotted(online));
        for (const cpu of cpus) {
          if (alive.some((one) => one.cpu === cpu)) continue;
          const known = running.find((one) => one.timer === timer && one.cpu === cpu);
          if (known === undefined) enablePerfEvent(open(timer, cpu).event.fd);
          else reopen(known);
          begun.add(cpu);
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
