/** Facts about the types of registers. */

import type { DifOperation, DifType } from '../dif.js';
import type { DType } from '../types.js';

/** The integer types of registers. */
export type DifInteger = Extract<DifType, { kind: 'integer' }>;

/** What a register that holds a value of `type` is: pointers are unsigned 8-byte integers. Throws for other kinds. */
export function difTypeOf(type: DType): DifType {
  switch (type.kind) {
    case 'integer':
      return { kind: 'integer', size: type.size, signed: type.signed };
    case 'pointer':
      return { kind: 'integer', size: 8, signed: false };
    case 'string':
      return { kind: 'string', bound: type.bound };
    default:
      throw new TypeError(`no register holds a value of kind ${type.kind}`);
  }
}

/** Whether the two describe the same values. */
export function sameType(a: DifType, b: DifType): boolean {
  return a.kind === 'integer'
    ? b.kind === 'integer' && a.size === b.size && a.signed === b.signed
    : b.kind === 'string' && a.bound === b.bound;
}

/** Whether the 64-bit extension of every `inner` is that of an `outer`: no `extend` is needed from one to the other. */
export function contains(outer: DifInteger, inner: DifInteger): boolean {
  if (outer.size === 8) return true;
  if (outer.signed) return inner.signed ? inner.size <= outer.size : inner.size < outer.size;
  return !inner.signed && inner.size <= outer.size;
}

/** Whether `operation` on two values of `type` (a shift: any count) is always in the range of `type`. */
export function isClosed(operation: DifOperation, type: DifInteger): boolean {
  if (type.size === 8) return true;
  switch (operation) {
    case 'and':
    case 'or':
    case 'xor':
      return true;
    case 'udiv':
    case 'urem':
    case 'srl':
      return !type.signed;
    case 'srem':
    case 'sra':
      return true;
    default:
      return false; // sdiv too: the minimum by -1
  }
}

/** `int32`, `uint8`, `string[16]`: how the printer and messages name a type. */
export function typeName(type: DifType): string {
  return type.kind === 'string' ? `string[${type.bound}]` : `${type.signed ? 'int' : 'uint'}${type.size * 8}`;
}
