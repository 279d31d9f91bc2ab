/**
 * Where the elements of an associative array lie. A kernel hash map leads from a tuple to the number of an element; the
 * elements are ours, in a mapped array, so that it is ours to say when one that was freed may become another one.
 *
 * The array has a header, then rings, then the elements. An element belongs to one ring, where its number stands while it
 * is free. A ring is a queue with three positions, as DTrace has three lists of dynamic variables: from `head` to `clean`
 * are elements that may be taken (clean), from `clean` to `tail` those that were freed, of which some probe may still
 * know (dirty, and rinsing while the cleaner's sync is under way). Probes take at `head` and free at `tail`; only the
 * cleaner moves `clean`. Positions only grow. Words are u64.
 */

import type { MapSpec } from '../../../bpf/spec.js';
import type { RuntimeShape } from './layout.js';

/** Offsets of the header. */
export const dynamicHeader = {
  /** 1 while the cleaner's sync is under way. */
  rinsing: 0,
  /** Assignments that found no clean element, but dirty ones; and rinsing ones. Those that found neither are the CPU's. */
  dirtyDrops: 8,
  rinsingDrops: 16,
  /** 1 from when a probe has asked for cleaning until the cleaner has begun; or until when (ns) nobody need ask again. */
  asked: 24,
  size: 64,
} as const;

/** Offsets in a ring, a cache line each; then the cells: the lower half of the position above the element's number. */
export const dynamicRing = { head: 0, clean: 64, tail: 128, cells: 192 } as const;

/** What the state of an element can be: of one that is not live only the number may still be known. */
export const elementState = { free: 0, live: 1 } as const;

/** Offsets in an element: its state, then key and value. */
export const dynamicElement = { state: 0, key: 8 } as const;

/** The places of one array. */
export interface DynamicLayout {
  /** Name of the map of elements. */
  readonly map: string;
  readonly rings: number;
  readonly ringCapacity: number;
  readonly ringSize: number;
  /** Where the elements begin. */
  readonly elements: number;
  readonly elementSize: number;
  /** Elements in all. */
  readonly capacity: number;
}

/** CPUs share rings where there are more of them. */
const mostRings = 8;

/** Lays out an array with `capacity` elements, or a few less. */
export function layoutDynamic(
  map: string,
  sizes: { readonly keySize: number; readonly valueSize: number },
  capacity: number,
  { slots }: RuntimeShape,
): DynamicLayout {
  const rings = Math.min(slots, mostRings);
  const ringCapacity = Math.max(2, Math.floor(capacity / rings));
  const ringSize = dynamicRing.cells + ((ringCapacity * 8 + 63) & ~63);
  return {
    ...{ map, rings, ringCapacity, ringSize },
    elements: dynamicHeader.size + rings * ringSize,
    elementSize: dynamicElement.key + sizes.keySize + sizes.valueSize,
    capacity: rings * ringCapacity,
  };
}

/** Where a ring begins. */
export const ringAt = ({ ringSize }: DynamicLayout, ring: number): number => dynamicHeader.size + ring * ringSize;

/** The map of elements: all of them clean. */
export function dynamicMap(layout: DynamicLayout): MapSpec {
  const { rings, ringCapacity, elements, elementSize, capacity } = layout;
  const contents = new Uint8Array(elements);
  const words = new BigUint64Array(contents.buffer);
  for (let ring = 0; ring < rings; ring += 1) {
    const at = ringAt(layout, ring) / 8;
    words[at + dynamicRing.clean / 8] = BigInt(ringCapacity);
    words[at + dynamicRing.tail / 8] = BigInt(ringCapacity);
    for (let cell = 0; cell < ringCapacity; cell += 1) {
      words[at + dynamicRing.cells / 8 + cell] = (BigInt(cell) << 32n) | BigInt(ring * ringCapacity + cell);
    }
  }
  const valueSize = elements + capacity * elementSize;
  return { name: layout.map, type: 'array', keySize: 4, valueSize, maxEntries: 1, mapped: true, contents };
}
