/** The integer conversions of C in the data model of 64-bit Linux (LP64). */

import { type IntegerType, integerTypes } from '../../types.js';

/** The type of an operand after the integer promotions: nothing smaller than int takes part in arithmetic. */
export const promote = (type: IntegerType): IntegerType => (type.size < 4 ? integerTypes.int : type);

/**
 * The type in which an operator of two integers computes: the larger one; of two of one size the unsigned one. A larger
 * signed type holds all values of a smaller unsigned one, so C's other rules do not arise.
 */
export function commonType(left: IntegerType, right: IntegerType): IntegerType {
  const [a, b] = [promote(left), promote(right)];
  if (a.size !== b.size) return a.size > b.size ? a : b;
  return a.signed && !b.signed ? b : a;
}

const constantTypes = [
  integerTypes.int,
  integerTypes['unsigned int'],
  integerTypes.long,
  integerTypes['unsigned long'],
] as const;

/** How an integer constant is written. */
export interface ConstantForm {
  readonly decimal: boolean;
  readonly unsigned: boolean;
  readonly long: boolean;
}

/**
 * The type of a non-negative integer constant: the first of int, unsigned int, long, unsigned long that holds it, where
 * the suffixes l and u leave some out, and unsigned types are tried without a suffix u only for hexadecimal and octal
 * constants (C99, 6.4.4.1). Undefined if none holds it.
 */
export function constantType(value: bigint, form: ConstantForm): IntegerType | undefined {
  return constantTypes.find(
    (type) =>
      value < 1n << BigInt(type.size * 8 - (type.signed ? 1 : 0)) &&
      !(form.long && type.size < 8) &&
      !(form.unsigned && type.signed) &&
      !(form.decimal && !form.unsigned && !type.signed),
  );
}
