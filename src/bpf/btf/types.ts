/** What single types of BTF say, as plain data. */

import { btfIntEncoding } from './format.js';
import { type Btf, stringAt, typeKind, typeName, typeWord } from './table.js';

/** A member of a structure or union. */
export interface BtfMember {
  /** Empty for an anonymous structure or union. */
  readonly name: string;
  readonly type: number;
  /** From the start of the structure, in bits. */
  readonly bitOffset: number;
  /** Bits of a bit field, 0 for an ordinary member. */
  readonly bitSize: number;
}

/** A parameter of a function; the name is empty where BTF has none. */
export interface BtfParameter {
  readonly name: string;
  readonly type: number;
}

/** A type; `type` and `element` are numbers of other types, sizes are bytes. */
export type BtfType =
  | { readonly kind: 'void' }
  | {
      readonly kind: 'int';
      readonly name: string;
      readonly size: number;
      readonly signed: boolean;
      readonly bool: boolean;
    }
  | { readonly kind: 'float'; readonly name: string; readonly size: number }
  | { readonly kind: 'pointer'; readonly type: number }
  | { readonly kind: 'array'; readonly element: number; readonly count: number }
  | {
      readonly kind: 'struct' | 'union';
      readonly name: string;
      readonly size: number;
      readonly members: readonly BtfMember[];
    }
  | {
      readonly kind: 'enum';
      readonly name: string;
      readonly size: number;
      readonly signed: boolean;
      readonly values: readonly { readonly name: string; readonly value: bigint }[];
    }
  | { readonly kind: 'forward'; readonly name: string; readonly of: 'struct' | 'union' }
  | { readonly kind: 'typedef'; readonly name: string; readonly type: number }
  | { readonly kind: 'volatile' | 'const' | 'restrict' | 'type-tag'; readonly type: number }
  | { readonly kind: 'function'; readonly name: string; readonly prototype: number }
  | { readonly kind: 'function-prototype'; readonly result: number; readonly parameters: readonly BtfParameter[] }
  | { readonly kind: 'variable'; readonly name: string; readonly type: number }
  | { readonly kind: 'section'; readonly name: string }
  | { readonly kind: 'declaration-tag'; readonly name: string; readonly type: number };

const vlen = (btf: Btf, id: number): number => typeWord(btf, id, 1) & 0xffff;
const kindFlag = (btf: Btf, id: number): boolean => typeWord(btf, id, 1) >>> 31 === 1;

const each = <T>(count: number, make: (index: number) => T): T[] => Array.from({ length: count }, (_, i) => make(i));

/** The members of a structure or union, in order. */
export const membersOf = (btf: Btf, id: number): BtfMember[] => {
  const packed = kindFlag(btf, id);
  return each(vlen(btf, id), (index) => {
    const word = (offset: number) => typeWord(btf, id, 3 + index * 3 + offset);
    const place = word(2);
    return {
      name: stringAt(btf, word(0)),
      type: word(1),
      bitOffset: packed ? place & 0xffffff : place,
      bitSize: packed ? place >>> 24 : 0,
    };
  });
};

const parametersOf = (btf: Btf, id: number): BtfParameter[] =>
  each(vlen(btf, id), (index) => ({
    name: stringAt(btf, typeWord(btf, id, 3 + index * 2)),
    type: typeWord(btf, id, 4 + index * 2),
  }));

const enumValues = (btf: Btf, id: number, signed: boolean): { name: string; value: bigint }[] =>
  each(vlen(btf, id), (index) => {
    const value = BigInt(typeWord(btf, id, 4 + index * 2));
    return {
      name: stringAt(btf, typeWord(btf, id, 3 + index * 2)),
      value: signed ? BigInt.asIntN(32, value) : value,
    };
  });

const enum64Values = (btf: Btf, id: number, signed: boolean): { name: string; value: bigint }[] =>
  each(vlen(btf, id), (index) => {
    const word = (offset: number) => typeWord(btf, id, 3 + index * 3 + offset);
    const value = (BigInt(word(2)) << 32n) | BigInt(word(1));
    return { name: stringAt(btf, word(0)), value: signed ? BigInt.asIntN(64, value) : value };
  });

const describeInt = (btf: Btf, id: number): BtfType => {
  const encoding = (typeWord(btf, id, 3) >>> 24) & 15;
  return {
    kind: 'int',
    name: typeName(btf, id),
    size: typeWord(btf, id, 2),
    signed: (encoding & btfIntEncoding.signed) !== 0,
    bool: (encoding & btfIntEncoding.bool) !== 0,
  };
};

/** What type `id` says. Throws RangeError if there is no such type. */
export const describeType = (btf: Btf, id: number): BtfType => {
  const kind = typeKind(btf, id);
  const name = () => typeName(btf, id);
  const third = () => typeWord(btf, id, 2);
  switch (kind) {
    case 'void':
      return { kind };
    case 'int':
      return describeInt(btf, id);
    case 'float':
      return { kind, name: name(), size: third() };
    case 'pointer':
      return { kind, type: third() };
    case 'array':
      return { kind, element: typeWord(btf, id, 3), count: typeWord(btf, id, 5) };
    case 'struct':
    case 'union':
      return { kind, name: name(), size: third(), members: membersOf(btf, id) };
    case 'enum':
    case 'enum64': {
      const signed = kindFlag(btf, id);
      const values = kind === 'enum' ? enumValues(btf, id, signed) : enum64Values(btf, id, signed);
      return { kind: 'enum', name: name(), size: third(), signed, values };
    }
    case 'forward':
      return { kind, name: name(), of: kindFlag(btf, id) ? 'union' : 'struct' };
    case 'typedef':
    case 'variable':
    case 'declaration-tag':
      return { kind, name: name(), type: third() };
    case 'volatile':
    case 'const':
    case 'restrict':
    case 'type-tag':
      return { kind, type: third() };
    case 'function':
      return { kind, name: name(), prototype: third() };
    case 'function-prototype':
      return { kind, result: third(), parameters: parametersOf(btf, id) };
    case 'section':
      return { kind, name: name() };
    default:
      return unreachable(kind);
  }
};

const unreachable = (kind: never): never => {
  throw new RangeError(`BTF kind ${String(kind)} has no description`);
};

/** The type that `id` names, without typedefs, const, volatile, restrict and tags. */
export const resolveType = (btf: Btf, id: number): number => {
  let current = id;
  for (;;) {
    switch (typeKind(btf, current)) {
      case 'typedef':
      case 'volatile':
      case 'const':
      case 'restrict':
      case 'type-tag':
        current = typeWord(btf, current, 2);
        break;
      default:
        return current;
    }
  }
};

const pointerSize = 8;

/** Bytes of a value of type `id`; 0 for void, functions and what is only declared. */
export const typeSize = (btf: Btf, id: number): number => {
  const resolved = resolveType(btf, id);
  switch (typeKind(btf, resolved)) {
    case 'int':
    case 'float':
    case 'struct':
    case 'union':
    case 'enum':
    case 'enum64':
      return typeWord(btf, resolved, 2);
    case 'pointer':
      return pointerSize;
    case 'array':
      return typeSize(btf, typeWord(btf, resolved, 3)) * typeWord(btf, resolved, 5);
    case 'variable':
      return typeSize(btf, typeWord(btf, resolved, 2));
    default:
      return 0;
  }
};

/** Whether type `id` is a signed integer or enumeration. */
export const isSigned = (btf: Btf, id: number): boolean => {
  const resolved = resolveType(btf, id);
  switch (typeKind(btf, resolved)) {
    case 'int':
      return ((typeWord(btf, resolved, 3) >>> 24) & btfIntEncoding.signed) !== 0;
    case 'enum':
    case 'enum64':
      return kindFlag(btf, resolved);
    default:
      return false;
  }
};
