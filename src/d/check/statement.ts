/** Statements: actions, aggregations, and expressions evaluated for their effect. */

import type { CookedStatement } from '../cooked.js';
import type { Expression } from '../syntax/ast.js';
import { integerTypes } from '../types.js';
import { cookAction } from './actions/actions.js';
import type { CheckContext } from './context.js';
import { cookExpression } from './expression/expression.js';
import { fail, hinting } from './fail.js';
import { isAction } from './names/action-names.js';
import { aggregatingArity, aggregatingFunctionNames, isAggregatingFunction } from './names/aggregating-functions.js';
import { isPointer, isScalar, isValue, noValueHint, operandTypeName } from './operand.js';
import { checkArity } from './signature.js';
import { convert } from './types/conversions.js';

/**
 * Checks a statement.
 * @throws {CompileError} at the first thing that is wrong in it.
 */
export function cookStatement(statement: Expression, context: CheckContext): CookedStatement {
  const { span } = statement;
  if (statement.kind === 'call' && isAction(statement.name)) return cookAction(statement.name, statement, context);
  if (statement.kind === 'assignment') {
    const { target } = statement;
    if (target.kind === 'aggregation') return cookAggregate(statement, target, context);
  }
  if (statement.kind === 'aggregation') {
    const hint = `feed it with an aggregating function, as in @${statement.name} = count()`;
    fail('D_AGG_NULL', `statement has no effect: @${statement.name}`, span, { hint });
  }
  const operand = cookExpression(statement, context);
  if (isValue(operand)) return { kind: 'evaluate', expression: operand, span };
  if (operand.what === 'void expression' && operand.effect !== undefined) {
    return { kind: 'evaluate', expression: operand.effect, span };
  }
  if (operand.what === 'aggregating function') {
    fail('D_AGG_NULL', `statement has no effect: ${operand.name}( )`, span, hinting(noValueHint(operand)));
  }
  return fail(
    'D_OP_ACT',
    `${operandTypeName(operand)} cannot be used in an expression`,
    span,
    hinting(noValueHint(operand)),
  );
}

/** `@name[keys] = function(value)`. */
function cookAggregate(
  statement: Expression & { readonly kind: 'assignment' },
  target: Expression & { readonly kind: 'aggregation' },
  context: CheckContext,
): CookedStatement {
  const { operator, value: call, span } = statement;
  const callee = call.kind === 'call' ? call.name : undefined;
  if (operator !== '=' || call.kind !== 'call' || callee === undefined || !isAggregatingFunction(callee)) {
    // What is wrong inside the value comes first: an unknown function is one, not an unsuitable one.
    cookExpression(call, context);
    const hint = `the aggregating functions are ${aggregatingFunctionNames.join(', ')}`;
    const message = `@${target.name} can be assigned nothing but the result of an aggregating function`;
    return fail('D_AGG_FUNC', message, call.span, { hint });
  }
  checkArity(callee, call.arguments.length, aggregatingArity(callee), call.span);
  const [operand] = call.arguments.map((argument) => cookExpression(argument, context));
  if (operand !== undefined && !isScalar(operand)) {
    const message = `${callee}( ) argument #1 is not of scalar type`;
    fail('D_AGG_SCALAR', message, operand.span, hinting(noValueHint(operand)));
  }
  const operands = (target.keys ?? []).map((key) => cookExpression(key, context));
  const { aggregation, keys } = context.aggregations.use(target.name, callee, operands, span);
  const argument =
    operand === undefined
      ? undefined
      : convert(isPointer(operand) ? convert(operand, integerTypes.uint64_t) : operand, integerTypes.int64_t);
  return { kind: 'aggregate', aggregation, function: callee, keys, argument, span };
}
