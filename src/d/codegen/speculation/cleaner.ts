/**
 * The cleaner of speculations, DTrace's dtrace_speculation_clean(): raw tracepoint programs for BPF_PROG_RUN.
 *
 * `here` is dtrace_speculation_clean_here(): run on each CPU, it publishes or forgets that CPU's part of every speculation
 * that was committed or discarded. It opens a firing, as far as the in-probe count goes, since it works in the live half of
 * the principal buffers. It returns how many parts it left alone because something that it interrupted was still inside.
 *
 * `stranded` does the same for the slot that its argument names, on whatever CPU it runs: a CPU that went offline may have
 * left something in its parts.
 *
 * `finish`, run once on any CPU after that, makes free those speculations of which every part is empty and without users,
 * and returns how many. It asks the parts and not what `here` did, so a CPU that was not reached, or left a part alone, only
 * means that the speculation waits for the next round. Whoever is in a part has counted itself before it looked at the
 * state: seen without users, a part of an ended speculation stays empty.
 */

import { helperNumber } from '../../../bpf/helper.js';
import {
  type AssemblyItem,
  alu,
  atomic,
  callFunction,
  callHelper,
  exit,
  functionStart,
  jump,
  jumpIf,
  load,
  loadMapValue,
  move,
  store,
} from '../../../bpf/instruction.js';
import type { ProgramSpec } from '../../../bpf/spec.js';
import { createEmitter, type Emitter } from '../emitter.js';
import { controlBlock, controlWords, selectorShift } from '../memory/layout.js';
import { mapNames } from '../memory/memory.js';
import { type SpeculationShape, speculationPart, speculationStates as states } from '../memory/speculation-layout.js';
import {
  changeState,
  emitPublishFunction,
  enterPart,
  leavePart,
  partPointer,
  publishFunction,
  stateOf,
  statePointer,
  unlessAlone,
} from './parts.js';

/** The programs of the cleaner. */
export interface SpeculationCleaner {
  /** To be run on every CPU; returns how many parts of ended speculations it could not empty. */
  readonly here: ProgramSpec;
  /** As `here`, for the slot in its argument, whose CPU is offline. */
  readonly stranded: ProgramSpec;
  /** To be run after that; returns how many speculations it has made free. */
  readonly finish: ProgramSpec;
}

/** Generates the programs for a session with speculations. */
export function generateSpeculationCleaner(shape: SpeculationShape): SpeculationCleaner {
  return { here: generateHere(shape, 'own'), stranded: generateHere(shape, 'given'), finish: generateFinish(shape) };
}

/** Changes the in-probe count of the CPU whose block r8 points to, as firings of the session do (firing.ts). Loses r1. */
const countProbe = ({ preemptible }: SpeculationShape, by: 1 | -1): readonly AssemblyItem[] =>
  preemptible
    ? [move('r1', by), atomic('fetch-add', 8, 'r8', controlBlock.inprobe, 'r1')]
    : [load(8, 'r1', 'r8', controlBlock.inprobe), alu('add', 'r1', by), store(8, 'r8', controlBlock.inprobe, 'r1')];

/** Sets r7 to the slot of the CPU; goes to `none` if it has none. Loses r0 to r5. */
const ownSlot = (shape: SpeculationShape, none: string): readonly AssemblyItem[] => [
  callHelper(helperNumber.getSmpProcessorId),
  alu('and', 'r0', shape.cpus - 1),
  loadMapValue('r1', mapNames.slots),
  alu('add', 'r1', 'r0'),
  load(1, 'r7', 'r1', 0),
  jumpIf('ge', 'r7', shape.slots, none),
];

/** r6: number less 1, r7: slot, r8: the control block; half and how many parts are left lie in the frame. */
function generateHere(shape: SpeculationShape, slot: 'own' | 'given'): ProgramSpec {
  const name = slot === 'own' ? 'spec_clean_here' : 'spec_stranded';
  const emitter = createEmitter();
  const [half, left] = [-8, -16];
  const [next, done, outside] = [emitter.fresh('next'), emitter.fresh('done'), emitter.fresh('outside')];
  emitter.emit(
    functionStart(name, 1, 'global'),
    store(8, 'r10', left, 0),
    ...(slot === 'given' ? [load(8, 'r6', 'r1', 0)] : []),
    ...ownSlot(shape, outside),
    move('r1', 'r7'),
    alu('mul', 'r1', controlBlock.size),
    loadMapValue('r8', mapNames.control, controlWords.blocks),
    alu('add', 'r8', 'r1'),
    ...countProbe(shape, 1),
    loadMapValue('r1', mapNames.control),
    load(8, 'r2', 'r1', controlWords.activity),
    alu('rsh', 'r2', selectorShift.principal),
    alu('and', 'r2', 1),
    store(8, 'r10', half, 'r2'),
    ...(slot === 'given' ? [move('r7', 'r6'), jumpIf('ge', 'r7', shape.slots, done)] : []),
    move('r6', 0),
  );
  emitter.place(next);
  emitter.emit(
    jumpIf('ge', 'r6', shape.speculations, done),
    move('r1', 'r6'),
    move('r2', 'r7'),
    load(8, 'r3', 'r10', half),
    callFunction(cleanFunction),
    load(8, 'r1', 'r10', left),
    alu('add', 'r1', 'r0'),
    store(8, 'r10', left, 'r1'),
    alu('add', 'r6', 1),
    jump(next),
  );
  emitter.place(done);
  emitter.emit(...countProbe(shape, -1));
  emitter.place(outside);
  emitter.emit(load(8, 'r0', 'r10', left), exit());
  emitCleanFunction(emitter, shape);
  emitPublishFunction(emitter, shape);
  return { name, kind: { type: 'raw-tracepoint' }, items: emitter.items };
}

/** Empties one part: number of the speculation less 1, slot, half; returns 1 if it could not. */
const cleanFunction = 'speculation_clean_part';

/** r6: number less 1, r7: the part, r8: the word of the state. */
function emitCleanFunction(emitter: Emitter, shape: SpeculationShape): void {
  const [slot, half] = [-8, -16];
  const [nothing, others, forget, leave] = ['nothing', 'others', 'forget', 'leave'].map((stem) =>
    emitter.fresh(stem),
  ) as [string, string, string, string];
  const unlessEnded = (to: string): readonly AssemblyItem[] => [
    load(8, 'r4', 'r8', 0),
    ...stateOf('r4', 'r4'),
    jumpIf('lt', 'r4', states.committingMany, to),
  ];
  emitter.emit(
    functionStart(cleanFunction, 3, 'global'),
    move('r6', 'r1'),
    jumpIf('ge', 'r6', shape.speculations, nothing),
    alu('and', 'r2', shape.slots - 1),
    store(8, 'r10', slot, 'r2'),
    store(8, 'r10', half, 'r3'),
    ...partPointer(shape, 'r7', 'r6', 'r2'),
    ...statePointer('r8', 'r6'),
    ...unlessEnded(nothing),
    ...enterPart('r7'),
    // Only now that it is counted can the speculation not be used anew.
    ...unlessEnded(leave),
    ...unlessAlone('r7', others),
    jumpIf('eq', 'r4', states.discarding, forget),
    move('r1', 'r6'),
    load(8, 'r2', 'r10', slot),
    load(8, 'r3', 'r10', half),
    callFunction(publishFunction),
    jump(leave),
  );
  emitter.place(forget);
  emitter.emit(store(8, 'r7', speculationPart.used, 0), store(8, 'r7', speculationPart.drops, 0));
  emitter.place(leave);
  emitter.emit(...leavePart('r7'));
  emitter.place(nothing);
  emitter.emit(move('r0', 0), exit());
  emitter.place(others);
  emitter.emit(...leavePart('r7'), move('r0', 1), exit());
}

/** Whether every part of a speculation is empty and without users: the number less 1; returns 1 if so. */
const emptyFunction = 'speculation_is_empty';

/** r6: number less 1, r7: how many were made free, r8: the word of the state. */
function generateFinish(shape: SpeculationShape): ProgramSpec {
  const emitter = createEmitter();
  const word = -8;
  const [again, next, done] = [emitter.fresh('again'), emitter.fresh('next'), emitter.fresh('done')];
  emitter.emit(functionStart('speculation_finish', 1, 'global'), move('r6', 0), store(8, 'r10', -16, 0));
  emitter.place(again);
  emitter.emit(
    jumpIf('ge', 'r6', shape.speculations, done),
    ...statePointer('r8', 'r6'),
    load(8, 'r4', 'r8', 0),
    store(8, 'r10', word, 'r4'),
    ...stateOf('r5', 'r4'),
    jumpIf('lt', 'r5', states.committingMany, next),
    move('r1', 'r6'),
    callFunction(emptyFunction),
    jumpIf('eq', 'r0', 0, next),
    load(8, 'r4', 'r10', word),
    ...stateOf('r5', 'r4'),
    ...changeState('r8', 'r4', 'r5', states.inactive),
    jumpIf('ne', 'r0', 'r4', next),
    load(8, 'r1', 'r10', -16),
    alu('add', 'r1', 1),
    store(8, 'r10', -16, 'r1'),
  );
  emitter.place(next);
  emitter.emit(alu('add', 'r6', 1), jump(again));
  emitter.place(done);
  emitter.emit(load(8, 'r0', 'r10', -16), exit());
  emitEmptyFunction(emitter, shape);
  return { name: 'spec_finish', kind: { type: 'raw-tracepoint' }, items: emitter.items };
}

/** r6: number less 1, r7: the slot, r8: the part. */
function emitEmptyFunction(emitter: Emitter, shape: SpeculationShape): void {
  const [again, used] = [emitter.fresh('again'), emitter.fresh('used')];
  const empty = emitter.fresh('empty');
  emitter.emit(
    functionStart(emptyFunction, 1, 'global'),
    move('r6', 'r1'),
    jumpIf('ge', 'r6', shape.speculations, used),
    move('r7', 0),
  );
  emitter.place(again);
  emitter.emit(
    jumpIf('ge', 'r7', shape.slots, empty),
    ...partPointer(shape, 'r8', 'r6', 'r7'),
    // Ordered before the load behind it on every machine: who has left has stored all that it had to.
    move('r1', 0),
    atomic('fetch-add', 8, 'r8', speculationPart.users, 'r1'),
    jumpIf('ne', 'r1', 0, used),
    load(8, 'r1', 'r8', speculationPart.used),
    jumpIf('ne', 'r1', 0, used),
    alu('add', 'r7', 1),
    jump(again),
  );
  emitter.place(empty);
  emitter.emit(move('r0', 1), exit());
  emitter.place(used);
  emitter.emit(move('r0', 0), exit());
}
