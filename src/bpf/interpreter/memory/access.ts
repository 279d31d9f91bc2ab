/** Memory: from an address to the bytes there, and reading and writing them, with the checks that the verifier makes. */

import type { Size } from '../../instruction.js';
import { FaultSignal } from '../fault.js';
import { type MachineState, tag } from '../state.js';
import { contextAddress, frameBytes, frameOf, guard, lowOf, mapOf, space, spaceOf } from './address.js';
import { element } from './maps.js';
import type { MemoryRegion, SharedMemory } from './shared-memory.js';

/** How memory is accessed. */
export type Access = 'read' | 'write' | 'atomic';

/** Where an address leads. */
export interface Place {
  /** The bytes of the object, `undefined` for kernel memory that is not mapped and reads as zero. */
  readonly bytes: Uint8Array | undefined;
  /** Index of the first byte in `bytes`. */
  readonly start: number;
  /** Tags of a stack's bytes, index for index. */
  readonly tags: Uint8Array | undefined;
  /** What a 64-bit load yields where `tags` does not say. */
  readonly loads: number;
  /** Other machines can see it or change it. */
  readonly shared: boolean;
  /** The map, the kernel region, `stack`, `context` or `unmapped`. */
  readonly region: string;
  /** Element of the map, else 0. */
  readonly element: number;
  /** Offset in the element or region. */
  readonly offset: number;
}

const hex = (address: bigint): string => `0x${address.toString(16)}`;

const outOfBounds = (what: string, offset: number, size: number, limit: number): FaultSignal =>
  new FaultSignal('out-of-bounds', `${size} bytes at offset ${offset} of ${what}, which has ${limit}`);

const mapPlace = (memory: SharedMemory, address: bigint, size: number, access: Access): Place => {
  const map = memory.maps[mapOf(address)];
  if (map === undefined) {
    throw new FaultSignal('not-a-pointer', `${hex(address)} leads to no map`);
  }
  const low = lowOf(address);
  const number = Math.floor(low / map.span);
  const offset = low - number * map.span - guard;
  const place = element(map, number);
  if (place === undefined || offset < 0 || offset + size > map.valueSize) {
    throw outOfBounds(`element ${number} of map '${map.name}'`, offset, size, place === undefined ? 0 : map.valueSize);
  }
  if (map.frozen && access !== 'read') {
    throw new FaultSignal('read-only', `the map '${map.name}' is frozen`);
  }
  return {
    bytes: place.bytes,
    start: place.start + offset,
    tags: undefined,
    loads: tag.scalar,
    shared: !map.frozen,
    region: map.name,
    element: number,
    offset,
  };
};

const stackPlace = (state: MachineState, address: bigint, size: number): Place => {
  const { frame, offset } = frameOf(address);
  if (frame > state.depth || offset < 0 || offset + size > frameBytes) {
    throw outOfBounds(`the stack (r10${offset - frameBytes})`, offset, size, frameBytes);
  }
  const start = frame * frameBytes + offset;
  const { stack, stackTags } = state;
  const fields = { tags: stackTags, loads: tag.scalar, shared: false, region: 'stack', element: frame, offset };
  return { bytes: stack, start, ...fields };
};

const contextPlace = (state: MachineState, typed: boolean, address: bigint, size: number, access: Access): Place => {
  const offset = Number(address - contextAddress);
  if (offset < 0 || offset + size > state.context.length) {
    throw outOfBounds('the context', offset, size, state.context.length);
  }
  if (access !== 'read') {
    throw new FaultSignal('read-only', 'the context cannot be written');
  }
  const loads = typed ? tag.kernel : tag.scalar;
  const fields = { tags: undefined, loads, shared: false, region: 'context', element: 0, offset };
  return { bytes: state.context, start: offset, ...fields };
};

/** The region of `which` memory that holds all of `size` bytes at `address`. */
export const regionAt = (
  { regions }: SharedMemory,
  which: 'kernel' | 'user',
  address: bigint,
  size: number,
): MemoryRegion | undefined =>
  regions.find(
    (region) =>
      region.space === which &&
      address >= region.address &&
      address + BigInt(size) <= region.address + BigInt(region.bytes.length),
  );

const kernelPlace = (memory: SharedMemory, address: bigint, size: number): Place => {
  const region = regionAt(memory, 'kernel', address, size);
  const offset = region === undefined ? 0 : Number(address - region.address);
  return {
    bytes: region?.bytes,
    start: offset,
    tags: undefined,
    loads: tag.kernel,
    shared: true,
    region: region?.name ?? 'unmapped',
    element: 0,
    offset,
  };
};

/** The memory of the program itself at `address`: maps, stack, context; `undefined` if it is none of these. */
export const ownPlace = (
  state: MachineState,
  memory: SharedMemory,
  typedContext: boolean,
  address: bigint,
  size: number,
  access: Access,
): Place | undefined => {
  switch (spaceOf(address)) {
    case space.mapValue:
      return mapPlace(memory, address, size, access);
    case space.stack:
      return stackPlace(state, address, size);
    case space.context:
      return contextPlace(state, typedContext, address, size, access);
    default:
      return undefined;
  }
};

/** What a load, store or atomic through a pointer with tag `pointerTag` reaches. Throws FaultSignal if it may not. */
export const resolve = (
  state: MachineState,
  memory: SharedMemory,
  typedContext: boolean,
  address: bigint,
  pointerTag: number,
  size: number,
  access: Access,
): Place => {
  if (pointerTag === tag.scalar) {
    throw new FaultSignal('not-a-pointer', `${hex(address)} is a number, not a pointer`);
  }
  const own = ownPlace(state, memory, typedContext, address, size, access);
  if (own !== undefined) {
    const misaligned = own.offset % size !== 0;
    if (misaligned && (own.tags !== undefined || access === 'atomic')) {
      throw new FaultSignal('misaligned', `${size} bytes at offset ${own.offset} of ${own.region} are not aligned`);
    }
    return own;
  }
  if (pointerTag === tag.kernel) {
    if (access !== 'read') {
      throw new FaultSignal('read-only', `kernel memory at ${hex(address)} cannot be written`);
    }
    return kernelPlace(memory, address, size);
  }
  if (address < BigInt(guard)) {
    throw new FaultSignal('null-dereference', 'a pointer that may be null is used without a test');
  }
  throw new FaultSignal('not-a-pointer', `${hex(address)} cannot be accessed`);
};

/** The little-endian number of `size` bytes at `start`. */
export const readNumber = (bytes: Uint8Array, start: number, size: Size): bigint => {
  let low = 0;
  for (let at = Math.min(size, 4) - 1; at >= 0; at -= 1) {
    low = (low << 8) | (bytes[start + at] ?? 0);
  }
  if (size < 8) {
    return BigInt(low >>> 0);
  }
  let high = 0;
  for (let at = 7; at >= 4; at -= 1) {
    high = (high << 8) | (bytes[start + at] ?? 0);
  }
  return (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0);
};

/** Writes the lower `size` bytes of `value` at `start`, little endian. */
export const writeNumber = (bytes: Uint8Array, start: number, size: Size, value: bigint): void => {
  const low = Number(BigInt.asUintN(32, value));
  for (let at = 0; at < size && at < 4; at += 1) {
    bytes[start + at] = low >>> (8 * at);
  }
  if (size === 8) {
    const high = Number(BigInt.asUintN(32, value >> 32n));
    for (let at = 0; at < 4; at += 1) {
      bytes[start + 4 + at] = high >>> (8 * at);
    }
  }
};

/** Throws FaultSignal if one of `size` bytes of a stack was never written. */
export const checkInitialised = ({ tags, start, offset }: Place, size: number): void => {
  for (let at = 0; tags !== undefined && at < size; at += 1) {
    if (tags[start + at] === tag.none) {
      throw new FaultSignal('uninitialised-stack', `byte r10${offset + at - frameBytes} is read before it is written`);
    }
  }
};

/** The tag of a loaded value. */
export const loadedTag = ({ tags, start, loads }: Place, size: Size): number => {
  if (size !== 8) {
    return tag.scalar;
  }
  if (tags === undefined) {
    return loads;
  }
  const first = tags[start] ?? tag.scalar;
  return tags.subarray(start, start + 8).every((entry) => entry === first) ? first : tag.scalar;
};

/** Notes what was stored. */
export const markStored = ({ tags, start }: Place, size: number, stored: number): void => {
  tags?.fill(size === 8 ? stored : tag.scalar, start, start + size);
};
