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
 *
 * With the first, a CPU whose two counts are zero is done at once (`quick`): one call a CPU, as with a single count.
 */

import {
  add,
  bitAnd,
  bitNot,
  bitOr,
  type Expression,
  equal,
  hasBit,
  multiply,
  not,
  type Operand,
  shiftLeft,
  shiftRight,
  subtract,
  value,
  when,
} from '../../../model/expression.js';
import type { StepList } from '../../../model/step.js';
import { atomic, branch, compute, type Extras, label, load, store } from '../../../model/steps.js';
import { at, local, shared, type Variable } from '../../../model/variable.js';
import { type Counting, readSelector } from '../probe.js';
import type { Ask } from './ask.js';
import type { Discipline } from './firing.js';
import type { World } from './world.js';

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

/** Register of a firing: what it has added to the word of its CPU. */
export const mine = local('mine', { max: mostOfPair });

/** Firings with two counts a CPU; `home` is the CPU whose counts they are, wherever the firing ends. */
export function twoCounts(
  { memory, registers }: World,
  counting: Counting,
  generation: Variable,
  { lookAgain, selectorFirst }: ParityOptions,
): Discipline {
  const { inprobe } = memory;
  const both = add(one(0), one(1));
  const { level, count, half } = registers;
  const raise = (home: Expression, amount: Expression, set: Extras['set'] = []): StepList =>
    counting === 'atomic'
      ? [atomic('raise the count of the parity', at(inprobe, home), add(value, amount), { set })]
      : [
          load('read the counts', at(inprobe, home), level),
          store('raise the count of the parity', at(inprobe, home), add(level, amount), {
            set: [[level, 0], ...set],
          }),
        ];
  const lower = (home: Expression, extras: Extras): StepList =>
    counting === 'atomic'
      ? [
          atomic('lower what was raised', at(inprobe, home), subtract(value, mine), {
            ...extras,
            set: [
              [mine, 0],
              [half, 0],
            ],
          }),
        ]
      : [
          load('read the counts again', at(inprobe, home), count),
          store('lower what was raised', at(inprobe, home), subtract(count, mine), {
            ...extras,
            set: [
              [mine, 0],
              [count, 0],
              [half, 0],
            ],
          }),
        ];
  const hold = (home: Expression): StepList => [
    load('read the generation again', generation, undefined, { goTo: [[equal(one(value), mine), 'held']] }),
    raise(home, subtract(both, mine), [[mine, both]]),
    label('held'),
  ];
  return {
    open: (home, extras) => [
      ...(selectorFirst ? readSelector(memory, registers, extras) : []),
      load('read the generation', generation, undefined, { set: [[mine, one(value)]] }),
      raise(home, mine),
      ...(lookAgain ? [hold(home)] : []),
      ...(selectorFirst ? [] : readSelector(memory, registers, extras)),
    ],
    close: lower,
  };
}

/** How the consumer waits. */
export interface ParityWait {
  /** Whether it waits for the counts that are not current before it changes the generation. */
  readonly before: boolean;
  /** Whether a CPU that is found outside all probes then is not asked once more. */
  readonly quick: boolean;
  /** The parity that is current when sync is called. */
  readonly current: 0 | 1;
}

/** sync() by generation parity: no count that new firings raise is ever waited for. */
export function syncByParity(
  cpus: number,
  ask: Ask,
  generation: Variable,
  { before, quick, current }: ParityWait,
): StepList {
  const other = current === 0 ? 1 : 0;
  const everyCpu = Array.from({ length: cpus }, (_, cpu) => cpu);
  const isZero =
    (parity: number) =>
    (word: Expression): Expression =>
      equal(countOf(word, parity), 0);
  // A bit for each CPU that was not outside all probes.
  const busy = local('busy', { max: (1 << cpus) - 1 });
  const noteBusy = (cpu: number) => (word: Expression) =>
    quick ? [[busy, bitOr(bitAnd(busy, bitNot(1 << cpu)), when(equal(word, 0), 0, 1 << cpu))] as const] : [];
  return [
    before ? everyCpu.map((cpu) => ask(cpu, isZero(other), noteBusy(cpu))) : [],
    atomic('make the next generation current', generation, other),
    everyCpu.map((cpu) => [
      quick ? branch(not(hasBit(busy, cpu)), 'quiescent') : [],
      ask(cpu, isZero(current)),
      label('quiescent'),
    ]),
    quick ? compute('forget who was busy', [[busy, 0]]) : [],
  ];
}
