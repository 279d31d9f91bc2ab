/** Conversions that D makes silently, and which types go together. */

import type { CookedExpression } from '../../cooked.js';
import { type DType, integerTypes, type PointerType, pointerTo, stringType, wrapInteger } from '../../types.js';
import { isInteger, isPointer, isString, isValue, type Operand } from '../operand.js';

/** `value` as the integer or pointer type: constants are converted here, other values by a `convert`. */
export function convert(value: CookedExpression, type: DType): CookedExpression {
  const [from, to] = [layout(value.type), layout(type)];
  if (to === undefined || from === undefined) throw new Error('only integers and pointers are converted');
  if (value.kind === 'constant') return { ...value, value: wrapInteger(value.value, to), type };
  return sameType(value.type, type) ? value : { kind: 'convert', operand: value, type, span: value.span };
}

/** Size and signedness of an integer or pointer. */
function layout(type: DType): { readonly size: number; readonly signed: boolean } | undefined {
  if (type.kind === 'pointer') return { size: 8, signed: false };
  return type.kind === 'integer' ? type : undefined;
}

/** Whether the type is `char *`, which stands for a string where one is wanted. */
export const isCharPointer = (type: DType): type is PointerType =>
  type.kind === 'pointer' && type.target.kind === 'integer' && type.target.size === 1 && type.target.signed;

/** Whether the operand is a string or stands for one. */
export const isStringLike = (operand: Operand): operand is CookedExpression =>
  isString(operand) || isCharPointer(operand.type);

/** The string at an address, a pointer or an integer; `space` where the address does not know it. */
export function loadString(
  address: CookedExpression,
  stringSize: number,
  space: 'kernel' | 'user' = address.type.kind === 'pointer' ? address.type.space : 'kernel',
): CookedExpression {
  const pointer = pointerTo(integerTypes.char, space);
  const isSame = isCharPointer(address.type) && address.type.space === space;
  return {
    kind: 'load-string',
    address: isSame ? address : convert(address, pointer),
    space,
    type: stringType(stringSize),
    span: address.span,
  };
}

/** The operand as a string of D: itself, or what a `char *` points to. */
export const asString = (operand: CookedExpression, stringSize: number): CookedExpression =>
  isString(operand) ? operand : loadString(operand, stringSize);

/** Whether the operand is the constant 0, which is a null pointer of any type. */
const isNull = (operand: Operand): boolean => operand.kind === 'constant' && isInteger(operand) && operand.value === 0n;

/** Whether both types are the same, names of integers aside. */
export function sameType(left: DType, right: DType): boolean {
  if (left.kind === 'integer' && right.kind === 'integer') {
    return left.size === right.size && left.signed === right.signed;
  }
  if (left.kind === 'pointer' && right.kind === 'pointer') {
    return left.space === right.space && sameType(left.target, right.target);
  }
  if (left.kind === 'array' && right.kind === 'array') {
    return left.length === right.length && sameType(left.element, right.element);
  }
  const isNamed = (type: DType): type is DType & { readonly name: string } =>
    type.kind === 'struct' || type.kind === 'union';
  return left.kind === right.kind && (!isNamed(left) || (isNamed(right) && left.name === right.name));
}

/** The type in which two pointers meet (one may be the constant 0), undefined if they do not go together. */
export function commonPointer(left: Operand, right: Operand): PointerType | undefined {
  if (isPointer(left) && isNull(right)) return left.type;
  if (isNull(left) && isPointer(right)) return right.type;
  if (!isPointer(left) || !isPointer(right) || left.type.space !== right.type.space) return undefined;
  if (left.type.target.kind === 'void') return right.type;
  if (right.type.target.kind === 'void') return left.type;
  return sameType(left.type.target, right.type.target) ? left.type : undefined;
}

/**
 * The operand as a value of `type`, by the conversions that assignment makes; undefined where it makes none. A string
 * keeps its bound, which is at most that of the type.
 */
export function assignable(operand: Operand, type: DType, stringSize: number): CookedExpression | undefined {
  if (!isValue(operand)) return undefined;
  switch (type.kind) {
    case 'integer':
      return isInteger(operand) ? convert(operand, type) : undefined;
    case 'string':
      return isStringLike(operand) ? asString(operand, stringSize) : undefined;
    case 'pointer': {
      if (isNull(operand)) return convert(operand, type);
      if (!isPointer(operand) || operand.type.space !== type.space) return undefined;
      const isVoid = type.target.kind === 'void' || operand.type.target.kind === 'void';
      return isVoid || sameType(operand.type.target, type.target) ? convert(operand, type) : undefined;
    }
    case 'stack':
      return operand.type.kind === 'stack' ? operand : undefined;
    case 'void':
    case 'struct':
    case 'union':
    case 'array':
      return undefined;
  }
}
