/**
 * Clauses.
 *
 * Takes a clause, gives its code: it tests the predicate, reserves the record, runs the statements in order and ends with
 * a `clauseResult`. A fault voids the record and ends the clause. The code is a global function of the program,
 * `clause_EPID(u64 context)`, which the verifier checks once and by itself; or, where a site has few and short clauses,
 * it stands in the entry, which saves the calls (about 9 ns each where returns go through a thunk).
 *
 * Space in the principal buffer is taken by one atomic addition to the CPU's own offset, so that a firing that nests
 * reserves behind the one it interrupted. A record that does not fit is a counted drop; the first one that does not fit
 * marks where the valid records end.
 */

import {
  alu,
  alu32,
  atomic,
  functionStart,
  jump,
  jumpIf,
  load,
  loadConstant,
  loadMapValue,
  move,
  store,
} from '../../bpf/instruction.js';
import { assertNever } from '../assert-never.js';
import { clauseDifos, speculates } from '../dif/actions.js';
import { sizeOf } from '../dif/type.js';
import type { BuiltinVariable, DifAction, DifClause, Difo, DifProgram, RecordField } from '../dif.js';
import { emitUpdate } from './aggregation.js';
import { emitDifo } from './expression/expression.js';
import {
  activity,
  clauseResult,
  contextArea,
  controlBlock,
  controlWords,
  exitClaimed,
  recordHeader,
  selectorShift,
} from './memory/layout.js';
import { mapNames, valueSpace } from './memory/memory.js';
import { emitEnd, emitLeave, emitSpeculate } from './speculation/clause.js';
import { emitStringMove, stringSpace } from './strings.js';
import {
  contextFromIndex,
  contextRegister,
  emitPosition,
  emitReturn,
  type FaultSite,
  type Form,
  frame,
  halfOf,
  keepTask,
  slotOf,
  type Unit,
} from './unit.js';

/** Name of the function of a clause. */
export const clauseFunction = (epid: number): string => `clause_${epid}`;

/** Generates `clause`; inline, it finds r9 and the kept task as it needs them. Leaves its result in r0. */
export function emitClause(unit: Unit, clause: DifClause, form: Form): void {
  const { emitter, memory } = unit;
  const leave = emitter.fresh('leave');
  const faulted = emitter.fresh('faulted');
  const voided = emitter.fresh('voided');
  const voidedAfterExit = emitter.fresh('voided');
  // One that speculates reserves its record when it does.
  const abandoned = speculates(clause) ? emitter.fresh('abandoned') : undefined;
  const reserves = clause.recordSize > 0 && abandoned === undefined;
  emitPosition(unit, clause.span);
  if (form.kind === 'function') {
    emitter.emit(functionStart(clauseFunction(clause.epid), 1, 'global'));
    emitter.emit(...contextFromIndex(memory.shape, memory.contextSize, leave));
    if (usesTask(unit.program, clause)) emitter.emit(...keepTask());
  }
  emitNoteClause(unit, clause.epid);

  if (clause.predicate !== undefined) {
    emitPosition(unit, clause.predicate.span);
    emitDifo(unit, clause.predicate, { epid: clause.epid, action: 0, abort: faulted });
    emitter.emit(jumpIf('eq', 'r0', 0, leave));
  }
  if (reserves) emitReservation(unit, clause.epid, clause.recordSize, leave);
  let abort = reserves ? voided : faulted;
  let exits = false;
  let speculating = false;
  for (const [index, action] of clause.actions.entries()) {
    emitPosition(unit, action.span);
    if (action.kind === 'commit' && speculating) {
      // The record is complete, so that it is committed too.
      emitLeave(unit);
      speculating = false;
      abort = faulted;
    }
    const site = { epid: clause.epid, action: index + 1, abort };
    if (action.kind === 'speculate') {
      emitSpeculate(unit, action, clause, site, leave);
      speculating = true;
      abort = abandoned ?? faulted;
      continue;
    }
    emitAction(unit, action, site, form);
    if (action.kind !== 'exit') continue;
    exits = true;
    abort = voidedAfterExit;
  }
  if (speculating) emitLeave(unit);
  emitter.emit(move('r0', exits ? clauseResult.exit : clauseResult.done));
  emitReturn(unit, form);

  emitter.flush();
  emitter.place(leave);
  emitter.emit(move('r0', clauseResult.done));
  emitReturn(unit, form);
  if (exits) {
    emitter.place(voidedAfterExit);
    emitVoid(unit, clause.epid);
    emitter.emit(move('r0', clauseResult.faultAfterExit));
    emitReturn(unit, form);
  }
  if (reserves) {
    emitter.place(voided);
    emitVoid(unit, clause.epid);
  }
  if (abandoned !== undefined) {
    emitter.place(abandoned);
    if (clause.recordSize > 0) emitVoid(unit, clause.epid);
    emitLeave(unit);
  }
  emitter.place(faulted);
  emitter.emit(move('r0', clauseResult.fault));
  emitReturn(unit, form);
}

const taskBuiltins: ReadonlySet<BuiltinVariable> = new Set([
  'pid',
  'tid',
  'ppid',
  'uid',
  'gid',
  'execname',
  'ipl',
  'vtimestamp',
]);

/** Whether a clause reads anything of the current task, its thread's scalars included. */
export function usesTask(program: DifProgram, clause: DifClause): boolean {
  return clauseDifos(clause).some((difo) =>
    difo.instructions.some((i) => {
      if (i.op === 'builtin') return taskBuiltins.has(i.variable);
      return (i.op === 'get' || i.op === 'set') && program.variables[i.variable]?.scope === 'thread';
    }),
  );
}

/** Marks the reserved record as one that nobody is to read. */
function emitVoid(unit: Unit, epid: number): void {
  unit.emitter.emit(
    load(8, 'r1', 'r10', frame.record),
    loadConstant('r2', BigInt(recordHeader.voidFlag + epid)),
    store(4, 'r1', recordHeader.epid, 'r2'),
  );
}

/** Leaves the EPID in the control block, for the message of a sync() that waits in vain. */
function emitNoteClause(unit: Unit, epid: number): void {
  unit.emitter.emit(...slotOf(unit.memory.shape, 'r1'));
  unit.emitter.emit(
    alu('mul', 'r1', controlBlock.size),
    loadMapValue('r2', mapNames.control, controlWords.blocks),
    alu('add', 'r2', 'r1'),
    store(8, 'r2', controlBlock.epid, epid),
  );
}

/**
 * Reserves `size` bytes in the live half of the CPU's buffer and writes the header; the pointer stays in the frame.
 * Goes to `full` when there is no room; a record larger than the buffer takes none from others. Loses r0 to r5.
 */
export function emitReservation(unit: Unit, epid: number, size: number, full: string): void {
  const { emitter, memory } = unit;
  const { shape } = memory;
  const noRoom = emitter.fresh('full');
  // r2 points to the offset of the half; its drops lie a fixed distance behind.
  const countDrop = [
    move('r1', 1),
    atomic('add', 8, 'r2', controlBlock.principalDrops - controlBlock.principalOffset, 'r1'),
    jump(full),
  ];
  emitter.emit(...slotOf(shape, 'r3'), ...halfOf(selectorShift.principal, 'r4'));
  emitter.emit(
    move('r5', 'r3'),
    alu('mul', 'r5', controlBlock.size),
    move('r1', 'r4'),
    alu('lsh', 'r1', 3),
    alu('add', 'r5', 'r1'),
    loadMapValue('r2', mapNames.control, controlWords.blocks + controlBlock.principalOffset),
    alu('add', 'r2', 'r5'),
  );
  if (size > shape.bufferSize) {
    emitter.emit(...countDrop);
    return;
  }
  emitter.emit(
    move('r1', size),
    atomic('fetch-add', 8, 'r2', 0, 'r1'),
    // r1: where the record goes, r4: the buffer in `principal`
    alu('mul', 'r4', shape.slots),
    alu('add', 'r4', 'r3'),
    alu('mul', 'r4', shape.bufferSize),
    loadMapValue('r0', mapNames.principal),
    alu('add', 'r0', 'r4'),
    jumpIf('gt', 'r1', shape.bufferSize - size, noRoom),
    alu('add', 'r0', 'r1'),
    store(8, 'r10', frame.record, 'r0'),
    load(8, 'r1', contextRegister, contextArea.probeId),
    store(4, 'r0', recordHeader.epid, epid),
    store(4, 'r0', recordHeader.probeId, 'r1'),
  );
  const beyond = emitter.fresh('full');
  emitter.later([
    { kind: 'label', name: noRoom },
    jumpIf('gt', 'r1', shape.bufferSize - recordHeader.size, beyond),
    alu('add', 'r0', 'r1'),
    store(4, 'r0', recordHeader.epid, 0),
    { kind: 'label', name: beyond },
    ...countDrop,
  ]);
}

function emitAction(unit: Unit, action: Exclude<DifAction, { kind: 'speculate' }>, site: FaultSite, form: Form): void {
  switch (action.kind) {
    case 'evaluate':
      emitDifo(unit, action.difo, site);
      return;
    case 'trace':
      emitField(unit, action.field, site);
      return;
    case 'printf':
      for (const field of action.fields) emitField(unit, field, site);
      return;
    case 'exit':
      emitField(unit, action.field, site);
      emitExit(unit, action.field);
      return;
    case 'printa':
    case 'clear':
      // The record itself is the message to the consumer.
      return;
    case 'commit':
    case 'discard':
      emitEnd(unit, action, site);
      return;
    case 'aggregate':
      emitAggregate(unit, action, site, form);
      return;
    default:
      assertNever(action);
  }
}

/** Evaluates a field and stores it in the record. */
function emitField(unit: Unit, field: RecordField, site: FaultSite): void {
  const { emitter } = unit;
  const result = emitDifo(unit, field.difo, site);
  emitter.emit(load(8, 'r3', 'r10', frame.record));
  if (result.kind === 'bytes') {
    emitStringMove(emitter, { base: 'r3', offset: field.offset }, field.size, result.at, result.bound, 'r2');
  } else {
    emitter.emit(store(field.size as 1 | 2 | 4 | 8, 'r3', field.offset, 'r0'));
  }
}

/** exit(): the first one of the session leaves its status, with a bit that says so; each moves the activity to draining. */
function emitExit(unit: Unit, field: RecordField): void {
  unit.emitter.emit(
    load(8, 'r3', 'r10', frame.record),
    load(4, 'r1', 'r3', field.offset),
    loadConstant('r4', exitClaimed),
    alu('or', 'r1', 'r4'),
    move('r0', 0),
    loadMapValue('r2', mapNames.control),
    atomic('cmpxchg', 8, 'r2', controlWords.exitStatus, 'r1'),
    load(8, 'r0', contextRegister, contextArea.control),
    alu32('mov', 'r0', 'r0'),
    move('r1', activity.draining),
    atomic('cmpxchg', 4, 'r2', controlWords.activity, 'r1'),
  );
}

function emitAggregate(
  unit: Unit,
  action: Extract<DifAction, { kind: 'aggregate' }>,
  site: FaultSite,
  form: Form,
): void {
  const { emitter, memory } = unit;
  const table = memory.aggregations.tables[action.aggregation];
  if (table === undefined) throw new Error(`the program has no aggregation ${action.aggregation}`);
  let offset = memory.aggregationKey;
  for (const [index, key] of action.keys.entries()) {
    const type = table.aggregation.keys[index];
    if (type === undefined) throw new Error(`aggregation @${table.aggregation.name} has no key ${index}`);
    emitKey(unit, key, type.kind === 'integer' ? undefined : sizeOf(type), offset, site);
    offset += valueSpace(type);
  }
  if (action.argument !== undefined) {
    emitDifo(unit, action.argument, site);
    emitter.emit(move('r6', 'r0'));
  }
  emitUpdate(unit, table, form.kind === 'inline');
}

function emitKey(unit: Unit, key: Difo, bound: number | undefined, offset: number, site: FaultSite): void {
  const result = emitDifo(unit, key, site);
  if (result.kind === 'bytes' && bound !== undefined) {
    emitStringMove(
      unit.emitter,
      { base: contextRegister, offset },
      bound,
      result.at,
      Math.min(result.bound, stringSpace(result.bound)),
      'r2',
    );
  } else {
    unit.emitter.emit(store(8, contextRegister, offset, 'r0'));
  }
}
