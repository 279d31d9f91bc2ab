/** What a program keeps between firings when it is interpreted: variables and aggregations, as plain data. */

import type { DifProgram, DifVariable } from '../dif.js';
import type { AggregationEntries } from './aggregate.js';
import type { DifValue } from './interpret/context.js';
import { createSpeculations, type Speculations } from './speculations.js';
import { tupleKey } from './tuple.js';

/** An element of an associative array. */
export interface ArrayElement {
  readonly keys: readonly DifValue[];
  readonly value: DifValue;
}

/** The variables of one scope, by id. What is absent is 0 or "". */
export interface Variables {
  readonly scalars: Map<number, DifValue>;
  /** Elements by `tupleKey` of their keys. */
  readonly arrays: Map<number, Map<string, ArrayElement>>;
}

/** The state of a program that runs in the interpreter. */
export interface DifStore {
  readonly program: DifProgram;
  readonly globals: Variables;
  /** `self->` variables by thread; a thread without any is absent. */
  readonly threads: Map<bigint, Variables>;
  /** By id of the aggregation. */
  readonly aggregations: readonly AggregationEntries[];
  readonly speculations: Speculations;
  /** How many dynamic variables (elements and `self->` variables) may be in use at once. */
  readonly dynamicLimit: number;
  /** How many are. */
  dynamicCount: number;
  /** Assignments lost because of the limit since it was last set to 0. */
  dynamicDrops: number;
}

/** An empty scope. */
export function emptyVariables(): Variables {
  return { scalars: new Map(), arrays: new Map() };
}

/** The state of a program before its first firing. */
export function createDifStore(
  program: DifProgram,
  {
    dynamicLimit = Number.POSITIVE_INFINITY,
    speculations = 1,
    speculationSize = 32_768,
  }: { readonly dynamicLimit?: number; readonly speculations?: number; readonly speculationSize?: number } = {},
): DifStore {
  return {
    program,
    globals: emptyVariables(),
    threads: new Map(),
    aggregations: program.aggregations.map(() => new Map()),
    speculations: createSpeculations(speculations, speculationSize),
    dynamicLimit,
    dynamicCount: 0,
    dynamicDrops: 0,
  };
}

/** Forgets the `self->` variables of a thread that has ended. */
export function forgetThread(store: DifStore, thread: bigint): void {
  const variables = store.threads.get(thread);
  if (variables === undefined) return;
  store.threads.delete(thread);
  store.dynamicCount -= dynamicIn(variables);
}

function dynamicIn(thread: Variables): number {
  let count = thread.scalars.size;
  for (const elements of thread.arrays.values()) count += elements.size;
  return count;
}

/** Reads variables as one firing sees them. `clause` holds its `this->` variables. */
export function readVariable(
  store: DifStore,
  thread: bigint,
  clause: Variables,
  id: number,
  keys?: readonly DifValue[],
): DifValue | undefined {
  const scope = scopeOf(store, thread, clause, variable(store, id));
  if (keys === undefined) return scope?.scalars.get(id);
  return scope?.arrays.get(id)?.get(tupleKey(keys))?.value;
}

/** Assigns a variable or, with keys, an element; 0 and "" give the storage of a dynamic variable back. */
export function writeVariable(
  store: DifStore,
  thread: bigint,
  clause: Variables,
  id: number,
  value: DifValue,
  keys?: readonly DifValue[],
): void {
  const { scope } = variable(store, id);
  let variables = scopeOf(store, thread, clause, { scope });
  const isZero = value === 0n || value === '';
  if (variables === undefined) {
    if (isZero) return;
    variables = emptyVariables();
    store.threads.set(thread, variables);
  }
  if (keys === undefined && scope !== 'thread') {
    variables.scalars.set(id, value);
    return;
  }
  if (keys === undefined) assignDynamic(store, variables.scalars, id, isZero ? undefined : value);
  else {
    const elements = variables.arrays.get(id) ?? new Map<string, ArrayElement>();
    variables.arrays.set(id, elements);
    assignDynamic(store, elements, tupleKey(keys), isZero ? undefined : { keys, value });
    if (elements.size === 0) variables.arrays.delete(id);
  }
  if (scope === 'thread' && variables.scalars.size === 0 && variables.arrays.size === 0) store.threads.delete(thread);
}

function variable(store: DifStore, id: number): DifVariable {
  const found = store.program.variables[id];
  if (found === undefined) throw new RangeError(`the program has no variable ${id}`);
  return found;
}

function scopeOf(
  store: DifStore,
  thread: bigint,
  clause: Variables,
  { scope }: Pick<DifVariable, 'scope'>,
): Variables | undefined {
  if (scope === 'global') return store.globals;
  return scope === 'thread' ? store.threads.get(thread) : clause;
}

function assignDynamic<K, V>(store: DifStore, storage: Map<K, V>, key: K, value: V | undefined): void {
  if (value === undefined) {
    if (storage.delete(key)) store.dynamicCount -= 1;
  } else if (storage.has(key)) storage.set(key, value);
  else if (store.dynamicCount >= store.dynamicLimit) store.dynamicDrops += 1;
  else {
    storage.set(key, value);
    store.dynamicCount += 1;
  }
}
