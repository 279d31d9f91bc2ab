/** Explores a mechanism: all interleavings, and the shortest counterexample where there is one. */

import { explain } from './explain.js';
import type { Exploration, Verdict } from './exploration.js';
import { pictureOf } from './machine/describe.js';
import { createMachine, type Machine } from './machine/machine.js';
import type { Bound } from './machine/outcome.js';
import type { Mechanism } from './model/mechanism.js';
import type { MemoryModel } from './model/model.js';
import {
  type SearchBound,
  type SearchOptions,
  type SearchProgress,
  searchBreadthFirst,
} from './search/breadth-first.js';
import { cyclesOf, findStuck } from './search/cycles.js';
import { findFairCycle } from './search/fair-cycle.js';
import { graphOf } from './search/graph.js';
import { createRest, isOutOfMemory } from './search/pause.js';
import { type Way, wayAlong, wayTo } from './search/trace.js';
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

/** What a search, and the questions about cycles after it, have come to. */
interface Finding {
  readonly verdict: Verdict;
  readonly scope?: 'total' | 'partial';
  /** Of a deadlock: the CPUs that can never move again. */
  readonly stuck?: readonly number[];
  readonly property?: string;
  readonly bounds?: readonly (SearchBound | Bound)[];
  readonly way?: Way;
  readonly cycle?: Way;
}

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

async function judge(
  machine: Machine,
  search: Awaited<ReturnType<typeof searchBreadthFirst>>,
  options: SearchOptions,
): Promise<Finding> {
  const { table, refutation } = search;
  if (refutation !== undefined) {
    const way = wayTo(machine, table, refutation.state, 'transition' in refutation ? refutation.transition : undefined);
    switch (refutation.kind) {
      case 'violated':
        return { verdict: 'violated', property: refutation.property, way };
      case 'deadlock':
        return { verdict: 'deadlock', scope: refutation.scope, way };
      case 'contract':
        return { verdict: 'contract', way };
    }
  }
  const bounds = [...(search.bound === undefined ? [] : [search.bound]), ...machine.bounds];
  // Cycles of a part of the states are cycles; but who moves in it may be excused beyond it.
  if (search.bound === undefined && search.mayCycle) {
    try {
      const found = await judgeCycles(machine, search, options);
      if (found !== undefined) return found;
    } catch (error) {
      const bound = error instanceof StoppedError ? 'stopped' : isOutOfMemory(error) ? 'memory' : undefined;
      if (bound === undefined) throw error;
      bounds.push(bound);
    }
  }
  return bounds.length > 0 ? { verdict: 'incomplete', bounds } : { verdict: 'safe' };
}

/** The search was told to stop while it looked for cycles. */
class StoppedError extends Error {}

async function judgeCycles(
  machine: Machine,
  { table, transitions: count }: Awaited<ReturnType<typeof searchBreadthFirst>>,
  { properties, signal }: SearchOptions,
): Promise<Finding | undefined> {
  const rest = createRest();
  const pause = async (): Promise<void> => {
    await rest();
    if (signal?.aborted === true) throw new StoppedError('stopped');
  };
  const graph = await graphOf(machine, table, count, pause);
  const components = cyclesOf(graph);
  // Without a cycle every run ends in a final state, and the search has looked at those.
  if (components === undefined) return undefined;
  const stuck = findStuck(machine, table, graph, components);
  if (stuck !== undefined) {
    const { state, cpus } = stuck;
    return { verdict: 'deadlock', scope: 'partial', stuck: cpus, way: wayTo(machine, table, state) };
  }
  await pause();
  const packed = new Int32Array(machine.fields.words);
  const values = new Int32Array(machine.fields.length);
  const statesWhere = (test: (values: Int32Array) => boolean): Uint8Array => {
    const marked = new Uint8Array(graph.states);
    for (let state = 0; state < graph.states; state++) {
      table.read(state, packed);
      machine.fields.unpack(packed, 0, values);
      // Nobody knows what would come of an interrupt that finds no room: such a state refutes nothing.
      if (test(values) && !machine.crowded(values)) marked[state] = 1;
    }
    return marked;
  };
  const around = (
    marked: Uint8Array,
    transition: (entry: number) => boolean,
  ): Pick<Finding, 'way' | 'cycle'> | undefined => {
    const cycle = findFairCycle(machine, table, graph, { state: (state) => marked[state] === 1, transition });
    if (cycle === undefined) return undefined;
    const way = wayTo(machine, table, cycle.state);
    let at = cycle.state;
    const transitions = cycle.entries.map((entry) => {
      const number = entry - (graph.rows[at] as number);
      at = graph.targets[entry] as number;
      return number;
    });
    return { way, cycle: wayAlong(machine, way.end, transitions) };
  };
  for (const { name, holds } of machine.properties.eventually) {
    if (properties?.has(name) === false) continue;
    const found = around(
      statesWhere((state) => !holds(state)),
      () => true,
    );
    if (found !== undefined) return { verdict: 'violated', property: name, ...found };
    await pause();
  }
  const found = around(
    statesWhere((state) => !machine.idle(state)),
    (entry) => ((graph.marks[entry] as number) & 1) === 0,
  );
  return found === undefined ? undefined : { verdict: 'livelock', ...found };
}
