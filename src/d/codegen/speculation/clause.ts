/** What clauses have of speculations: speculate() in the place of the record's reservation, commit() and discard(). */

import { alu, callFunction, jumpIf, load, loadMapValue, move, store } from '../../../bpf/instruction.js';
import type { DifClause, Difo } from '../../dif.js';
import { emitDifo } from '../expression/expression.js';
import { contextArea, recordHeader } from '../memory/layout.js';
import { mapNames } from '../memory/memory.js';
import { contextRegister, type FaultSite, faultLabel, frame, slotOf, type Unit } from '../unit.js';
import { endFunctions, reserveFunction } from './functions.js';
import { leavePart, partPointer } from './parts.js';

/** Leaves the number of a speculation, less 1, in r2 and in the frame; goes to `none` for 0. One that none has is a fault. */
function emitNumber(unit: Unit, difo: Difo, site: FaultSite, none: string): void {
  const { emitter, memory } = unit;
  emitDifo(unit, difo, site);
  emitter.emit(jumpIf('eq', 'r0', 0, none), move('r2', 'r0'), alu('sub', 'r2', 1));
  const fault = faultLabel(unit, site, 'illegal operation', 0);
  emitter.emit(jumpIf('ge', 'r2', memory.shape.speculations, fault), store(8, 'r10', frame.speculation, 'r2'));
}

/** commit() and discard(). */
export function emitEnd(
  unit: Unit,
  { kind, difo }: { readonly kind: 'commit' | 'discard'; readonly difo: Difo },
  site: FaultSite,
): void {
  const { emitter } = unit;
  const none = emitter.fresh('none');
  emitNumber(unit, difo, site, none);
  emitter.emit(load(8, 'r1', contextRegister, contextArea.index), callFunction(endFunctions[kind]));
  emitter.place(none);
}

/**
 * speculate(): the clause's record, of `size` bytes, is reserved in the speculation; its pointer stays in the frame. Goes to
 * `leave` where the speculation takes no records. Who goes on must `emitLeave` in the end.
 */
export function emitSpeculate(
  unit: Unit,
  { difo }: { readonly difo: Difo },
  { epid, recordSize }: DifClause,
  site: FaultSite,
  leave: string,
): void {
  const { emitter, memory } = unit;
  const { speculations, slots, speculationSize } = memory.shape;
  emitNumber(unit, difo, site, leave);
  emitter.emit(
    load(8, 'r1', contextRegister, contextArea.index),
    move('r3', recordSize),
    callFunction(reserveFunction),
    jumpIf('slt', 'r0', 0, leave),
  );
  if (recordSize === 0) return;
  emitter.emit(
    // Neither is taken, which the verifier does not see. A record that is larger than the buffer was refused before.
    ...(recordSize > speculationSize ? [jumpIf('sge', 'r0', 0, leave)] : []),
    jumpIf('gt', 'r0', Math.max(0, speculationSize - recordSize), leave),
    load(8, 'r1', 'r10', frame.speculation),
    jumpIf('ge', 'r1', speculations, leave),
    ...slotOf(memory.shape, 'r2'),
    alu('mul', 'r1', slots),
    alu('add', 'r1', 'r2'),
    alu('mul', 'r1', speculationSize),
    loadMapValue('r2', mapNames.speculative),
    alu('add', 'r2', 'r1'),
    alu('add', 'r2', 'r0'),
    store(8, 'r10', frame.record, 'r2'),
    load(8, 'r1', contextRegister, contextArea.probeId),
    store(4, 'r2', recordHeader.epid, epid),
    store(4, 'r2', recordHeader.probeId, 'r1'),
  );
}

/** The clause records no more into its speculation. Loses r1 to r3. */
export function emitLeave(unit: Unit): void {
  const { emitter, memory } = unit;
  const left = emitter.fresh('left');
  emitter.emit(
    load(8, 'r3', 'r10', frame.speculation),
    jumpIf('ge', 'r3', memory.shape.speculations, left),
    ...slotOf(memory.shape, 'r2'),
    ...partPointer(memory.shape, 'r2', 'r3', 'r2'),
    ...leavePart('r2'),
  );
  emitter.place(left);
}
