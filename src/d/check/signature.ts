/** Whether a call has as many arguments, and such arguments, as a function takes. */

import type { CookedExpression } from '../cooked.js';
import type { Span } from '../source.js';
import type { DType } from '../types.js';
import { fail, hinting, prototypeDetails } from './fail.js';
import { isScalar, noValueHint, type Operand, operandTypeName } from './operand.js';
import { assignable } from './types/conversions.js';
import { typeName } from './types/type-text.js';

/** One parameter: a type, by the rules of assignment, or anything that can be an address. */
export type Parameter = DType | 'pointer or integer';

/** How many arguments a function takes. `most` is undefined if there is no limit. */
export interface Arity {
  readonly least: number;
  readonly most: number | undefined;
}

/**
 * Checks how many arguments are passed.
 * @throws {CompileError} D_PROTO_LEN.
 */
export function checkArity(name: string, passed: number, { least, most }: Arity, span: Span): void {
  if (passed >= least && (most === undefined || passed <= most)) return;
  const expected = least === most ? String(least) : passed < least ? `at least ${least}` : `at most ${most ?? passed}`;
  const count = `${passed} arg${passed === 1 ? '' : 's'} passed`;
  fail('D_PROTO_LEN', `${name}( ) prototype mismatch: ${count}, ${expected} expected`, span);
}

/**
 * An argument as its parameter wants it. `index` counts from 0.
 * @throws {CompileError} D_PROTO_ARG.
 */
export function cookArgument(
  name: string,
  index: number,
  argument: Operand,
  parameter: Parameter,
  stringSize: number,
): CookedExpression {
  const isAddress = parameter === 'pointer or integer';
  const value = isAddress ? (isScalar(argument) ? argument : undefined) : assignable(argument, parameter, stringSize);
  if (value !== undefined) return value;
  const prototype = isAddress ? parameter : typeName(parameter);
  return fail('D_PROTO_ARG', `${name}( ) argument #${index + 1} is incompatible with prototype:`, argument.span, {
    ...prototypeDetails(prototype, operandTypeName(argument)),
    ...hinting(noValueHint(argument)),
  });
}
