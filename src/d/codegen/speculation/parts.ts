/**
 * The parts of speculations in generated code: how a context enters one and leaves it, and how its records are published.
 *
 * Only contexts of its CPU touch a part, but these nest: a tick can commit or discard what the firing that it interrupted is
 * just recording, and where firings are preempted they need not end in reverse order. So each counts itself in `users`
 * *before* it looks at the state of the speculation, and out when it is done:
 *
 * - Who records is let in by the state, and the state is changed before a part is emptied. So whoever has entered, then
 *   found the speculation ended, and then found itself alone, has the part to itself: nobody gets in any more to record,
 *   and who comes to empty it is not alone.
 * - Who is not alone leaves the part to the cleaner. So no record is published that is not complete, and none twice.
 * - A speculation is free again only after each part was seen without users, and empty after that.
 *
 * Space in a part is reserved by compare-and-exchange, so that `used` never counts what did not fit.
 */

import { helperNumber } from '../../../bpf/helper.js';
import {
  type AssemblyItem,
  alu,
  atomic,
  callHelper,
  exit,
  functionStart,
  jump,
  jumpIf,
  load,
  loadMapValue,
  move,
  type Register,
  store,
} from '../../../bpf/instruction.js';
import type { Emitter } from '../emitter.js';
import { controlBlock, controlWords, recordHeader } from '../memory/layout.js';
import { mapNames } from '../memory/memory.js';
import {
  largestCommit,
  type SpeculationShape,
  speculationPart,
  speculationParts,
  speculationStateMask,
  speculationWords,
} from '../memory/speculation-layout.js';

/** Sets `to` to the pointer to the part of a speculation, its number less 1 in `index`, and a slot. Loses r1. */
export const partPointer = (
  shape: SpeculationShape,
  to: Register,
  index: Register,
  slot: Register,
): readonly AssemblyItem[] => [
  move('r1', index),
  alu('mul', 'r1', shape.slots),
  alu('add', 'r1', slot),
  alu('mul', 'r1', speculationPart.size),
  loadMapValue(to, mapNames.speculations, speculationParts(shape)),
  alu('add', to, 'r1'),
];

/** Sets `to` to the pointer to the word of a speculation's state, its number less 1 in `index`. Loses r1. */
export const statePointer = (to: Register, index: Register): readonly AssemblyItem[] => [
  move('r1', index),
  alu('lsh', 'r1', 3),
  loadMapValue(to, mapNames.speculations, speculationWords.states),
  alu('add', to, 'r1'),
];

/** Counts into the part that `part` points to. Loses r1. */
export const enterPart = (part: Register): readonly AssemblyItem[] => [
  move('r1', 1),
  // With fetch, it orders what follows behind it on every machine.
  atomic('fetch-add', 8, part, speculationPart.users, 'r1'),
];

/** Counts out of the part that `part` points to. Loses r1. */
export const leavePart = (part: Register): readonly AssemblyItem[] => [
  move('r1', -1),
  atomic('fetch-add', 8, part, speculationPart.users, 'r1'),
];

/** Goes to `others` if someone beside this context is in the part. Loses r1. */
export const unlessAlone = (part: Register, others: string): readonly AssemblyItem[] => [
  load(8, 'r1', part, speculationPart.users),
  jumpIf('ne', 'r1', 1, others),
];

/** Sets `state` to the state in the word that `from` holds. */
export const stateOf = (state: Register, from: Register): readonly AssemblyItem[] => [
  move(state, from),
  alu('and', state, speculationStateMask),
];

/**
 * Changes a state: `word` holds what was read through `pointer`, `old` the state in it. Leaves in r0 what was there then,
 * which is `word` if the change has happened. Loses r1.
 */
export const changeState = (
  pointer: Register,
  word: Register,
  old: Register | number,
  next: number,
): readonly AssemblyItem[] => [
  move('r1', word),
  alu('sub', 'r1', old),
  alu('add', 'r1', next),
  move('r0', word),
  atomic('cmpxchg', 8, pointer, 0, 'r1'),
];

/**
 * Name of the function that moves the records of a part to the principal buffer of its CPU, one behind the other, and empties
 * the part. Its parameters: the number of the speculation less 1, the slot, the half of the principal buffers.
 */
export const publishFunction = 'speculation_publish';

const frame = { used: -8, buffer: -16 } as const;

/** Generates `publishFunction`. Its registers: r6 number, r7 the part, r8 slot, r9 half. */
export function emitPublishFunction(emitter: Emitter, shape: SpeculationShape): void {
  const { slots, bufferSize, speculationSize } = shape;
  const done = emitter.fresh('published');
  const noRoom = emitter.fresh('full');
  const drop = emitter.fresh('dropped');
  const outside = emitter.fresh('outside');
  const most = largestCommit(shape);
  emitter.emit(
    functionStart(publishFunction, 3, 'global'),
    move('r6', 'r1'),
    move('r8', 'r2'),
    move('r9', 'r3'),
    jumpIf('ge', 'r6', shape.speculations, outside),
    alu('and', 'r8', slots - 1),
    alu('and', 'r9', 1),
    ...partPointer(shape, 'r7', 'r6', 'r8'),
    // What found no room is lost only now that the rest is wanted.
    move('r1', 0),
    atomic('xchg', 8, 'r7', speculationPart.drops, 'r1'),
    atomic('add', 8, 'r7', speculationPart.lost, 'r1'),
    load(8, 'r5', 'r7', speculationPart.used),
    jumpIf('eq', 'r5', 0, done),
    // r2 points to the offset of the half of the principal buffer; its drops lie a fixed distance behind.
    move('r1', 'r8'),
    alu('mul', 'r1', controlBlock.size),
    move('r3', 'r9'),
    alu('lsh', 'r3', 3),
    alu('add', 'r1', 'r3'),
    loadMapValue('r2', mapNames.control, controlWords.blocks + controlBlock.principalOffset),
    alu('add', 'r2', 'r1'),
    jumpIf('gt', 'r5', most, drop),
    store(8, 'r10', frame.used, 'r5'),
    move('r1', 'r5'),
    atomic('fetch-add', 8, 'r2', 0, 'r1'),
    move('r3', 'r9'),
    alu('mul', 'r3', slots),
    alu('add', 'r3', 'r8'),
    alu('mul', 'r3', bufferSize),
    loadMapValue('r0', mapNames.principal),
    alu('add', 'r0', 'r3'),
    // The second comparison is for the verifier, which does not see the bound in the first.
    move('r3', bufferSize),
    alu('sub', 'r3', 'r5'),
    jumpIf('gt', 'r1', 'r3', noRoom),
    jumpIf('gt', 'r1', bufferSize, noRoom),
    alu('add', 'r0', 'r1'),
    move('r1', 'r6'),
    alu('mul', 'r1', slots),
    alu('add', 'r1', 'r8'),
    alu('mul', 'r1', speculationSize),
    loadMapValue('r3', mapNames.speculative),
    alu('add', 'r3', 'r1'),
    move('r1', 'r0'),
    load(8, 'r2', 'r10', frame.used),
    callHelper(helperNumber.probeReadKernel),
    jump(done),
  );
  emitter.place(noRoom);
  emitter.emit(
    jumpIf('gt', 'r1', bufferSize - recordHeader.size, drop),
    alu('add', 'r0', 'r1'),
    store(4, 'r0', recordHeader.epid, 0),
  );
  emitter.place(drop);
  emitter.emit(move('r1', 1), atomic('add', 8, 'r2', controlBlock.principalDrops - controlBlock.principalOffset, 'r1'));
  emitter.place(done);
  emitter.emit(store(8, 'r7', speculationPart.used, 0));
  emitter.place(outside);
  emitter.emit(move('r0', 0), exit());
}
