/** Explores a mechanism: all interleavings, and the shortest counterexample where there is one. */

import { explain } from './explain.js';
import type { Exploration } from './exploration.js';
import { judge } from './judge.js';
import { pictureOf } from './machine/describe.js';
import { createMachine } from './machine/machine.js';
import type { Mechanism } from './model/mechanism.js';
import type { MemoryModel } from './model/model.js';
import { type SearchOptions, type SearchProgress, searchBreadthFirst } from './search/breadth-first.js';
import { settle } from './settle.js';

/** What may be told to an exploration. */
export interface ExploreOptions {
  /** CPUs; 2 unless told (or the fewest that the mechanism makes sense for). */
  readonly cpus?: number;
  /** Options of the mechanism. */
  readonly options?: readonly string[];
  /** `sc` unless told. */
  readonly memory?: MemoryModel;
  /** The search ends as `incomplete` where it would meet more states; 50 million unless told. */
  readonly maxStates?: number;
  /** Execute steps on registers together with the transition before them; yes unless told. Verdicts are the same without. */
  readonly fold?: boolean;
  /** End with verdict `contract` at the first breach of the kernel's rules. */
  readonly stopAtContract?: boolean;
  /** Ask these properties only (and for deadlock and livelock). */
  readonly properties?: readonly string[];
  /** Ends the search with what it has found. */
  readonly signal?: AbortSignal;
  /** Called a few times a second while the search runs. */
  readonly onProgress?: (progress: SearchProgress) => void;
}

const usualMaxStates = 50_000_000;

/**
 * Explores all interleavings of a mechanism (docs/machine.md says what is searched and what the verdicts mean).
 *
 * Throws {@link MechanismError}, with the place, where the mechanism is malformed or the options do not fit it.
 *
 * ```ts
 * const { verdict, trace } = await explore(linuxSmpCall, { options: ['irqs-off'] });
 * ```
 */
export async function explore(mechanism: Mechanism, options: ExploreOptions = {}): Promise<Exploration> {
  const start = performance.now();
  const { setting, model } = settle(mechanism, options);
  const machine = createMachine(model, setting.memory, { fold: options.fold ?? true });
  const searchOptions: SearchOptions = {
    maxStates: options.maxStates ?? usualMaxStates,
    stopAtContract: options.stopAtContract ?? false,
    properties: options.properties === undefined ? undefined : new Set(options.properties),
    signal: options.signal,
    onProgress: options.onProgress,
  };
  const search = await searchBreadthFirst(machine, searchOptions);
  const found = await judge(machine, search, searchOptions);
  const { verdict, scope, property = null, way, cycle } = found;
  const trace = way?.entries ?? [];
  const end = way === undefined ? undefined : pictureOf(machine, way.end);
  const unfinished = (end?.cpus ?? []).filter(({ finished }) => !finished).map(({ cpu }) => cpu);
  const result = {
    mechanism: mechanism.name,
    cpus: setting.cpus,
    options: [...setting.options],
    memory: setting.memory,
    verdict,
    scope,
    stuck: verdict === 'deadlock' ? (found.stuck ?? unfinished) : [],
    property,
    properties: model.properties.map(({ name }) => name).filter((name) => options.properties?.includes(name) ?? true),
    contract: search.breaches,
    states: search.levels.at(-1) ?? 0,
    transitions: search.transitions,
    depth: verdict === 'safe' || verdict === 'incomplete' ? search.levels.length - 2 : trace.length,
    seconds: (performance.now() - start) / 1000,
    trace,
    cycle: cycle?.entries ?? [],
    end,
  };
  return { ...result, explanation: explain(result, found.bounds ?? []) };
}
