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

import { helperNumber, updateFlag } from '../../../bpf/helper.js';
import {
  alu,
  atomic,
  callFunction,
  callHelper,
  exit,
  jump,
  jumpIf,
  load,
  loadMap,
  loadMapValue,
  move,
  store,
} from '../../../bpf/instruction.js';
import { clauseDifos } from '../../dif/actions.js';
import type { DifClause } from '../../dif.js';
import { dynamicElement, dynamicHeader, dynamicRing, elementState, ringAt } from '../memory/dynamic-layout.js';
import { contextArea, controlBlock } from '../memory/layout.js';
import type { AssociativeLayout } from '../memory/memory.js';
import { emitClear, emitCopy } from '../strings.js';
import { contextRegister, countInBlock, type Unit } from '../unit.js';
import { dynamicFunction, elementAt, emitStart, returning, tries, valueOffset } from './array.js';
import { emitAskCleaning, emitGive, emitTake } from './rings.js';
import { emitFindThread, emitNumberThread } from './thread.js';

const exists = -17;

/** Frame of the functions. */
const numberSlot = -8;

/** Generates the functions of the arrays that `clauses` use, each array's behind `origin`. */
export function emitArrayFunctions(unit: Unit, clauses: readonly DifClause[], origin: () => void): void {
  const instructions = clauses.flatMap((clause) => clauseDifos(clause).flatMap((difo) => difo.instructions));
  for (const array of unit.memory.associative.values()) {
    const uses = (op: 'get-element' | 'set-element'): boolean =>
      instructions.some((each) => each.op === op && each.variable === array.variable.id);
    // Whether what is assigned is zero is known when it runs.
    const sets = uses('set-element');
    const gets = uses('get-element');
    if (!gets && !sets) continue;
    origin();
    if (gets) emitFindElement(unit, array);
    if (!sets) continue;
    emitAssign(unit, array);
    emitFree(unit, array);
    emitTake(unit, array);
    emitGive(unit, array);
  }
}

/** Whether the array is `self->`: each thread has its own elements. */
const ofThread = ({ variable }: AssociativeLayout): boolean => variable.scope === 'thread';

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
  if (ofThread(array)) emitFindThread(unit, none);
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
  const asked = emitter.fresh('asked');
  emitStart(unit, array, 'assign', done);
  if (ofThread(array)) emitNumberThread(unit, drop);
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
  // So few may be dirty that nobody has asked.
  emitAskCleaning(unit, array, asked);
  emitter.place(asked);
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
  if (ofThread(array)) emitFindThread(unit, done);
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
