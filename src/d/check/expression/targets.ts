/** What can stand on the left of an assignment. */

import type { Place } from '../../cooked.js';
import type { Span } from '../../source.js';
import type { Expression } from '../../syntax/ast.js';
import type { DType } from '../../types.js';
import type { CheckContext } from '../context.js';
import { fail } from '../fail.js';
import { isArguments, isBuiltin } from '../names/builtins.js';
import { isPointer, type Operand } from '../operand.js';
import {
  elementOf,
  failUndefined,
  placeOf,
  requireFreeName,
  requireScalar,
  type VariableName,
  variableNameOf,
} from './identifiers.js';

/** The left side of an assignment: a place, or a variable that the assignment will define. */
export type Target =
  | { readonly kind: 'defined'; readonly place: Place }
  | {
      readonly kind: 'undefined';
      readonly name: VariableName;
      /** Defines the variable with the type of the value. */
      readonly define: (type: DType) => Place;
    };

/**
 * The target of an assignment, of `operator` as written. `cook` checks what is inside it.
 * @throws {CompileError} D_OP_WRITE for what can be read only, D_OP_LVAL for what is no place, D_ARR_LOCAL for an array
 * in `this->`, D_IDENT_BADREF, D_UNSUPPORTED.
 */
export function cookTarget(
  target: Expression,
  operator: string,
  context: CheckContext,
  cook: (expression: Expression) => Operand,
): Target {
  const expression = target.kind === 'macro' ? context.macros.expand(target) : target;
  const name = variableNameOf(expression);
  if (name !== undefined) return scalarTarget(name, operator, context);
  if (expression.kind === 'index') {
    const array = arrayTarget(expression, context, cook);
    if (array !== undefined) return array;
  }
  const operand = cook(expression);
  if (operand.kind === 'argument') failWrite(operator, expression.span, 'args[ ] is set by DTrace');
  if (operand.kind === 'load' || operand.kind === 'builtin' || operand.kind === 'load-string') {
    failWrite(operator, expression.span, 'memory can be read only');
  }
  return fail('D_OP_LVAL', `operator ${operator} can only change a variable`, expression.span);
}

function failWrite(operator: string, span: Span, hint: string): never {
  return fail('D_OP_WRITE', `operator ${operator} cannot change what is read-only`, span, { hint });
}

function scalarTarget(name: VariableName, operator: string, context: CheckContext): Target {
  const { scope, span } = name;
  if (scope === 'global' && isBuiltin(name.name)) failWrite(operator, span, `${name.name} is set by DTrace`);
  const found = context.variables.find(scope, name.name);
  if (found === undefined) {
    requireFreeName(name);
    const define = (type: DType): Place =>
      placeOf(context.variables.define(scope, name.name, type, undefined, span), span);
    return { kind: 'undefined', name, define };
  }
  requireScalar(found, name);
  return { kind: 'defined', place: placeOf(found, span) };
}

/** `name[keys]` where the name is or becomes an associative array; undefined if it indexes a pointer. */
function arrayTarget(
  { object, keys, span }: Expression & { readonly kind: 'index' },
  context: CheckContext,
  cook: (expression: Expression) => Operand,
): Target | undefined {
  const { stringSize } = context.environment;
  const name = variableNameOf(object);
  if (name === undefined) return undefined;
  if (name.scope === 'global' && (isBuiltin(name.name) || isArguments(name.name))) return undefined;
  const found = context.variables.find(name.scope, name.name);
  if (found !== undefined) {
    if (found.keys !== undefined) {
      return { kind: 'defined', place: elementOf(found, keys.map(cook), name, span, stringSize) };
    }
    if (isPointer({ kind: 'read', place: placeOf(found, span), type: found.type, span })) return undefined;
    return failScalarIndexed(name);
  }
  requireFreeName(name);
  refuseLocalArray(name);
  const cooked = keys.map(cook);
  const define = (type: DType): Place => {
    const types = cooked.map((key) => key.type);
    const array = context.variables.define(name.scope, name.name, type, types, span);
    return elementOf(array, cooked, name, span, stringSize);
  };
  return { kind: 'undefined', name, define };
}

/**
 * Ends the check: a scalar that is no pointer has keys.
 * @throws {CompileError} D_IDENT_BADREF.
 */
export function failScalarIndexed({ name, span }: VariableName): never {
  return fail('D_IDENT_BADREF', `scalar ${name} cannot have keys`, span);
}

/**
 * Ends the check for an associative array in `this->`, which D does not have.
 * @throws {CompileError} D_ARR_LOCAL.
 */
export function refuseLocalArray({ scope, name, span }: VariableName): void {
  if (scope !== 'clause') return;
  const message = `clause-local variable ${name} cannot be an associative array`;
  fail('D_ARR_LOCAL', message, span, { hint: `use a thread-local array: self->${name}` });
}

/** The place of a target that must be defined already, as that of a compound assignment. */
export function requireDefined(target: Target, context: CheckContext): Place {
  return target.kind === 'defined' ? target.place : failUndefined(target.name, context, 'D_VAR_UNDEF');
}
