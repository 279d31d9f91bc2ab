/** What a search has come to: its refutation, or what only all states together show, in runs that never end. */

import type { Verdict } from './exploration.js';
import type { Machine } from './machine/machine.js';
import type { Bound } from './machine/outcome.js';
import type { SearchBound, SearchOptions, SearchResult } from './search/breadth-first.js';
import { cyclesOf, findStuck } from './search/cycles.js';
import { findFairCycle } from './search/fair-cycle.js';
import { graphOf } from './search/graph.js';
import { createRest, isOutOfMemory } from './search/pause.js';
import { type Way, wayAlong, wayTo } from './search/trace.js';

/** What a search, and the questions about cycles after it, have come to. */
export interface Finding {
  readonly verdict: Verdict;
  readonly scope?: 'total' | 'partial';
  /** Of a deadlock: the CPUs that can never move again. */
  readonly stuck?: readonly number[];
  readonly property?: string;
  readonly bounds?: readonly (SearchBound | Bound)[];
  readonly way?: Way;
  readonly cycle?: Way;
}

/** The verdict: what the search refuted, or what its whole graph refutes, or which bound leaves it open. */
export async function judge(machine: Machine, search: SearchResult, options: SearchOptions): Promise<Finding> {
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
  { table, transitions: count }: SearchResult,
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
