/**
 * The rings of an associative array: `take` gives a clean element, `give` puts back one that was freed, and asks for
 * cleaning when much was freed.
 */

import {
  alu,
  alu32,
  atomic,
  exit,
  functionStart,
  jumpIf,
  load,
  loadMapValue,
  move,
  store,
} from '../../../bpf/instruction.js';
import { askUnasked } from '../mailbox.js';
import { dynamicHeader, dynamicRing } from '../memory/dynamic-layout.js';
import { requestKinds } from '../memory/mailbox-layout.js';
import type { AssociativeLayout } from '../memory/memory.js';
import { slotOf, type Unit } from '../unit.js';
import { dynamicFunction, emitStart, returning, tries } from './function.js';

/** What part of a ring is freed, and again and again so much more, before its cleaning is asked for at once. */
const dirtyShare = 8;

/** Takes the oldest clean element of the CPU's ring, or of the next one that has any. */
export function emitTake(unit: Unit, array: AssociativeLayout): void {
  const { emitter, memory } = unit;
  const { map, rings, ringCapacity, ringSize } = array.dynamic;
  const none = emitter.fresh('none');
  const ring = emitter.fresh('ring');
  const attempt = emitter.fresh('attempt');
  const other = emitter.fresh('other');
  const taken = emitter.fresh('taken');
  emitStart(unit, array, 'take', none);
  emitter.emit(...slotOf(memory.shape, 'r6'), move('r7', 0));
  emitter.place(ring);
  emitter.emit(
    alu('and', 'r6', rings - 1),
    move('r1', 'r6'),
    alu('mul', 'r1', ringSize),
    loadMapValue('r2', map, dynamicHeader.size),
    alu('add', 'r2', 'r1'),
    move('r8', 0),
  );
  emitter.place(attempt);
  emitter.emit(
    load(8, 'r3', 'r2', dynamicRing.head),
    load(8, 'r4', 'r2', dynamicRing.clean),
    jumpIf('ge', 'r3', 'r4', other),
    // The number first: once the head has moved on, others may come round and write to the cell.
    move('r4', 'r3'),
    alu('mod', 'r4', ringCapacity),
    jumpIf('ge', 'r4', ringCapacity, none),
    alu('lsh', 'r4', 3),
    move('r5', 'r2'),
    alu('add', 'r5', 'r4'),
    load(4, 'r5', 'r5', dynamicRing.cells),
    move('r0', 'r3'),
    move('r4', 'r3'),
    alu('add', 'r4', 1),
    atomic('cmpxchg', 8, 'r2', dynamicRing.head, 'r4'),
    jumpIf('eq', 'r0', 'r3', taken),
    alu('add', 'r8', 1),
    jumpIf('lt', 'r8', tries, attempt),
  );
  emitter.place(other);
  emitter.emit(alu('add', 'r6', 1), alu('add', 'r7', 1), jumpIf('lt', 'r7', rings, ring));
  emitter.repeats(rings * tries * 28);
  emitter.place(none);
  emitter.emit(...returning(0));
  emitter.place(taken);
  emitter.emit(move('r0', 'r5'), alu('add', 'r0', 1), exit());
}

/** Puts the element with the number in r1 at the end of its ring. The position says that the cell is written. */
export function emitGive(unit: Unit, array: AssociativeLayout): void {
  const { emitter } = unit;
  const { map, rings, ringCapacity, ringSize } = array.dynamic;
  const none = emitter.fresh('none');
  emitter.emit(
    functionStart(dynamicFunction(array, 'give'), 1, 'global'),
    move('r4', 'r1'),
    alu('div', 'r1', ringCapacity),
    jumpIf('ge', 'r1', rings, none),
    alu('mul', 'r1', ringSize),
    loadMapValue('r2', map, dynamicHeader.size),
    alu('add', 'r2', 'r1'),
    move('r3', 1),
    atomic('fetch-add', 8, 'r2', dynamicRing.tail, 'r3'),
    move('r5', 'r3'),
    alu('lsh', 'r5', 32),
    alu('or', 'r4', 'r5'),
    alu('mod', 'r3', ringCapacity),
    jumpIf('ge', 'r3', ringCapacity, none),
    alu('lsh', 'r3', 3),
    move('r0', 'r2'),
    alu('add', 'r0', 'r3'),
    store(8, 'r0', dynamicRing.cells, 'r4'),
    // So many are freed that the next tick of the cleaner may be too late.
    load(8, 'r1', 'r2', dynamicRing.clean),
    alu('rsh', 'r5', 32),
    alu('add', 'r5', 1),
    alu32('sub', 'r5', 'r1'),
    jumpIf('eq', 'r5', 0, none),
    alu('mod', 'r5', Math.max(1, Math.floor(ringCapacity / dirtyShare))),
    jumpIf('ne', 'r5', 0, none),
    ...askUnasked(requestKinds.clean),
  );
  emitter.place(none);
  emitter.emit(...returning(0));
}
