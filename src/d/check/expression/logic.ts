/** Operators that ask: comparisons, `! && || ^^`, `?:` and the comma. */

import type { CookedExpression } from '../../cooked.js';
import type { Span } from '../../source.js';
import { integerTypes, stringType } from '../../types.js';
import { fail, hinting } from '../fail.js';
import { isInteger, isPointer, isScalar, isString, isValue, noValueHint, type Operand } from '../operand.js';
import { asString, commonPointer, convert, isStringLike } from '../types/conversions.js';
import { commonType } from '../types/promotions.js';
import { failIncompatible } from './arithmetic.js';

type ComparisonOperator = '==' | '!=' | '<' | '<=' | '>' | '>=';

/** `NULL`, which scripts also compare with addresses that are integers, such as arg0. */
const isNullPointer = (operand: Operand): operand is CookedExpression =>
  operand.kind === 'constant' && isPointer(operand) && operand.type.target.kind === 'void' && operand.value === 0n;

/** Two operands brought to the type in which they can be compared or chosen from; undefined if there is none. */
function meet(
  left: Operand,
  right: Operand,
  stringSize: number,
): readonly [CookedExpression, CookedExpression] | undefined {
  if (isInteger(left) && isNullPointer(right)) return [left, convert(right, left.type)];
  if (isNullPointer(left) && isInteger(right)) return [convert(left, right.type), right];
  if (isInteger(left) && isInteger(right)) {
    const type = commonType(left.type, right.type);
    return [convert(left, type), convert(right, type)];
  }
  if (isStringLike(left) && isStringLike(right) && (isString(left) || isString(right))) {
    return [asString(left, stringSize), asString(right, stringSize)];
  }
  const pointer = commonPointer(left, right);
  if (pointer === undefined || !isValue(left) || !isValue(right)) return undefined;
  return [convert(left, pointer), convert(right, pointer)];
}

/**
 * A comparison of integers, of pointers, or of strings byte by byte.
 * @throws {CompileError} D_OP_INCOMPAT.
 */
export function cookComparison(
  operator: ComparisonOperator,
  left: Operand,
  right: Operand,
  span: Span,
  stringSize: number,
): CookedExpression {
  const [a, b] = meet(left, right, stringSize) ?? failIncompatible(left, operator, right, span);
  return { kind: 'comparison', operator, left: a, right: b, type: integerTypes.int, span };
}

/** What a string that stands for a condition should have been. */
const conditionHint = (...operands: readonly Operand[]): string | undefined =>
  operands.some(isString) ? 'compare the string, as in s != ""' : noValueHint(...operands);

/**
 * `&&`, `||`, `^^`.
 * @throws {CompileError} D_OP_SCALAR.
 */
export function cookLogical(operator: '&&' | '||' | '^^', left: Operand, right: Operand, span: Span): CookedExpression {
  if (!isScalar(left) || !isScalar(right)) {
    const message = `operands of ${operator} must be of scalar type`;
    return fail('D_OP_SCALAR', message, span, hinting(conditionHint(left, right)));
  }
  return { kind: 'logical', operator, left, right, type: integerTypes.int, span };
}

/**
 * `!x`.
 * @throws {CompileError} D_OP_SCALAR.
 */
export function cookNot(operand: Operand, span: Span): CookedExpression {
  if (!isScalar(operand)) {
    const message = 'the operand of ! must be of scalar type';
    return fail('D_OP_SCALAR', message, span, hinting(conditionHint(operand)));
  }
  return { kind: 'not', operand, type: integerTypes.int, span };
}

/**
 * `condition ? yes : no`.
 * @throws {CompileError} D_OP_SCALAR, D_OP_DYN, D_OP_ACT, D_OP_INCOMPAT.
 */
export function cookConditional(
  condition: Operand,
  yes: Operand,
  no: Operand,
  span: Span,
  stringSize: number,
): CookedExpression {
  if (!isScalar(condition)) {
    const message = 'the condition of ?: must be of scalar type';
    return fail('D_OP_SCALAR', message, condition.span, hinting(conditionHint(condition)));
  }
  refuseNoValue('?:', yes, no, span);
  const arms = meet(yes, no, stringSize);
  if (arms === undefined) return fail('D_OP_INCOMPAT', 'the results of ?: are of incompatible types', span);
  const [a, b] = arms;
  const isStrings = a.type.kind === 'string' && b.type.kind === 'string';
  const type = isStrings ? stringType(Math.max(boundOf(a), boundOf(b))) : a.type;
  return { kind: 'conditional', condition, yes: a, no: b, type, span };
}

const boundOf = ({ type }: CookedExpression): number => (type.kind === 'string' ? type.bound : 0);

/**
 * `left, right`.
 * @throws {CompileError} D_OP_DYN, D_OP_ACT, D_OP_INCOMPAT for an operand without a value.
 */
export function cookComma(left: Operand, right: Operand, span: Span): CookedExpression {
  refuseNoValue(',', left, right, span);
  if (!isValue(left) || !isValue(right)) return failIncompatible(left, ',', right, span);
  return { kind: 'comma', left, right, type: right.type, span };
}

function refuseNoValue(operator: ',' | '?:', left: Operand, right: Operand, span: Span): void {
  for (const operand of [left, right]) {
    if (isValue(operand) || operand.what === 'void expression') continue;
    const hint = hinting(noValueHint(operand));
    if (operand.what === 'action') {
      const message = operator === ',' ? 'an action cannot be an operand of ,' : 'an action cannot be an operand of ?:';
      fail('D_OP_ACT', message, span, hint);
    }
    fail('D_OP_DYN', `an ${operand.what} cannot be an operand of ${operator}`, span, hint);
  }
}
