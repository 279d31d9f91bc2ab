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
  counts(): readonly TickCount[];
  close(): void;
}

interface RunningTimer {
  readonly timer: Timer;
  readonly cpu: number;
  readonly slot: number;
  readonly event: OwnedDescriptor;
}

/** Opens a stopped timer for each CPU that `timers` ask for. Throws PrivilegeError, SystemCallError. */
export function openTimers(
  timers: readonly Timer[],
  cpuOfSlot: readonly (number | undefined)[],
  counters: BpfMap,
): Timers {
  const cpus = cpuOfSlot.flatMap((cpu, slot) => (cpu === undefined ? [] : [{ cpu, slot }]));
  const running: RunningTimer[] = [];
  const close = (): void => {
    for (const { event } of running) event.close();
  };
  try {
    for (const timer of timers) {
      for (const { cpu, slot } of timer.cpus === 'all' ? cpus : cpus.slice(0, 1)) {
        const event = openTimer({ counter: 'cpu-clock', period: timer.period, cpu, tag: timer.tag, silent: true });
        running.push({ timer, cpu, slot, event });
      }
    }
  } catch (error) {
    close();
    throw error;
  }
  const count = ({ timer, slot }: RunningTimer, offset: number): number => {
    const index = (timer.index * cpuOfSlot.length + slot) * tickCounters.size + offset;
    return Number(counters.memory?.u64[index / 8] ?? 0n);
  };
  return {
    start: () => {
      for (const { event } of running) enablePerfEvent(event.fd);
    },
    stop: () => {
      for (const { event } of running) disablePerfEvent(event.fd);
    },
    counts: () =>
      running.map((one) => {
        const expected = Number(readPerfEvent(one.event.fd) / one.timer.period);
        const delivered = count(one, tickCounters.delivered);
        const fired = count(one, tickCounters.fired);
        const late = count(one, tickCounters.late);
        const missed = Math.max(0, expected - delivered - late);
        return { row: one.timer.row, cpu: one.cpu, expected, delivered, fired, late, missed };
      }),
    close,
  };
}
