/** The control words and blocks that probes and the consumer share, as named values. */

import {
  type Activity,
  activity as activityNumbers,
  controlBlock,
  controlWords,
  selectorShift,
} from '../d/codegen/memory/layout.js';
import type { MappedMemory } from '../sys/index.js';

/** A resource whose two halves are switched. */
export type Resource = 'principal' | 'aggregations';

/** A counter in a control block. */
export type BlockCounter = 'aggregationDrops' | 'dynamicDrops' | 'nestingDrops' | 'errorDrops';

/** The shared words of a session. */
export interface Control {
  activity(): Activity;
  setActivity(to: Activity): void;
  /** Moves from one activity to another if it still is the one; whether it was. */
  advance(from: Activity, to: Activity): boolean;
  /** The half that probes work in now. */
  liveHalf(resource: Resource): 0 | 1;
  /** Has probes that open from now on work in the other half; returns the one that they leave. */
  flip(resource: Resource): 0 | 1;
  setWallOffset(nanoseconds: bigint): void;
  /** Notes for the deadman that the consumer is about; `time` in ns of the monotonic clock. */
  noteStatus(time: bigint): void;
  /** Notes that the system responds. */
  noteAlive(time: bigint): void;
  /** The status of the first exit(), 0 if there was none. */
  exitStatus(): number;
  slotlessDrops(): number;
  stackDrops(): number;
  /** Bytes reserved in a half of a slot's principal buffer; more than its size when records were dropped. */
  principalUsed(slot: number, half: 0 | 1): number;
  /** Records that found no room since the last `resetPrincipal`. */
  principalDrops(slot: number, half: 0 | 1): number;
  /** Empties a settled half. */
  resetPrincipal(slot: number, half: 0 | 1): void;
  counter(slot: number, counter: BlockCounter): number;
  /** Probe contexts that are open on the slot's CPU, as they look from afar; 0 where there is no such slot. */
  inprobe(slot: number): number;
  lastEpid(slot: number): number;
  observedPid(slot: number): number;
}

const names = Object.keys(activityNumbers) as Activity[];

/** Names for the words of the mapped map `control`. */
export function controlOf(memory: MappedMemory): Control {
  const { i32, u64, i64 } = memory;
  const word = (slot: number, offset: number): number => (controlWords.blocks + slot * controlBlock.size + offset) / 8;
  const read = (index: number): number => Number(Atomics.load(u64, index));
  const selectors = controlWords.selectors / 4;
  const bit = (resource: Resource): number => 1 << (selectorShift[resource] - 32);
  const activityWord = controlWords.activity / 4;
  return {
    activity: () => names[Atomics.load(i32, activityWord)] ?? 'stopped',
    setActivity: (to) => {
      Atomics.store(i32, activityWord, activityNumbers[to]);
    },
    advance: (from, to) =>
      Atomics.compareExchange(i32, activityWord, activityNumbers[from], activityNumbers[to]) === activityNumbers[from],
    liveHalf: (resource) => ((Atomics.load(i32, selectors) & bit(resource)) === 0 ? 0 : 1),
    flip: (resource) => ((Atomics.xor(i32, selectors, bit(resource)) & bit(resource)) === 0 ? 0 : 1),
    setWallOffset: (nanoseconds) => {
      Atomics.store(i64, controlWords.wallOffset / 8, nanoseconds);
    },
    noteStatus: (time) => {
      Atomics.store(u64, controlWords.status / 8, time);
    },
    noteAlive: (time) => {
      Atomics.store(u64, controlWords.alive / 8, time);
    },
    exitStatus: () => Number(BigInt.asIntN(32, Atomics.load(i64, controlWords.exitStatus / 8))),
    slotlessDrops: () => read(controlWords.slotlessDrops / 8),
    stackDrops: () => read(controlWords.stackDrops / 8),
    principalUsed: (slot, half) => read(word(slot, controlBlock.principalOffset + 8 * half)),
    principalDrops: (slot, half) => read(word(slot, controlBlock.principalDrops + 8 * half)),
    resetPrincipal: (slot, half) => {
      Atomics.store(u64, word(slot, controlBlock.principalOffset + 8 * half), 0n);
      Atomics.store(u64, word(slot, controlBlock.principalDrops + 8 * half), 0n);
    },
    counter: (slot, counter) => read(word(slot, controlBlock[counter])),
    inprobe: (slot) => (slot < 0 ? 0 : read(word(slot, controlBlock.inprobe))),
    lastEpid: (slot) => read(word(slot, controlBlock.epid)),
    observedPid: (slot) => read(word(slot, controlBlock.observedPid)),
  };
}
