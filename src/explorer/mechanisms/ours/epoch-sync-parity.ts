/**
 * Generation parity: a sync that waits only for the firings that began before it.
 *
 * Each CPU has two in-probe counts, one for even and one for odd generations; a firing reads the generation, raises the
 * count of its parity, *then* reads the selector, and lowers that same count at its end. The consumer makes the next
 * generation current and waits for the counts of the one before: no new firing raises them, so they come to zero and
 * stay there, however often probes fire. The two counts share a word, as two halves of 32 bits can: the depth handler
 * stays one load, and raising and lowering stay one addition.
 *
 * A firing may be put aside between reading the generation and raising the count, for as long as it likes; it then
 * raises the count of a generation that has been waited for already. Two ways out were found safe:
 *
 * - *two waits* (as SRCU does): before the generation is changed, the consumer waits until the counts that are not
 *   current are zero. Such a late firing has read its generation before the last change, so there are no more of them
 *   than tasks, and the wait ends.
 * - *look again*: the firing reads the generation again after it has raised the count. If it has changed, the firing raises the
 *   other count as well and holds both. One wait is enough then.
 */

import {
  add,
  bitAnd,
  type Expression,
  equal,
  multiply,
  type Operand,
  shiftLeft,
  shiftRight,
  subtract,
  value,
} from '../../model/expression.js';
import type { StepList } from '../../model/step.js';
import { atomic, type Extras, label, load, store } from '../../model/steps.js';
import { at, local, shared, type Variable } from '../../model/variable.js';
import type { Ask } from './epoch-sync-ask.js';
import type { Discipline } from './epoch-sync-firing.js';
import type { World } from './epoch-sync-world.js';
import { type Counting, readSelector } from './probe.js';

/** Bits of the count of one parity. */
const width = 3;

/** The greatest word of two counts. */
export const mostOfPair = (1 << (2 * width)) - 1;

/** One firing in the count of a parity. */
const one = (parity: Operand): Expression => shiftLeft(1, multiply(parity, width));

/** The count of a parity, 0 or 1, out of a word of two. */
const countOf = (word: Expression, parity: number): Expression =>
  bitAnd(shiftRight(word, parity * width), (1 << width) - 1);

/** The generation that is current: its parity. */
export const generationVariable = (): Variable => shared('generation', { max: 1 });

/** How firings count themselves by parity. */
export interface ParityOptions {
  /** The firing reads the generation again after it has raised the count. */
  readonly lookAgain: boolean;
  /** The firing reads the selector before it raises the count. */
  readonly selectorFirst: boolean;
}

/** Firings with two counts a CPU; `home` is the CPU whose counts they are, wherever the firing ends. */
export function twoCounts(
  { memory, registers }: World,
  counting: Counting,
  generation: Variable,
  { lookAgain, selectorFirst }: ParityOptions,
): Discipline {
  const { inprobe } = memory;
  const parity = local('parity', { max: 1 });
  const again = local('parity again', { max: 1 });
  // What the firing has added to the word of its CPU.
  const mine = local('mine', { max: mostOfPair });
  const { level, count } = registers;
  const raise = (home: Expression, amount: Expression, extras: Extras): StepList =>
    counting === 'atomic'
      ? [atomic('raise the count of the parity', at(inprobe, home), add(value, amount), extras)]
      : [
          load('read the counts', at(inprobe, home), level),
          store('raise the count of the parity', at(inprobe, home), add(level, amount), extras),
        ];
  const lower = (home: Expression, extras: Extras): StepList =>
    counting === 'atomic'
      ? [atomic('lower what was raised', at(inprobe, home), subtract(value, mine), extras)]
      : [
          load('read the counts again', at(inprobe, home), count),
          store('lower what was raised', at(inprobe, home), subtract(count, mine), extras),
        ];
  const hold = (home: Expression): StepList => [
    load('read the generation again', generation, again, { goTo: [[equal(again, parity), 'held']] }),
    raise(home, one(again), { set: [[mine, add(one(0), one(1))]] }),
    label('held'),
  ];
  return {
    open: (home, extras) => [
      ...(selectorFirst ? readSelector(memory, registers, extras) : []),
      load('read the generation', generation, parity, { set: [[mine, one(parity)]] }),
      raise(home, one(parity), {}),
      ...(lookAgain ? [hold(home)] : []),
      ...(selectorFirst ? [] : readSelector(memory, registers, extras)),
    ],
    close: (home, extras) => lower(home, extras),
  };
}

/** How the consumer waits. */
export interface ParityWait {
  /** Whether it waits for the counts that are not current before it changes the generation. */
  readonly before: boolean;
  /** The parity that is current when sync is called. */
  readonly current: 0 | 1;
}

/** sync() by generation parity: no count that new firings raise is ever waited for. */
export function syncByParity(cpus: number, ask: Ask, generation: Variable, { before, current }: ParityWait): StepList {
  const waitFor = (parity: 0 | 1): StepList =>
    Array.from({ length: cpus }, (_, cpu) => ask(cpu, (word) => equal(countOf(word, parity), 0)));
  const other = current === 0 ? 1 : 0;
  return [
    ...(before ? [waitFor(other)] : []),
    atomic('make the next generation current', generation, other),
    waitFor(current),
  ];
}
