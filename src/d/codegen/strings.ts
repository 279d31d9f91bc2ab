/**
 * Strings in generated code.
 *
 * A string of bound n lies in ⌈n/8⌉ words of the context area (or of a variable, key or record). Invariant: every byte
 * from the terminating NUL to the end of its words is zero. So strings are equal exactly if their words are, a key needs
 * no further padding, and order is that of the first differing word, read as a big-endian number.
 */

import {
  type AssemblyItem,
  alu,
  byteSwap,
  jump,
  jumpIf,
  load,
  loadConstant,
  move,
  type Register,
  store,
} from '../../bpf/instruction.js';
import type { Emitter } from './emitter.js';

/** Bytes that a string of `bound` bytes takes up. */
export const stringSpace = (bound: number): number => (bound + 7) & ~7;

/** A place in memory: a register that holds a pointer, and a byte offset from it. */
export interface Address {
  readonly base: Register;
  readonly offset: number;
}

/** Words above which copying and clearing is a loop. */
const unrolled = 64;

/** The words of `text` as a string of `bound` bytes: UTF-8, cut to the bound at a character, NUL-padded. */
export function stringWords(text: string, bound: number): readonly bigint[] {
  const bytes = new Uint8Array(stringSpace(bound));
  new TextEncoder().encodeInto(text, bytes.subarray(0, bound - 1));
  return Array.from(new BigUint64Array(bytes.buffer));
}

/** Writes the constant `text`; `scratch` is lost. */
export function emitStringConstant(
  emitter: Emitter,
  to: Address,
  text: string,
  bound: number,
  scratch: Register,
): void {
  for (const [index, word] of stringWords(text, bound).entries()) {
    const offset = to.offset + index * 8;
    if (BigInt.asIntN(32, word) === BigInt.asIntN(64, word)) {
      emitter.emit(store(8, to.base, offset, Number(BigInt.asIntN(32, word))));
    } else {
      emitter.emit(loadConstant(scratch, word), store(8, to.base, offset, scratch));
    }
  }
}

/** Zeroes `words` words at `to`. Loses r0 and r1 when the area is large. */
export function emitClear(emitter: Emitter, to: Address, words: number): void {
  if (words <= unrolled) {
    for (let i = 0; i < words; i += 1) emitter.emit(store(8, to.base, to.offset + i * 8, 0));
    return;
  }
  emitWordLoop(emitter, words, 'clear', [move('r1', to.base), alu('add', 'r1', 'r0'), store(8, 'r1', to.offset, 0)]);
}

/** Copies `words` words. Loses `scratch`, and r0 and r1 when the area is large. The areas must not overlap. */
export function emitCopy(emitter: Emitter, to: Address, from: Address, words: number, scratch: Register): void {
  if (words <= unrolled) {
    for (let i = 0; i < words; i += 1) {
      emitter.emit(load(8, scratch, from.base, from.offset + i * 8), store(8, to.base, to.offset + i * 8, scratch));
    }
    return;
  }
  emitWordLoop(emitter, words, 'copy', [
    move('r1', from.base),
    alu('add', 'r1', 'r0'),
    load(8, scratch, 'r1', from.offset),
    move('r1', to.base),
    alu('add', 'r1', 'r0'),
    store(8, 'r1', to.offset, scratch),
  ]);
}

/** Runs `body` with r0 = 0, 8, … up to the last of `words` words. */
function emitWordLoop(emitter: Emitter, words: number, stem: string, body: readonly AssemblyItem[]): void {
  const again = emitter.fresh(stem);
  emitter.emit(move('r0', 0));
  emitter.place(again);
  emitter.emit(...body, alu('add', 'r0', 8), jumpIf('lt', 'r0', words * 8, again));
  emitter.repeats(words * (body.length + 2));
}

/** Copies a string into a place of another bound: longer ones are cut, shorter ones padded. Loses r0, r1, `scratch`. */
export function emitStringMove(
  emitter: Emitter,
  to: Address,
  toBound: number,
  from: Address,
  fromBound: number,
  scratch: Register,
): void {
  const toWords = stringSpace(toBound) / 8;
  const fromWords = stringSpace(fromBound) / 8;
  const common = Math.min(toWords, fromWords);
  emitCopy(emitter, to, from, common, scratch);
  emitCut(emitter, to, toBound, fromBound);
  emitClear(emitter, { base: to.base, offset: to.offset + common * 8 }, toWords - common);
}

/** Ends what was copied from a place of `fromBound` bytes in the last byte of `toBound`; the rest of its word is cleared. */
export function emitCut(emitter: Emitter, to: Address, toBound: number, fromBound: number): void {
  if (fromBound <= toBound) return;
  for (let at = toBound - 1; at < stringSpace(toBound); at += 1) emitter.emit(store(1, to.base, to.offset + at, 0));
}

/**
 * Compares two strings: goes to `whenEqual` if they are equal, otherwise falls through with the first differing words
 * in r1 and r2, in an order in which unsigned comparison is that of strcmp(3). Loses r0.
 */
export function emitStringCompare(
  emitter: Emitter,
  left: Address,
  leftBound: number,
  right: Address,
  rightBound: number,
  whenEqual: string,
): void {
  // The shorter string ends within its words, so that equal words up to there mean equal strings.
  const words = Math.min(stringSpace(leftBound), stringSpace(rightBound)) / 8;
  const differ = emitter.fresh('differ');
  if (words <= 8) {
    for (let i = 0; i < words; i += 1) {
      emitter.emit(
        load(8, 'r1', left.base, left.offset + i * 8),
        load(8, 'r2', right.base, right.offset + i * 8),
        jumpIf('ne', 'r1', 'r2', differ),
      );
    }
  } else {
    emitWordLoop(emitter, words, 'compare', [
      move('r1', left.base),
      alu('add', 'r1', 'r0'),
      load(8, 'r1', 'r1', left.offset),
      move('r2', right.base),
      alu('add', 'r2', 'r0'),
      load(8, 'r2', 'r2', right.offset),
      jumpIf('ne', 'r1', 'r2', differ),
    ]);
  }
  emitter.emit(jump(whenEqual));
  emitter.place(differ);
  emitter.emit(byteSwap('be', 64, 'r1'), byteSwap('be', 64, 'r2'));
}
