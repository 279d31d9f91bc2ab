/**
 * Builtin variables in generated code: each leaves its value in r0, except for strings, which are written to a place.
 *
 * What the probe supplies (arguments, errno) its site has put into the context area; what belongs to the running thread
 * is read from its task through pointers typed by BTF, which costs nothing; the clocks are read once a firing.
 */

import { helperNumber } from '../../../bpf/helper.js';
import {
  type AssemblyItem,
  alu,
  callHelper,
  jumpIf,
  load,
  loadConstant,
  loadMapValue,
  move,
  store,
} from '../../../bpf/instruction.js';
import { assertNever } from '../../assert-never.js';
import type { BuiltinVariable } from '../../dif.js';
import { contextArea, controlBlock, controlWords } from '../memory/layout.js';
import { mapNames, type NameVariable } from '../memory/memory.js';
import { type Address, emitClear, emitCut, emitStringMove, stringSpace } from '../strings.js';
import { contextRegister, signExtend, slotOf, taskField, taskPointer, type Unit } from '../unit.js';
import { emitStackVariable } from './stacks.js';

/** Builtins whose value is a string. */
export type StringBuiltin = 'execname' | NameVariable;

/** Whether the variable is a string. */
export const isStringBuiltin = (variable: BuiltinVariable): variable is StringBuiltin =>
  variable === 'execname' || variable.startsWith('probe');

/** TASK_COMM_LEN: bytes of a task's name with its NUL. */
const commandLength = 16;

/** Leaves the value of an integer builtin in r0, in the clause with the number `epid`. Loses r1 to r5. */
export function emitBuiltin(unit: Unit, variable: Exclude<BuiltinVariable, StringBuiltin>, epid: number): void {
  const { emitter } = unit;
  const field = (offset: number): AssemblyItem => load(8, 'r0', contextRegister, offset);
  switch (variable) {
    case 'arg0':
    case 'arg1':
    case 'arg2':
    case 'arg3':
    case 'arg4':
    case 'arg5':
    case 'arg6':
    case 'arg7':
    case 'arg8':
    case 'arg9':
      emitter.emit(field(contextArea.arguments + 8 * Number(variable.slice(3))));
      return;
    case 'errno':
      emitter.emit(field(contextArea.errno));
      return;
    case 'id':
      emitter.emit(field(contextArea.probeId));
      return;
    case 'epid':
      emitter.emit(move('r0', epid));
      return;
    case 'cpu':
      emitter.emit(callHelper(helperNumber.getSmpProcessorId));
      return;
    case 'uid':
      emitter.emit(...taskField(unit, 'r1', 'cred', 8));
      emitter.emit(load(4, 'r0', 'r1', unit.kernel.fieldOffset('cred', 'uid')));
      return;
    case 'gid':
      emitter.emit(...taskField(unit, 'r1', 'cred', 8));
      emitter.emit(load(4, 'r0', 'r1', unit.kernel.fieldOffset('cred', 'gid')));
      return;
    case 'pid':
    case 'tid':
    case 'ppid':
      emitIdentifier(unit, variable);
      return;
    case 'ipl':
      emitInterruptLevel(unit);
      return;
    case 'caller':
    case 'stackdepth':
      emitStackVariable(unit, variable);
      return;
    case 'timestamp':
      emitTimestamp(unit);
      return;
    case 'walltimestamp':
      emitTimestamp(unit);
      emitter.emit(
        loadMapValue('r1', mapNames.control, controlWords.wallOffset),
        load(8, 'r1', 'r1', 0),
        alu('add', 'r0', 'r1'),
      );
      return;
    case 'vtimestamp':
      emitVirtualTimestamp(unit);
      return;
    default:
      assertNever(variable);
  }
}

/** Writes a string builtin, padded to `bound`. Loses r0 to r5. */
export function emitStringBuiltin(unit: Unit, variable: StringBuiltin, to: Address, bound: number): void {
  const { emitter } = unit;
  if (variable === 'execname') {
    const words = Math.min(commandLength, stringSpace(bound)) / 8;
    emitCommand(unit, to, words);
    emitCut(emitter, to, bound, commandLength);
    emitClear(emitter, { base: to.base, offset: to.offset + words * 8 }, stringSpace(bound) / 8 - words);
    return;
  }
  const name = unit.memory.names.get(variable);
  if (name === undefined) throw new Error(`the row of a probe has no ${variable}`);
  // The site has bounded the row when it stored it; the verifier has to see it again.
  emitter.emit(load(8, 'r2', contextRegister, contextArea.row), loadMapValue('r1', mapNames.probes, name.offset));
  const beyond = emitter.fresh('row');
  emitter.emit(
    jumpIf('ge', 'r2', unit.memory.rows, beyond),
    alu('mul', 'r2', unit.memory.rowSize),
    alu('add', 'r1', 'r2'),
  );
  emitter.place(beyond);
  emitter.emit(move('r3', 'r1'));
  emitStringMove(emitter, to, bound, { base: 'r3', offset: 0 }, name.space, 'r2');
}

/** The first one or two `words` of the current task's name, cleared from the first NUL on. */
function emitCommand(unit: Unit, to: Address, words: number): void {
  const { emitter } = unit;
  emitter.emit(taskPointer('r0'));
  const offset = unit.kernel.fieldOffset('task_struct', 'comm');
  const ended = emitter.fresh('command');
  const done = emitter.fresh('command');
  emitter.emit(load(8, 'r1', 'r0', offset), load(8, 'r2', 'r0', offset + 8));
  // A word has a zero byte exactly if (w - 0x01…01) & ~w & 0x80…80 is not zero; its lowest bit stands in the first one.
  const clearFromNul = (word: 'r1' | 'r2', whenEnded: string): void => {
    emitter.emit(
      loadConstant('r3', 0x0101_0101_0101_0101n),
      move('r4', word),
      alu('sub', 'r4', 'r3'),
      move('r5', word),
      alu('xor', 'r5', -1),
      alu('and', 'r4', 'r5'),
      alu('lsh', 'r3', 7),
      alu('and', 'r4', 'r3'),
    );
    const whole = emitter.fresh('command');
    emitter.emit(
      jumpIf('eq', 'r4', 0, whole),
      move('r5', 'r4'),
      alu('sub', 'r5', 1),
      alu('xor', 'r4', -1),
      alu('and', 'r5', 'r4'),
      alu('and', word, 'r5'),
      { kind: 'jump', target: whenEnded },
    );
    emitter.place(whole);
  };
  const second = emitter.fresh('command');
  clearFromNul('r1', ended);
  clearFromNul('r2', second);
  emitter.place(second);
  emitter.emit({ kind: 'jump', target: done });
  emitter.place(ended);
  emitter.emit(move('r2', 0));
  emitter.place(done);
  emitter.emit(store(8, to.base, to.offset, 'r1'));
  if (words > 1) emitter.emit(store(8, to.base, to.offset + 8, 'r2'));
}

/** pid, tid, ppid: ids in dtrace's own pid namespace, 0 for a process that has none there. */
function emitIdentifier(unit: Unit, variable: 'pid' | 'tid' | 'ppid'): void {
  const { emitter, kernel } = unit;
  const namespace = kernel.pidNamespace;
  const initial = { pid: 'tgid', tid: 'pid', ppid: 'tgid' }[variable];
  emitter.emit(taskPointer('r0'));
  const task = (path: string): number => kernel.fieldOffset('task_struct', path);
  if (variable === 'ppid') emitter.emit(load(8, 'r0', 'r0', task('real_parent')));
  if (namespace === undefined) {
    emitter.emit(load(4, 'r0', 'r0', task(initial)));
    emitter.emit(...signExtend('r0', 32));
    return;
  }
  // struct pid of the thread or of its group leader; its numbers[] has an entry for each namespace from the initial one.
  const read = (size: number, from: number): void => {
    emitter.emit(
      alu('add', 'r0', from),
      move('r3', 'r0'),
      move('r1', contextRegister),
      alu('add', 'r1', unit.memory.scratch),
      move('r2', size),
      callHelper(helperNumber.probeReadKernel),
      load(size === 8 ? 8 : 4, 'r0', contextRegister, unit.memory.scratch),
    );
  };
  const done = emitter.fresh('identifier');
  const foreign = emitter.fresh('identifier');
  if (variable !== 'tid') emitter.emit(load(8, 'r0', 'r0', task('group_leader')));
  emitter.emit(load(8, 'r0', 'r0', task('thread_pid')));
  const keep = unit.memory.associativeKey;
  emitter.emit(store(8, contextRegister, keep, 'r0'));
  const numbers = kernel.fieldOffset('pid', 'numbers') + namespace.level * kernel.structureSize('upid');
  read(4, kernel.fieldOffset('pid', 'level'));
  emitter.emit(jumpIf('lt', 'r0', namespace.level, foreign), load(8, 'r0', contextRegister, keep));
  read(8, numbers + kernel.fieldOffset('upid', 'ns'));
  read(4, kernel.fieldOffset('pid_namespace', 'ns.inum'));
  emitter.emit(
    loadConstant('r1', BigInt(namespace.inode)),
    jumpIf('ne', 'r0', 'r1', foreign),
    load(8, 'r0', contextRegister, keep),
  );
  read(4, numbers + kernel.fieldOffset('upid', 'nr'));
  emitter.emit({ kind: 'jump', target: done });
  emitter.place(foreign);
  emitter.emit(move('r0', 0));
  emitter.place(done);
}

/** SOFTIRQ_OFFSET: a softirq is being served. */
const servingSoftirq = 0x0000_0100;

/**
 * ipl: 0 in a task, 1 in a softirq, 2 in a hardirq, 3 in an NMI, from the CPU's preempt count (linux/preempt.h). The
 * count is a per-CPU variable, found from the run queue of the current task, which lies in the same per-CPU area.
 */
function emitInterruptLevel(unit: Unit): void {
  const { emitter, kernel, memory } = unit;
  const queues = kernel.percpuOffset('runqueues');
  const hot = kernel.percpuOffset('pcpu_hot');
  const count =
    kernel.percpuOffset('__preempt_count') ??
    (hot === undefined ? undefined : hot + kernel.fieldOffset('pcpu_hot', 'preempt_count'));
  if (queues === undefined || count === undefined)
    throw new Error('ipl: this kernel does not tell where its preempt count is');
  emitter.emit(...taskField(unit, 'r3', 'se.cfs_rq', 8));
  emitter.emit(
    load(8, 'r3', 'r3', kernel.fieldOffset('cfs_rq', 'rq')),
    alu('add', 'r3', count - queues),
    move('r1', contextRegister),
    alu('add', 'r1', memory.scratch),
    move('r2', 4),
    callHelper(helperNumber.probeReadKernel),
    load(4, 'r1', contextRegister, memory.scratch),
  );
  const done = emitter.fresh('level');
  // NMI_MASK, HARDIRQ_MASK
  for (const [mask, level] of [
    [0x00f0_0000, 3],
    [0x000f_0000, 2],
    [servingSoftirq, 1],
  ] as const) {
    emitter.emit(move('r0', level), jumpIf('set', 'r1', mask, done));
  }
  // PREEMPT_RT keeps the count of softirqs with the task, which serves them.
  if (kernel.optionalFieldOffset('task_struct', 'softirq_disable_cnt') !== undefined) {
    emitter.emit(...taskField(unit, 'r1', 'softirq_disable_cnt', 4));
    emitter.emit(move('r0', 1), jumpIf('set', 'r1', servingSoftirq, done));
  }
  emitter.emit(move('r0', 0));
  emitter.place(done);
}

/** The monotonic clock in ns, read at the first use in a firing. */
function emitTimestamp(unit: Unit): void {
  const { emitter } = unit;
  const known = emitter.fresh('timestamp');
  emitter.emit(
    load(8, 'r0', contextRegister, contextArea.timestamp),
    jumpIf('ne', 'r0', 0, known),
    callHelper(helperNumber.ktimeGetNs),
    store(8, contextRegister, contextArea.timestamp, 'r0'),
  );
  emitter.place(known);
}

/**
 * Time that the current thread has spent on CPUs: what it had when it was switched in, and the time since; where that
 * was not seen, what the scheduler has added up so far.
 */
function emitVirtualTimestamp(unit: Unit): void {
  const { emitter } = unit;
  const known = emitter.fresh('vtimestamp');
  const unseen = emitter.fresh('vtimestamp');
  const keep = emitter.fresh('vtimestamp');
  emitter.emit(load(8, 'r0', contextRegister, contextArea.vtimestamp), jumpIf('ne', 'r0', 0, known));
  emitTimestamp(unit);
  emitter.emit(...taskField(unit, 'r3', 'pid', 4), ...slotOf(unit.memory.shape, 'r1'));
  emitter.emit(
    alu('mul', 'r1', controlBlock.size),
    loadMapValue('r2', mapNames.control, controlWords.blocks),
    alu('add', 'r2', 'r1'),
    load(8, 'r1', 'r2', controlBlock.switchedThread),
    jumpIf('ne', 'r1', 'r3', unseen),
    load(8, 'r1', 'r2', controlBlock.switchedAt),
    jumpIf('eq', 'r1', 0, unseen),
    load(8, 'r0', contextRegister, contextArea.timestamp),
    alu('sub', 'r0', 'r1'),
    load(8, 'r1', 'r2', controlBlock.switchedRuntime),
    alu('add', 'r0', 'r1'),
    { kind: 'jump', target: keep },
  );
  emitter.place(unseen);
  emitter.emit(...taskField(unit, 'r0', 'se.sum_exec_runtime', 8));
  emitter.place(keep);
  emitter.emit(store(8, contextRegister, contextArea.vtimestamp, 'r0'));
  emitter.place(known);
}
