/** Aggregations as arguments of actions. */

import type { ErrorTag } from '../../error-tags.js';
import type { Expression } from '../../syntax/ast.js';
import type { CheckContext } from '../context.js';
import { cookExpression } from '../expression/expression.js';
import { fail, prototypeDetails } from '../fail.js';
import type { KnownAggregation } from '../names/aggregations.js';
import { operandTypeName } from '../operand.js';
import { type ActionCall, argumentOf } from './action.js';

/**
 * The aggregation that stands at an index among the arguments; some statement must have fed it before.
 * @throws {CompileError} `notOne` for something else, `unknown` for an aggregation that does not exist.
 */
export function cookAggregationArgument(
  call: ActionCall,
  index: number,
  context: CheckContext,
  tags: { readonly notOne: ErrorTag; readonly unknown: ErrorTag },
): KnownAggregation {
  const argument = argumentOf(call, index);
  if (argument.kind !== 'aggregation') {
    const message = `${call.name}( ) argument #${index + 1} is incompatible with prototype:`;
    const type = operandTypeName(cookExpression(argument, context));
    return fail(tags.notOne, message, argument.span, prototypeDetails('aggregation', type));
  }
  if (argument.keys !== undefined) refuseKeys(call.name, argument);
  const found = context.aggregations.find(argument.name);
  if (found !== undefined) return found;
  const hint = context.aggregations.suggest(argument.name);
  return fail(tags.unknown, `undefined aggregation: @${argument.name}`, argument.span, hint);
}

function refuseKeys(action: string, { name, span }: Expression & { readonly kind: 'aggregation' }): never {
  const message = `${action}( ) applies to a whole aggregation, not to one of its keys`;
  return fail('D_SYNTAX', message, span, { hint: `write @${name} without brackets` });
}
