/** Writes BTF: types get their numbers in the order in which they are added. */

import { type BtfKind, btfHeaderSize, btfIntEncoding, btfKindNumber, btfLinkage, btfMagic } from './format.js';

/** A member for `BtfWriter.structure`. */
export interface WrittenMember {
  readonly name: string;
  readonly type: number;
  readonly bitOffset: number;
  /** Makes it a bit field of so many bits. */
  readonly bitSize?: number;
}

/** BTF under construction. Each method adds a type and returns its number, except where it says otherwise. */
export interface BtfWriter {
  /** The offset of `text` in the string section, where every string stands once. */
  string(text: string): number;
  int(name: string, size: number, encoding?: keyof typeof btfIntEncoding): number;
  pointer(type: number): number;
  array(element: number, index: number, count: number): number;
  structure(kind: 'struct' | 'union', name: string, size: number, members: readonly WrittenMember[]): number;
  enumeration(name: string, values: readonly (readonly [name: string, value: number])[]): number;
  forward(name: string): number;
  typedef(name: string, type: number): number;
  /** A type that stands for another one: const, volatile, restrict. */
  qualifier(kind: 'const' | 'volatile' | 'restrict', type: number): number;
  prototype(result: number, parameters: readonly (readonly [name: string, type: number])[]): number;
  function(name: string, prototype: number, linkage: 'static' | 'global'): number;
  variable(name: string, type: number): number;
  section(name: string, variables: readonly (readonly [variable: number, offset: number, size: number])[]): number;
  /** The BTF so far, as `parseBtf` and BPF_BTF_LOAD take it. */
  finish(): Uint8Array;
}

/** An identifier as the kernel accepts it in BTF: anything but letters, digits and `_` becomes `_`. */
export const btfIdentifier = (name: string): string => name.replaceAll(/[^A-Za-z0-9_]/g, '_').replace(/^(?=\d)/, '_');

const joinSections = (words: readonly number[], strings: Uint8Array): Uint8Array => {
  const typeBytes = words.length * 4;
  const bytes = new Uint8Array(new ArrayBuffer(btfHeaderSize + typeBytes + strings.length));
  const view = new DataView(bytes.buffer);
  view.setUint16(0, btfMagic, true);
  view.setUint8(2, 1);
  for (const [index, value] of [btfHeaderSize, 0, typeBytes, typeBytes, strings.length].entries()) {
    view.setUint32(4 + index * 4, value, true);
  }
  for (const [index, word] of words.entries()) {
    view.setUint32(btfHeaderSize + index * 4, word, true);
  }
  bytes.set(strings, btfHeaderSize + typeBytes);
  return bytes;
};

/** An empty BTF. */
export const createBtfWriter = (): BtfWriter => {
  const encoder = new TextEncoder();
  const words: number[] = [];
  const offsets = new Map<string, number>([['', 0]]);
  const strings: Uint8Array[] = [new Uint8Array(1)];
  let stringBytes = 1;
  let count = 0;

  const string = (text: string): number => {
    const known = offsets.get(text);
    if (known !== undefined) {
      return known;
    }
    const encoded = encoder.encode(`${text.replaceAll('\0', ' ')}\0`);
    const offset = stringBytes;
    offsets.set(text, offset);
    strings.push(encoded);
    stringBytes += encoded.length;
    return offset;
  };

  const add = (kind: BtfKind, name: string, vlen: number, flag: boolean, third: number, rest: readonly number[]) => {
    const info = ((flag ? 1 << 31 : 0) | (btfKindNumber[kind] << 24) | vlen) >>> 0;
    words.push(string(name), info, third, ...rest);
    count++;
    return count;
  };

  return {
    string,
    int: (name, size, encoding) =>
      add('int', name, 0, false, size, [((encoding === undefined ? 0 : btfIntEncoding[encoding]) << 24) | (size * 8)]),
    pointer: (type) => add('pointer', '', 0, false, type, []),
    array: (element, index, length) => add('array', '', 0, false, 0, [element, index, length]),
    structure: (kind, name, size, members) => {
      const packed = members.some((member) => member.bitSize !== undefined);
      const rest = members.flatMap((member) => [
        string(member.name),
        member.type,
        (((member.bitSize ?? 0) << 24) | member.bitOffset) >>> 0,
      ]);
      return add(kind, name, members.length, packed, size, rest);
    },
    enumeration: (name, values) => {
      const rest = values.flatMap(([label, value]) => [string(label), value >>> 0]);
      return add(
        'enum',
        name,
        values.length,
        values.some(([, value]) => value < 0),
        4,
        rest,
      );
    },
    forward: (name) => add('forward', name, 0, false, 0, []),
    typedef: (name, type) => add('typedef', name, 0, false, type, []),
    qualifier: (kind, type) => add(kind, '', 0, false, type, []),
    prototype: (result, parameters) => {
      const rest = parameters.flatMap(([name, type]) => [string(name), type]);
      return add('function-prototype', '', parameters.length, false, result, rest);
    },
    function: (name, prototype, linkage) => add('function', name, btfLinkage[linkage], false, prototype, []),
    variable: (name, type) => add('variable', name, 0, false, type, [1]),
    section: (name, variables) => {
      const size = Math.max(0, ...variables.map(([, offset, bytes]) => offset + bytes));
      return add('section', name, variables.length, false, size, variables.flat());
    },
    finish: () => {
      const joined = new Uint8Array(stringBytes);
      let at = 0;
      for (const text of strings) {
        joined.set(text, at);
        at += text.length;
      }
      return joinSections(words, joined);
    },
  };
};
