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
    case 'stack':
      return { kind: 'stack', frames: type.frames };
    default:
      throw new TypeError(`no register holds a value of kind ${type.kind}`);
  }
}

/** Whether the two describe the same values. */
export function sameType(a: DifType, b: DifType): boolean {
  switch (a.kind) {
    case 'integer':
      return b.kind === 'integer' && a.size === b.size && a.signed === b.signed;
    case 'string':
      return b.kind === 'string' && a.bound === b.bound;
    case 'stack':
      return b.kind === 'stack' && a.frames === b.frames;
  }
}

/** Bytes of a value in a record. */
export function sizeOf(type: DifType): number {
  switch (type.kind) {
    case 'integer':
      return type.size;
    case 'string':
      return type.bound;
    case 'stack':
      return 8 * type.frames;
  }
}

/** To what multiple of bytes a value in a record is aligned. */
export const alignmentOf = (type: DifType): number => (type.kind === 'integer' ? type.size : 8);

/** Whether a value of `from` can be stored where one of `to` belongs, as it is: what is shorter is padded. */
export function storable(from: DifType, to: DifType): boolean {
  if (from.kind === 'string' && to.kind === 'string') return from.bound <= to.bound;
  if (from.kind === 'stack' && to.kind === 'stack') return from.frames <= to.frames;
  return sameType(from, to);
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

/** `int32`, `uint8`, `string[16]`, `stack[20]`: how the printer and messages name a type. */
export function typeName(type: DifType): string {
  switch (type.kind) {
    case 'integer':
      return `${type.signed ? 'int' : 'uint'}${type.size * 8}`;
    case 'string':
      return `string[${type.bound}]`;
    case 'stack':
      return `stack[${type.frames}]`;
  }
}
