/**
 * The provider xcall: the machine's own cross-calls, from the request to its acknowledgement (docs/providers.md).
 *
 * A call is queued for a CPU (a csd, "call single data", is linked into that CPU's list), an interrupt is sent if the list
 * was empty and the CPU does not poll, and the interrupt's handler runs the functions of the list. The tracepoints of the
 * groups `csd` and `ipi` are there since Linux 6.4 or so, those of `irq_vectors` since 3.10, on x86.
 */

import { helperNumber } from '../bpf/helper.js';
import { alu, alu32, callHelper, callKernel, jump, jumpIf, load, move } from '../bpf/instruction.js';
import { emitFirstOutside, type Reach } from '../d/codegen/expression/outside.js';
import { contextArea } from '../d/codegen/memory/layout.js';
import type { SiteCode } from '../d/codegen/site.js';
import { frame } from '../d/codegen/unit.js';
import { type DType, integerTypes, pointerTo, voidType } from '../d/types.js';
import { isOnCrossCallPath } from './cross-call-path.js';
import {
  type KernelEvents,
  runningKernelEvents,
  type TracepointProbe,
  type TracepointProvider,
  tracepointProvider,
} from './tracepoint.js';

/** The arguments, the same for every probe of the provider. Those that a probe cannot know are `unknown`, addresses 0. */
export const xcallArguments = {
  source: 0,
  target: 1,
  targets: 2,
  function: 3,
  caller: 4,
  vector: 5,
  csd: 6,
  interruptsOn: 7,
  waits: 8,
  asker: 9,
} as const;

/** Their types, in their order. Addresses of code are integers, as `caller` is. */
const argumentTypes: readonly DType[] = Object.values({
  source: integerTypes.processorid_t,
  target: integerTypes.processorid_t,
  targets: integerTypes.uint64_t,
  function: integerTypes.uintptr_t,
  caller: integerTypes.uintptr_t,
  vector: integerTypes.int,
  csd: pointerTo(voidType),
  interruptsOn: integerTypes.int,
  waits: integerTypes.int,
  asker: integerTypes.uintptr_t,
} satisfies Record<keyof typeof xcallArguments, DType>);

const unknown = -1;

/**
 * How far the asker is looked for: the way from there to the tracepoint is two or three frames long for calls of
 * functions, six or so for wakeups, and eleven where a wait queue wakes another one. The tracer's own frames are five or six.
 */
const askerReach = { queue: { soon: 10, frames: 16 }, send: { soon: 12, frames: 16 } } as const;

/** Interprocessor interrupts of x86 whose handlers do what another CPU (or, for irq_work, the own one) asked for. */
const vectors = ['call_function', 'call_function_single', 'reschedule', 'irq_work'] as const;

/** Requests are made by tasks, softirqs and interrupt handlers alike. */
const anywhere: TracepointProbe['contexts'] = ['task', 'softirq', 'hardirq'];

/** Handlers run with interrupts off, also where an idle CPU runs them in its own task. */
const interruptsOff: TracepointProbe['contexts'] = ['hardirq'];

/** The provider for the probes that `events` allow. */
export function createXcallProvider(events: KernelEvents): TracepointProvider {
  const flagReadable = (): boolean =>
    events.hasFunction('bpf_local_irq_save') && events.hasFunction('bpf_local_irq_restore');
  const withFlag =
    (emit: (code: SiteCode) => void) =>
    (code: SiteCode): void => {
      emit(code);
      if (code.readsArgument(xcallArguments.interruptsOn)) emitInterruptFlag(code, flagReadable());
    };
  const probe = (
    [tracepoint, name, contexts]: readonly [string, string, TracepointProbe['contexts']],
    emit: (code: SiteCode) => void,
    shown = tracepoint,
  ): TracepointProbe => ({
    function: shown,
    name,
    tracepoint,
    contexts,
    argumentTypes,
    emitArguments: withFlag(emit),
  });
  const request = (
    of: readonly [string, keyof typeof askerReach, TracepointProbe['contexts']],
    emit: (code: SiteCode) => void,
  ): TracepointProbe => {
    const emitAll = (code: SiteCode): void => {
      emit(code);
      emitAsker(code, of[0], askerReach[of[1]]);
    };
    return { ...probe(of, emitAll), walkedFrames: askerReach[of[1]].frames };
  };
  return tracepointProvider(
    'xcall',
    [
      request(['csd_queue_cpu', 'queue', anywhere], emitQueue),
      request(['ipi_send_cpu', 'send', anywhere], emitSendToOne),
      request(['ipi_send_cpumask', 'send', anywhere], emitSendToMany),
      probe(['csd_function_entry', 'function-entry', interruptsOff], emitHandler, 'csd_function'),
      probe(['csd_function_exit', 'function-return', interruptsOff], emitHandler, 'csd_function'),
      ...vectors.flatMap((vector) => [
        probe([`${vector}_entry`, 'ipi-entry', interruptsOff], emitInterrupt, vector),
        probe([`${vector}_exit`, 'ipi-return', interruptsOff], emitInterrupt, vector),
      ]),
    ],
    events,
  );
}

/** The probes of the running kernel. */
export const xcallProvider: TracepointProvider = createXcallProvider(runningKernelEvents());

/** csd_queue_cpu(cpu, callsite, func, csd) */
function emitQueue(code: SiteCode): void {
  emitSource(code);
  emitTargetCpu(code);
  copyFromContext(code, 1, xcallArguments.caller);
  copyFunction(code, 2);
  copyFromContext(code, 3, xcallArguments.csd, true);
  set(code, xcallArguments.vector, unknown);
  emitWaits(code);
}

/** ipi_send_cpu(cpu, callsite, callback) */
function emitSendToOne(code: SiteCode): void {
  emitSource(code);
  emitTargetCpu(code);
  emitSent(code);
}

/** ipi_send_cpumask(cpumask, callsite, callback) */
function emitSendToMany(code: SiteCode): void {
  emitSource(code);
  if (code.readsArgument(xcallArguments.targets)) {
    code.emitter.emit(
      load(8, 'r1', code.kernelContext, 0),
      load(8, 'r1', 'r1', code.kernel.fieldOffset('cpumask', 'bits')),
    );
    code.setArgument(xcallArguments.targets, 'r1');
  }
  set(code, xcallArguments.target, unknown);
  emitSent(code);
}

function emitSent(code: SiteCode): void {
  copyFromContext(code, 1, xcallArguments.caller);
  copyFunction(code, 2);
  set(code, xcallArguments.vector, unknown);
  set(code, xcallArguments.waits, unknown);
}

/**
 * Who asks: the first frame outside the kernel's own way to the tracepoint. Where the kernel shows no addresses, and so
 * not which functions that way has, it is the caller that the tracepoint tells.
 */
function emitAsker(code: SiteCode, tracepoint: string, reach: Reach): void {
  if (!code.readsArgument(xcallArguments.asker)) return;
  const path = code.kernel.codeOf(isOnCrossCallPath);
  if (path.length === 0) {
    copyFromContext(code, 1, xcallArguments.asker);
    return;
  }
  emitFirstOutside({ ...code, tracepoint }, reach, path);
  code.setArgument(xcallArguments.asker, 'r0');
}

/** csd_function_entry(func, csd), csd_function_exit(func, csd); a function that the caller runs itself has no csd. */
function emitHandler(code: SiteCode): void {
  copyFunction(code, 0);
  copyFromContext(code, 1, xcallArguments.csd, true);
  emitOwnTarget(code);
  if (code.readsArgument(xcallArguments.source)) {
    const { emitter } = code;
    const local = emitter.fresh('local');
    const done = emitter.fresh('source');
    emitter.emit(load(8, 'r1', code.contextArea, slotOf(xcallArguments.csd)), jumpIf('eq', 'r1', 0, local));
    code.setArgument(xcallArguments.source, unknown);
    emitter.emit(jump(done));
    emitter.place(local);
    emitSource(code);
    emitter.place(done);
  }
  set(code, xcallArguments.vector, unknown);
  emitWaits(code);
}

/** call_function_entry(vector) and the like. */
function emitInterrupt(code: SiteCode): void {
  emitOwnTarget(code);
  copyFromContext(code, 0, xcallArguments.vector);
  set(code, xcallArguments.source, unknown);
  set(code, xcallArguments.waits, unknown);
}

const slotOf = (argument: number): number => contextArea.arguments + 8 * argument;

function set(code: SiteCode, argument: number, value: number): void {
  if (code.readsArgument(argument)) code.setArgument(argument, value);
}

/** Argument `from` of the tracepoint becomes one of the probe; `always`, because other code reads it there. */
function copyFromContext(code: SiteCode, from: number, argument: number, always = false): void {
  if (!always && !code.readsArgument(argument)) return;
  code.emitter.emit(load(8, 'r1', code.kernelContext, 8 * from));
  code.setArgument(argument, 'r1');
}

/**
 * Argument `from` of the tracepoint is the function. The verifier lets no typed program load a pointer to a function from
 * its context, so the helper reads that word of it.
 */
function copyFunction(code: SiteCode, from: number): void {
  if (!code.readsArgument(xcallArguments.function)) return;
  const { emitter, memory } = code;
  emitter.emit(
    move('r1', code.contextArea),
    alu('add', 'r1', memory.scratch),
    move('r2', 8),
    move('r3', code.kernelContext),
    alu('add', 'r3', 8 * from),
    callHelper(helperNumber.probeReadKernel),
    load(8, 'r1', code.contextArea, memory.scratch),
  );
  code.setArgument(xcallArguments.function, 'r1');
}

/** Whether a clause reads which CPU is called. */
const readsTarget = (code: SiteCode): boolean =>
  code.readsArgument(xcallArguments.target) || code.readsArgument(xcallArguments.targets);

/** This CPU is the source. */
function emitSource(code: SiteCode): void {
  if (!code.readsArgument(xcallArguments.source)) return;
  code.emitter.emit(callHelper(helperNumber.getSmpProcessorId));
  code.setArgument(xcallArguments.source, 'r0');
}

/** This CPU is the target. */
function emitOwnTarget(code: SiteCode): void {
  if (!readsTarget(code)) return;
  code.emitter.emit(callHelper(helperNumber.getSmpProcessorId), move('r1', 'r0'));
  emitTarget(code);
}

/** The CPU in the tracepoint's first argument, as target. */
function emitTargetCpu(code: SiteCode): void {
  if (!readsTarget(code)) return;
  code.emitter.emit(load(8, 'r1', code.kernelContext, 0), alu32('mov', 'r1', 'r1'));
  emitTarget(code);
}

/** The CPU in r1 is the target; the mask has its bit where it is one of the first 64. */
function emitTarget(code: SiteCode): void {
  const { emitter } = code;
  code.setArgument(xcallArguments.target, 'r1');
  if (!code.readsArgument(xcallArguments.targets)) return;
  const beyond = emitter.fresh('beyond');
  emitter.emit(jumpIf('gt', 'r1', 63, beyond), move('r2', 1), alu('lsh', 'r2', 'r1'));
  code.setArgument(xcallArguments.targets, 'r2');
  emitter.place(beyond);
}

/** CSD_TYPE_SYNC in the bits CSD_FLAG_TYPE_MASK of a csd's flags (linux/smp_types.h, since Linux 5.8). */
const csdType = { mask: 0x30, waits: 0x10 } as const;

/**
 * Whether the caller waits, from the csd, whose address is in its argument: read from there it is a number to the
 * verifier, which would otherwise take it that it is never 0.
 */
function emitWaits(code: SiteCode): void {
  if (!code.readsArgument(xcallArguments.waits)) return;
  const { emitter, kernel, memory } = code;
  const untold = emitter.fresh('untold');
  const waits = emitter.fresh('waits');
  const done = emitter.fresh('waits');
  emitter.emit(
    load(8, 'r3', code.contextArea, slotOf(xcallArguments.csd)),
    jumpIf('eq', 'r3', 0, untold),
    alu('add', 'r3', kernel.fieldOffset('__call_single_data', 'node.u_flags')),
    move('r1', code.contextArea),
    alu('add', 'r1', memory.scratch),
    move('r2', 4),
    callHelper(helperNumber.probeReadKernel),
    jumpIf('ne', 'r0', 0, untold),
    load(4, 'r1', code.contextArea, memory.scratch),
    alu('and', 'r1', csdType.mask),
    jumpIf('eq', 'r1', csdType.waits, waits),
  );
  code.setArgument(xcallArguments.waits, 0);
  emitter.emit(jump(done));
  emitter.place(waits);
  code.setArgument(xcallArguments.waits, 1);
  emitter.emit(jump(done));
  emitter.place(untold);
  code.setArgument(xcallArguments.waits, unknown);
  emitter.place(done);
}

/** Where the processor's flags are saved. */
const flagsSlot = frame.provider;

/** X86_EFLAGS_IF: interrupts are on. */
const interruptFlag = 0x200;

/**
 * The interrupt flag, where the kernel has functions for programs that save and restore it (since Linux 6.14). The saved
 * flags are looked at after they have been restored: before, the verifier does not let a program read them.
 */
function emitInterruptFlag(code: SiteCode, readable: boolean): void {
  const { emitter } = code;
  if (!readable) {
    code.setArgument(xcallArguments.interruptsOn, unknown);
    return;
  }
  const flags = [move('r1', 'r10'), alu('add', 'r1', flagsSlot)];
  const off = emitter.fresh('off');
  emitter.emit(
    ...flags,
    callKernel('bpf_local_irq_save'),
    ...flags,
    callKernel('bpf_local_irq_restore'),
    load(8, 'r1', 'r10', flagsSlot),
    alu('and', 'r1', interruptFlag),
    jumpIf('eq', 'r1', 0, off),
    move('r1', 1),
  );
  emitter.place(off);
  code.setArgument(xcallArguments.interruptsOn, 'r1');
}
