/**
 * Expressions. Takes the syntax tree, gives the cooked tree: names resolved, operands brought to one type, every silent
 * conversion written out. Each form of expression has its rules in a file of this folder; this one knows only which.
 */

import { assertNever } from '../../assert-never.js';
import type { Expression, TypeName } from '../../syntax/ast.js';
import { type DType, stringType, voidType } from '../../types.js';
import { constantValue } from '../constant-value.js';
import type { CheckContext } from '../context.js';
import { fail } from '../fail.js';
import { isArguments, isBuiltin } from '../names/builtins.js';
import { isPointer, isValue, type Operand } from '../operand.js';
import { resolveTypeName } from '../types/type-names.js';
import { cookArgument } from './arguments.js';
import { cookArithmetic, cookSign } from './arithmetic.js';
import { cookAssignment, cookIncrement } from './assignments.js';
import { cookCall } from './calls.js';
import { cookCast, cookSizeof } from './casts.js';
import { cookCharacter, cookInteger, cookString } from './constants.js';
import { cookVariable, elementOf, failUndefined, read, type VariableName, variableNameOf } from './identifiers.js';
import { isArithmetic } from './integer-operation.js';
import { cookComma, cookComparison, cookConditional, cookLogical, cookNot } from './logic.js';
import { cookAddressOf, cookDereference, cookMember } from './pointers.js';
import { failScalarIndexed, refuseLocalArray } from './targets.js';

/**
 * Checks an expression.
 * @throws {CompileError} at the first thing that is wrong in it.
 */
export function cookExpression(expression: Expression, context: CheckContext): Operand {
  const { span } = expression;
  const { stringSize } = context.environment;
  const cook = (inner: Expression): Operand => cookExpression(inner, context);
  switch (expression.kind) {
    case 'integer':
      return cookInteger(expression);
    case 'character':
      return cookCharacter(expression);
    case 'string':
      return cookString(expression, stringSize);
    case 'identifier':
    case 'scoped':
      return cookVariable(variableName(expression), context);
    case 'macro':
      return cook(context.macros.expand(expression));
    case 'symbol':
      return fail(
        'D_UNSUPPORTED',
        `kernel symbols are not available yet: ${expression.module}\`${expression.name}`,
        span,
      );
    case 'aggregation':
      return { kind: 'no-value', what: 'aggregation', name: `@${expression.name}`, type: voidType, span };
    case 'unary':
      return cookUnary(expression, cook, stringSize);
    case 'increment':
      return cookIncrement(expression, context, cook);
    case 'binary':
      return cookBinary(expression, cook, stringSize);
    case 'assignment':
      return cookAssignment(expression, context, cook);
    case 'conditional':
      return cookConditional(cook(expression.condition), cook(expression.yes), cook(expression.no), span, stringSize);
    case 'comma':
      return cookComma(cook(expression.left), cook(expression.right), span);
    case 'index':
      return cookIndex(expression, context, cook);
    case 'member':
      return cookMember(cook(expression.object), expression.arrow, span);
    case 'call':
      return cookCall(expression, cook, context.environment);
    case 'cast': {
      const operand = cook(expression.operand);
      return cookCast(cookTypeName(expression.type, context), operand, span, stringSize);
    }
    case 'sizeof': {
      const { operand } = expression;
      if (!('kind' in operand)) return cookSizeof(cookTypeName(operand, context), span);
      const { type } = cook(operand);
      // Only the length of a string constant is known, any other string may be of any length.
      return cookSizeof(type.kind === 'string' && operand.kind !== 'string' ? stringType(stringSize) : type, span);
    }
    default:
      return assertNever(expression);
  }
}

/** The type that a type name stands for, array lengths computed. */
export function cookTypeName(name: TypeName, context: CheckContext): DType {
  return resolveTypeName(name, {
    stringSize: context.environment.stringSize,
    constantOf: (length) => {
      const operand = cookExpression(length, context);
      return isValue(operand) ? constantValue(operand) : undefined;
    },
  });
}

function variableName(expression: Expression): VariableName {
  const name = variableNameOf(expression);
  if (name === undefined) throw new Error(`${expression.kind} names no variable`);
  return name;
}

function cookUnary(
  expression: Expression & { readonly kind: 'unary' },
  cook: (expression: Expression) => Operand,
  stringSize: number,
): Operand {
  const { operator, span } = expression;
  const operand = cook(expression.operand);
  switch (operator) {
    case '!':
      return cookNot(operand, span);
    case '*':
      return cookDereference(operand, span, stringSize);
    case '&':
      return cookAddressOf(operand, span);
    case '-':
    case '+':
    case '~':
      return cookSign(operator, operand, span);
    default:
      return assertNever(operator);
  }
}

function cookBinary(
  expression: Expression & { readonly kind: 'binary' },
  cook: (expression: Expression) => Operand,
  stringSize: number,
): Operand {
  const { operator, span } = expression;
  const left = cook(expression.left);
  const right = cook(expression.right);
  if (isArithmetic(operator)) return cookArithmetic(operator, left, right, span);
  if (operator === '&&' || operator === '||' || operator === '^^') return cookLogical(operator, left, right, span);
  return cookComparison(operator, left, right, span, stringSize);
}

/** `array[keys]`, `args[index]` or `pointer[index]`. */
function cookIndex(
  { object, keys, span }: Expression & { readonly kind: 'index' },
  context: CheckContext,
  cook: (expression: Expression) => Operand,
): Operand {
  const { stringSize } = context.environment;
  if (object.kind === 'aggregation') {
    const message = `@${object.name} is indexed twice, but an aggregation has one tuple of keys`;
    fail('D_AGG_MDIM', message, span, { hint: 'write all keys in one pair of brackets, with commas between' });
  }
  const name = variableNameOf(object);
  if (name?.scope === 'global' && isArguments(name.name)) return cookArgument(keys.map(cook), span, context);
  if (name !== undefined && !(name.scope === 'global' && isBuiltin(name.name))) {
    const found = context.variables.find(name.scope, name.name);
    if (found === undefined) {
      refuseLocalArray(name);
      failUndefined(name, context, 'D_VAR_UNDEF');
    }
    if (found.keys !== undefined) return read(elementOf(found, keys.map(cook), name, span, stringSize));
    if (found.type.kind !== 'pointer') failScalarIndexed(name);
  }
  const pointer = cook(object);
  const [index] = keys;
  if (index === undefined || keys.length > 1) {
    const what = name === undefined ? 'expression' : `variable ${name.name}`;
    return fail('D_ARR_BADREF', `${what} is no associative array and takes one index, not ${keys.length}`, span);
  }
  if (!isPointer(pointer)) return cookDereference(pointer, span, stringSize);
  return cookDereference(cookArithmetic('+', pointer, cook(index), span), span, stringSize);
}
