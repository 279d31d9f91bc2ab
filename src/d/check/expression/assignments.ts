/** Assignments, `++` and `--`. */

import type { CookedExpression, Place } from '../../cooked.js';
import type { Expression } from '../../syntax/ast.js';
import { type DType, type IntegerType, integerTypes } from '../../types.js';
import type { CheckContext } from '../context.js';
import { fail, hinting } from '../fail.js';
import { isInteger, isPointer, isString, isValue, noValueHint, type Operand } from '../operand.js';
import { assignable, convert } from '../types/conversions.js';
import { commonType, promote } from '../types/promotions.js';
import { failIncompatible, refuseZero, requireIntegers, scaled } from './arithmetic.js';
import { constantOf } from './constants.js';
import { read } from './identifiers.js';
import { type ArithmeticOperator, compoundOperator, operationOf } from './integer-operation.js';
import { cookTarget, requireDefined } from './targets.js';

/**
 * `target = value` and `target op= value`. The first assignment to a variable defines it with the type of the value.
 * @throws {CompileError} the tags of `cookTarget`; D_OP_INCOMPAT, D_OP_INT, D_OP_ARITH, D_OP_VFPTR, D_DIV_ZERO,
 * D_VAR_UNDEF for a compound assignment to an undefined variable.
 */
export function cookAssignment(
  expression: Expression & { readonly kind: 'assignment' },
  context: CheckContext,
  cook: (expression: Expression) => Operand,
): CookedExpression {
  const { operator: written, span } = expression;
  const operator = compoundOperator(written);
  const target = cookTarget(expression.target, written, context, cook);
  if (operator !== undefined) {
    const place = requireDefined(target, context);
    return cookCompound(place, operator, written, cook(expression.value), expression);
  }
  const value = cook(expression.value);
  if (target.kind === 'undefined') {
    const known = isValue(value) && ['integer', 'pointer', 'string'].includes(value.type.kind);
    if (!isValue(value) || !known) failIncompatible(value, '=', value, span);
    const place = target.define(value.type);
    return { kind: 'assign', place, value, type: place.type, span };
  }
  const { place } = target;
  const converted = assignable(value, place.type, context.environment.stringSize);
  if (converted === undefined) return failIncompatible(read(place), written, value, span);
  return { kind: 'assign', place, value: converted, type: place.type, span };
}

/** The type of arithmetic between the old value of a place and an operand. */
const operationTypeOf = (operator: ArithmeticOperator, place: IntegerType, value: IntegerType): IntegerType =>
  operator === '<<' || operator === '>>' ? promote(place) : commonType(place, value);

function cookCompound(
  place: Place,
  operator: ArithmeticOperator,
  written: string,
  value: Operand,
  { span }: Expression,
): CookedExpression {
  const old = read(place);
  const isSum = operator === '+' || operator === '-';
  if (isSum && !isString(old) && !isString(value) && isPointer(old)) {
    if (!isInteger(value)) return failIncompatible(old, written, value, span);
    const offset =
      scaled(value, old.type, span) ??
      fail('D_OP_VFPTR', `operator ${written} requires a pointer to something of known size`, span);
    return update(place, operator, offset, old.type, 'new', span);
  }
  const [, operand] = requireIntegers(operator, written, old, value, span);
  refuseZero(operator, operand);
  const type = operationTypeOf(operator, isInteger(old) ? old.type : operand.type, operand.type);
  return update(place, operator, convert(operand, type), type, 'new', span);
}

function update(
  place: Place,
  operator: ArithmeticOperator,
  value: CookedExpression,
  operationType: DType,
  yields: 'old' | 'new',
  span: Expression['span'],
): CookedExpression {
  const operation = operationOf(operator, operationType.kind === 'integer' && operationType.signed);
  return { kind: 'update', place, operation, value, operationType, yields, type: place.type, span };
}

/**
 * `++x`, `x++`, `--x`, `x--`. A variable that is not defined becomes an int64_t.
 * @throws {CompileError} the tags of `cookTarget`; D_OP_SCALAR, D_OP_VFPTR.
 */
export function cookIncrement(
  expression: Expression & { readonly kind: 'increment' },
  context: CheckContext,
  cook: (expression: Expression) => Operand,
): CookedExpression {
  const { operator: written, span } = expression;
  const target = cookTarget(expression.operand, written, context, cook);
  const place = target.kind === 'defined' ? target.place : target.define(integerTypes.int64_t);
  const operator = written === '++' ? '+' : '-';
  const yields = expression.position === 'prefix' ? 'new' : 'old';
  const old = read(place);
  if (isPointer(old)) {
    const one = { ...constantOf(1n, integerTypes.int, span), type: integerTypes.int };
    const offset =
      scaled(one, old.type, span) ??
      fail('D_OP_VFPTR', `operator ${written} requires a pointer to something of known size`, span);
    return update(place, operator, offset, old.type, yields, span);
  }
  if (!isInteger(old)) {
    const message = `the operand of ${written} must be of scalar type`;
    return fail('D_OP_SCALAR', message, span, hinting(noValueHint(old)));
  }
  const type = promote(old.type);
  return update(place, operator, constantOf(1n, type, span), type, yields, span);
}
