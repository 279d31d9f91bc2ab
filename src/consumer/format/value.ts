/** Values as the consumer holds them, and their numbers at the size of their type. */

import type { DifType } from '../../d/dif.js';

/**
 * What a formatter takes: an integer, a number where it is exact (below 2^53) and a bigint otherwise; a byte string;
 * or the frames of a stack, each a byte string.
 */
export type FormatValue = number | bigint | string | readonly string[];

/** The type of a value to a formatter: those of DIF, and those that only records hold. */
export type FormatType = DifType | { readonly kind: 'float'; readonly size: 4 | 8 };

/** The bits of an integer of `size` bytes, read as unsigned: -1 of four bytes is 4294967295. */
export function unsignedOf(value: number | bigint, size: 1 | 2 | 4 | 8): number | bigint {
  if (typeof value === 'number') {
    if (value >= 0) return value;
    switch (size) {
      case 1:
        return value & 0xff;
      case 2:
        return value & 0xffff;
      case 4:
        return value >>> 0;
      case 8:
        return BigInt.asUintN(64, BigInt(value));
    }
  }
  return value >= 0n ? value : BigInt.asUintN(size * 8, value);
}

/** The frames of a stack; anything else has none. */
export const framesOf = (value: FormatValue | undefined): readonly string[] => (typeof value === 'object' ? value : []);

/** An integer from whatever a record held; a text or a stack counts as 0, which no checked program asks for. */
export function integerOf(value: FormatValue | undefined): number | bigint {
  return typeof value === 'number' || typeof value === 'bigint' ? value : 0;
}
