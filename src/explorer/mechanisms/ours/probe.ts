/**
 * Opening and closing a firing, shared by the models of our own protocols: what src/d/codegen/firing.ts generates.
 *
 * The in-probe count goes up before anything shared is touched, the selector is read once after that, and the count goes
 * down last. Where firings of a CPU nest, the count is plain (`+=` is a load and a store: an interrupt fits between) and
 * what it was before is the level. Where they can be preempted, the count is atomic and the level is claimed by its bit.
 */

import { add, bitAnd, bitNot, bitOr, hasBit, not, self, shiftLeft, subtract, value } from '../../model/expression.js';
import type { StepList } from '../../model/step.js';
import { atomic, type Extras, jump, label, load, store } from '../../model/steps.js';
import { at, type Local, local, shared, type Variable } from '../../model/variable.js';

/** How a firing counts itself: `plain` by a load and a store, `atomic` by one locked instruction. */
export type Counting = 'plain' | 'atomic';

/** The words of a session that a firing opens and closes by. */
export interface ProbeMemory {
  /** An element a CPU: how many firings are open on it. */
  readonly inprobe: Variable;
  /** Which half is live, 0 or 1. */
  readonly selector: Variable;
}

/**
 * Memory for `cpus` CPUs on each of which at most `deepest` firings count themselves at once. `least` below 0 leaves room for counts
 * that lost an update.
 */
export const probeMemory = (cpus: number, deepest: number, least = 0): ProbeMemory => ({
  inprobe: shared('inprobe', { size: cpus, min: least, max: deepest, initial: 0 }),
  selector: shared('selector', { max: 1 }),
});

/** Registers of a routine that fires. */
export interface FiringRegisters {
  /** The in-probe count before the firing: its level, where the count is plain. */
  readonly level: Local;
  /** The half that was live when the firing began. */
  readonly half: Local;
  /** The in-probe count as read at the end. */
  readonly count: Local;
}

/** Registers for counts from `least` to `deepest`. */
export const firingRegisters = (deepest: number, least = 0): FiringRegisters => ({
  level: local('level', { min: Math.min(least, 0), max: deepest }),
  half: local('half', { max: 1 }),
  count: local('count', { min: Math.min(least, 0), max: deepest }),
});

/** Raises the in-probe count of the CPU; `extras` go with the step that writes it. */
export const raiseCount = (
  { inprobe }: ProbeMemory,
  counting: Counting,
  { level }: FiringRegisters,
  extras: Extras = {},
): StepList =>
  counting === 'atomic'
    ? [atomic('raise the in-probe count', at(inprobe, self), add(value, 1), { ...extras, into: level })]
    : [
        load('read the in-probe count', at(inprobe, self), level),
        store('raise the in-probe count', at(inprobe, self), add(level, 1), extras),
      ];

/** Reads the selector: the half that the whole firing works in. */
export const readSelector = ({ selector }: ProbeMemory, { half }: FiringRegisters, extras: Extras = {}): StepList => [
  load('read the selector', selector, half, extras),
];

/** What the steps of {@link openFiring} carry besides. */
export interface OpeningExtras {
  /** Goes with the step that raises the count. */
  readonly raised?: Extras;
  /** Goes with the step that reads the selector. */
  readonly read?: Extras;
}

/** Opens a firing: raises the count, then reads the selector. The level is the count before (plain counting only). */
export const openFiring = (
  memory: ProbeMemory,
  counting: Counting,
  registers: FiringRegisters,
  { raised = {}, read = {} }: OpeningExtras = {},
): StepList => [...raiseCount(memory, counting, registers, raised), ...readSelector(memory, registers, read)];

/** Closes a firing: lowers the count, its last shared access; `extras` go with the step that writes it. */
export const closeFiring = (
  { inprobe }: ProbeMemory,
  counting: Counting,
  { count }: FiringRegisters,
  extras: Extras = {},
): StepList =>
  counting === 'atomic'
    ? [atomic('lower the in-probe count', at(inprobe, self), subtract(value, 1), extras)]
    : [
        load('read the in-probe count again', at(inprobe, self), count),
        store('lower the in-probe count', at(inprobe, self), subtract(count, 1), extras),
      ];

/**
 * Claims one of `levels` levels of the CPU by setting its bit in `claimed` (an element a CPU); `level` gets its number.
 * Goes to the label `deep` of the caller where all are taken.
 */
export const claimLevel = (claimed: Variable, levels: number, level: Local, deep: string): StepList => [
  ...Array.from({ length: levels }, (_, index) =>
    atomic(`claim level ${index}`, at(claimed, self), bitOr(value, 1 << index), {
      set: [[level, index]],
      goTo: [[not(hasBit(value, index)), 'claimed']],
    }),
  ),
  jump(deep),
  label('claimed'),
];

/** Gives back the level that {@link claimLevel} took. */
export const releaseLevel = (claimed: Variable, level: Local): StepList => [
  atomic('give the level back', at(claimed, self), bitAnd(value, bitNot(shiftLeft(1, level)))),
];
