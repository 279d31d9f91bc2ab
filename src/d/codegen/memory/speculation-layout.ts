/**
 * Where things lie in the memory of speculations: the mapped array `speculations` (counters, a word for the state of each,
 * then a *part* for each speculation and CPU slot), and the array `speculative` with a buffer for each part.
 *
 * A state's word has the state in its lower three bits and above them how often the speculation was taken, so that a
 * compare-and-exchange never mistakes a later use of it for the one that was looked at.
 */

import type { MapSpec } from '../../../bpf/spec.js';
import type { RuntimeShape } from './layout.js';
import { mapNames } from './memory.js';

/** States of a speculation, as DTrace numbers them (DTRACESPEC_*). */
export const speculationStates = {
  /** Free. */
  inactive: 0,
  /** Taken; nothing recorded. */
  active: 1,
  /** Recorded into on one CPU, or on several. */
  activeOne: 2,
  activeMany: 3,
  /** Being committed by the only CPU that has a part of it, or by the cleaner on those that have. */
  committing: 4,
  committingMany: 5,
  /** Being discarded by the cleaner. */
  discarding: 6,
} as const;

/** The lower bits of a state's word; one more use is `speculationUse` more. */
export const speculationStateMask = 7;
/** See `speculationStateMask`. */
export const speculationUse = 8;

/** Offsets in the map `speculations`, bytes; counters are atomic u64. */
export const speculationWords = {
  /** Calls of speculation() that failed: one was free but for the cleaner, or all were in use. */
  busy: 0,
  unavailable: 8,
  /** The words of the states, u64 each. */
  states: 64,
} as const;

/** Offsets in a part, bytes, u64 each; a cache line, since only its CPU writes it. */
export const speculationPart = {
  /** Bytes of the buffer that are reserved, all of which fit. */
  used: 0,
  /** How many contexts of the CPU are inside: they record, or they empty it. */
  users: 8,
  /** Records that found no room, and those of them whose speculation was committed since. */
  drops: 16,
  lost: 24,
  size: 64,
} as const;

/** What of the shape speculations depend on. */
export type SpeculationShape = Pick<
  RuntimeShape,
  'slots' | 'cpus' | 'levels' | 'preemptible' | 'bufferSize' | 'speculations' | 'speculationSize'
>;

/** Where the parts start in the map `speculations`: speculation by speculation, slot by slot. */
export const speculationParts = ({ speculations }: SpeculationShape): number =>
  speculationWords.states + ((8 * speculations + 63) & ~63);

/** Bytes that one commit copies at most: what has no room in a principal buffer is dropped. */
export const largestCommit = ({ speculationSize, bufferSize }: SpeculationShape): number =>
  Math.min(speculationSize, bufferSize);

/** The maps. */
export function speculationMaps(shape: SpeculationShape): readonly MapSpec[] {
  const { speculations, slots, speculationSize } = shape;
  const array = { type: 'array', keySize: 4, maxEntries: 1 } as const;
  // One part too many: code for no speculations at all points to it.
  const states = speculationParts(shape) + (speculations * slots + 1) * speculationPart.size;
  return [
    { ...array, name: mapNames.speculations, valueSize: states, mapped: true },
    { ...array, name: mapNames.speculative, valueSize: Math.max(8, speculations * slots * speculationSize) },
  ];
}
