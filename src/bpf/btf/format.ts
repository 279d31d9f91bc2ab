/**
 * The wire format of BTF, the kernel's compact type information (linux/btf.h, Documentation/bpf/btf.rst).
 *
 *   header: magic u16 = 0xeB9F | version u8 = 1 | flags u8 | hdr_len u32 | type_off u32 | type_len u32 | str_off u32 | str_len u32
 *   types:  one after the other, numbered from 1 (0 is void), each in 32-bit words:
 *             name (offset in strings) | info: kflag (bit 31), kind (bits 24-28), vlen (bits 0-15) | size or type | …
 *   strings: NUL-terminated, the first one empty
 *
 * What follows the three words depends on the kind:
 *
 *   int          1 word    encoding (bits 24-27), bit offset (16-23), bits (0-7)
 *   array        3 words   element type, index type, count
 *   struct,union 3 each    name, type, offset in bits (with kflag: size of the bit field in bits 24-31, offset in 0-23)
 *   enum         2 each    name, value              enum64  3 each    name, value low, value high
 *   func-proto   2 each    name, type
 *   datasec      3 each    variable, offset, size
 *   var          1 word    linkage                  decl-tag 1 word   component
 */

/** `struct btf_header.magic`, in the byte order of the machine that wrote it. */
export const btfMagic = 0xeb9f;

/** Bytes of the header that this project writes. */
export const btfHeaderSize = 24;

/** Kinds of type by their number (linux/btf.h, BTF_KIND_*). */
export const btfKindNames = [
  'void',
  'int',
  'pointer',
  'array',
  'struct',
  'union',
  'enum',
  'forward',
  'typedef',
  'volatile',
  'const',
  'restrict',
  'function',
  'function-prototype',
  'variable',
  'section',
  'float',
  'declaration-tag',
  'type-tag',
  'enum64',
] as const;

/** A kind of type. */
export type BtfKind = (typeof btfKindNames)[number];

/** The number of each kind. */
export const btfKindNumber = Object.fromEntries(btfKindNames.map((name, number) => [name, number])) as Readonly<
  Record<BtfKind, number>
>;

/** Words after the first three: `fixed` and `each` for every one of vlen; undefined: a kind that is not known. */
export const btfTrailingWords: readonly (readonly [fixed: number, each: number])[] = btfKindNames.map((kind) => {
  switch (kind) {
    case 'int':
    case 'variable':
    case 'declaration-tag':
      return [1, 0];
    case 'array':
      return [3, 0];
    case 'struct':
    case 'union':
    case 'section':
    case 'enum64':
      return [0, 3];
    case 'enum':
    case 'function-prototype':
      return [0, 2];
    default:
      return [0, 0];
  }
});

/** Linkage of a function (linux/btf.h, enum btf_func_linkage). */
export const btfLinkage = { static: 0, global: 1, extern: 2 } as const;

/** Encodings of an int (linux/btf.h, BTF_INT_*). */
export const btfIntEncoding = { signed: 1, char: 2, bool: 4 } as const;
