/** The types of D values, as the checker and DIF know them. */

/** An integer of C. Values are held as bigints in the range of the type, 64-bit registers as their extension. */
export interface IntegerType {
  readonly kind: 'integer';
  /** As the user writes it: `int`, `uint64_t`, `char`. */
  readonly name: string;
  /** Bytes. */
  readonly size: 1 | 2 | 4 | 8;
  readonly signed: boolean;
}

/** D's string: at most `bound` bytes, the terminating NUL included; no value is longer than the option `strsize`. */
export interface StringType {
  readonly kind: 'string';
  readonly bound: number;
}

/** What stack() gives: the addresses of `frames` frames at most. It can be recorded, printed and a key of aggregations. */
export interface StackType {
  readonly kind: 'stack';
  readonly frames: number;
}

/** A pointer; `space` says whose memory it points into, which decides how it is followed. */
export interface PointerType {
  readonly kind: 'pointer';
  readonly target: DType;
  readonly space: 'kernel' | 'user';
}

/** No value: the type of actions, and the target of `void *`. */
export interface VoidType {
  readonly kind: 'void';
}

/** A member of a structure or union, in bytes from its start; bit-fields carry their position in bits. */
export interface Member {
  readonly name: string;
  readonly type: DType;
  readonly offset: number;
  readonly bits?: { readonly offset: number; readonly width: number };
}

/** A structure or union, its members found when asked for, since kernel types refer to one another without end. */
export interface RecordType {
  readonly kind: 'struct' | 'union';
  readonly name: string;
  readonly size: number;
  readonly members: () => readonly Member[];
}

/** An array of known length, or of unknown (`undefined`). */
export interface ArrayType {
  readonly kind: 'array';
  readonly element: DType;
  readonly length: number | undefined;
}

/** Every type of a D value. Later issues add functions, enumerations and bit-fields as kinds of their own. */
export type DType = IntegerType | StringType | StackType | PointerType | VoidType | RecordType | ArrayType;

const integer = (name: string, size: 1 | 2 | 4 | 8, signed: boolean): IntegerType => ({
  kind: 'integer',
  name,
  size,
  signed,
});

/** The integer types that D knows by name, in the data model of 64-bit Linux (LP64). */
export const integerTypes = {
  char: integer('char', 1, true),
  'signed char': integer('signed char', 1, true),
  'unsigned char': integer('unsigned char', 1, false),
  short: integer('short', 2, true),
  'unsigned short': integer('unsigned short', 2, false),
  int: integer('int', 4, true),
  'unsigned int': integer('unsigned int', 4, false),
  long: integer('long', 8, true),
  'unsigned long': integer('unsigned long', 8, false),
  'long long': integer('long long', 8, true),
  'unsigned long long': integer('unsigned long long', 8, false),
  int8_t: integer('int8_t', 1, true),
  int16_t: integer('int16_t', 2, true),
  int32_t: integer('int32_t', 4, true),
  int64_t: integer('int64_t', 8, true),
  uint8_t: integer('uint8_t', 1, false),
  uint16_t: integer('uint16_t', 2, false),
  uint32_t: integer('uint32_t', 4, false),
  uint64_t: integer('uint64_t', 8, false),
  intptr_t: integer('intptr_t', 8, true),
  uintptr_t: integer('uintptr_t', 8, false),
  size_t: integer('size_t', 8, false),
  ssize_t: integer('ssize_t', 8, true),
  pid_t: integer('pid_t', 4, true),
  uid_t: integer('uid_t', 4, false),
  gid_t: integer('gid_t', 4, false),
  id_t: integer('id_t', 4, true),
  processorid_t: integer('processorid_t', 4, true),
} as const satisfies Record<string, IntegerType>;

/** `void`. */
export const voidType: VoidType = { kind: 'void' };

/** A string of at most `bound` bytes, NUL included. */
export const stringType = (bound: number): StringType => ({ kind: 'string', bound });

/** A pointer to `target` in kernel memory, or in the memory of the traced process. */
export const pointerTo = (target: DType, space: 'kernel' | 'user' = 'kernel'): PointerType => ({
  kind: 'pointer',
  target,
  space,
});

/** `value` wrapped into the range of `type`, as a conversion in C does. */
export function wrapInteger(value: bigint, type: { readonly size: number; readonly signed: boolean }): bigint {
  return type.signed ? BigInt.asIntN(type.size * 8, value) : BigInt.asUintN(type.size * 8, value);
}
