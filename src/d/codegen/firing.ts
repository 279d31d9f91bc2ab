/**
 * Opening and closing a firing: the part of every site that the sync protocol rests on.
 *
 * Obligations: the in-probe count goes up before anything shared is touched, the control word is read once after that,
 * and the count goes down last. The level decides which areas are the firing's own.
 *
 * Where firings on a CPU end in the reverse order of their beginning (an interrupt ends before what it interrupted goes
 * on), the count is plain, and what it was before is the level. Where a firing can be preempted and another one begin
 * and stay behind it, neither holds: the count is atomic, and a level is claimed by setting its bit.
 */

import { alu, atomic, jump, jumpIf, jumpIf32, load, loadMapValue, move, store } from '../../bpf/instruction.js';
import type { Emitter } from './emitter.js';
import { contextArea, controlBlock, controlWords, type RuntimeShape } from './memory/layout.js';
import { mapNames } from './memory/memory.js';
import { contextRegister, frame } from './unit.js';

/** Where a firing goes that does not happen. */
export interface FiringLabels {
  /** The activity is another one: close, there is nothing to give back. */
  readonly inert: string;
  /** No level is left: count the drop and close. */
  readonly deep: string;
}

/**
 * Opens a firing on the CPU whose control block r8 points to: leaves the level in r1 and the control word in r2. Loses
 * r0 and r3 to r5.
 */
export function emitOpenFiring(emitter: Emitter, shape: RuntimeShape, activity: number, labels: FiringLabels): void {
  if (shape.preemptible) {
    emitter.emit(move('r1', 1), atomic('fetch-add', 8, 'r8', controlBlock.inprobe, 'r1'));
  } else {
    emitter.emit(
      load(8, 'r1', 'r8', controlBlock.inprobe),
      move('r2', 'r1'),
      alu('add', 'r2', 1),
      store(8, 'r8', controlBlock.inprobe, 'r2'),
    );
  }
  emitter.emit(
    loadMapValue('r3', mapNames.control),
    load(8, 'r2', 'r3', controlWords.activity),
    jumpIf32('ne', 'r2', activity, labels.inert),
  );
  if (shape.preemptible) emitClaimLevel(emitter, shape, labels.deep);
  else emitter.emit(jumpIf('ge', 'r1', shape.levels, labels.deep));
}

/** Sets r1 to a level that no other firing on the CPU has. */
function emitClaimLevel(emitter: Emitter, shape: RuntimeShape, deep: string): void {
  const claimed = emitter.fresh('claimed');
  for (let level = 0; level < shape.levels; level += 1) {
    emitter.emit(
      move('r3', 1 << level),
      atomic('fetch-or', 8, 'r8', controlBlock.levels, 'r3'),
      move('r1', level),
      alu('and', 'r3', 1 << level),
      jumpIf('eq', 'r3', 0, claimed),
    );
  }
  emitter.emit(jump(deep));
  emitter.place(claimed);
  emitter.emit(store(8, 'r10', frame.level, 'r1'));
}

/**
 * Closes a firing that had opened, and goes on; `inert` is placed where one that never happened comes in, with the level in
 * r1.
 */
export function emitCloseFiring(emitter: Emitter, shape: RuntimeShape, inert: string): void {
  if (shape.preemptible) {
    emitter.emit(
      load(8, 'r2', 'r10', frame.level),
      move('r1', 1),
      alu('lsh', 'r1', 'r2'),
      alu('xor', 'r1', -1),
      atomic('and', 8, 'r8', controlBlock.levels, 'r1'),
    );
    emitter.place(inert);
    emitter.emit(move('r1', -1), atomic('add', 8, 'r8', controlBlock.inprobe, 'r1'));
    return;
  }
  // What interrupted this firing has ended: the count is again what it was, and that is the level.
  emitter.emit(load(8, 'r1', contextRegister, contextArea.level));
  emitter.place(inert);
  emitter.emit(store(8, 'r8', controlBlock.inprobe, 'r1'));
}
