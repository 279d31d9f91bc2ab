/** Programs that cross-calls run. */

import { helperNumber } from '../../bpf/helper.js';
import {
  type AssemblyItem,
  alu,
  callHelper,
  exit,
  functionStart,
  jumpIf,
  label,
  load,
  loadMapValue,
  move,
  store,
} from '../../bpf/instruction.js';
import type { ProgramSpec } from '../../bpf/spec.js';
import { controlBlock, controlWords, type RuntimeShape } from './memory/layout.js';
import { mapNames } from './memory/memory.js';
import type { TargetKernel } from './target.js';

/** The marker in the upper half of what the depth handler returns: a run that the kernel skipped lacks it. */
export const depthMarker = 0x5d7c_0000;

/** Sets r2 to the control block of the CPU; goes to `none` if it has no slot. Loses r0 to r5. */
export function blockOfCpu(shape: RuntimeShape, none: string): readonly AssemblyItem[] {
  return [
    callHelper(helperNumber.getSmpProcessorId),
    alu('and', 'r0', shape.cpus - 1),
    loadMapValue('r1', mapNames.slots),
    alu('add', 'r1', 'r0'),
    load(1, 'r1', 'r1', 0),
    jumpIf('ge', 'r1', shape.slots, none),
    alu('mul', 'r1', controlBlock.size),
    loadMapValue('r2', mapNames.control, controlWords.blocks),
    alu('add', 'r2', 'r1'),
  ];
}

/**
 * The depth handler: returns `depthMarker` with the CPU's in-probe count (at most 65535). One load decides, so that it
 * may be interrupted, run beside itself, or run outside an interrupt.
 */
export function generateDepthHandler(shape: RuntimeShape): ProgramSpec {
  const items: AssemblyItem[] = [
    functionStart('sync_depth', 1, 'global'),
    ...blockOfCpu(shape, 'outside'),
    load(8, 'r1', 'r2', controlBlock.inprobe),
    jumpIf('le', 'r1', 0xffff, 'small'),
    move('r1', 0xffff),
    label('small'),
    move('r0', depthMarker),
    alu('or', 'r0', 'r1'),
    exit(),
    label('outside'),
    move('r0', depthMarker),
    exit(),
  ];
  return { name: 'sync_depth', kind: { type: 'raw-tracepoint' }, items };
}

/** Leaves the id of the process that is running on the CPU in its control block: for the message about a straggler. */
export function generateObserver(shape: RuntimeShape, kernel: TargetKernel): ProgramSpec {
  const items: AssemblyItem[] = [
    functionStart('sync_observe', 1, 'global'),
    ...blockOfCpu(shape, 'outside'),
    move('r6', 'r2'),
    callHelper(helperNumber.getCurrentTaskBtf),
    load(4, 'r1', 'r0', kernel.fieldOffset('task_struct', 'tgid')),
    store(8, 'r6', controlBlock.observedPid, 'r1'),
    label('outside'),
    move('r0', 0),
    exit(),
  ];
  return { name: 'sync_observe', kind: { type: 'raw-tracepoint' }, items };
}

/** Returns the thread that runs it, by its number in the initial pid namespace. */
export function generateThreadIdentity(): ProgramSpec {
  const items: AssemblyItem[] = [
    functionStart('thread_identity', 1, 'global'),
    callHelper(helperNumber.getCurrentPidTgid),
    exit(),
  ];
  return { name: 'thread_identity', kind: { type: 'raw-tracepoint' }, items };
}

/** Returns how deep the pid namespace of the running process lies below the initial one. */
export function generateNamespaceLevel(kernel: TargetKernel): ProgramSpec {
  const items: AssemblyItem[] = [
    functionStart('namespace_level', 1, 'global'),
    callHelper(helperNumber.getCurrentTaskBtf),
    load(8, 'r1', 'r0', kernel.fieldOffset('task_struct', 'thread_pid')),
    load(4, 'r0', 'r1', kernel.fieldOffset('pid', 'level')),
    exit(),
  ];
  return { name: 'namespace_level', kind: { type: 'raw-tracepoint' }, items };
}

/**
 * Keeps for each CPU when its current thread was switched in and what it had run by then, for vtimestamp. Between the
 * first and the last store the time is 0, so that a tick that lands there does not combine one thread's time with
 * another's. The thread's id goes with them: the kernel may run no program for a switch.
 */
export function generateSwitchObserver(shape: RuntimeShape, kernel: TargetKernel): ProgramSpec {
  const next = 16;
  const items: AssemblyItem[] = [
    functionStart('sched_switch', 1, 'global'),
    load(8, 'r7', 'r1', next),
    ...blockOfCpu(shape, 'outside'),
    move('r6', 'r2'),
    load(8, 'r8', 'r7', kernel.fieldOffset('task_struct', 'se.sum_exec_runtime')),
    callHelper(helperNumber.ktimeGetNs),
    store(8, 'r6', controlBlock.switchedAt, 0),
    store(8, 'r6', controlBlock.switchedRuntime, 'r8'),
    load(4, 'r8', 'r7', kernel.fieldOffset('task_struct', 'pid')),
    store(8, 'r6', controlBlock.switchedThread, 'r8'),
    store(8, 'r6', controlBlock.switchedAt, 'r0'),
    label('outside'),
    move('r0', 0),
    exit(),
  ];
  return { name: 'sched_switch', kind: { type: 'typed-raw-tracepoint', tracepoint: 'sched_switch' }, items };
}
