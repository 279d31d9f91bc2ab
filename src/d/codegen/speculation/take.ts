/** speculation() in generated code: a function that takes the first speculation that is free. */

import { alu, atomic, exit, functionStart, jump, jumpIf, load, loadMapValue, move } from '../../../bpf/instruction.js';
import type { Emitter } from '../emitter.js';
import { mapNames } from '../memory/memory.js';
import {
  type SpeculationShape,
  speculationUse,
  speculationWords,
  speculationStates as states,
} from '../memory/speculation-layout.js';
import { stateOf, statePointer } from './parts.js';

/** Name of the function: it returns the number of the speculation, or 0 and counts. Its parameter means nothing. */
export const takeFunction = 'speculation_take';

/** Generates `takeFunction`. Its registers: r6 number less 1, r7 whether one was busy, r8 the word of its state. */
export function emitTakeFunction(emitter: Emitter, shape: SpeculationShape): void {
  const [again, used, next] = [emitter.fresh('again'), emitter.fresh('used'), emitter.fresh('next')];
  const [none, unavailable] = [emitter.fresh('none'), emitter.fresh('unavailable')];
  emitter.emit(functionStart(takeFunction, 1, 'global'), move('r6', 0), move('r7', 0));
  emitter.place(again);
  emitter.emit(
    jumpIf('ge', 'r6', shape.speculations, none),
    ...statePointer('r8', 'r6'),
    load(8, 'r0', 'r8', 0),
    ...stateOf('r2', 'r0'),
    jumpIf('ne', 'r2', states.inactive, used),
    move('r3', 'r0'),
    move('r1', 'r0'),
    alu('add', 'r1', speculationUse + states.active - states.inactive),
    atomic('cmpxchg', 8, 'r8', 0, 'r1'),
    jumpIf('ne', 'r0', 'r3', next),
    move('r0', 'r6'),
    alu('add', 'r0', 1),
    exit(),
  );
  emitter.place(used);
  emitter.emit(jumpIf('lt', 'r2', states.committing, next), move('r7', 1));
  emitter.place(next);
  emitter.emit(alu('add', 'r6', 1), jump(again));
  // The verifier follows each round for itself, with r7 and without.
  emitter.repeats(2 * 20 * shape.speculations);
  emitter.place(none);
  emitter.emit(
    loadMapValue('r2', mapNames.speculations),
    move('r1', 1),
    jumpIf('eq', 'r7', 0, unavailable),
    atomic('add', 8, 'r2', speculationWords.busy, 'r1'),
    move('r0', 0),
    exit(),
  );
  emitter.place(unavailable);
  emitter.emit(atomic('add', 8, 'r2', speculationWords.unavailable, 'r1'), move('r0', 0), exit());
}
