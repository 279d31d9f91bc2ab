/** Casts, `sizeof` and `stringof`. */

import type { CookedExpression } from '../../cooked.js';
import type { Span } from '../../source.js';
import { type DType, integerTypes } from '../../types.js';
import { fail, hinting } from '../fail.js';
import { isScalar, isString, isValue, noValueHint, type Operand, operandTypeName } from '../operand.js';
import { convert, loadString } from '../types/conversions.js';
import { sizeOf } from '../types/sizes.js';
import { typeName } from '../types/type-text.js';
import { constantOf } from './constants.js';

/**
 * `(type)operand`: between integers and pointers, from both to string, from anything to void. A pointer made of an
 * integer points into the kernel, one made of a pointer where that one points.
 * @throws {CompileError} D_CAST_INVAL.
 */
export function cookCast(type: DType, operand: Operand, span: Span, stringSize: number): Operand {
  if (type.kind === 'void') {
    const effect = isValue(operand) ? { effect: operand } : {};
    return { kind: 'no-value', what: 'void expression', name: '', ...effect, type, span };
  }
  if (type.kind === 'string' && (isScalar(operand) || isString(operand))) {
    return cookStringOf(operand, span, stringSize);
  }
  if ((type.kind !== 'integer' && type.kind !== 'pointer') || !isScalar(operand)) {
    const message = `cannot cast "${operandTypeName(operand)}" to "${typeName(type)}"`;
    return fail('D_CAST_INVAL', message, span, hinting(noValueHint(operand)));
  }
  const isRepointed = type.kind === 'pointer' && operand.type.kind === 'pointer' && type.space === 'kernel';
  const target: DType = isRepointed && operand.type.kind === 'pointer' ? { ...type, space: operand.type.space } : type;
  if (operand.kind === 'constant') return { ...convert(operand, target), span };
  // Even where the bits stay the same: messages then name the type of the cast.
  return { kind: 'convert', operand, type: target, span };
}

/**
 * `stringof(x)`: the string itself, or the one at an address.
 * @throws {CompileError} D_STRINGOF_TYPE.
 */
export function cookStringOf(operand: Operand, span: Span, stringSize: number): CookedExpression {
  if (isString(operand)) return operand;
  if (isScalar(operand)) return { ...loadString(operand, stringSize), span };
  const message = `stringof cannot be applied to "${operandTypeName(operand)}"`;
  return fail('D_STRINGOF_TYPE', message, span, hinting(noValueHint(operand)));
}

/**
 * The size of a type, or of a value's type, as a constant.
 * @throws {CompileError} D_SIZEOF_TYPE.
 */
export function cookSizeof(type: DType, span: Span): CookedExpression {
  const size = sizeOf(type);
  if (size === undefined) return fail('D_SIZEOF_TYPE', 'sizeof requires an operand of known size', span);
  return constantOf(BigInt(size), integerTypes.size_t, span);
}
