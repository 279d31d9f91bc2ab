/** Firings of `epoch-sync`: how they count themselves, and the tasks and the tick that fire. */

import { add, type Expression, multiply, self } from '../../../model/expression.js';
import type { StepList } from '../../../model/step.js';
import type { Extras } from '../../../model/steps.js';
import { at, type Place } from '../../../model/variable.js';
import { type Counting, closeFiring, type FiringRegisters, openFiring, raiseCount, readSelector } from '../probe.js';
import { type World, workInHalf } from './world.js';

/** How firings open and close. */
export interface Discipline {
  /** Raises the count and reads the selector (that step carries `extras`); `home` is the CPU whose count it is. */
  readonly open: (home: Expression, extras: Extras) => StepList;
  /** Lowers the count (that step carries `extras`). */
  readonly close: (home: Expression, extras: Extras) => StepList;
}

/** What ships: one count a CPU, raised before the selector is read. It is always the CPU's own. */
export const oneCount = ({ memory, registers }: World, counting: Counting): Discipline => ({
  open: (_home, extras) => openFiring(memory, counting, registers, { raised: forget(registers), read: extras }),
  close: (_home, extras) => closeFiring(memory, counting, registers, { ...extras, ...forgetCount(registers) }),
});

/** The selector is read before the count is raised. */
export const selectorFirst = ({ memory, registers }: World, counting: Counting): Discipline => ({
  open: (_home, extras) => [
    ...readSelector(memory, registers, extras),
    ...raiseCount(memory, counting, registers, forget(registers)),
  ],
  close: (_home, extras) => closeFiring(memory, counting, registers, { ...extras, ...forgetCount(registers) }),
});

// Registers that are not needed any more would only tell states apart.
const forget = ({ level }: FiringRegisters): Extras => ({ set: [[level, 0]] });
const forgetCount = ({ count, half }: FiringRegisters): Extras => ({
  set: [
    [count, 0],
    [half, 0],
  ],
});

/** The ghost of a firing: the one of a CPU and a slot. */
const openOf = ({ open, slots }: World, home: Expression, slot: number): Place =>
  at(open, add(multiply(home, slots), slot));

/** The beginning of a firing, up to where it knows its half. */
export const beginFiring = (world: World, { open }: Discipline, slot: number, home: Expression = self): StepList =>
  open(home, { ghost: [[openOf(world, home, slot), 1]] });

/** The rest of a firing: its work and its end. */
export const endFiring = (world: World, { close }: Discipline, slot: number, home: Expression = self): StepList => [
  workInHalf(world, self),
  ...close(home, { ghost: [[openOf(world, home, slot), 0]], progress: true }),
];

/** One firing, from the first to the last of its shared accesses. */
export const firing = (world: World, discipline: Discipline, slot: number): StepList => [
  ...beginFiring(world, discipline, slot),
  ...endFiring(world, discipline, slot),
];
