/**
 * What a session does in ticks of its own timers: the deadman, which ends the tracing of a system that no longer responds
 * or whose consumer is gone, and the cleaner of dynamic variables. The work is done in the kernel (d/codegen/cyclic.ts) and by
 * the mailbox's server; here it is set up, and the consumer gives signs of life.
 */

import { attachRawTracepoint } from '../bpf/link.js';
import type { Program } from '../bpf/program.js';
import type { ProgramSpec } from '../bpf/spec.js';
import { cyclicTimers, type DeadmanTimes, generateCyclic } from '../d/codegen/cyclic.js';
import type { DynamicLayout } from '../d/codegen/memory/dynamic-layout.js';
import type { RuntimeShape } from '../d/codegen/memory/layout.js';
import type { TargetKernel } from '../d/codegen/target.js';
import { newTimerMark, timerTag } from '../d/codegen/timer-tag.js';
import type { Timer } from '../providers/provider.js';
import { createPossessions, readClock } from '../sys/index.js';
import type { Control } from './control.js';
import { openTimers, type Timers } from './ticks.js';

const second = 1_000_000_000n;

/** The times of the original: `dtrace_deadman_interval`, `dtrace_deadman_timeout`, `dtrace_deadman_user`. */
export const deadmanTimes: DeadmanTimes = { interval: second, timeout: 10n * second, consumer: 30n * second };

/** The bounds of `cleanrate`, as the original has them: `dtrace_cleanrate_min`, `dtrace_cleanrate_max`. */
const cleanratesFrom = 200_000n;
const cleanratesTo = 60n * second;

/** Between two ticks that ask for cleaning, nanoseconds, where `cleanrate` was asked for. */
export const cleanPeriod = (cleanrate: bigint): bigint =>
  cleanrate < cleanratesFrom ? cleanratesFrom : cleanrate > cleanratesTo ? cleanratesTo : cleanrate;

/** The deadman has ended the tracing; what was recorded by then has been handed out. */
export class UnresponsiveError extends Error {
  constructor() {
    super('processing aborted: Abort due to systemic unresponsiveness');
    this.name = 'UnresponsiveError';
  }
}

/** What the cyclics need. */
export interface CyclicsOptions {
  /** Undefined: no deadman. */
  readonly deadman: DeadmanTimes | undefined;
  /** The arrays whose elements are cleaned, and how often, nanoseconds: 200 us to a minute. */
  readonly arrays: readonly DynamicLayout[];
  readonly cleanrate: bigint;
  /** Whether there are speculations, which are cleaned as often. */
  readonly speculations: boolean;
  readonly shape: RuntimeShape;
  readonly kernel: TargetKernel;
  readonly control: Control;
  readonly cpuOfSlot: readonly (number | undefined)[];
  readonly load: (spec: ProgramSpec) => Program;
  /**
   * Has a server answer requests from now on; it is called again and again, from the event loop. Whether that server has
   * yet to begin: on a slow machine its start may take longer than the system may be silent.
   */
  readonly serve: () => boolean;
  /** Is told what `serve` threw: nobody answers then. */
  readonly onFailure: (error: unknown) => void;
}

/** Timers at work from `start()` to `close()`. */
export interface Cyclics {
  /** Loads the program and starts its timers. Throws the errors of the BPF layer. */
  start(): void;
  follow: Timers['follow'];
  close(): void;
}

/** Makes the cyclics of a session, which cost nothing until they start. */
export function createCyclics(options: CyclicsOptions): Cyclics {
  const { deadman, arrays, speculations, cleanrate, shape, kernel, control, cpuOfSlot, load, serve, onFailure } =
    options;
  const mark = newTimerMark();
  const timer = (index: number, period: bigint, cpus: Timer['cpus']): Timer => ({
    ...{ row: 0, index, period, cpus, tag: timerTag(mark, index, 0) },
  });
  const wanted = [
    // On each CPU: one that hangs does not take the deadman with it.
    ...(deadman === undefined ? [] : [timer(cyclicTimers.deadman, deadman.interval, 'all')]),
    ...(arrays.length > 0 || speculations ? [timer(cyclicTimers.cleaner, cleanPeriod(cleanrate), 'one')] : []),
  ];
  const now = (): bigint => readClock('monotonic');
  const possessions = createPossessions();
  let timers: Timers | undefined;
  let signs: NodeJS.Timeout | undefined;
  return {
    start: () => {
      if (wanted.length === 0) return;
      const program = load(generateCyclic(shape, kernel, mark, { deadman, arrays, speculations }));
      const time = now();
      control.noteStatus(time);
      control.noteAlive(time);
      possessions.own(attachRawTracepoint(program));
      timers = possessions.own(openTimers(wanted, cpuOfSlot, undefined));
      timers.start();
      if (deadman === undefined) return;
      // The event loop of the consumer is what has to go round. It is not kept going by this.
      signs = setInterval(() => {
        control.noteStatus(now());
        try {
          if (serve()) control.noteAlive(now());
        } catch (error) {
          clearInterval(signs);
          onFailure(error);
        }
      }, Number(deadman.interval) / 1e6).unref();
    },
    follow: (online, arrived) => timers?.follow(online, arrived) ?? new Set(),
    close: () => {
      clearInterval(signs);
      possessions.close();
    },
  };
}
