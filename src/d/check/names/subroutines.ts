/** The functions that compute a value: one row each. */

import type { CookedExpression } from '../../cooked.js';
import type { Span } from '../../source.js';
import { integerTypes } from '../../types.js';
import type { CheckEnvironment } from '../environment.js';
import { cookStringOf } from '../expression/casts.js';
import { cookStack } from '../expression/stacks.js';
import type { Operand } from '../operand.js';
import { type Arity, cookArgument } from '../signature.js';
import { loadString } from '../types/conversions.js';

/** A function of D that computes a value. */
export interface Subroutine {
  readonly arity: Arity;
  /** The call as a checked expression; there are as many arguments as `arity` says. */
  readonly cook: (call: SubroutineCall) => CookedExpression;
}

/** A call of a subroutine. */
export interface SubroutineCall {
  readonly name: string;
  readonly arguments: readonly Operand[];
  readonly span: Span;
  readonly stringSize: number;
  readonly environment: Pick<CheckEnvironment, 'stackFrames' | 'maximumFrames'>;
}

const none: Arity = { least: 0, most: 0 };
const one: Arity = { least: 1, most: 1 };

const first = (call: SubroutineCall): Operand => {
  const [argument] = call.arguments;
  if (argument === undefined) throw new Error(`${call.name}() is called without the argument that was checked`);
  return argument;
};

const subroutines: Readonly<Record<string, Subroutine>> = {
  copyinstr: {
    arity: one,
    cook: (call) => {
      const address = cookArgument(call.name, 0, first(call), 'pointer or integer', call.stringSize);
      return { ...loadString(address, call.stringSize, 'user'), span: call.span };
    },
  },
  stack: {
    arity: { least: 0, most: 1 },
    cook: (call) => cookStack(call, call.arguments, call.environment),
  },
  speculation: { arity: none, cook: ({ span }) => ({ kind: 'speculation', type: integerTypes.int, span }) },
  stringof: { arity: one, cook: (call) => cookStringOf(first(call), call.span, call.stringSize) },
  sync: { arity: none, cook: ({ span }) => ({ kind: 'sync', type: integerTypes.int64_t, span }) },
  synced: {
    arity: one,
    cook: (call) => {
      const number = cookArgument(call.name, 0, first(call), integerTypes.int64_t, call.stringSize);
      return { kind: 'synced', number, type: integerTypes.int, span: call.span };
    },
  },
};

/** The subroutine of a name, undefined if there is none. */
export const findSubroutine = (name: string): Subroutine | undefined =>
  Object.hasOwn(subroutines, name) ? subroutines[name] : undefined;

/** The names of all. */
export const subroutineNames: readonly string[] = Object.keys(subroutines);
