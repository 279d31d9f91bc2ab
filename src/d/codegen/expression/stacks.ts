/**
 * The kernel's stack in generated code: stack(), caller, stackdepth.
 *
 * `bpf_get_task_stack()` walks the stack of the current task from where it is called, through the interrupts that lie on
 * top of it. Unlike `bpf_get_stack()` it needs no context of the program, so it works in functions that are verified by
 * themselves, and it is not limited to three walks at a time: each of task, softirq, interrupt and NMI has one of its own.
 *
 * On top lie the tracer's own frames: those of the helper, of the program (one to three), of the kernel's way from the
 * tracepoint to the program. How many differs with the kernel and with what else is attached to the tracepoint, so they
 * are known by their addresses: everything up to the end of that way is passed over.
 */

import { helperNumber } from '../../../bpf/helper.js';
import {
  alu,
  atomic,
  callHelper,
  jump,
  jumpIf,
  load,
  loadConstant,
  loadMapValue,
  move,
  store,
} from '../../../bpf/instruction.js';
import type { DifInstruction } from '../../dif.js';
import { controlWords, ownFrames, walkedFrames } from '../memory/layout.js';
import { mapNames } from '../memory/memory.js';
import { emitClear, emitCopy } from '../strings.js';
import { contextRegister, currentTask, type Unit } from '../unit.js';
import { type Expression, typeOf, wordsAt } from './expression.js';

/** What a walk needs of the program that it stands in. */
export type Walking = Pick<Unit, 'emitter' | 'memory' | 'kernel' | 'tracepoint'>;

/** `dst` = the stack; its home has room for the tracer's own frames behind it. */
export function emitStack(expression: Expression, instruction: Extract<DifInstruction, { op: 'stack' }>): void {
  const { unit } = expression;
  const { emitter } = unit;
  const type = typeOf(expression, instruction.dst);
  if (type.kind !== 'stack') return;
  const at = wordsAt(expression, instruction.dst);
  const failed = emitter.fresh('stack');
  const done = emitter.fresh('stack');
  emitWalk(unit, at.offset, type.frames + ownFrames, failed);
  emitter.emit(move('r3', contextRegister), alu('add', 'r3', 'r1'));
  emitCopy(emitter, at, { base: 'r3', offset: at.offset }, type.frames, 'r2');
  emitter.emit(jump(done));
  emitter.place(failed);
  emitCountFailure(unit);
  emitClear(emitter, at, type.frames);
  emitter.place(done);
}

/** Leaves `caller` or `stackdepth` in r0: 0 where the stack cannot be walked, or has no such frame. Loses r1 to r5. */
export function emitStackVariable(unit: Unit, variable: keyof typeof walkedFrames): void {
  const { emitter, memory } = unit;
  const failed = emitter.fresh('stack');
  const done = emitter.fresh('stack');
  const at = memory.stackScratch;
  emitWalk(unit, at, walkedFrames[variable] + ownFrames, failed);
  if (variable === 'caller') {
    emitter.emit(alu('add', 'r1', contextRegister), load(8, 'r0', 'r1', at + 8));
  } else {
    emitter.emit(alu('sub', 'r0', 'r1'), alu('rsh', 'r0', 3));
  }
  emitter.emit(jump(done));
  emitter.place(failed);
  emitCountFailure(unit);
  emitter.emit(move('r0', 0));
  emitter.place(done);
}

/**
 * Walks the stack, `words` frames with the tracer's own, into the context area. Leaves in r0 the bytes that were written,
 * in r1 those of the tracer's own frames, a multiple of 8: 0 where their end is not among them. Goes to `failed` where
 * the stack cannot be walked.
 */
export function emitWalk(unit: Walking, offset: number, words: number, failed: string): void {
  const { emitter, memory } = unit;
  emitter.emit(
    currentTask(),
    move('r1', 'r0'),
    move('r2', contextRegister),
    alu('add', 'r2', offset),
    move('r3', 8 * words),
    move('r4', 0),
    callHelper(helperNumber.getTaskStack),
    jumpIf('slt', 'r0', 0, failed),
    move('r1', 0),
  );
  const again = emitter.fresh('frame');
  const own = emitter.fresh('frame');
  const next = emitter.fresh('frame');
  const found = emitter.fresh('frame');
  const ranges = unit.kernel.probeEntry(unit.tracepoint);
  if (ranges.length === 0) return;
  // r1: the end of the tracer's frames as far as it is known, r2: the frame that is looked at, both in bytes
  emitter.emit(move('r2', 0));
  emitter.place(again);
  emitter.emit(move('r3', contextRegister), alu('add', 'r3', 'r2'), load(8, 'r3', 'r3', offset));
  for (const { start, size } of ranges) {
    emitter.emit(move('r5', 'r3'), loadConstant('r4', start), alu('sub', 'r5', 'r4'), jumpIf('lt', 'r5', size, own));
  }
  emitter.emit(jumpIf('eq', 'r1', 0, next), jump(found));
  emitter.place(own);
  emitter.emit(move('r1', 'r2'), alu('add', 'r1', 8));
  emitter.place(next);
  emitter.emit(alu('add', 'r2', 8), jumpIf('lt', 'r2', 8 * Math.min(words, ownFrames), again));
  emitter.place(found);
  emitter.repeats(2 * ownFrames * (10 + 5 * ranges.length));
  // Through memory, of which the verifier knows nothing: it would follow each number of frames to the end of the clause.
  emitter.emit(
    store(8, contextRegister, memory.scratch, 'r1'),
    load(8, 'r1', contextRegister, memory.scratch),
    alu('and', 'r1', 8 * ownFrames),
  );
}

/** Counts a stack that could not be walked. Loses r1 and r2. */
export function emitCountFailure({ emitter }: Pick<Unit, 'emitter'>): void {
  emitter.emit(
    loadMapValue('r2', mapNames.control, controlWords.stackDrops),
    move('r1', 1),
    atomic('add', 8, 'r2', 0, 'r1'),
  );
}
