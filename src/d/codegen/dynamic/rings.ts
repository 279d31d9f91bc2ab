/**
 * The rings of an associative array: `take` gives a clean element, `give` puts back one that was freed, and asks for
 * cleaning when much was freed.
 *
 * Of all that would ask, one does: it finds the header's word `asked` zero and makes it 1. The cleaner makes it zero
 * before it looks at the rings. Who finds a 1 has put back its element before, so that the cleaner will see it; the
 * exchange orders the two on every machine. So there is one request for each cleaning, and no element is forgotten.
 *
 * A request that can wait (../mailbox.ts) must not keep others from asking until it is served, 50 ms later: with it, an
 * array with 1,024 elements lost half of its assignments and more. It does so for `askAgain`.
 */

import { helperNumber } from '../../../bpf/helper.js';
import {
  alu,
  alu32,
  atomic,
  callHelper,
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
import { dynamicFunction, emitStart, returning, tries } from './array.js';

/**
 * How long nobody asks again after a request that found no room, or that can wait since the server's own doing has freed
 * an element (nanoseconds). Who comes then may be somebody whose request cannot wait.
 */
const askAgain = 100_000;

/** The word `asked` beside a time. */
const askedNever = 0;
const askedUntilBegun = 1;

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
  );
  emitAskCleaning(unit, array, none);
  emitter.place(none);
  emitter.emit(...returning(0));
}

/** Asks for cleaning, unless that is asked for already; goes on, or to `done`. Loses r0 to r7. */
export function emitAskCleaning({ emitter }: Unit, { dynamic }: AssociativeLayout, done: string): void {
  const claim = emitter.fresh('claim');
  emitter.emit(
    loadMapValue('r7', dynamic.map),
    // With fetch, and nothing to change: it orders what was freed before it.
    move('r6', 0),
    atomic('fetch-or', 8, 'r7', dynamicHeader.asked, 'r6'),
    jumpIf('eq', 'r6', askedNever, claim),
    jumpIf('eq', 'r6', askedUntilBegun, done),
    callHelper(helperNumber.ktimeGetNs),
    jumpIf('lt', 'r0', 'r6', done),
  );
  emitter.place(claim);
  emitter.emit(
    move('r0', 'r6'),
    move('r1', askedUntilBegun),
    atomic('cmpxchg', 8, 'r7', dynamicHeader.asked, 'r1'),
    jumpIf('ne', 'r0', 'r6', done),
    ...askUnasked(requestKinds.clean),
    jumpIf('ne', 'r0', 0, done),
    callHelper(helperNumber.ktimeGetNs),
    alu('add', 'r0', askAgain),
    store(8, 'r7', dynamicHeader.asked, 'r0'),
  );
}
