/**
 * The profile provider: profile-n fires on every CPU, tick-n on one (Dynamic Tracing Guide, "profile Provider").
 *
 * Each timer is a perf event of the CPU's clock, which is an hrtimer. The program is not attached to the event: programs
 * of that type are skipped where another tool's program runs, and are not run at all on some idle CPUs. It is attached to
 * the tracepoint of expiring hrtimers instead, which sees every tick, and knows the timers of its session by a tag in
 * their events. There it also sees how late each tick came, and so how many the hrtimer has passed over meanwhile.
 */

import { helperNumber } from '../bpf/helper.js';
import { alu, atomic, callHelper, jump, jumpIf, load, loadMapValue, move, store } from '../bpf/instruction.js';
import { mapNames } from '../d/codegen/memory/memory.js';
import type { SiteCode } from '../d/codegen/site.js';
import {
  emitReadBeside,
  emitTimerTag,
  newTimerMark,
  type TimerCode,
  timerTag,
  timerTagBits,
  timerTracepoint,
} from '../d/codegen/timer-tag.js';
import type { ProbePattern } from './probe.js';
import {
  type EnabledProbe,
  type ProbeName,
  type Provider,
  ProviderError,
  type SitePlan,
  type Timer,
} from './provider.js';

/** Probes that are listed without being asked for, as DTrace does. */
const listed = [
  'profile-97',
  'profile-199',
  'profile-499',
  'profile-997',
  'profile-1999',
  'profile-4001',
  'profile-4999',
  'tick-1',
  'tick-10',
  'tick-100',
  'tick-500',
  'tick-1000',
  'tick-5000',
];

/** The shortest period that DTrace allows, ns: 5000 a second. */
const shortestPeriod = 200_000n;

const second = 1_000_000_000n;

/** Suffixes of the number, and how to make a period in ns of it. */
const units: Readonly<Record<string, (value: bigint) => bigint>> = {
  '': (value) => (value === 0n ? 0n : second / value),
  hz: (value) => (value === 0n ? 0n : second / value),
  ns: (value) => value,
  nsec: (value) => value,
  us: (value) => value * 1_000n,
  usec: (value) => value * 1_000n,
  ms: (value) => value * 1_000_000n,
  msec: (value) => value * 1_000_000n,
  s: (value) => value * second,
  sec: (value) => value * second,
  m: (value) => value * 60n * second,
  min: (value) => value * 60n * second,
  h: (value) => value * 3600n * second,
  hour: (value) => value * 3600n * second,
  d: (value) => value * 86_400n * second,
  day: (value) => value * 86_400n * second,
};

/** The timer that a probe's name asks for; undefined where the name is none or the period is not allowed. */
export function parseTimerName(name: string): { readonly period: bigint; readonly cpus: 'all' | 'one' } | undefined {
  const parts = /^(profile|tick)-(\d{1,15})([a-z]*)$/i.exec(name);
  const unit = units[(parts?.[3] ?? '').toLowerCase()];
  if (parts === null || unit === undefined) return undefined;
  const period = unit(BigInt(parts[2] ?? '0'));
  if (period < shortestPeriod || period > 0x7fff_ffff_ffff_ffffn) return undefined;
  return { period, cpus: parts[1]?.toLowerCase() === 'profile' ? 'all' : 'one' };
}

const probeName = (name: string): ProbeName => ({ provider: 'profile', module: '', function: '', name });

/** Probes `profile:::profile-N` and `profile:::tick-N`. */
export const profileProvider: Provider = {
  name: 'profile',
  probes: () => listed.map(probeName),
  provide: (pattern: ProbePattern) =>
    pattern.module === '' && pattern.function === '' && parseTimerName(pattern.name) !== undefined
      ? probeName(pattern.name)
      : undefined,
  instead: () => 'use arg0 and arg1, the program counters, which have no types of their own',
  plan: (enabled) => (enabled.length === 0 ? [] : [planSite(enabled)]),
};

/**
 * The map of tick counters: for each timer and slot, u64 ticks that the kernel ran the program for, u64 passed over as
 * late, u64 that fired the probe: the session was active, and had a level left.
 */
export const tickCounters = { map: 'ticks', delivered: 0, late: 8, fired: 16, size: 24 } as const;

/** Timers that one session may have. */
const maximumTimers = 2 ** timerTagBits.index;

function planSite(enabled: readonly EnabledProbe[]): SitePlan {
  const mark = newTimerMark();
  if (enabled.length > maximumTimers) {
    throw new ProviderError(
      `profile: ${enabled.length} different timers are enabled, more than ${maximumTimers}: let clauses share one`,
    );
  }
  const timers = enabled.map(({ probe, row }, index): Timer => {
    const timer = parseTimerName(probe.name);
    if (timer === undefined) throw new Error(`${probe.name} is not the name of a timer`);
    return { row, ...timer, index, tag: timerTag(mark, index, row) };
  });
  return {
    name: 'profile',
    kind: { type: 'typed-raw-tracepoint', tracepoint: timerTracepoint },
    activity: 'active',
    interrupts: ['hardirq'],
    attachment: { kind: 'timers', tracepoint: timerTracepoint, timers },
    probes: enabled,
    maps: (slots) => [
      {
        name: tickCounters.map,
        type: 'array',
        keySize: 4,
        valueSize: Math.max(8, timers.length * slots * tickCounters.size),
        maxEntries: 1,
        mapped: true,
      },
    ],
    emitPreamble: (code) => emitTimerCheck(code, mark, timers.length),
    emitArguments: emitProfileArguments,
  };
}

/** Where the tag is read to, and where it stays. */
const tagSlot = -16;

/** Where the offset of the tick's counters stays. */
const countersSlot = -48;

/** Leaves for timers that are not this session's; counts the tick and those it passed over. */
function emitTimerCheck(
  code: TimerCode & Pick<SiteCode, 'memory'> & { readonly gone: string },
  mark: bigint,
  timers: number,
): void {
  const { emitter, kernel, memory } = code;
  const { slots } = memory.shape;
  const periodOffset =
    kernel.fieldOffset('perf_event', 'hw.sample_period') - kernel.fieldOffset('perf_event', 'hw.hrtimer');
  emitTimerTag(code, mark, tagSlot, code.gone);
  emitter.emit(
    callHelper(helperNumber.getSmpProcessorId),
    alu('and', 'r0', memory.shape.cpus - 1),
    loadMapValue('r1', mapNames.slots),
    alu('add', 'r1', 'r0'),
    load(1, 'r0', 'r1', 0),
    jumpIf('ge', 'r0', slots, code.gone),
    load(8, 'r1', 'r10', tagSlot),
    alu('rsh', 'r1', timerTagBits.row),
    alu('and', 'r1', 2 ** timerTagBits.index - 1),
    jumpIf('ge', 'r1', timers, code.gone),
    alu('mul', 'r1', slots),
    alu('add', 'r1', 'r0'),
    alu('mul', 'r1', tickCounters.size),
    store(8, 'r10', countersSlot, 'r1'),
    loadMapValue('r7', tickCounters.map),
    alu('add', 'r7', 'r1'),
    move('r1', 1),
    atomic('add', 8, 'r7', tickCounters.delivered, 'r1'),
  );
  // Late by a whole period or more: the hrtimer goes on from now, so these ticks will never come.
  const punctual = emitter.fresh('punctual');
  emitReadBeside(code, periodOffset, tagSlot - 8);
  emitter.emit(
    callHelper(helperNumber.ktimeGetNs),
    move('r1', 'r0'),
    load(8, 'r2', code.kernelContext, 0),
    load(8, 'r2', 'r2', kernel.fieldOffset('hrtimer', 'node.expires')),
    alu('sub', 'r1', 'r2'),
    load(8, 'r2', 'r10', tagSlot - 8),
    jumpIf('eq', 'r2', 0, punctual),
    jumpIf('slt', 'r1', 'r2', punctual),
    alu('div', 'r1', 'r2'),
    atomic('add', 8, 'r7', tickCounters.late, 'r1'),
  );
  emitter.place(punctual);
}

/** arg0: the program counter if the kernel was interrupted, arg1: if a process was; the other is 0. The row is in r0. */
function emitProfileArguments(code: SiteCode): void {
  const { emitter } = code;
  emitter.emit(
    load(8, 'r1', 'r10', countersSlot),
    loadMapValue('r2', tickCounters.map),
    alu('add', 'r2', 'r1'),
    move('r1', 1),
    atomic('add', 8, 'r2', tickCounters.fired, 'r1'),
  );
  if (code.readsArgument(0) || code.readsArgument(1)) emitInterruptedCounter(code);
  emitter.emit(load(8, 'r0', 'r10', tagSlot), alu('and', 'r0', 2 ** timerTagBits.row - 1));
}

function emitInterruptedCounter(code: SiteCode): void {
  const { emitter, kernel, memory } = code;
  const queues = kernel.percpuOffset('runqueues');
  const registers = kernel.percpuOffset('__irq_regs');
  if (queues === undefined || registers === undefined) return;
  const unknown = emitter.fresh('unknown');
  const user = emitter.fresh('user');
  const read = (from: number): void => {
    emitter.emit(
      alu('add', 'r3', from),
      move('r1', code.contextArea),
      alu('add', 'r1', memory.scratch),
      move('r2', 8),
      callHelper(helperNumber.probeReadKernel),
      jumpIf('ne', 'r0', 0, unknown),
      load(8, 'r3', code.contextArea, memory.scratch),
    );
  };
  emitter.emit(
    callHelper(helperNumber.getCurrentTaskBtf),
    load(8, 'r3', 'r0', kernel.fieldOffset('task_struct', 'se.cfs_rq')),
    load(8, 'r3', 'r3', kernel.fieldOffset('cfs_rq', 'rq')),
  );
  read(registers - queues);
  emitter.emit(jumpIf('eq', 'r3', 0, unknown), store(8, 'r10', tagSlot - 16, 'r3'));
  read(kernel.fieldOffset('pt_regs', 'cs'));
  emitter.emit(store(8, 'r10', tagSlot - 24, 'r3'), load(8, 'r3', 'r10', tagSlot - 16));
  read(kernel.fieldOffset('pt_regs', 'ip'));
  // The privilege level of the code segment: 3 is a process.
  emitter.emit(load(8, 'r1', 'r10', tagSlot - 24), alu('and', 'r1', 3), jumpIf('ne', 'r1', 0, user));
  code.setArgument(0, 'r3');
  emitter.emit(jump(unknown));
  emitter.place(user);
  code.setArgument(1, 'r3');
  emitter.place(unknown);
}
