/** A firing of `epoch-sync` that the scheduler moves to another CPU in its middle; BPF as Linux runs it forbids that. */

import { bitAnd, multiply, shiftRight, subtract, sum, value } from '../../../model/expression.js';
import type { StepList } from '../../../model/step.js';
import { atomic, waitUntil } from '../../../model/steps.js';
import { shared, type Variable } from '../../../model/variable.js';
import { beginFiring, type Discipline, endFiring } from './firing.js';
import { mine, mostOfPair } from './parity.js';
import type { World } from './world.js';

/** The registers of the firing while it is between two CPUs, plus 1; 0 where there is none. */
export const movedVariable = (): Variable => shared('moved', { max: 1 + 2 * mostOfPair + 1 });

/** What the firing does before it is moved; a switch of tasks drains the store buffer. */
export const beforeMove = (world: World, discipline: Discipline, slot: number, moved: Variable): StepList => [
  ...beginFiring(world, discipline, slot),
  atomic('is moved to another CPU', moved, sum(1, world.registers.half, multiply(mine, 2)), {
    set: [
      [mine, 0],
      [world.registers.half, 0],
    ],
  }),
];

/** What it does afterwards; it began on CPU `home`. */
export const afterMove = (
  world: World,
  discipline: Discipline,
  slot: number,
  moved: Variable,
  home: number,
): StepList => [
  waitUntil('goes on here', moved, value, {
    sleeping: true,
    rest: true,
    set: [
      [world.registers.half, bitAnd(subtract(value, 1), 1)],
      [mine, shiftRight(subtract(value, 1), 1)],
    ],
  }),
  ...endFiring(world, discipline, slot, home),
];
