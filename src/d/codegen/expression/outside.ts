/** The first frame of a stack outside some code, in generated code: who it was that called that code. */

import { alu, jump, jumpIf, load, loadConstant, move } from '../../../bpf/instruction.js';
import { ownFrames } from '../memory/layout.js';
import type { AddressRange } from '../target.js';
import { contextRegister } from '../unit.js';
import { emitCountFailure, emitWalk, type Walking } from './stacks.js';

/** Operands of comparisons are signed: code that begins further above the lowest does not count. */
const farthest = 2n ** 31n;

/** How far to look for a frame. */
export interface Reach {
  /**
   * Frames of a first walk, the tracer's own among them: a frame costs the kernel some 0.2 µs, and there are many on a
   * stack. The whole walk follows where these do not suffice.
   */
  readonly soon: number;
  /** Frames of the whole walk, the tracer's own left out. */
  readonly frames: number;
}

/**
 * Leaves in r0 the address of the innermost frame behind the tracer's own that lies in none of `ranges`: 0 where there is
 * none within reach, and where the stack cannot be walked, which is counted. Loses r1 to r5. Needs room at
 * `memory.stackScratch` for `reach.frames` and the tracer's own.
 *
 * An address is that of the instruction after a call, which may belong to the next function: one byte less is compared.
 */
export function emitFirstOutside(unit: Walking, reach: Reach, ranges: readonly AddressRange[]): void {
  const { emitter } = unit;
  const failed = emitter.fresh('outside');
  const done = emitter.fresh('outside');
  const sorted = [...ranges].sort((a, b) => (a.start < b.start ? -1 : 1));
  const base = sorted[0]?.start ?? 0n;
  const intervals = sorted.flatMap(({ start, size }): Interval[] => {
    const from = start - base;
    return from + BigInt(size) < farthest ? [{ start: Number(from), end: Number(from) + size }] : [];
  });
  for (const words of [reach.soon, reach.frames + ownFrames]) {
    const unknown = emitter.fresh('outside');
    emitWalk(unit, unit.memory.stackScratch, words, failed);
    emitter.emit(jumpIf('eq', 'r1', 0, unknown));
    emitLook(unit, words, base, intervals, done);
    emitter.place(unknown);
  }
  emitter.emit(move('r0', 0), jump(done));
  emitter.place(failed);
  emitCountFailure(unit);
  emitter.emit(move('r0', 0));
  emitter.place(done);
}

/** Looks from r1, a number of bytes, at those of `words` frames that were walked; goes to `found` with the frame in r0. */
function emitLook(unit: Walking, words: number, base: bigint, intervals: readonly Interval[], found: string): void {
  const { emitter, memory } = unit;
  const again = emitter.fresh('look');
  const next = emitter.fresh('look');
  const end = emitter.fresh('look');
  // One less than the address, less the lowest.
  emitter.emit(loadConstant('r5', base + 1n));
  emitter.place(again);
  emitter.emit(jumpIf('ge', 'r1', 8 * words, end), move('r3', contextRegister), alu('add', 'r3', 'r1'));
  emitter.emit(load(8, 'r0', 'r3', memory.stackScratch), move('r4', 'r0'), alu('sub', 'r4', 'r5'));
  emitSearch(unit, intervals, next, found);
  emitter.place(next);
  emitter.emit(alu('add', 'r1', 8), jump(again));
  emitter.place(end);
  emitter.repeats(words * (10 + 4 * intervals.length));
}

/** Code from its first byte to the one behind its last, counted from the lowest of all. */
interface Interval {
  readonly start: number;
  readonly end: number;
}

/** Goes to `inside` where r4 lies in one of the sorted intervals, otherwise to `outside`; as a search that halves them. */
function emitSearch(unit: Walking, intervals: readonly Interval[], inside: string, outside: string): void {
  const { emitter } = unit;
  const middle = intervals.length >> 1;
  const interval = intervals[middle];
  if (interval === undefined) {
    emitter.emit(jump(outside));
    return;
  }
  const below = emitter.fresh('below');
  emitter.emit(jumpIf('lt', 'r4', interval.start, below), jumpIf('lt', 'r4', interval.end, inside));
  emitSearch(unit, intervals.slice(middle + 1), inside, outside);
  emitter.place(below);
  emitSearch(unit, intervals.slice(0, middle), inside, outside);
}
