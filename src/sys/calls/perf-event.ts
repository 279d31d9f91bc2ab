/**
 * Software timers by perf_event_open(2): an hrtimer a CPU or a task that runs eBPF programs as often as asked for.
 *
 * struct perf_event_attr (linux/perf_event.h), 64 bytes in its first version, as much as is needed here:
 *
 *     0 type (4) | 4 size (4) | 8 config (8) | 16 sample_period or sample_freq (8) | 24 sample_type (8)
 *    32 read_format (8) | 40 flags: bit 0 disabled, bit 10 freq, … (8) | 48 wakeup_events (4) | … | 56 config1 (8)
 */

import { ioctl, readDescriptor } from '../descriptor.js';
import { checked } from '../errno/errno.js';
import { systemCall6, withAddress } from '../ffi.js';
import { callNumber } from './system-calls.js';

const attributeSize = 64;
const perfTypeSoftware = 1;
const flagDisabled = 1n << 0n;
const flagExcludeUser = 1n << 4n;
const flagExcludeKernel = 1n << 5n;
const flagFrequency = 1n << 10n;
const openCloseOnExec = 8;

/** Software counters (linux/perf_event.h, enum perf_sw_ids): time on a CPU, or of a task, in nanoseconds. */
const softwareConfiguration = { 'cpu-clock': 0n, 'task-clock': 1n, dummy: 9n } as const;

/** What to count, where, and how often to fire. */
export interface TimerEvent {
  /** `cpu-clock` runs on wall time, idle time included; `task-clock` while the task runs; `dummy` never fires. */
  readonly counter: keyof typeof softwareConfiguration;
  /** Nanoseconds between two firings; give this or `frequency`. */
  readonly period?: bigint;
  /** Firings a second, which the kernel tries to keep by changing the period. */
  readonly frequency?: number;
  /** The CPU, or -1 for every CPU that the task runs on. */
  readonly cpu: number;
  /** A task by its id, 0 for the calling one; left out: whatever runs on the CPU. */
  readonly task?: number;
  /** Kept by the kernel with the event (attr.config1) without meaning to it: a program can tell the event by it. */
  readonly tag?: bigint;
  /**
   * Let the timer expire and do nothing else (exclude_user, exclude_kernel): the event takes no samples, so that the
   * kernel never throttles it. For programs on the tracepoint of expiring timers.
   */
  readonly silent?: boolean;
  /** Wait for `enablePerfEvent` (the default), or run at once. */
  readonly disabled?: boolean;
}

/** Opens a timer event and returns its descriptor. Throws SystemCallError (EACCES: perf_event_paranoid, ENODEV: no such CPU). */
export const openTimerEvent = (event: TimerEvent): number => {
  const { counter, period, frequency, cpu, task = -1, disabled = true, tag = 0n, silent = false } = event;
  const bytes = new Uint8Array(new ArrayBuffer(attributeSize));
  const view = new DataView(bytes.buffer);
  view.setUint32(0, perfTypeSoftware, true);
  view.setUint32(4, attributeSize, true);
  view.setBigUint64(8, softwareConfiguration[counter], true);
  view.setBigUint64(16, frequency === undefined ? (period ?? 0n) : BigInt(frequency), true);
  const flags =
    (disabled ? flagDisabled : 0n) |
    (silent ? flagExcludeUser | flagExcludeKernel : 0n) |
    (frequency === undefined ? 0n : flagFrequency);
  view.setBigUint64(40, flags, true);
  view.setBigUint64(56, tag, true);
  const result = withAddress(bytes, (address) =>
    systemCall6(callNumber.perfEventOpen, address, task, cpu, -1, openCloseOnExec, 0),
  );
  return checked(`perf_event_open(${counter}, cpu ${cpu})`, result);
};

const request = { enable: 0x2400, disable: 0x2401, period: 0x40082404, setBpf: 0x40042408 } as const;

/** PERF_EVENT_IOC_ENABLE: starts it. */
export const enablePerfEvent = (descriptor: number): void => {
  ioctl(descriptor, 'PERF_EVENT_IOC_ENABLE', request.enable);
};

/** PERF_EVENT_IOC_DISABLE: stops it; the count stays. */
export const disablePerfEvent = (descriptor: number): void => {
  ioctl(descriptor, 'PERF_EVENT_IOC_DISABLE', request.disable);
};

/** PERF_EVENT_IOC_SET_BPF: the way to attach a program before Linux 5.15; it goes with the event. */
export const setPerfEventProgram = (descriptor: number, program: number): void => {
  ioctl(descriptor, 'PERF_EVENT_IOC_SET_BPF', request.setBpf, program);
};

/** The count so far: nanoseconds for the clocks. Divided by the period it is the number of firings that were due. */
export const readPerfEvent = (descriptor: number): bigint => {
  const bytes = new Uint8Array(new ArrayBuffer(8));
  readDescriptor(descriptor, bytes);
  return new DataView(bytes.buffer).getBigUint64(0, true);
};
