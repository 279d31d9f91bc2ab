/**
 * What all variants of `epoch-sync` share: memory, the specification's ghosts and its properties.
 *
 * The specification numbers *firings* by the CPU and the slot on it (a task or the tick) that they belong to. The
 * resource is a word for each half and CPU, to which each firing stores 1 in the half that it takes for live. A firing is
 * *open* from its reading of the selector, the first access whose outcome matters to it, to the lowering of its count.
 */

import {
  add,
  and,
  type Expression,
  equal,
  multiply,
  not,
  notEqual,
  type Operand,
  value,
  when,
} from '../../../model/expression.js';
import { checked, eventually, type Property } from '../../../model/model.js';
import type { Step } from '../../../model/step.js';
import { atomic, mark, store } from '../../../model/steps.js';
import { at, ghost, type Local, local, shared, type Variable } from '../../../model/variable.js';
import { type FiringRegisters, firingRegisters, type ProbeMemory, probeMemory } from '../probe.js';

/** What is asked of `epoch-sync`. */
export const asked = {
  outside: 'sync returns only when no probe that was open at its call is open',
  visible: 'what probes stored in the half that was left is visible when sync returns',
  later: 'no probe works in a half that sync has settled',
  returns: 'every sync returns',
  pauses: 'a CPU on which probes fire for ever is outside all of them again and again',
} as const;

/** The properties of `epoch-sync`; with `pauses` it is asked besides whether a count comes to zero at all (CPU 1's). */
export const properties = ({ syncing, memory }: World, pauses: boolean): readonly Property[] => [
  checked(asked.outside),
  checked(asked.visible),
  checked(asked.later),
  eventually(asked.returns, not(syncing)),
  ...(pauses ? [eventually(asked.pauses, not(at(memory.inprobe, 1)))] : []),
];

/** Memory, ghosts and registers of one model. */
export interface World {
  readonly cpus: number;
  /** Firings that can be open on a CPU at once. */
  readonly slots: number;
  readonly memory: ProbeMemory;
  readonly registers: FiringRegisters;
  /** [half][cpu], 1 where a firing has stored. */
  readonly work: Variable;
  /** Ghost, [cpu][slot]: 0 closed, 1 open, 2 open since before sync was called. */
  readonly open: Variable;
  /** Ghost, [half][cpu]: what `work` holds once every store is visible. */
  readonly written: Variable;
  /** Ghost, [half]: sync has settled it, and it has not been made live since. */
  readonly settled: Variable;
  /** Ghost: sync was called and has not returned. */
  readonly syncing: Variable;
  /** Register of the consumer: the half that was left. */
  readonly left: Local;
}

/** Makes the world for counts from `least` to `most`. */
export function worldOf(cpus: number, slots: number, most: number, least = 0): World {
  return {
    cpus,
    slots,
    memory: probeMemory(cpus, most, least),
    registers: firingRegisters(most, least),
    work: shared('work', { size: 2 * cpus, max: 1 }),
    open: ghost('open', { size: cpus * slots, max: 2 }),
    written: ghost('written', { size: 2 * cpus, max: 1 }),
    settled: ghost('settled', { size: 2, max: 1 }),
    syncing: ghost('syncing', { max: 1 }),
    left: local('left', { max: 1 }),
  };
}

/** All variables of a world. */
export const variablesOf = (world: World): readonly Variable[] => [
  ...[world.memory.inprobe, world.memory.selector, world.work],
  ...[world.open, world.written, world.settled, world.syncing],
];

const cell = (world: World, half: Operand, cpu: Operand): Expression => add(multiply(half, world.cpus), cpu);

const each = (length: number): readonly number[] => Array.from({ length }, (_, index) => index);

/** The work of a firing of the CPU `cpu`: a store to the half that it has read from the selector. */
export const workInHalf = (world: World, cpu: Operand): Step => {
  const place = cell(world, world.registers.half, cpu);
  return store('write to the live half', at(world.work, place), 1, {
    ghost: [[at(world.written, place), 1]],
    check: [[asked.later, not(at(world.settled, world.registers.half))]],
  });
};

/** The consumer makes the other half live; `left` gets the half that was. */
export const flipSelector = ({ memory, left, settled }: World): Step =>
  atomic('flip the selector', memory.selector, not(value), { into: left, ghost: [[at(settled, not(value)), 0]] });

/** The moment from which on sync has to wait for every firing that is open. */
export const syncIsCalled = ({ cpus, slots, open, syncing }: World): Step =>
  mark('sync is called', {
    ghost: [
      [syncing, 1],
      ...each(cpus * slots).map((index) => [at(open, index), when(at(open, index), 2, 0)] as const),
    ],
  });

/** The moment at which sync has returned: all that it promises must hold. */
export const syncReturns = (world: World): Step => {
  const { cpus, slots, open, work, written, settled, syncing, left } = world;
  return mark('sync returns', {
    ghost: [
      [syncing, 0],
      [at(settled, left), 1],
    ],
    check: [
      [asked.outside, and(...each(cpus * slots).map((index) => notEqual(at(open, index), 2)))],
      [
        asked.visible,
        and(...each(cpus).map((cpu) => equal(at(work, cell(world, left, cpu)), at(written, cell(world, left, cpu))))),
      ],
    ],
    progress: true,
  });
};

/** The consumer empties the settled half. */
export const emptyHalf = (world: World): readonly Step[] =>
  each(world.cpus).map((cpu) =>
    store(`empty the settled half of CPU ${cpu}`, at(world.work, cell(world, world.left, cpu)), 0, {
      ghost: [[at(world.written, cell(world, world.left, cpu)), 0]],
    }),
  );
