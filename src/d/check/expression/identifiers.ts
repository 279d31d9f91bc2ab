/** Names in expressions: variables of DTrace, variables of the program, elements of associative arrays. */

import type { CookedExpression, Place } from '../../cooked.js';
import type { VariableScope } from '../../dif.js';
import { nearest } from '../../nearest.js';
import type { Span } from '../../source.js';
import type { Expression } from '../../syntax/ast.js';
import { integerTypes, pointerTo, voidType } from '../../types.js';
import type { CheckContext } from '../context.js';
import { didYouMean, fail, hinting, prototypeDetails } from '../fail.js';
import { builtinNames, builtinType, isArguments, isBuiltin, isLaterBuiltin } from '../names/builtins.js';
import { keyType, type Variable, variableText } from '../names/variables.js';
import { noValueHint, type Operand, operandTypeName } from '../operand.js';
import { assignable } from '../types/conversions.js';
import { typeName } from '../types/type-text.js';
import { functionKind } from './calls.js';
import { constantOf } from './constants.js';

/** A variable as a program names it. */
export interface VariableName {
  readonly scope: VariableScope;
  readonly name: string;
  readonly span: Span;
}

/** The variable that an expression names; undefined for an expression of another form. */
export function variableNameOf(expression: Expression): VariableName | undefined {
  const { span } = expression;
  if (expression.kind === 'identifier') return { scope: 'global', name: expression.name, span };
  if (expression.kind !== 'scoped') return undefined;
  return { scope: expression.scope === 'self' ? 'thread' : 'clause', name: expression.name, span };
}

/** The value that a place holds. */
export const read = (place: Place): CookedExpression => ({ kind: 'read', place, type: place.type, span: place.span });

/** The place of a scalar variable. */
export const placeOf = ({ variable, type }: Variable, span: Span): Place => ({
  kind: 'variable',
  variable,
  type,
  span,
});

/**
 * The value of a variable that stands alone.
 * @throws {CompileError} D_IDENT_UNDEF, D_VAR_UNDEF, D_IDENT_BADREF, D_UNSUPPORTED.
 */
export function cookVariable(name: VariableName, context: CheckContext): CookedExpression {
  const { span } = name;
  if (name.scope === 'global' && isBuiltin(name.name)) {
    const type = builtinType(name.name, context.environment);
    return { kind: 'builtin', variable: name.name, type, span };
  }
  const found = context.variables.find(name.scope, name.name);
  if (found !== undefined) {
    requireScalar(found, name);
    return read(placeOf(found, span));
  }
  if (name.scope === 'global' && name.name === 'NULL') {
    // As in C a null pointer goes with any pointer, and not with an integer.
    return constantOf(0n, pointerTo(voidType), span);
  }
  return failUndefined(name, context);
}

/**
 * Ends the check: the name is not that of a scalar.
 * @throws {CompileError} D_IDENT_BADREF.
 */
export function requireScalar(found: Variable, { scope, name, span }: VariableName): void {
  if (found.keys === undefined) return;
  const message = `associative array ${variableText(scope, name)} is used without keys`;
  fail('D_IDENT_BADREF', message, span, { hint: 'name an element: the array with its keys in brackets' });
}

/**
 * Ends the check if a name cannot be given to a variable.
 * @throws {CompileError} D_IDENT_BADREF for a function's name or `args`, D_UNSUPPORTED for a variable of DTrace that is to
 * come.
 */
export function requireFreeName({ scope, name, span }: VariableName): void {
  if (scope !== 'global') return;
  const kind = functionKind(name);
  if (kind !== undefined) {
    fail(
      'D_IDENT_BADREF',
      `${name} is the name of ${kind === 'function' ? 'a' : 'an'} ${kind}, not of a variable`,
      span,
      hinting(`did you mean ${name}( )?`),
    );
  }
  if (isArguments(name)) {
    fail('D_IDENT_BADREF', 'args[ ] is used without an index', span, { hint: 'name one argument, as in args[0]' });
  }
  if (isLaterBuiltin(name)) fail('D_UNSUPPORTED', `variable ${name} is not available yet`, span);
}

/**
 * Ends the check: the variable is not defined.
 * @throws {CompileError} D_IDENT_UNDEF, D_VAR_UNDEF, D_IDENT_BADREF, D_UNSUPPORTED.
 */
export function failUndefined(name: VariableName, context: CheckContext, tag?: 'D_VAR_UNDEF'): never {
  requireFreeName(name);
  const { scope, span } = name;
  const text = variableText(scope, name.name);
  const names = [...context.variables.names(scope), ...(scope === 'global' ? builtinNames : [])];
  const near = nearest(name.name, names);
  const hint = didYouMean(near === undefined ? undefined : variableText(scope, near));
  if (scope !== 'global' || tag !== undefined) {
    fail('D_VAR_UNDEF', `${text} is neither declared nor assigned before this`, span, hint);
  }
  return fail('D_IDENT_UNDEF', `failed to resolve ${text}: no variable has this name`, span, hint);
}

/**
 * An element of an associative array.
 * @throws {CompileError} D_PROTO_LEN, D_PROTO_ARG for keys that do not fit.
 */
export function elementOf(
  array: Variable,
  keys: readonly Operand[],
  name: VariableName,
  span: Span,
  stringSize: number,
): Place {
  const types = array.keys ?? [];
  const text = `${variableText(name.scope, name.name)}[ ]`;
  if (keys.length !== types.length) {
    const passed = `${keys.length} key${keys.length === 1 ? '' : 's'} passed`;
    fail('D_PROTO_LEN', `${text} prototype mismatch: ${passed}, ${types.length} expected`, span);
  }
  const values = keys.map((key, index) => {
    const type = types[index] ?? integerTypes.int;
    const details = { ...prototypeDetails(typeName(type), operandTypeName(key), 'key'), ...hinting(noValueHint(key)) };
    return (
      assignable(key, keyType(type), stringSize) ??
      fail('D_PROTO_ARG', `${text} key #${index + 1} is incompatible with prototype:`, key.span, details)
    );
  });
  return { kind: 'element', variable: array.variable, keys: values, type: array.type, span };
}
