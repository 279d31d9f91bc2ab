/** The actions: one row each. */

import type { CookedStatement } from '../../cooked.js';
import { integerTypes } from '../../types.js';
import type { CheckContext } from '../context.js';
import { cookExpression } from '../expression/expression.js';
import { cookStack } from '../expression/stacks.js';
import { fail, hinting } from '../fail.js';
import type { ActionName } from '../names/action-names.js';
import { isValue, noValueHint, operandTypeName } from '../operand.js';
import { checkArity, cookArgument } from '../signature.js';
import { type Action, type ActionCall, argumentOf } from './action.js';
import { cookAggregationArgument } from './aggregation-argument.js';
import { printa } from './printa.js';
import { printf } from './printf.js';
import { commit, discard, speculate } from './speculate.js';

const one = { least: 1, most: 1 } as const;

const clear: Action = {
  arity: one,
  cook: (call, context) => {
    const tags = { notOne: 'D_CLEAR_AGGARG', unknown: 'D_CLEAR_AGGBAD' } as const;
    const { aggregation } = cookAggregationArgument(call, 0, context, tags);
    return { kind: 'clear', aggregation, span: call.span };
  },
};

const exit: Action = {
  arity: one,
  cook: (call, context) => {
    const operand = cookExpression(argumentOf(call, 0), context);
    const status = cookArgument(call.name, 0, operand, integerTypes.int, context.environment.stringSize);
    return { kind: 'exit', status, span: call.span };
  },
};

/** stack() records what it gives in an expression. */
const stack: Action = {
  arity: { least: 0, most: 1 },
  cook: (call, context) => {
    const value = cookStack(
      call,
      call.arguments.map((argument) => cookExpression(argument, context)),
      context.environment,
    );
    return { kind: 'trace', value, span: call.span };
  },
};

const trace: Action = {
  arity: one,
  cook: (call, context) => {
    const value = cookExpression(argumentOf(call, 0), context);
    if (!isValue(value)) {
      const isDynamic = value.what === 'aggregation' || value.what === 'aggregating function';
      const message = `trace( ) requires a value, not ${isDynamic ? 'an' : 'something of type'} ${operandTypeName(value)}`;
      return fail(isDynamic ? 'D_TRACE_DYN' : 'D_TRACE_VOID', message, value.span, hinting(noValueHint(value)));
    }
    return { kind: 'trace', value, span: call.span };
  },
};

const actions: Readonly<Record<ActionName, Action>> = {
  clear,
  commit,
  discard,
  exit,
  printa,
  printf,
  speculate,
  stack,
  trace,
};

/**
 * A call of an action as a statement.
 * @throws {CompileError} D_PROTO_LEN, and what the action demands of its arguments.
 */
export function cookAction(name: ActionName, call: ActionCall, context: CheckContext): CookedStatement {
  const action = actions[name];
  checkArity(name, call.arguments.length, action.arity, call.span);
  return action.cook(call, context);
}
