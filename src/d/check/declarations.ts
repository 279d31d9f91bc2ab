/** Declarations of variables. */

import type { VariableScope } from '../dif.js';
import type { Declaration } from '../syntax/ast.js';
import type { DType } from '../types.js';
import type { CheckContext } from './context.js';
import { functionKind } from './expression/calls.js';
import { cookTypeName } from './expression/expression.js';
import { fail } from './fail.js';
import { isArguments, isBuiltin, isLaterBuiltin } from './names/builtins.js';
import type { Variable } from './names/variables.js';
import { sameType } from './types/conversions.js';
import { typeName } from './types/type-text.js';
import { typeWords } from './types/typedefs.js';

const scopes = { global: 'global', self: 'thread', this: 'clause' } as const satisfies Record<string, VariableScope>;

/**
 * Checks a declaration and defines its variable. A variable may be declared twice alike.
 * @throws {CompileError} D_DECL_…, D_TYPE_ERR, D_UNSUPPORTED for arrays of fixed length.
 */
export function cookDeclaration(declaration: Declaration, context: CheckContext): void {
  const { name, span } = declaration;
  const scope = scopes[declaration.scope];
  const type = cookTypeName(declaration.type, context);
  if (scope === 'global') refuseReserved(declaration);
  if (declaration.keys !== undefined && scope === 'clause') {
    const message = `clause-local variable ${name} cannot be an associative array`;
    fail('D_DECL_LOCASSC', message, span, { hint: `declare a thread-local array: self ${typeName(type)} ${name}[…]` });
  }
  refuseType(type, declaration);
  const keys = declaration.keys?.map((key) => {
    const keyType = cookTypeName(key, context);
    if (keyType.kind === 'void') fail('D_DECL_PROTO_VOID', 'a key cannot be of type void', key.span);
    if (keyType.kind === 'array' || keyType.kind === 'struct' || keyType.kind === 'union') {
      fail('D_DECL_PROTO_TYPE', `a key cannot be of type ${typeName(keyType)}`, key.span);
    }
    return keyType;
  });
  const previous = context.variables.find(scope, name);
  if (previous === undefined) context.variables.define(scope, name, type, keys, span);
  else requireSame(previous, type, keys, declaration);
}

function refuseReserved({ name, span }: Declaration): void {
  const isReserved = isBuiltin(name) || isArguments(name) || isLaterBuiltin(name) || name === 'NULL';
  if (isReserved || functionKind(name) !== undefined) {
    fail('D_DECL_IDRED', `${name} is a name of DTrace and cannot be declared`, span);
  }
  if (typeWords.has(name)) fail('D_DECL_IDRED', `${name} is the name of a type and cannot be declared`, span);
}

function refuseType(type: DType, { name, span }: Declaration): void {
  if (type.kind === 'void') fail('D_DECL_VOIDOBJ', `${name} cannot be declared: void has no values`, span);
  if (type.kind === 'struct' || type.kind === 'union') {
    fail('D_DECL_INCOMPLETE', `${name} cannot be declared: ${typeName(type)} is not complete`, span);
  }
  if (type.kind !== 'array') return;
  if (type.length === undefined) {
    fail('D_DECL_ARRNULL', `array ${name} needs a length, or a tuple of key types`, span);
  }
  fail('D_UNSUPPORTED', `arrays of fixed length are not available yet: ${name}`, span);
}

function requireSame(
  previous: Variable,
  type: DType,
  keys: readonly DType[] | undefined,
  { name, span }: Declaration,
): void {
  const isSame =
    sameType(previous.type, type) &&
    previous.keys?.length === keys?.length &&
    (keys ?? []).every((key, index) => {
      const other = previous.keys?.[index];
      return other !== undefined && sameType(key, other);
    });
  if (isSame) return;
  fail('D_DECL_IDRED', `${name} is declared again with another type:`, span, {
    details: [
      { label: 'current', text: describe(type, keys) },
      { label: 'previous', text: describe(previous.type, previous.keys) },
    ],
    related: [{ message: `${name} is defined here`, span: previous.span }],
  });
}

const describe = (type: DType, keys: readonly DType[] | undefined): string =>
  keys === undefined
    ? `scalar ${typeName(type)}`
    : `associative array of ${typeName(type)}, tuple [${keys.map(typeName).join(', ')}]`;
