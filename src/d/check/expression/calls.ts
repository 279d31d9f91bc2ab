/** Calls of functions inside expressions. */

import { nearest } from '../../nearest.js';
import type { Span } from '../../source.js';
import type { Expression } from '../../syntax/ast.js';
import { voidType } from '../../types.js';
import type { CheckEnvironment } from '../environment.js';
import { didYouMean, fail } from '../fail.js';
import { actionNames, isAction } from '../names/action-names.js';
import { aggregatingFunctionNames, isAggregatingFunction } from '../names/aggregating-functions.js';
import { laterFunction } from '../names/later.js';
import { findSubroutine, subroutineNames } from '../names/subroutines.js';
import type { NoValue, Operand } from '../operand.js';
import { checkArity } from '../signature.js';

/** What kind of function a name is, or undefined if D has none of it. */
export function functionKind(name: string): 'function' | 'action' | 'aggregating function' | undefined {
  if (findSubroutine(name) !== undefined) return 'function';
  if (isAction(name)) return 'action';
  if (isAggregatingFunction(name)) return 'aggregating function';
  const later = laterFunction(name);
  return later === 'subroutine' ? 'function' : later;
}

/**
 * Ends the check: a call of a function that does not exist, or not in this version.
 * @throws {CompileError} D_FUNC_UNDEF, D_UNSUPPORTED.
 */
export function failUnknownFunction(name: string, span: Span): never {
  const later = laterFunction(name);
  if (later !== undefined) fail('D_UNSUPPORTED', `${later} ${name}( ) is not available yet`, span);
  const near = nearest(name, [...actionNames, ...subroutineNames, ...aggregatingFunctionNames]);
  return fail('D_FUNC_UNDEF', `undefined function: ${name}( )`, span, didYouMean(near && `${near}( )`));
}

/**
 * A call in an expression. Actions and aggregating functions have no value: what stands around them says what is wrong.
 * @throws {CompileError} D_FUNC_UNDEF, D_UNSUPPORTED, D_PROTO_LEN, D_PROTO_ARG.
 */
export function cookCall(
  call: Expression & { readonly kind: 'call' },
  cookArgument: (argument: Expression) => Operand,
  environment: CheckEnvironment,
): Operand {
  const { name, span } = call;
  const noValue = (what: NoValue['what']): NoValue => ({ kind: 'no-value', what, name, type: voidType, span });
  // stack() is both: a statement, and a value.
  const known = findSubroutine(name);
  if (known === undefined && isAction(name)) return noValue('action');
  if (isAggregatingFunction(name)) return noValue('aggregating function');
  const subroutine = known ?? failUnknownFunction(name, span);
  checkArity(name, call.arguments.length, subroutine.arity, span);
  const { stringSize } = environment;
  return subroutine.cook({ name, arguments: call.arguments.map(cookArgument), span, stringSize, environment });
}
