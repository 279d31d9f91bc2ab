/**
 * Associative arrays in generated code: for each array a function that finds an element, one that assigns to it, and one
 * that frees it. They take the number of the context area, where the tuple lies.
 *
 * The kernel's hash map says which element a tuple has. Between that answer and the use of it another context may have
 * freed the element, and somebody else taken it: so the element keeps its tuple, and is the right one only if that is
 * ours and it is live. From then on it cannot become another one under our hands: a freed element is taken again only
 * after a sync of the cleaner's that began afterwards (memory/dynamic-layout.ts), and that waits for us.
 *
 * - Who frees it takes it out of life by compare-and-exchange: one of several that want to; only that one removes the
 *   tuple from the hash map, and then gives the number back.
 * - Who meets an element that is being freed tries again: its tuple is about to go. On the CPU of the one who frees, in
 *   an interrupt, it never goes, so that tries are few, and what fails is a counted drop.
 */

import { helperNumber, updateFlag } from '../../bpf/helper.js';
import {
  alu,
  alu32,
  atomic,
  callFunction,
  callHelper,
  exit,
  functionStart,
  jump,
  jumpIf,
  load,
  loadMap,
  loadMapValue,
  move,
  type Register,
  store,
} from '../../bpf/instruction.js';
import { askUnasked } from './mailbox.js';
import {
  type DynamicLayout,
  dynamicElement,
  dynamicHeader,
  dynamicRing,
  elementState,
  ringAt,
} from './memory/dynamic-layout.js';
import { contextArea, controlBlock } from './memory/layout.js';
import { requestKinds } from './memory/mailbox-layout.js';
import type { AssociativeLayout } from './memory/memory.js';
import { emitClear, emitCopy } from './strings.js';
import { contextFromIndex, contextRegister, countInBlock, slotOf, type Unit } from './unit.js';

/** What the functions of an array do. */
export type DynamicFunction = 'find' | 'assign' | 'free' | 'take' | 'give';

/**
 * Name of a function of an array. `find` returns the element's number and 1, or 0. `assign` takes the value from the
 * context area. `take` returns a clean element's number and 1, or 0; `give` takes the number of a freed one.
 */
export const dynamicFunction = ({ variable }: AssociativeLayout, name: DynamicFunction): string =>
  `array_${name}_${variable.id}`;

/** Rounds of an assignment that meets others, and of a taker at one ring. */
const tries = 4;

/** What part of a ring is freed, and again and again so much more, before its cleaning is asked for at once. */
const dirtyShare = 8;

const exists = -17;

/** Frame of the functions. */
const numberSlot = -8;

/** Sets `to` to the element with the number in `to`; goes to `none` if there is none. Loses `scratch`. */
export function elementAt(layout: DynamicLayout, to: Register, scratch: Register, none: string) {
  return [
    jumpIf('ge', to, layout.capacity, none),
    alu('mul', to, layout.elementSize),
    loadMapValue(scratch, layout.map, layout.elements),
    alu('add', scratch, to),
    move(to, scratch),
  ];
}

/** Where the value of an element lies. */
export const valueOffset = ({ keySize }: AssociativeLayout): number => dynamicElement.key + keySize;

/** Generates the functions of an array that `used` names, and those that they need. */
export function emitDynamicFunctions(unit: Unit, array: AssociativeLayout, used: ReadonlySet<DynamicFunction>): void {
  if (used.has('find')) emitFindElement(unit, array);
  if (used.has('assign')) emitAssign(unit, array);
  if (used.has('free')) emitFree(unit, array);
  if (used.has('assign')) emitTake(unit, array);
  if (used.has('assign') || used.has('free')) emitGive(unit, array);
}

function emitStart(unit: Unit, array: AssociativeLayout, name: DynamicFunction, outside: string): void {
  const { emitter, memory } = unit;
  emitter.emit(
    functionStart(dynamicFunction(array, name), 1, 'global'),
    ...contextFromIndex(memory.shape, memory.contextSize, outside),
  );
}

const returning = (value: number) => [move('r0', value), exit()];

/** Calls a helper of the hash map with the tuple. */
function tupleCall({ memory }: Unit, array: AssociativeLayout, helper: number) {
  return [
    loadMap('r1', array.map),
    move('r2', contextRegister),
    alu('add', 'r2', memory.associativeKey),
    callHelper(helper),
  ];
}

/** Sets r7 to the element of the tuple and r8 to its number; goes to `absent`, or to `stale` if it is not, or no longer, ours. */
function emitLookup(
  unit: Unit,
  array: AssociativeLayout,
  labels: { readonly absent: string; readonly stale: string },
): void {
  const { emitter, memory } = unit;
  emitter.emit(
    ...tupleCall(unit, array, helperNumber.mapLookupElem),
    jumpIf('eq', 'r0', 0, labels.absent),
    load(8, 'r8', 'r0', 0),
    move('r7', 'r8'),
    ...elementAt(array.dynamic, 'r7', 'r1', labels.stale),
    move('r5', 0),
  );
  for (let at = 0; at < array.keySize; at += 8) {
    emitter.emit(
      load(8, 'r1', 'r7', dynamicElement.key + at),
      load(8, 'r4', contextRegister, memory.associativeKey + at),
      alu('xor', 'r1', 'r4'),
      alu('or', 'r5', 'r1'),
    );
  }
  emitter.emit(jumpIf('ne', 'r5', 0, labels.stale));
}

function emitFindElement(unit: Unit, array: AssociativeLayout): void {
  const { emitter } = unit;
  const none = emitter.fresh('none');
  emitStart(unit, array, 'find', none);
  emitLookup(unit, array, { absent: none, stale: none });
  emitter.emit(
    load(8, 'r1', 'r7', dynamicElement.state),
    jumpIf('ne', 'r1', elementState.live, none),
    move('r0', 'r8'),
    alu('add', 'r0', 1),
    exit(),
  );
  emitter.place(none);
  emitter.emit(...returning(0));
}

/** Copies words between the context area and the element. */
function copyToElement(unit: Unit, array: AssociativeLayout, part: 'key' | 'value'): void {
  const { emitter, memory } = unit;
  const [from, to, size] =
    part === 'key'
      ? [memory.associativeKey, dynamicElement.key, array.keySize]
      : [memory.elementValue, valueOffset(array), array.valueSize];
  emitCopy(emitter, { base: 'r7', offset: to }, { base: contextRegister, offset: from }, size / 8, 'r2');
}

function emitAssign(unit: Unit, array: AssociativeLayout): void {
  const { emitter } = unit;
  const { dynamic } = array;
  const done = emitter.fresh('done');
  const again = emitter.fresh('again');
  const make = emitter.fresh('make');
  const next = emitter.fresh('next');
  const drop = emitter.fresh('drop');
  const empty = emitter.fresh('empty');
  const dirty = emitter.fresh('dirty');
  const rinsing = emitter.fresh('rinsing');
  emitStart(unit, array, 'assign', done);
  emitter.emit(move('r6', 0));
  emitter.place(again);
  emitLookup(unit, array, { absent: make, stale: next });
  emitter.emit(load(8, 'r1', 'r7', dynamicElement.state), jumpIf('ne', 'r1', elementState.live, next));
  copyToElement(unit, array, 'value');
  emitter.place(done);
  emitter.emit(...returning(0));

  // It is whole before anybody can find it.
  emitter.place(make);
  emitter.emit(
    load(8, 'r1', contextRegister, contextArea.index),
    callFunction(dynamicFunction(array, 'take')),
    jumpIf('eq', 'r0', 0, empty),
    move('r8', 'r0'),
    alu('sub', 'r8', 1),
    store(8, 'r10', numberSlot, 'r8'),
    move('r7', 'r8'),
    ...elementAt(dynamic, 'r7', 'r1', drop),
  );
  copyToElement(unit, array, 'key');
  copyToElement(unit, array, 'value');
  emitter.emit(
    store(8, 'r7', dynamicElement.state, elementState.live),
    loadMap('r1', array.map),
    move('r2', contextRegister),
    alu('add', 'r2', unit.memory.associativeKey),
    move('r3', 'r10'),
    alu('add', 'r3', numberSlot),
    move('r4', updateFlag.noExist),
    callHelper(helperNumber.mapUpdateElem),
    jumpIf('eq', 'r0', 0, done),
    store(8, 'r7', dynamicElement.state, elementState.free),
    move('r7', 'r0'),
    move('r1', 'r8'),
    callFunction(dynamicFunction(array, 'give')),
    jumpIf('ne', 'r7', exists, drop),
  );
  emitter.place(next);
  emitter.emit(alu('add', 'r6', 1), jumpIf('lt', 'r6', tries, again));
  emitter.repeats(tries * (40 + array.keySize));
  emitter.place(drop);
  emitter.emit(...countInBlock(unit, controlBlock.dynamicDrops), ...returning(0));

  // The rings are empty; if freed elements are on their way, the drop is theirs.
  emitter.place(empty);
  for (let ring = 0; ring < dynamic.rings; ring += 1) {
    emitter.emit(
      loadMapValue('r2', dynamic.map, ringAt(dynamic, ring)),
      load(8, 'r3', 'r2', dynamicRing.tail),
      load(8, 'r4', 'r2', dynamicRing.clean),
      jumpIf('ne', 'r3', 'r4', dirty),
    );
  }
  emitter.emit(jump(drop));
  emitter.place(dirty);
  emitter.emit(
    loadMapValue('r2', dynamic.map),
    move('r1', 1),
    load(8, 'r3', 'r2', dynamicHeader.rinsing),
    jumpIf('ne', 'r3', 0, rinsing),
    atomic('add', 8, 'r2', dynamicHeader.dirtyDrops, 'r1'),
    ...returning(0),
  );
  emitter.place(rinsing);
  emitter.emit(atomic('add', 8, 'r2', dynamicHeader.rinsingDrops, 'r1'), ...returning(0));
}

function emitFree(unit: Unit, array: AssociativeLayout): void {
  const { emitter } = unit;
  const done = emitter.fresh('done');
  const kept = emitter.fresh('kept');
  emitStart(unit, array, 'free', done);
  emitLookup(unit, array, { absent: done, stale: done });
  emitter.emit(
    move('r0', elementState.live),
    move('r1', elementState.free),
    atomic('cmpxchg', 8, 'r7', dynamicElement.state, 'r1'),
    jumpIf('ne', 'r0', elementState.live, done),
    ...tupleCall(unit, array, helperNumber.mapDeleteElem),
    jumpIf('ne', 'r0', 0, kept),
    move('r1', 'r8'),
    callFunction(dynamicFunction(array, 'give')),
  );
  emitter.place(done);
  emitter.emit(...returning(0));
  // The kernel does not remove it now, because it was interrupted in that bucket: it stays, and reads as nothing.
  emitter.place(kept);
  emitClear(emitter, { base: 'r7', offset: valueOffset(array) }, array.valueSize / 8);
  emitter.emit(store(8, 'r7', dynamicElement.state, elementState.live), ...returning(0));
}

/** Takes the oldest clean element of the CPU's ring, or of the next one that has any. */
function emitTake(unit: Unit, array: AssociativeLayout): void {
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
function emitGive(unit: Unit, array: AssociativeLayout): void {
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
