/**
 * The deadman: it ends the tracing of a system that no longer responds, or whose consumer is gone, as DTrace's does. Its
 * work is done in the kernel (d/codegen/cyclic.ts); here it is set up, and the consumer gives signs of life.
 */

import { attachRawTracepoint } from '../bpf/link.js';
import type { Program } from '../bpf/program.js';
import type { ProgramSpec } from '../bpf/spec.js';
import { type DeadmanTimes, generateDeadman } from '../d/codegen/cyclic.js';
import type { RuntimeShape } from '../d/codegen/memory/layout.js';
import type { TargetKernel } from '../d/codegen/target.js';
import { newTimerMark, timerTag } from '../d/codegen/timer-tag.js';
import { readClock } from '../sys/index.js';
import type { Control } from './control.js';
import { openTimers, type Timers } from './ticks.js';

const second = 1_000_000_000n;

/** The times of the original: `dtrace_deadman_interval`, `dtrace_deadman_timeout`, `dtrace_deadman_user`. */
export const deadmanTimes: DeadmanTimes = { interval: second, timeout: 10n * second, consumer: 30n * second };

/** The deadman has ended the tracing; what was recorded by then has been handed out. */
export class UnresponsiveError extends Error {
  constructor() {
    super('processing aborted: Abort due to systemic unresponsiveness');
    this.name = 'UnresponsiveError';
  }
}

/** What the deadman needs. */
export interface DeadmanOptions {
  readonly times: DeadmanTimes;
  readonly shape: RuntimeShape;
  readonly kernel: TargetKernel;
  readonly control: Control;
  readonly cpuOfSlot: readonly (number | undefined)[];
  readonly load: (spec: ProgramSpec) => Program;
  /** Has a server answer the deadman's requests from now on; it is called again and again, from the event loop. */
  readonly serve: () => void;
}

/** A deadman, which watches from `start()` to `close()`. */
export interface Deadman {
  /** Throws the errors of the BPF layer. */
  start(): void;
  follow: Timers['follow'];
  close(): void;
}

/** Loads the deadman's program and opens its timers. Throws the errors of the BPF layer; nothing is left then. */
export function createDeadman(options: DeadmanOptions): Deadman {
  const { times, shape, kernel, control, cpuOfSlot, load, serve } = options;
  const mark = newTimerMark();
  const program = load(generateDeadman(shape, kernel, mark, times));
  const now = (): bigint => readClock('monotonic');
  const resources: { close(): void }[] = [];
  let timers: Timers | undefined;
  let signs: NodeJS.Timeout | undefined;
  const close = (): void => {
    clearInterval(signs);
    for (const resource of resources.splice(0).reverse()) resource.close();
  };
  return {
    start: () => {
      const time = now();
      control.noteStatus(time);
      control.noteAlive(time);
      // On each CPU: one that hangs does not take the deadman with it.
      const timer = { row: 0, index: 0, period: times.interval, cpus: 'all', tag: timerTag(mark, 0, 0) } as const;
      resources.push(attachRawTracepoint(program));
      timers = openTimers([timer], cpuOfSlot, undefined);
      resources.push(timers);
      timers.start();
      // The event loop of the consumer is what has to go round. It is not kept going by this.
      signs = setInterval(() => {
        control.noteStatus(now());
        serve();
      }, Number(times.interval) / 1e6).unref();
    },
    follow: (online, arrived) => timers?.follow(online, arrived) ?? new Set(),
    close,
  };
}
