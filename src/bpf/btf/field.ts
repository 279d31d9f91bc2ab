/** Where a field of a kernel structure lies, by its dotted path. */

import { type Btf, findType, matches, nameBytes, typeKind, typeName, typeWord } from './table.js';
import { type BtfMember, isSigned, membersOf, resolveType, typeSize } from './types.js';

/** A field of a structure. */
export interface BtfField {
  /** Bytes from the start of the outermost structure; for a bit field, of the unit that holds it. */
  readonly offset: number;
  /** Bytes of the field, or of the unit that holds a bit field. */
  readonly size: number;
  /** Its bits within that unit, counted from the least significant one; left out for ordinary fields. */
  readonly bitfield?: { readonly shift: number; readonly bits: number };
  readonly type: number;
  readonly signed: boolean;
}

/** The number of a structure, union or typedef of one by its name; undefined if there is none. */
export const findStructure = (btf: Btf, name: string): number | undefined => {
  const found = findType(btf, 'struct', name) ?? findType(btf, 'union', name) ?? findType(btf, 'typedef', name);
  const resolved = found === undefined ? undefined : resolveType(btf, found);
  return resolved !== undefined && isStructure(btf, resolved) ? resolved : undefined;
};

const isStructure = (btf: Btf, id: number): boolean => {
  const kind = typeKind(btf, id);
  return kind === 'struct' || kind === 'union';
};

const memberAt = (btf: Btf, structure: number, index: number): BtfMember => {
  const member = membersOf(btf, structure)[index];
  if (member === undefined) {
    throw new RangeError(`BTF type ${structure} has no member ${index}`);
  }
  return member;
};

/** The member called `name`, also inside anonymous members; its offset is from the start of `structure`. */
const findMember = (btf: Btf, structure: number, name: Uint8Array): BtfMember | undefined => {
  const count = typeWord(btf, structure, 1) & 0xffff;
  for (let index = 0; index < count; index++) {
    const memberName = typeWord(btf, structure, 3 + index * 3);
    if (matches(btf, memberName, name)) {
      return memberAt(btf, structure, index);
    }
    const type = resolveType(btf, typeWord(btf, structure, 4 + index * 3));
    if (btf.strings[memberName] === 0 && isStructure(btf, type)) {
      const inner = findMember(btf, type, name);
      if (inner !== undefined) {
        return { ...inner, bitOffset: inner.bitOffset + memberAt(btf, structure, index).bitOffset };
      }
    }
  }
  return undefined;
};

const toField = (btf: Btf, member: BtfMember, bitOffset: number): BtfField => {
  const size = typeSize(btf, member.type);
  const signed = isSigned(btf, member.type);
  if (member.bitSize === 0) {
    return { offset: bitOffset / 8, size, type: member.type, signed };
  }
  // The unit is aligned to the size of the declared type, as the ABI has it.
  const offset = Math.floor(bitOffset / (size * 8)) * size;
  return {
    offset,
    size,
    bitfield: { shift: bitOffset - offset * 8, bits: member.bitSize },
    type: member.type,
    signed,
  };
};

/**
 * Finds a field below the structure, union or typedef `structure` (a name or a number): `se.sum_exec_runtime` of
 * `task_struct`. Anonymous structures and unions are looked through, pointers are not followed. Undefined if there is
 * no such structure or field.
 */
export const findField = (btf: Btf, structure: string | number, path: string): BtfField | undefined => {
  let current = typeof structure === 'string' ? findStructure(btf, structure) : resolveType(btf, structure);
  let bitOffset = 0;
  let member: BtfMember | undefined;
  for (const part of path.split('.')) {
    // An anonymous member is looked through, never asked for.
    if (part === '' || current === undefined || !isStructure(btf, current)) {
      return undefined;
    }
    member = findMember(btf, current, nameBytes(part));
    if (member === undefined) {
      return undefined;
    }
    bitOffset += member.bitOffset;
    current = resolveType(btf, member.type);
  }
  return member === undefined ? undefined : toField(btf, member, bitOffset);
};

/** A structure or field that this kernel does not have. */
export class MissingFieldError extends Error {
  constructor(structure: string, path: string) {
    super(`this kernel has no field ${path} in ${structure} (from its BTF)`);
    this.name = 'MissingFieldError';
  }
}

/** As `findField`; throws MissingFieldError where that finds nothing. */
export const fieldOffset = (btf: Btf, structure: string | number, path: string): BtfField => {
  const field = findField(btf, structure, path);
  if (field === undefined) {
    throw new MissingFieldError(typeof structure === 'string' ? structure : typeName(btf, structure), path);
  }
  return field;
};
