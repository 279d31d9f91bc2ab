/**
 * A lock-free list (include/linux/llist.h) of few entries, each of which is on it at most once, packed into one word:
 * llist_add() pushes in front, and who takes the whole list with llist_del_all() reverses it, so together they are a
 * queue. Each entry is a digit, its number and 1; the oldest is the lowest.
 */

import {
  add,
  bitAnd,
  bitOr,
  type Expression,
  less,
  type Operand,
  shiftLeft,
  shiftRight,
  subtract,
  when,
} from '../../model/expression.js';

/** How queues of entries 0 to `count - 1` are packed. */
export interface Packing {
  /** The greatest word. */
  readonly most: number;
  /** The word with an entry more at its end; out of range where it is full. */
  readonly appended: (word: Expression, entry: Operand) => Expression;
  /** The oldest entry of a word that is not 0. */
  readonly oldest: (word: Expression) => Expression;
  /** The word without its oldest entry. */
  readonly rest: (word: Expression) => Expression;
}

/** Packs queues of `count` different entries; 7 fit. */
export function packing(count: number): Packing {
  const digit = Math.ceil(Math.log2(count + 1));
  return {
    most: 2 ** (digit * count) - 1,
    appended: (word, entry) => {
      let result: Expression = -1;
      for (let length = count - 1; length >= 0; length -= 1) {
        const longer = bitOr(word, shiftLeft(add(entry, 1), digit * length));
        result = when(less(word, 2 ** (digit * length)), longer, result);
      }
      return result;
    },
    oldest: (word) => subtract(bitAnd(word, 2 ** digit - 1), 1),
    rest: (word) => shiftRight(word, digit),
  };
}
