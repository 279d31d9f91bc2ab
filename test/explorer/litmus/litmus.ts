/** Small models of which the exact set of outcomes is known. */

import {
  add,
  and,
  type Expression,
  equal,
  multiply,
  not,
  type Operand,
  or,
  value,
} from '../../../src/explorer/model/expression.js';
import { type Mechanism, mechanism } from '../../../src/explorer/model/mechanism.js';
import { eventually, type Model, type Source, type Task, type Vector } from '../../../src/explorer/model/model.js';
import type { Step, StepList } from '../../../src/explorer/model/step.js';
import { atomic, type Extras, load, mark, routine, send, store } from '../../../src/explorer/model/steps.js';
import { at, ghost, type Place, shared, type Variable } from '../../../src/explorer/model/variable.js';

/** A model and what it may come to. */
export interface Litmus {
  /** A sentence on what it shows. */
  readonly name: string;
  readonly model: Model;
  /** What is read in each final state; an outcome is the text of these values, one after the other. */
  readonly observed: readonly Place[];
  /** All outcomes under sequential consistency, separated by blanks. */
  readonly sc: string;
  /** All outcomes under TSO; the same unless told. */
  readonly tso?: string;
}

/** Words of memory. */
export const x = shared('x', { max: 2 });
export const y = shared('y', { max: 2 });
export const z = shared('z', { max: 2 });
/** What reads saw; 3 where they were never made. */
export const r = ghost('r', { size: 4, max: 3, initial: 3 });
/** Digits of those who passed a {@link pass}, in the order of their passing. */
export const order = ghost('order', { max: 99_999 });

/** Reads into `r[index]`. */
export const read = (index: number, from: Variable, extras: Extras = {}): Step =>
  load(`r${index} = ${from.name}`, from, undefined, {
    ...extras,
    ghost: [[at(r, index), value], ...(extras.ghost ?? [])],
  });

/** Writes a number. */
export const write = (to: Variable, what: number): Step => store(`${to.name} = ${what}`, to, what);

/** Writes a number with a locked instruction. */
export const exchange = (to: Variable, what: number): Step => atomic(`exchange ${to.name}, ${what}`, to, what);

/** Appends a digit to `order`. */
export const pass = (digit: number): Step =>
  mark(`pass ${digit}`, { ghost: [[order, add(multiply(order, 10), digit)]] });

/** Sends the vector to a CPU. */
export const interrupt = (vector: string, target: Operand = 0): Step => send(`send ${vector}`, vector, target);

/** A handler of a hardirq, unless told otherwise. */
export const handler = (name: string, steps: StepList, rest: Partial<Vector> = {}): Vector => ({
  name,
  kind: 'hardirq',
  handler: routine(`handle ${name}`, '', steps),
  ...rest,
});

/** A task, of CPU 0 unless told otherwise. */
export const task = (name: string, steps: StepList, rest: Partial<Task> = {}): Task => ({
  name,
  cpu: 0,
  routine: routine(name, '', steps),
  ...rest,
});

/** An interrupt that may come at any time, once on CPU 0 unless told otherwise. */
export const source = (vector: string, rest: Partial<Source> = {}): Source => ({ vector, cpu: 0, times: 1, ...rest });

/** What a litmus test is made of. */
export interface Parts {
  /** Steps alone are a task of a CPU of their own. */
  readonly tasks: readonly (StepList | Task)[];
  readonly vectors?: readonly Vector[];
  readonly sources?: readonly Source[];
  readonly cpus?: number;
  readonly frames?: number;
  /** Variables, or elements of them. */
  readonly observed: readonly (Variable | Place)[];
  readonly sc: string;
  readonly tso?: string;
}

const isTask = (part: StepList | Task): part is Task => 'routine' in part;

/** Makes a litmus test. */
export function litmus(name: string, parts: Parts): Litmus {
  const tasks = parts.tasks.map((part, cpu) => (isTask(part) ? part : task(`P${cpu}`, part, { cpu })));
  const { vectors = [], sources = [], sc, tso = sc } = parts;
  const model: Model = {
    cpus: parts.cpus ?? Math.max(...tasks.map(({ cpu }) => cpu)) + 1,
    variables: [x, y, z, r, order],
    tasks,
    vectors,
    sources,
    properties: [],
    ...(parts.frames === undefined ? {} : { frames: parts.frames }),
  };
  const observed = parts.observed.map((what) => (what.kind === 'place' ? what : at(what, 0)));
  return { name, model, observed, sc, tso };
}

/** The outcomes of a litmus test under a memory model, sorted. */
export const expectedOutcomes = ({ sc, tso }: Litmus, memory: 'sc' | 'tso'): readonly string[] =>
  ((memory === 'tso' ? tso : sc) ?? sc).split(/\s+/).sort();

/** `r` by numbers. */
export const reads = (...indices: readonly number[]): readonly Place[] => indices.map((index) => at(r, index));

/** Whether memory holds an outcome. */
function isOutcome({ observed }: Litmus, outcome: string): Expression {
  // All but the last are digits.
  const values = observed.map((_, index) =>
    Number(index === observed.length - 1 ? outcome.slice(index) : outcome.charAt(index)),
  );
  return and(...observed.map((place, index) => equal(place, values[index] ?? 0)));
}

/** Says of an outcome that no run ends with it. */
export const never = (outcome: string): string => `no run ends with ${outcome}`;

/** Says that a run ends with one of the expected outcomes. */
export const nothingElse = 'every run ends with an expected outcome';

/** The litmus test as a mechanism that can be explored, with {@link nothingElse} and {@link never} of each expected outcome. */
export function mechanismOf(test: Litmus, memory: 'sc' | 'tso'): Mechanism {
  const outcomes = expectedOutcomes(test, memory);
  const properties = [
    eventually(nothingElse, or(...outcomes.map((outcome) => isOutcome(test, outcome)))),
    ...outcomes.map((outcome) => eventually(never(outcome), not(isOutcome(test, outcome)))),
  ];
  const { cpus } = test.model;
  return mechanism({
    name: 'litmus',
    summary: test.name,
    options: [],
    variants: [[]],
    cpus: { least: cpus, most: cpus },
    build: () => ({ ...test.model, properties }),
  });
}
