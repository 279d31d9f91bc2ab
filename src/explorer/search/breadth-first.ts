/**
 * The search: all states, level by level, until something is refuted, nothing is left, or a bound is reached.
 *
 * A level is always finished, so that what is counted does not depend on the order within it.
 */

import type { Breach } from '../exploration.js';
import type { Machine } from '../machine/machine.js';
import { createRest, isOutOfMemory } from './pause.js';
import { createStateTable, type StateTable } from './state-table.js';

/** What was refuted, and where: in a state, or on the transition from it with that number. */
export type Refutation =
  | { readonly kind: 'violated'; readonly property: string; readonly state: number; readonly transition?: number }
  | { readonly kind: 'deadlock'; readonly scope: 'total' | 'partial'; readonly state: number }
  | { readonly kind: 'contract'; readonly state: number; readonly transition: number };

/** How far a search has come. */
export interface SearchProgress {
  readonly states: number;
  readonly transitions: number;
  readonly depth: number;
  readonly seconds: number;
  /** Bytes of the states and their index. */
  readonly bytes: number;
}

/** How a search goes. */
export interface SearchOptions {
  readonly maxStates: number;
  readonly stopAtContract: boolean;
  /** Names of properties that are asked; all, where it is undefined. */
  readonly properties: ReadonlySet<string> | undefined;
  readonly signal: AbortSignal | undefined;
  /** Called a few times a second. */
  readonly onProgress: ((progress: SearchProgress) => void) | undefined;
}

/** What ended a search early. */
export type SearchBound = 'states' | 'memory' | 'stopped';

/** What a search has found. */
export interface SearchResult {
  readonly table: StateTable;
  /** Number of the first state of each level, and at the end the number of states. */
  readonly levels: readonly number[];
  readonly transitions: number;
  readonly refutation: Refutation | undefined;
  readonly breaches: readonly Breach[];
  readonly bound: SearchBound | undefined;
  /** Whether some transition leads to a state of its own level or one before: without any there is no cycle. */
  readonly mayCycle: boolean;
}

/** Milliseconds between two reports of progress. */
const reportEvery = 200;

/** Searches all states of a machine. Throws {@link MechanismError} where the mechanism errs. */
export async function searchBreadthFirst(machine: Machine, options: SearchOptions): Promise<SearchResult> {
  const { fields } = machine;
  const asked = ({ name }: { readonly name: string }): boolean => options.properties?.has(name) ?? true;
  const always = machine.properties.always.filter(asked);
  const eventually = machine.properties.eventually.filter(asked);
  const askedIndex = machine.model.properties.map(asked);
  const table = createStateTable(fields.words);
  const packed = new Int32Array(fields.words);
  const state = new Int32Array(fields.length);
  const breaches = new Map<string, { readonly breach: Breach; readonly depth: number }>();
  const everyCpu = Array.from({ length: machine.model.cpus }, (_, cpu) => cpu);
  const start = performance.now();
  let transitions = 0;
  let mayCycle = false;
  /** Found on the transitions to the next level, and in the states of this one. */
  let ahead: Refutation | undefined;
  let here: Refutation | undefined;
  let bound: SearchBound | undefined;

  const initial = machine.initial();
  fields.pack(initial, packed, 0);
  table.add(packed, -1);
  const brokenAtStart = always.find(({ holds }) => !holds(initial));
  if (brokenAtStart !== undefined) here = { kind: 'violated', property: brokenAtStart.name, state: 0 };

  const levels = [0, 1];
  let depth = 0;
  let reported = start;
  const rest = createRest();
  const pause = async (): Promise<void> => {
    const now = performance.now();
    if (options.onProgress !== undefined && now - reported >= reportEvery) {
      reported = now;
      const seconds = (now - start) / 1000;
      options.onProgress({ states: table.count(), transitions, depth, seconds, bytes: table.bytes() });
    }
    await rest();
    if (options.signal?.aborted === true) bound = 'stopped';
  };

  const expand = (index: number, levelEnd: number): void => {
    table.read(index, packed);
    fields.unpack(packed, 0, state);
    let final = true;
    let number = -1;
    machine.successors(state, (next, transition) => {
      number++;
      transitions++;
      if (!transition.optional) final = false;
      fields.pack(next, packed, 0);
      if (table.count() >= options.maxStates && table.find(packed) < 0) {
        bound = 'states';
        return;
      }
      const added = table.add(packed, index);
      const { outcome } = transition;
      if (added >= 0) {
        if (ahead === undefined) {
          for (const { name, holds } of always) {
            if (!holds(next)) {
              ahead = { kind: 'violated', property: name, state: added };
              break;
            }
          }
        }
      } else if (~added < levelEnd) {
        mayCycle = true;
      }
      if (outcome.broken.length > 0 && ahead === undefined) {
        const broken = outcome.broken.find((property) => askedIndex[property] === true);
        const property = broken === undefined ? undefined : machine.model.properties[broken]?.name;
        if (property !== undefined) ahead = { kind: 'violated', property, state: index, transition: number };
      }
      if (outcome.breaches.length > 0) {
        for (const { rule, step } of outcome.breaches) {
          const key = `${rule}\n${step}`;
          if (!breaches.has(key)) breaches.set(key, { breach: { rule, cpu: transition.cpu, step }, depth: depth + 1 });
        }
        if (options.stopAtContract && ahead === undefined) {
          ahead = { kind: 'contract', state: index, transition: number };
        }
      }
    });
    if (!final || here !== undefined || machine.crowded(state)) return;
    const stuck = everyCpu.filter((cpu) => !machine.finished(state, cpu));
    if (stuck.length > 0) {
      here = { kind: 'deadlock', scope: stuck.length === everyCpu.length ? 'total' : 'partial', state: index };
      return;
    }
    const broken = eventually.find(({ holds }) => !holds(state));
    if (broken !== undefined) here = { kind: 'violated', property: broken.name, state: index };
  };

  try {
    while (here === undefined && ahead === undefined && bound === undefined) {
      const from = levels[depth] as number;
      const end = levels[depth + 1] as number;
      if (from === end) break;
      for (let index = from; index < end && bound === undefined; index++) {
        expand(index, end);
        if ((index & 255) === 0) await pause();
      }
      if (here !== undefined) break;
      levels.push(table.count());
      depth++;
    }
  } catch (error) {
    if (!isOutOfMemory(error)) throw error;
    bound = 'memory';
  }
  if (bound !== undefined && levels.at(-1) !== table.count()) levels.push(table.count());
  // The last level is empty when all states are known.
  while (levels.length > 2 && levels.at(-1) === levels.at(-2)) levels.pop();
  return {
    table,
    levels,
    transitions,
    refutation: here ?? ahead,
    breaches: [...breaches.values()].filter((met) => met.depth <= depth).map(({ breach }) => breach),
    bound,
    mayCycle,
  };
}
