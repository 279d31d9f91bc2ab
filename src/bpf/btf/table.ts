/**
 * BTF as a table: where each type starts. Building it reads every type once (126,000 in a kernel) and makes no strings;
 * what a type says is read from the words when somebody asks.
 */

import { type BtfKind, btfKindNames, btfKindNumber, btfMagic, btfTrailingWords } from './format.js';

/** Parsed BTF. Types have the numbers 1 to `count`; 0 is void. */
export interface Btf {
  readonly count: number;
  /** The type section. */
  readonly words: Uint32Array;
  /** For each type, the index of its first word. */
  readonly starts: Uint32Array;
  /** For each type, the number of its kind. */
  readonly kinds: Uint8Array;
  readonly strings: Uint8Array;
  /** What `findType` found before. */
  readonly found: Map<string, number | undefined>;
}

/** Bytes that are not BTF, or BTF of a form that is not known. */
export class BtfFormatError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'BtfFormatError';
  }
}

const sections = (bytes: Uint8Array): { readonly types: Uint8Array; readonly strings: Uint8Array } => {
  const header = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 24 || header.getUint16(0, true) !== btfMagic) {
    throw new BtfFormatError('no BTF here: the magic number 0xeb9f is missing');
  }
  const base = header.getUint32(4, true);
  const slice = (at: number): Uint8Array => {
    const start = base + header.getUint32(at, true);
    const end = start + header.getUint32(at + 4, true);
    if (end > bytes.length) {
      throw new BtfFormatError(`the BTF is cut off: ${bytes.length} bytes, a section ends at ${end}`);
    }
    return bytes.subarray(start, end);
  };
  return { types: slice(8), strings: slice(16) };
};

const asWords = (bytes: Uint8Array): Uint32Array => {
  const aligned = bytes.byteOffset % 4 === 0 ? bytes : bytes.slice();
  return new Uint32Array(aligned.buffer, aligned.byteOffset, aligned.length >> 2);
};

/** Reads BTF of this machine's byte order; `bytes` are kept, not copied. Throws BtfFormatError. */
export const parseBtf = (bytes: Uint8Array): Btf => {
  const { types, strings } = sections(bytes);
  const words = asWords(types);
  const fixed = new Uint8Array(32).fill(255);
  const each = new Uint8Array(32);
  for (const [kind, [fixedWords, eachWords]] of btfTrailingWords.entries()) {
    fixed[kind] = fixedWords;
    each[kind] = eachWords;
  }
  // A type takes three words at least.
  const most = Math.floor(words.length / 3) + 1;
  const starts = new Uint32Array(most);
  const kinds = new Uint8Array(most);
  let count = 0;
  let at = 0;
  while (at < words.length) {
    const info = words[at + 1] as number;
    const kind = (info >>> 24) & 31;
    const trailing = fixed[kind] as number;
    if (trailing === 255) {
      throw new BtfFormatError(`BTF type ${count + 1} is of kind ${kind}, which is not known`);
    }
    count++;
    starts[count] = at;
    kinds[count] = kind;
    at += 3 + trailing + (info & 0xffff) * (each[kind] as number);
  }
  if (at !== words.length) {
    throw new BtfFormatError(`BTF type ${count} runs past the end of the types`);
  }
  return {
    count,
    words,
    starts: starts.subarray(0, count + 1),
    kinds: kinds.subarray(0, count + 1),
    strings,
    found: new Map(),
  };
};

/** Word `index` of type `id`. Throws RangeError if there is no such type or word. */
export const typeWord = (btf: Btf, id: number, index: number): number => {
  const start = btf.starts[id];
  const word = id === 0 || start === undefined ? undefined : btf.words[start + index];
  if (word === undefined) {
    throw new RangeError(`there is no word ${index} of BTF type ${id}: types end at ${btf.count}`);
  }
  return word;
};

/** The kind of type `id`. */
export const typeKind = (btf: Btf, id: number): BtfKind => btfKindNames[btf.kinds[id] ?? 0] ?? 'void';

/** The string at an offset of the string section. */
export const stringAt = (btf: Btf, offset: number): string => {
  const end = btf.strings.indexOf(0, offset);
  return Buffer.from(btf.strings.buffer, btf.strings.byteOffset + offset, Math.max(0, end - offset)).toString('latin1');
};

/** The name of type `id`, empty for one that has none. */
export const typeName = (btf: Btf, id: number): string => (id === 0 ? '' : stringAt(btf, typeWord(btf, id, 0)));

/** A name as it stands in the string section, with its NUL, to be compared by `matches`. */
export const nameBytes = (name: string): Uint8Array => new TextEncoder().encode(`${name}\0`);

/** Whether the string at `offset` is `name` (from `nameBytes`). */
export const matches = (btf: Btf, offset: number, name: Uint8Array): boolean => {
  const { strings } = btf;
  for (let index = 0; index < name.length; index++) {
    if (strings[offset + index] !== name[index]) {
      return false;
    }
  }
  return true;
};

const scanTypes = (btf: Btf, kind: BtfKind, name: string): number | undefined => {
  const wanted = btfKindNumber[kind];
  const bytes = nameBytes(name);
  const { kinds, starts, words, count } = btf;
  for (let id = 1; id <= count; id++) {
    if (kinds[id] === wanted && matches(btf, words[starts[id] as number] as number, bytes)) {
      return id;
    }
  }
  return undefined;
};

/**
 * The first type of this kind and name; undefined if there is none. Scans the first time that it is asked for a name:
 * about a millisecond in a kernel's BTF.
 */
export const findType = (btf: Btf, kind: BtfKind, name: string): number | undefined => {
  const key = `${kind} ${name}`;
  if (!btf.found.has(key)) {
    btf.found.set(key, scanTypes(btf, kind, name));
  }
  return btf.found.get(key);
};
