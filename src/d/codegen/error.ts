/**
 * ERROR: what happens when a clause faults.
 *
 * The clause has left the particulars in the context area. The function here writes the built-in ERROR clause's record
 * (EPID 1, which the consumer prints as dtrace's message), then runs the program's own ERROR clauses with the particulars
 * as arg1 to arg5, and puts the interrupted firing's probe and arguments back.
 */

import { callFunction, exit, functionStart, jump, jumpIf, load, move, store } from '../../bpf/instruction.js';
import type { DifClause } from '../dif.js';
import { clauseFunction, emitReservation } from './clause.js';
import { clauseResult, contextArea, controlBlock, errorRecord } from './memory/layout.js';
import { contextFromIndex, contextRegister, countInBlock, frame, type Unit } from './unit.js';

/** Name of the function; it takes the number of the context area and returns `done` or `exit` of `clauseResult`. */
export const errorFunction = 'fire_error';

/** EPID of the built-in ERROR clause. */
const builtinErrorEpid = 1;

/** Probe id of dtrace:::ERROR. */
export const errorProbeId = 3;

/** Generates the function; `clauses` are the program's ERROR clauses. */
export function emitErrorFunction(unit: Unit, clauses: readonly DifClause[]): void {
  const { emitter, memory } = unit;
  const leave = emitter.fresh('leave');
  const full = emitter.fresh('recorded');
  emitter.emit(functionStart(errorFunction, 1, 'global'));
  emitter.emit(...contextFromIndex(memory.shape, memory.contextSize, leave));
  emitReservation(unit, builtinErrorEpid, errorRecord.size, full);
  const fields = [errorRecord.epid, errorRecord.action, errorRecord.pc, errorRecord.kind, errorRecord.value];
  emitter.emit(load(8, 'r3', 'r10', frame.record));
  for (const [index, offset] of fields.entries()) {
    emitter.emit(load(8, 'r1', contextRegister, contextArea.fault + 8 * index), store(8, 'r3', offset, 'r1'));
  }
  emitter.place(full);
  emitter.emit(move('r6', clauseResult.done));
  if (clauses.length > 0) emitErrorClauses(unit, clauses);
  emitter.emit(move('r0', 'r6'), exit());
  emitter.flush();
  emitter.place(leave);
  emitter.emit(move('r0', clauseResult.done), exit());
}

/** Words put aside: row, probe id, errno, arg0 to arg5. */
const saved = [
  contextArea.row,
  contextArea.probeId,
  contextArea.errno,
  ...[0, 1, 2, 3, 4, 5].map((index) => contextArea.arguments + 8 * index),
];

function emitErrorClauses(unit: Unit, clauses: readonly DifClause[]): void {
  const { emitter } = unit;
  for (const [index, offset] of saved.entries()) {
    emitter.emit(
      load(8, 'r1', contextRegister, offset),
      store(8, contextRegister, contextArea.saved + 8 * index, 'r1'),
    );
  }
  emitter.emit(
    store(8, contextRegister, contextArea.row, unit.memory.errorRow),
    store(8, contextRegister, contextArea.probeId, errorProbeId),
    store(8, contextRegister, contextArea.errno, 0),
    store(8, contextRegister, contextArea.arguments, 0),
  );
  for (let i = 0; i < 5; i += 1) {
    emitter.emit(
      load(8, 'r1', contextRegister, contextArea.fault + 8 * i),
      store(8, contextRegister, contextArea.arguments + 8 * (i + 1), 'r1'),
    );
  }
  const done = emitter.fresh('restored');
  for (const clause of clauses) {
    const next = emitter.fresh('next');
    const ended = emitter.fresh('ended');
    emitter.emit(
      load(8, 'r1', contextRegister, contextArea.index),
      callFunction(clauseFunction(clause.epid)),
      jumpIf('eq', 'r0', clauseResult.done, next),
      jumpIf('eq', 'r0', clauseResult.exit, ended),
      move('r7', 'r0'),
      ...countInBlock(unit, controlBlock.errorDrops),
      jumpIf('eq', 'r7', clauseResult.fault, next),
    );
    emitter.place(ended);
    emitter.emit(move('r6', clauseResult.exit), jump(done));
    emitter.place(next);
  }
  emitter.place(done);
  for (const [index, offset] of saved.entries()) {
    emitter.emit(
      load(8, 'r1', contextRegister, contextArea.saved + 8 * index),
      store(8, contextRegister, offset, 'r1'),
    );
  }
}
