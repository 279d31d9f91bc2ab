/** Questions about runs that never end: fair cycles, and CPUs that can never move again. */

import type { Machine } from '../machine/machine.js';
import { type Components, componentsOf, type Graph, type Part } from './graph.js';
import type { StateTable } from './state-table.js';

/** A fair cycle: the first state of it that the search met, and the entries of the graph that lead around. */
export interface FairCycle {
  readonly state: number;
  readonly entries: readonly number[];
}

/** The whole graph. */
const everywhere: Part = { state: () => true, transition: () => true };

/** The components of a whole graph; undefined where it has no cycle. */
export function cyclesOf(graph: Graph): Components | undefined {
  const components = componentsOf(graph, everywhere);
  return components.count === graph.states && !hasLoop(graph, everywhere) ? undefined : components;
}

/** The state that the search met first from which a CPU that has not finished can never move again, if there is one. */
export function findStuck(
  machine: Machine,
  table: StateTable,
  graph: Graph,
  components: Components,
): { readonly state: number; readonly cpu: number } | undefined {
  const { component, count } = components;
  /** By component: bits of the CPUs that move in it or after it. */
  const moving = new Int32Array(count);
  const { members, starts } = byComponent(component, count);
  // Transitions lead to lower numbers: those are known already.
  for (let own = 0; own < count; own++) {
    let bits = 0;
    for (let member = starts[own] as number; member < (starts[own + 1] as number); member++) {
      const state = members[member] as number;
      for (let entry = graph.rows[state] as number; entry < (graph.rows[state + 1] as number); entry++) {
        const cpu = ((graph.marks[entry] as number) >> 1) - 1;
        if (cpu >= 0) bits |= 1 << cpu;
        const after = component[graph.targets[entry] as number] as number;
        if (after !== own) bits |= moving[after] as number;
      }
    }
    moving[own] = bits;
  }
  const unpack = unpacker(machine, table);
  const all = 2 ** machine.model.cpus - 1;
  for (let state = 0; state < graph.states; state++) {
    const missing = all & ~(moving[component[state] as number] as number);
    if (missing === 0) continue;
    const values = unpack(state);
    for (let cpu = 0; cpu < machine.model.cpus; cpu++) {
      if ((missing >> cpu) & 1 && !machine.finished(values, cpu)) return { state, cpu };
    }
  }
  return undefined;
}

/** The fair cycle within a part whose first state the search met first, if there is one. */
export function findFairCycle(machine: Machine, table: StateTable, graph: Graph, part: Part): FairCycle | undefined {
  const { component, count } = componentsOf(graph, part);
  const unpack = unpacker(machine, table);
  const { members, starts } = byComponent(component, count);
  const candidates: Int32Array[] = [];
  for (let own = 0; own < count; own++) {
    const from = starts[own] as number;
    const to = starts[own + 1] as number;
    if (to - from > 1 || isLoop(graph, part, members[from] as number)) candidates.push(members.subarray(from, to));
  }
  candidates.sort((left, right) => (left[0] as number) - (right[0] as number));
  for (const states of candidates) {
    if (!isFair(machine, unpack, graph, part, component, states)) continue;
    const state = states[0] as number;
    return { state, entries: wayAround(graph, part, component, state, machine, unpack) };
  }
  return undefined;
}

/** States by component, ascending: those of component c are the members from `starts[c]` to `starts[c + 1]`. */
function byComponent(
  component: Int32Array,
  count: number,
): { readonly members: Int32Array; readonly starts: Int32Array } {
  const starts = new Int32Array(count + 1);
  for (let state = 0; state < component.length; state++) {
    const own = component[state] as number;
    if (own >= 0) starts[own + 1] = (starts[own + 1] as number) + 1;
  }
  for (let own = 0; own < count; own++) starts[own + 1] = (starts[own + 1] as number) + (starts[own] as number);
  const members = new Int32Array(starts[count] as number);
  const next = starts.slice();
  for (let state = 0; state < component.length; state++) {
    const own = component[state] as number;
    if (own < 0) continue;
    const slot = next[own] as number;
    members[slot] = state;
    next[own] = slot + 1;
  }
  return { members, starts };
}

function hasLoop(graph: Graph, part: Part): boolean {
  for (let state = 0; state < graph.states; state++) if (isLoop(graph, part, state)) return true;
  return false;
}

function unpacker(machine: Machine, table: StateTable): (state: number) => Int32Array {
  const packed = new Int32Array(machine.fields.words);
  const values = new Int32Array(machine.fields.length);
  return (state) => {
    table.read(state, packed);
    machine.fields.unpack(packed, 0, values);
    return values;
  };
}

function isLoop({ rows, targets }: Graph, part: Part, state: number): boolean {
  for (let entry = rows[state] as number; entry < (rows[state + 1] as number); entry++) {
    if (targets[entry] === state && part.transition(entry)) return true;
  }
  return false;
}

/** Whether a run that visits all of a component for ever neglects nobody. */
function isFair(
  machine: Machine,
  unpack: (state: number) => Int32Array,
  graph: Graph,
  part: Part,
  component: Int32Array,
  states: Int32Array,
): boolean {
  const ready = new Uint8Array(machine.fairness.groups).fill(1);
  const own = component[states[0] as number];
  for (const state of states) {
    machine.fairness.retain(unpack(state), ready);
    for (let entry = graph.rows[state] as number; entry < (graph.rows[state + 1] as number); entry++) {
      const group = graph.groups[entry] as number;
      if (group >= 0 && part.transition(entry) && component[graph.targets[entry] as number] === own) ready[group] = 0;
    }
    if (!ready.includes(1)) return true;
  }
  return false;
}

/** A way from a state back to itself within its component, long enough that it is fair by itself. */
function wayAround(
  graph: Graph,
  part: Part,
  component: Int32Array,
  start: number,
  machine: Machine,
  unpack: (state: number) => Int32Array,
): readonly number[] {
  const own = component[start];
  const inside = (entry: number): boolean =>
    part.transition(entry) && component[graph.targets[entry] as number] === own;
  const entries: number[] = [];
  let at = start;
  const ready = new Uint8Array(machine.fairness.groups).fill(1);
  const walk = (way: readonly number[]): void => {
    for (const entry of way) {
      const group = graph.groups[entry] as number;
      if (group >= 0) ready[group] = 0;
      at = graph.targets[entry] as number;
      machine.fairness.retain(unpack(at), ready);
      entries.push(entry);
    }
  };
  machine.fairness.retain(unpack(start), ready);
  // One transition at least, then to whatever excuses each group that would be neglected, and home.
  const next = (): ((entry: number) => boolean) | undefined => {
    if (entries.length === 0) return () => true;
    const group = ready.indexOf(1);
    if (group < 0) return undefined;
    return (entry) => {
      if (graph.groups[entry] === group) return true;
      const only = new Uint8Array(ready.length);
      only[group] = 1;
      machine.fairness.retain(unpack(graph.targets[entry] as number), only);
      return only[group] === 0;
    };
  };
  for (let goal = next(); goal !== undefined; goal = next()) {
    const way = shortest(graph, inside, at, goal);
    if (way.length === 0) break;
    walk(way);
  }
  if (at !== start) walk(shortest(graph, inside, at, (entry) => graph.targets[entry] === start));
  return entries;
}

/** The shortest way from a state whose last entry is a goal. */
function shortest(
  { rows, targets }: Graph,
  inside: (entry: number) => boolean,
  from: number,
  goal: (entry: number) => boolean,
): readonly number[] {
  const cameBy = new Map<number, { readonly entry: number; readonly before: number }>();
  let level = [from];
  const back = (state: number): readonly number[] => {
    const way: number[] = [];
    for (let step = cameBy.get(state); step !== undefined; step = cameBy.get(step.before)) {
      way.unshift(step.entry);
      if (step.before === from) break;
    }
    return way;
  };
  while (level.length > 0) {
    const following: number[] = [];
    for (const state of level) {
      for (let entry = rows[state] as number; entry < (rows[state + 1] as number); entry++) {
        if (!inside(entry)) continue;
        if (goal(entry)) return [...(state === from ? [] : back(state)), entry];
        const target = targets[entry] as number;
        if (target === from || cameBy.has(target)) continue;
        cameBy.set(target, { entry, before: state });
        following.push(target);
      }
    }
    level = following;
  }
  return [];
}
