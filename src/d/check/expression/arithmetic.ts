/** Operators that compute: `+ - * / % & | ^ << >>`, and the unary `- + ~`. */

import type { CookedExpression } from '../../cooked.js';
import type { Span } from '../../source.js';
import { type IntegerType, integerTypes, type PointerType } from '../../types.js';
import { constantValue } from '../constant-value.js';
import { fail, hinting } from '../fail.js';
import { isInteger, isPointer, noValueHint, type Operand, operandTypeName } from '../operand.js';
import { commonPointer, convert } from '../types/conversions.js';
import { commonType, promote } from '../types/promotions.js';
import { sizeOf } from '../types/sizes.js';
import { typeName } from '../types/type-text.js';
import { constantOf } from './constants.js';
import { type ArithmeticOperator, operationOf } from './integer-operation.js';

/** Which operands an operator takes, and the error if they are others. */
const demands = {
  '|': ['D_OP_INT', 'integral'],
  '^': ['D_OP_INT', 'integral'],
  '&': ['D_OP_INT', 'integral'],
  '%': ['D_OP_INT', 'integral'],
  '<<': ['D_OP_INT', 'integral'],
  '>>': ['D_OP_INT', 'integral'],
  '*': ['D_OP_ARITH', 'arithmetic'],
  '/': ['D_OP_ARITH', 'arithmetic'],
} as const;

/** Ends the check: the two types do not go together. `operator` is written between them. */
export function failIncompatible(left: Operand, operator: string, right: Operand, span: Span): never {
  const types = `"${operandTypeName(left)}" ${operator} "${operandTypeName(right)}"`;
  return fail('D_OP_INCOMPAT', `operands are of incompatible types: ${types}`, span, hinting(noValueHint(left, right)));
}

/** Ends the check if the right operand of a division is the constant 0. */
export function refuseZero(operator: ArithmeticOperator, right: CookedExpression): void {
  if ((operator === '/' || operator === '%') && constantValue(right) === 0n) {
    fail('D_DIV_ZERO', 'division by the constant zero', right.span);
  }
}

/** `operator` is the operator as written, for messages: `+` or `+=`. */
export function requireIntegers(
  operator: ArithmeticOperator,
  written: string,
  left: Operand,
  right: Operand,
  span: Span,
): readonly [CookedExpression & { readonly type: IntegerType }, CookedExpression & { readonly type: IntegerType }] {
  if (isInteger(left) && isInteger(right)) return [left, right];
  if (operator === '+' || operator === '-') return failIncompatible(left, written, right, span);
  const [tag, what] = demands[operator];
  const message = `operands of ${written} must be of ${what} type`;
  return fail(tag, message, span, hinting(noValueHint(left, right)));
}

/**
 * An operator of two operands that computes an integer or pointer.
 * @throws {CompileError} D_OP_INT, D_OP_ARITH, D_OP_INCOMPAT, D_OP_INCOMPLETE, D_DIV_ZERO.
 */
export function cookArithmetic(
  operator: ArithmeticOperator,
  left: Operand,
  right: Operand,
  span: Span,
): CookedExpression {
  if ((operator === '+' || operator === '-') && (isPointer(left) || isPointer(right))) {
    return cookPointerArithmetic(operator, left, right, span);
  }
  const [a, b] = requireIntegers(operator, operator, left, right, span);
  refuseZero(operator, b);
  const isShift = operator === '<<' || operator === '>>';
  const type = isShift ? promote(a.type) : commonType(a.type, b.type);
  return {
    kind: 'arithmetic',
    operation: operationOf(operator, type.signed),
    left: convert(a, type),
    right: isShift ? b : convert(b, type),
    type,
    span,
  };
}

function cookPointerArithmetic(operator: '+' | '-', left: Operand, right: Operand, span: Span): CookedExpression {
  if (operator === '-' && isPointer(left) && isPointer(right)) {
    const size = targetSize(left.type, span);
    if (size === undefined || commonPointer(left, right) === undefined) {
      return failIncompatible(left, operator, right, span);
    }
    const type = { ...integerTypes.long, name: 'ptrdiff_t' };
    const bytes: CookedExpression = {
      kind: 'arithmetic',
      operation: 'sub',
      left: convert(left, type),
      right: convert(right, type),
      type,
      span,
    };
    if (size === 1) return bytes;
    return {
      kind: 'arithmetic',
      operation: 'sdiv',
      left: bytes,
      right: constantOf(BigInt(size), type, span),
      type,
      span,
    };
  }
  const [pointer, index] = operator === '+' && isPointer(right) ? [right, left] : [left, right];
  if (!isPointer(pointer) || !isInteger(index)) return failIncompatible(left, operator, right, span);
  const offset = scaled(index, pointer.type, span) ?? failIncompatible(left, operator, right, span);
  const operation = operator === '+' ? 'add' : 'sub';
  return { kind: 'arithmetic', operation, left: pointer, right: offset, type: pointer.type, span };
}

/**
 * `index` elements of what the pointer points to, in bytes, as a value of the pointer's type; undefined if the size is
 * not known, as of void.
 * @throws {CompileError} D_OP_INCOMPLETE for a structure that is not known.
 */
export function scaled(
  index: CookedExpression & { readonly type: IntegerType },
  pointer: PointerType,
  span: Span,
): CookedExpression | undefined {
  const size = targetSize(pointer, span);
  if (size === undefined) return undefined;
  const wide = convert(index, integerTypes.long);
  if (size === 1) return convert(wide, pointer);
  const type = integerTypes.long;
  if (wide.kind === 'constant') {
    return convert(constantOf(BigInt.asIntN(64, wide.value * BigInt(size)), type, wide.span), pointer);
  }
  const bytes = constantOf(BigInt(size), type, wide.span);
  return convert({ kind: 'arithmetic', operation: 'mul', left: wide, right: bytes, type, span: index.span }, pointer);
}

function targetSize({ target }: PointerType, span: Span): number | undefined {
  const size = sizeOf(target);
  if (size === undefined && (target.kind === 'struct' || target.kind === 'union')) {
    fail('D_OP_INCOMPLETE', `no definition of ${typeName(target)} is available, its size is not known`, span);
  }
  return size;
}

/**
 * Unary minus, plus and complement.
 * @throws {CompileError} D_OP_ARITH, D_OP_INT.
 */
export function cookSign(operator: '-' | '+' | '~', operand: Operand, span: Span): CookedExpression {
  if (!isInteger(operand)) {
    const [tag, what] =
      operator === '~' ? (['D_OP_INT', 'integral'] as const) : (['D_OP_ARITH', 'arithmetic'] as const);
    const message = `the operand of ${operator} must be of ${what} type`;
    return fail(tag, message, span, hinting(noValueHint(operand)));
  }
  const type = promote(operand.type);
  const value = convert(operand, type);
  if (operator === '+') return value;
  return { kind: operator === '-' ? 'negate' : 'complement', operand: value, type, span };
}
