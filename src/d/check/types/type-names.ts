/** Types as written, resolved: `unsigned long *`, `string`, `char [8]`. */

import { nearest } from '../../nearest.js';
import type { Span } from '../../source.js';
import type { TypeName } from '../../syntax/ast.js';
import { type DType, integerTypes, pointerTo } from '../../types.js';
import { didYouMean, fail } from '../fail.js';
import { namedType, typeWords } from './typedefs.js';

/** What resolving a type needs to know. */
export interface TypeNameContext {
  readonly stringSize: number;
  /** The value of an array's length, if it is a constant. */
  readonly constantOf: (length: NonNullable<TypeName['dimensions'][number]>) => bigint | undefined;
}

/** The largest length of an array. */
const maximumLength = 0x7fffffffn;

/**
 * The type that a type name stands for. Structures and unions have size 0: none is known yet.
 * @throws {CompileError} D_DECL_… where the specifiers do not go together, D_TYPE_ERR for an unknown name.
 */
export function resolveTypeName(name: TypeName, context: TypeNameContext): DType {
  const space = name.specifiers.includes('userland') ? 'user' : 'kernel';
  let type = baseType(name.specifiers, name.span, context.stringSize);
  for (let depth = 0; depth < name.pointers; depth += 1) type = pointerTo(type, space);
  for (const dimension of [...name.dimensions].reverse()) {
    if (dimension === undefined) {
      type = { kind: 'array', element: type, length: undefined };
      continue;
    }
    const length = context.constantOf(dimension);
    if (length === undefined || length <= 0n) {
      fail('D_DECL_ARRSUB', 'the length of an array must be a positive integer constant', dimension.span);
    }
    if (length > maximumLength)
      fail('D_DECL_ARRBIG', `the length of an array cannot be more than ${maximumLength}: ${length}`, dimension.span);
    type = { kind: 'array', element: type, length: Number(length) };
  }
  return type;
}

const qualifiers = new Set(['const', 'volatile', 'restrict', 'userland']);
const modifiers = new Set(['signed', 'unsigned', 'short', 'long', 'int']);

/** The type of the specifiers, which C lets stand in any order. */
function baseType(specifiers: readonly string[], span: Span, stringSize: number): DType {
  const words = specifiers.filter((word) => !qualifiers.has(word));
  const count = (word: string): number => words.filter((other) => other === word).length;
  const named = words.filter((word) => !modifiers.has(word));
  const [shorts, longs] = [count('short'), count('long')];
  const isSigned = count('signed') > 0;
  const isUnsigned = count('unsigned') > 0;
  const [base] = named;
  const isCombo =
    named.length > 1 ||
    (isSigned && isUnsigned) ||
    (shorts > 0 && longs > 0) ||
    [count('int'), count('signed'), count('unsigned'), shorts].some((times) => times > 1) ||
    longs > 2;
  if (isCombo) fail('D_DECL_COMBO', `type specifiers do not go together: ${words.join(' ')}`, span);
  if (base === undefined) {
    const length = shorts > 0 ? 'short' : longs === 2 ? 'long long' : longs === 1 ? 'long' : 'int';
    return integerTypes[isUnsigned ? (`unsigned ${length}` as const) : length];
  }
  if (words.length === 1) return typeOfWord(base, span, stringSize);
  if (base === 'char') {
    if (shorts + longs > 0) fail('D_DECL_CHARATTR', 'char cannot be short or long', span);
    if (count('int') > 0) fail('D_DECL_COMBO', `type specifiers do not go together: ${words.join(' ')}`, span);
    return integerTypes[isUnsigned ? 'unsigned char' : 'signed char'];
  }
  if (base === 'void') fail('D_DECL_VOIDATTR', 'void goes with no other type specifier', span);
  if (isSigned || isUnsigned) fail('D_DECL_SIGNINT', `${base} cannot be signed or unsigned`, span);
  if (shorts + longs > 0 && base !== 'double') {
    fail('D_DECL_LONGINT', `${base} cannot be short or long`, span);
  }
  return count('int') > 0
    ? fail('D_DECL_COMBO', `type specifiers do not go together: ${words.join(' ')}`, span)
    : typeOfWord(base, span, stringSize);
}

function typeOfWord(word: string, span: Span, stringSize: number): DType {
  const [keyword, tag] = word.split(/\s+/);
  if ((keyword === 'struct' || keyword === 'union') && tag !== undefined) {
    return { kind: keyword, name: tag, size: 0, members: () => [] };
  }
  if (keyword === 'enum' || keyword === 'float' || keyword === 'double') {
    fail('D_UNSUPPORTED', `values of type ${word} are not available yet`, span);
  }
  return (
    namedType(word, stringSize) ??
    fail('D_TYPE_ERR', `unknown type: ${word}`, span, didYouMean(nearest(word, typeWords)))
  );
}
