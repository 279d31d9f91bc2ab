/**
 * Addresses. Pointers are plain 64-bit numbers, so that they can be spilled, compared and subtracted as on the machine.
 * What belongs to the programs lies where no kernel or user address can be (not canonical on x86-64):
 *
 *   63      56 55      48 47                        0
 *   +---------+----------+---------------------------+
 *   | space   | map      | element * span + offset   |
 *   +---------+----------+---------------------------+
 *
 * Every element of a map, every frame of the stack and the context lie apart, with `guard` bytes on both sides that
 * belong to nothing, so that overruns are found. Kernel and user memory have their own addresses.
 */

/** Bytes on both sides of every object that belong to nothing. */
export const guard = 4096;

/** Bytes of a stack frame; the program sees them below r10. */
export const frameBytes = 512;

const frameSpan = 0x10000;

/** The spaces of addresses. */
export const space = { mapValue: 0xb1, map: 0xb2, stack: 0xb3, context: 0xb4 } as const;

const address = (which: number, map: number, low: number): bigint => (BigInt(which * 256 + map) << 48n) | BigInt(low);

/** The space of an address: one of `space`, or another number for kernel and user addresses. */
export const spaceOf = (pointer: bigint): number => Number(pointer >> 56n);

/** The number of the map that an address of the spaces `mapValue` and `map` belongs to. */
export const mapOf = (pointer: bigint): number => Number((pointer >> 48n) & 0xffn);

/** The lower 48 bits. */
export const lowOf = (pointer: bigint): number => Number(BigInt.asUintN(48, pointer));

/** Bytes of address space that an element of `valueSize` bytes takes: a power of two. */
export const spanOf = (valueSize: number): number => 2 ** Math.ceil(Math.log2(valueSize + 2 * guard));

/** How many elements of a map with this span have an address. */
export const elementsOf = (span: number): number => 2 ** 48 / span;

/** Address of byte `offset` of an element. */
export const elementAddress = (map: number, element: number, span: number, offset = 0): bigint =>
  address(space.mapValue, map, element * span + guard + offset);

/** Address of the map itself, which only helpers take. */
export const mapAddress = (map: number): bigint => address(space.map, map, guard);

/** r10 of frame number `frame`. */
export const frameAddress = (frame: number): bigint => address(space.stack, 0, frame * frameSpan + guard + frameBytes);

/** The frame and the offset from its lowest byte of a stack address. */
export const frameOf = (pointer: bigint): { readonly frame: number; readonly offset: number } => {
  const low = lowOf(pointer);
  const frame = Math.floor(low / frameSpan);
  return { frame, offset: low - frame * frameSpan - guard };
};

/** Address of the context. */
export const contextAddress = address(space.context, 0, guard);
