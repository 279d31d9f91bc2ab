/**
 * Whose an element of a `self->` array is: the thread's number, the first word of the tuple.
 *
 * Numbers are given by us, each once, to a thread that assigns to such an array for the first time, and kept in its task
 * storage. What the kernel has does not tell threads apart for good: ids are used again, all idle threads have the id 0,
 * and a thread that calls exec(2) takes over the id and the start time of its process's first thread, whose variables
 * are not its own.
 *
 * A CPU numbers by itself: its count, then the number of its slot. An interrupt may number the thread that it has
 * interrupted in the midst of that; the storage takes the first number by compare-and-exchange.
 */

import { helperNumber, storageCreate } from '../../../bpf/helper.js';
import {
  type AssemblyItem,
  alu,
  atomic,
  callHelper,
  jump,
  jumpIf,
  load,
  loadMap,
  loadMapValue,
  move,
  store,
} from '../../../bpf/instruction.js';
import { controlBlock, controlWords } from '../memory/layout.js';
import { mapNames } from '../memory/memory.js';
import { contextRegister, currentTask, slotOf, type Unit } from '../unit.js';

/** How often a thread's storage is asked for before its assignment counts as dropped. */
export const creationTries = 3;

/** Bits of a thread's number below the count: a slot. */
const slotBits = 8;

/** Sets r0 to the storage of the task in r2, or 0. Loses r1 to r5. */
export const threadStorage = (flags: number): readonly AssemblyItem[] => [
  loadMap('r1', mapNames.thread),
  move('r3', 0),
  move('r4', flags),
  callHelper(helperNumber.taskStorageGet),
];

function placeOf({ memory }: Unit): number {
  if (memory.threadNumber === undefined) throw new Error('the program has no array of a thread');
  return memory.threadNumber;
}

/** Begins the tuple with the number of the current thread; goes to `none` if it has none, and so no elements. Loses r0 to r5. */
export function emitFindThread(unit: Unit, none: string): void {
  unit.emitter.emit(
    currentTask(),
    move('r2', 'r0'),
    ...threadStorage(0),
    jumpIf('eq', 'r0', 0, none),
    load(8, 'r1', 'r0', placeOf(unit)),
    jumpIf('eq', 'r1', 0, none),
    store(8, contextRegister, unit.memory.associativeKey, 'r1'),
  );
}

/** As `emitFindThread`, and numbers a thread that has no number; goes to `refused` where the kernel has no storage for it. Loses r6. */
export function emitNumberThread(unit: Unit, refused: string): void {
  const { emitter, memory } = unit;
  const number = placeOf(unit);
  const found = emitter.fresh('storage');
  const known = emitter.fresh('thread');
  emitter.emit(currentTask(), move('r6', 'r0'));
  // The kernel allocates without waiting, which can fail for a moment.
  for (let attempt = 0; attempt < creationTries; attempt += 1) {
    emitter.emit(move('r2', 'r6'), ...threadStorage(storageCreate), jumpIf('ne', 'r0', 0, found));
  }
  emitter.emit(jump(refused));
  emitter.place(found);
  emitter.emit(
    load(8, 'r1', 'r0', number),
    jumpIf('ne', 'r1', 0, known),
    ...slotOf(memory.shape, 'r3'),
    move('r4', 'r3'),
    alu('mul', 'r4', controlBlock.size),
    loadMapValue('r2', mapNames.control, controlWords.blocks + controlBlock.threads),
    alu('add', 'r2', 'r4'),
    move('r1', 1),
    atomic('fetch-add', 8, 'r2', 0, 'r1'),
    alu('add', 'r1', 1),
    alu('lsh', 'r1', slotBits),
    alu('or', 'r1', 'r3'),
    move('r5', 'r0'),
    move('r0', 0),
    atomic('cmpxchg', 8, 'r5', number, 'r1'),
    jumpIf('eq', 'r0', 0, known),
    move('r1', 'r0'),
  );
  emitter.place(known);
  emitter.emit(store(8, contextRegister, memory.associativeKey, 'r1'));
}
