/**
 * Speculations in generated code: the functions behind speculation(), speculate(), commit() and discard(), and what clauses
 * have of them. The states and who may change them are DTrace's (dtrace.c, dtrace_speculation() and what follows it);
 * parts.ts says what makes them hold where firings nest.
 */

import {
  alu,
  atomic,
  callFunction,
  exit,
  functionStart,
  jump,
  jumpIf,
  load,
  move,
  store,
} from '../../../bpf/instruction.js';
import { clauseDifos } from '../../dif/actions.js';
import type { DifAction, DifClause } from '../../dif.js';
import { selectorShift } from '../memory/layout.js';
import { speculationPart, speculationStates as states } from '../memory/speculation-layout.js';
import { contextFromIndex, halfOf, slotOf, type Unit } from '../unit.js';
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
import { emitTakeFunction } from './take.js';

/**
 * Name of the function that enters a speculation to record: its parameters are the context area's number, the speculation's
 * number less 1, and the bytes of the record. It returns where in the buffer the record goes, or -1 where the speculation
 * takes no records or has no room. Who was let in leaves by `emitLeave`.
 */
export const reserveFunction = 'speculation_reserve';

/** Names of the functions behind commit() and discard(): context area's number, speculation's number less 1. */
export const endFunctions = { commit: 'speculation_commit', discard: 'speculation_discard' } as const;

/**
 * Tries to change a state. One use of a speculation is active, then on one CPU, then on several, then over: who fails more
 * often than that has to do with a later use.
 */
const stateTries = 4;

/** Generates the functions that `clauses` call; `origin` says where in the D text they come from. */
export function emitSpeculationFunctions(unit: Unit, clauses: readonly DifClause[], origin: () => void): void {
  const { emitter, memory } = unit;
  const takes = clauses.some((clause) =>
    clauseDifos(clause).some((difo) => difo.instructions.some(({ op }) => op === 'speculation')),
  );
  const acts = (kind: DifAction['kind']): boolean =>
    clauses.some(({ actions }) => actions.some((action) => action.kind === kind));
  if (takes) {
    origin();
    emitTakeFunction(emitter, memory.shape);
  }
  if (acts('speculate')) {
    origin();
    emitReserve(unit);
  }
  if (acts('discard')) {
    origin();
    emitDiscard(unit);
  }
  if (acts('commit')) {
    origin();
    emitCommit(unit);
    origin();
    emitPublishFunction(emitter, memory.shape);
  }
}

/**
 * Begins a function on a speculation: r9 the context area, r6 the number less 1, r7 the part, r8 the word of the state; then
 * enters the part. Goes to `outside` for what cannot be.
 */
function emitEnter(unit: Unit, outside: string): void {
  const { shape, contextSize } = unit.memory;
  unit.emitter.emit(
    move('r6', 'r2'),
    jumpIf('ge', 'r6', shape.speculations, outside),
    ...contextFromIndex(shape, contextSize, outside),
    ...slotOf(shape, 'r2'),
    ...partPointer(shape, 'r7', 'r6', 'r2'),
    ...statePointer('r8', 'r6'),
    ...enterPart('r7'),
  );
}

function emitReserve(unit: Unit): void {
  const { emitter, memory } = unit;
  const { shape } = memory;
  const size = -8;
  const [outside, refused, dropped] = [emitter.fresh('outside'), emitter.fresh('refused'), emitter.fresh('dropped')];
  const [admitted, reserved] = [emitter.fresh('admitted'), emitter.fresh('reserved')];
  emitter.emit(functionStart(reserveFunction, 3, 'global'), store(8, 'r10', size, 'r3'));
  emitEnter(unit, outside);
  for (let tries = 0; tries < stateTries; tries += 1) {
    const [first, many, change] = [emitter.fresh('first'), emitter.fresh('many'), emitter.fresh('change')];
    emitter.emit(
      load(8, 'r4', 'r8', 0),
      ...stateOf('r5', 'r4'),
      jumpIf('eq', 'r5', states.activeMany, admitted),
      jumpIf('eq', 'r5', states.active, first),
      jumpIf('ne', 'r5', states.activeOne, refused),
      // Where this CPU has recorded, it is the one.
      load(8, 'r1', 'r7', speculationPart.used),
      jumpIf('ne', 'r1', 0, admitted),
      jump(many),
    );
    emitter.place(first);
    emitter.emit(...changeState('r8', 'r4', states.active, states.activeOne), jump(change));
    emitter.place(many);
    emitter.emit(...changeState('r8', 'r4', states.activeOne, states.activeMany));
    emitter.place(change);
    emitter.emit(jumpIf('eq', 'r0', 'r4', admitted));
  }
  emitter.emit(jump(refused));
  emitter.place(admitted);
  emitter.emit(load(8, 'r5', 'r10', size));
  // An exchange fails only where a nested firing has reserved.
  for (let tries = 0; tries <= shape.levels; tries += 1) {
    emitter.emit(
      load(8, 'r4', 'r7', speculationPart.used),
      move('r1', 'r4'),
      alu('add', 'r1', 'r5'),
      jumpIf('gt', 'r1', shape.speculationSize, dropped),
      move('r0', 'r4'),
      atomic('cmpxchg', 8, 'r7', speculationPart.used, 'r1'),
      jumpIf('eq', 'r0', 'r4', reserved),
    );
  }
  emitter.place(dropped);
  emitter.emit(move('r1', 1), atomic('add', 8, 'r7', speculationPart.drops, 'r1'));
  emitter.place(refused);
  emitter.emit(...leavePart('r7'));
  emitter.place(outside);
  emitter.emit(move('r0', -1), exit());
  emitter.place(reserved);
  emitter.emit(move('r0', 'r4'), exit());
}

function emitDiscard(unit: Unit): void {
  const { emitter } = unit;
  const sole = -8;
  const [outside, out, decided] = [emitter.fresh('outside'), emitter.fresh('out'), emitter.fresh('decided')];
  emitter.emit(functionStart(endFunctions.discard, 2, 'global'));
  emitEnter(unit, outside);
  for (let tries = 0; tries < stateTries; tries += 1) {
    const change = emitter.fresh('change');
    emitter.emit(
      load(8, 'r4', 'r8', 0),
      ...stateOf('r5', 'r4'),
      jumpIf('eq', 'r5', states.inactive, out),
      jumpIf('gt', 'r5', states.activeMany, out),
      store(8, 'r10', sole, 0),
      jumpIf('ne', 'r5', states.activeOne, change),
      load(8, 'r1', 'r7', speculationPart.used),
      store(8, 'r10', sole, 'r1'),
    );
    emitter.place(change);
    emitter.emit(...changeState('r8', 'r4', 'r5', states.discarding), jumpIf('eq', 'r0', 'r4', decided));
  }
  emitter.emit(jump(out));
  emitter.place(decided);
  emitter.emit(
    ...unlessAlone('r7', out),
    store(8, 'r7', speculationPart.used, 0),
    store(8, 'r7', speculationPart.drops, 0),
    load(8, 'r1', 'r10', sole),
    jumpIf('eq', 'r1', 0, out),
    // r5 is still what it was discarded from.
    alu('sub', 'r4', 'r5'),
    alu('add', 'r4', states.discarding),
    ...changeState('r8', 'r4', states.discarding, states.inactive),
  );
  emitter.place(out);
  emitter.emit(...leavePart('r7'));
  emitter.place(outside);
  emitter.emit(move('r0', 0), exit());
}

function emitCommit(unit: Unit): void {
  const { emitter, memory } = unit;
  const { shape } = memory;
  const word = -8;
  const [outside, out, decided] = [emitter.fresh('outside'), emitter.fresh('out'), emitter.fresh('decided')];
  const others = emitter.fresh('others');
  emitter.emit(functionStart(endFunctions.commit, 2, 'global'));
  emitEnter(unit, outside);
  for (let tries = 0; tries < stateTries; tries += 1) {
    const [sole, many, change] = [emitter.fresh('sole'), emitter.fresh('many'), emitter.fresh('change')];
    emitter.emit(
      load(8, 'r4', 'r8', 0),
      ...stateOf('r5', 'r4'),
      store(8, 'r10', word, 'r4'),
      jumpIf('eq', 'r5', states.committingMany, decided),
      jumpIf('eq', 'r5', states.active, sole),
      jumpIf('eq', 'r5', states.activeMany, many),
      jumpIf('ne', 'r5', states.activeOne, out),
      load(8, 'r1', 'r7', speculationPart.used),
      jumpIf('eq', 'r1', 0, many),
    );
    emitter.place(sole);
    emitter.emit(...changeState('r8', 'r4', 'r5', states.committing), jump(change));
    emitter.place(many);
    emitter.emit(...changeState('r8', 'r4', 'r5', states.committingMany));
    emitter.place(change);
    // r1 is the new word.
    emitter.emit(store(8, 'r10', word, 'r1'), jumpIf('eq', 'r0', 'r4', decided));
  }
  emitter.emit(jump(out));
  emitter.place(decided);
  emitter.emit(
    ...unlessAlone('r7', others),
    move('r1', 'r6'),
    ...slotOf(shape, 'r2'),
    ...halfOf(selectorShift.principal, 'r3'),
    callFunction(publishFunction),
    load(8, 'r4', 'r10', word),
    ...stateOf('r5', 'r4'),
    jumpIf('ne', 'r5', states.committing, out),
    ...changeState('r8', 'r4', 'r5', states.inactive),
    jump(out),
  );
  // What it has not published the cleaner must: it looks at those only that several CPUs commit.
  emitter.place(others);
  emitter.emit(
    load(8, 'r4', 'r10', word),
    ...stateOf('r5', 'r4'),
    jumpIf('ne', 'r5', states.committing, out),
    ...changeState('r8', 'r4', 'r5', states.committingMany),
  );
  emitter.place(out);
  emitter.emit(...leavePart('r7'));
  emitter.place(outside);
  emitter.emit(move('r0', 0), exit());
}
