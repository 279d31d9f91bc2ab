/** What the rows of the table of actions have in common. */

import type { CookedStatement } from '../../cooked.js';
import type { Span } from '../../source.js';
import type { Expression } from '../../syntax/ast.js';
import type { CheckContext } from '../context.js';
import type { Arity } from '../signature.js';

/** A call of an action as a statement. */
export interface ActionCall {
  readonly name: string;
  readonly arguments: readonly Expression[];
  readonly span: Span;
}

/** An action of D. */
export interface Action {
  readonly arity: Arity;
  /** The statement; there are as many arguments as `arity` says. */
  readonly cook: (call: ActionCall, context: CheckContext) => CookedStatement;
}

/** The argument at an index that the arity guarantees. */
export function argumentOf(call: ActionCall, index: number): Expression {
  const argument = call.arguments[index];
  if (argument === undefined) throw new Error(`${call.name}() is called without the argument that was checked`);
  return argument;
}
