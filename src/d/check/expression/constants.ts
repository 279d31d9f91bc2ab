/** Constants. */

import type { CookedExpression } from '../../cooked.js';
import type { Span } from '../../source.js';
import type { Expression } from '../../syntax/ast.js';
import { type DType, integerTypes, stringType, wrapInteger } from '../../types.js';
import { fail } from '../fail.js';
import { constantType } from '../types/promotions.js';

/** A constant of the given integer type. */
export const constantOf = (value: bigint, type: DType, span: Span): CookedExpression => ({
  kind: 'constant',
  value,
  type,
  span,
});

/**
 * An integer constant with the type that its value and suffixes give it.
 * @throws {CompileError} D_INT_OFLOW if no type holds it.
 */
export function cookInteger(expression: Expression & { readonly kind: 'integer' }): CookedExpression {
  const { value, span } = expression;
  const type = constantType(value, expression);
  if (type === undefined) {
    const message = `integer constant 0x${value.toString(16)} does not fit any integer type`;
    fail('D_INT_OFLOW', message, span, { hint: 'write it with the suffix u, as an unsigned constant' });
  }
  return constantOf(value, type, span);
}

/** A character constant: an int, or a long if it has more characters than an int holds. */
export function cookCharacter({ value, span }: Expression & { readonly kind: 'character' }): CookedExpression {
  const type = wrapInteger(value, integerTypes.int) === value ? integerTypes.int : integerTypes.long;
  return constantOf(wrapInteger(value, type), type, span);
}

/** A string constant, of its own length or cut to that of the longest string. */
export function cookString(
  { value, span }: Expression & { readonly kind: 'string' },
  stringSize: number,
): CookedExpression {
  const bytes = new TextEncoder().encode(value).length + 1;
  return { kind: 'string', value, type: stringType(Math.min(bytes, stringSize)), span };
}
