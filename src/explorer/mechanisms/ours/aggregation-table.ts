/** Tables of an aggregation with keys: the one that ships, and two that firings which nest may share. */

import {
  add,
  and,
  type Expression,
  equal,
  multiply,
  notEqual,
  type Operand,
  or,
  subtract,
  sum,
  value,
  when,
} from '../../model/expression.js';
import type { StepList } from '../../model/step.js';
import { atomic, compute, label, load, store, waitUntil } from '../../model/steps.js';
import { at, type Local, local, shared, type Variable } from '../../model/variable.js';

/** Keys of the model; each is a tuple of two words where words matter, and the second begins as the first does. */
export const keys = [1, 2] as const;
/** A key of the model. */
export type Key = (typeof keys)[number];
const wordsOf = (key: Key): readonly [number, number] => (key === 1 ? [1, 1] : [1, 0]);

/** The most that an entry's data can hold. */
export const mostCounted = 8;

/** A kind of table, in memory for all areas. */
export interface Table {
  readonly variables: readonly Variable[];
  /** Adds 1 to the entry of a key in an area, and makes the entry where there is none. */
  readonly update: (area: Expression, key: Key) => StepList;
  /** For properties: what an area holds for a key, all of its entries together, as the consumer merges them. */
  readonly holds: (area: number, key: Key) => Expression;
}

/** How many areas there are, and entries in each; an area has room for an entry a firing. */
export interface TableSize {
  readonly areas: number;
  readonly capacity: number;
}

const entry = local('entry', { max: 4 });
const bucket = local('bucket', { max: 4 });
const old = local('old', { max: mostCounted });
const each = (length: number): readonly number[] => Array.from({ length }, (_, index) => index);

/**
 * What ships: a count of entries, an index of buckets (entry number plus 1), and entries, all by plain loads and
 * stores. Stands for emitFind() and emitUpdate() of src/d/codegen/aggregation.ts. Both keys hash to the first bucket.
 */
export function indexedTable({ areas, capacity }: TableSize): Table {
  const count = shared('count', { size: areas, max: capacity });
  const index = shared('index', { size: areas * capacity, max: capacity });
  const tuples = shared('keys', { size: areas * capacity, max: 2 });
  const data = shared('data', { size: areas * capacity, max: mostCounted });
  const of = (variable: Variable, area: Operand, number: Operand) =>
    at(variable, add(multiply(area, capacity), number));
  return {
    variables: [count, index, tuples, data],
    update: (area, key) => {
      const mine = subtract(entry, 1);
      return [
        label('probe'),
        load('read the bucket', of(index, area, bucket), entry, { goTo: [[equal(value, 0), 'insert']] }),
        load('compare the key', of(tuples, area, mine), undefined, {
          set: [[bucket, when(equal(value, key), bucket, add(bucket, 1))]],
          goTo: [
            [equal(value, key), 'found'],
            [1, 'probe'],
          ],
        }),
        label('insert'),
        load('read the count of entries', at(count, area), entry),
        store('raise the count of entries', at(count, area), add(entry, 1), { set: [[entry, add(entry, 1)]] }),
        store('point the bucket at the entry', of(index, area, bucket), entry),
        store('write the key', of(tuples, area, mine), key),
        label('found'),
        load('read the data', of(data, area, mine), old),
        store('write the data', of(data, area, mine), add(old, 1), { set: forget }),
      ];
    },
    holds: (area, key) =>
      sum(...each(capacity).map((number) => when(equal(of(tuples, area, number), key), of(data, area, number), 0))),
  };
}

const forget: readonly (readonly [Local, Operand])[] = [
  [bucket, 0],
  [entry, 0],
  [old, 0],
];

/** Entries claimed by compare-and-exchange of a key of one word; data added to by one locked instruction. */
export function claimedTable({ areas, capacity }: TableSize): Table {
  const tuples = shared('keys', { size: areas * capacity, max: 2 });
  const data = shared('data', { size: areas * capacity, max: mostCounted });
  const of = (variable: Variable, area: Operand, number: Operand) =>
    at(variable, add(multiply(area, capacity), number));
  return {
    variables: [tuples, data],
    update: (area, key) => [
      label('probe'),
      load('read the key of an entry', of(tuples, area, entry), undefined, {
        goTo: [
          [equal(value, key), 'found'],
          [notEqual(value, 0), 'next'],
        ],
      }),
      atomic('claim the entry by its key', of(tuples, area, entry), when(equal(value, 0), key, value), {
        goTo: [[or(equal(value, 0), equal(value, key)), 'found']],
      }),
      label('next'),
      compute('look at the next entry', [[entry, add(entry, 1)]], { goTo: 'probe' }),
      label('found'),
      atomic('add to the data', of(data, area, entry), add(value, 1), { set: [[entry, 0]] }),
    ],
    holds: (area, key) =>
      sum(...each(capacity).map((number) => when(equal(of(tuples, area, number), key), of(data, area, number), 0))),
  };
}

/** What a firing does that meets an entry whose key is not yet written. */
export type HalfClaimed = 'skip' | 'trust' | 'await';

/**
 * Entries claimed before their key of two words is written: 0 free, 1 claimed, 2 written. Who meets a claimed one
 * `skip`s it and makes an entry of its own, which the consumer merges; or, wrongly, compares with the key as it is
 * (`trust`), or waits (`await`).
 */
export function halfClaimedTable({ areas, capacity }: TableSize, meeting: HalfClaimed): Table {
  const states = shared('states', { size: areas * capacity, max: 2 });
  const first = shared('first words', { size: areas * capacity, max: 1 });
  const second = shared('second words', { size: areas * capacity, max: 1 });
  const data = shared('data', { size: areas * capacity, max: mostCounted });
  const of = (variable: Variable, area: Operand, number: Operand) =>
    at(variable, add(multiply(area, capacity), number));
  const met = { skip: 'next', trust: 'compare', await: 'await' }[meeting];
  return {
    variables: [states, first, second, data],
    update: (area, key) => {
      const [one, two] = wordsOf(key);
      return [
        label('probe'),
        load('read the state of an entry', of(states, area, entry), undefined, {
          goTo: [
            [equal(value, 0), 'claim'],
            [equal(value, 1), met],
          ],
        }),
        label('compare'),
        load('compare the first word', of(first, area, entry), undefined, { goTo: [[notEqual(value, one), 'next']] }),
        load('compare the second word', of(second, area, entry), undefined, { goTo: [[equal(value, two), 'found']] }),
        label('next'),
        compute('look at the next entry', [[entry, add(entry, 1)]], { goTo: 'probe' }),
        ...(meeting === 'await'
          ? [
              label('await'),
              waitUntil('wait until the key is written', of(states, area, entry), equal(value, 2), { goTo: 'compare' }),
            ]
          : []),
        label('claim'),
        atomic('claim the entry', of(states, area, entry), when(equal(value, 0), 1, value), {
          goTo: [[notEqual(value, 0), 'probe']],
        }),
        store('write the first word', of(first, area, entry), one),
        store('write the second word', of(second, area, entry), two),
        store('say that the key is written', of(states, area, entry), 2),
        label('found'),
        atomic('add to the data', of(data, area, entry), add(value, 1), { set: [[entry, 0]] }),
      ];
    },
    holds: (area, key) =>
      sum(
        ...each(capacity).map((number) =>
          when(
            and(equal(of(first, area, number), wordsOf(key)[0]), equal(of(second, area, number), wordsOf(key)[1])),
            of(data, area, number),
            0,
          ),
        ),
      ),
  };
}
