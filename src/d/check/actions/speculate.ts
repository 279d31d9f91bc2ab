/** The actions on speculations: one prototype for all. */

import { integerTypes } from '../../types.js';
import { cookExpression } from '../expression/expression.js';
import { cookArgument } from '../signature.js';
import { type Action, argumentOf } from './action.js';

const onSpeculation = (kind: 'speculate' | 'commit' | 'discard'): Action => ({
  arity: { least: 1, most: 1 },
  cook: (call, context) => {
    const operand = cookExpression(argumentOf(call, 0), context);
    const speculation = cookArgument(call.name, 0, operand, integerTypes.int, context.environment.stringSize);
    return { kind, speculation, span: call.span };
  },
});

/** `speculate(id)`: what the clause records goes into the speculation. */
export const speculate = onSpeculation('speculate');

/** `commit(id)`: what was recorded into the speculation becomes output. */
export const commit = onSpeculation('commit');

/** `discard(id)`: it is forgotten. */
export const discard = onSpeculation('discard');
