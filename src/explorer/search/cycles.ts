/** Questions about runs that never end: fair cycles, and CPUs that can never move again. */

import type { Machine } from '../machine/machine.js';
import { type Components, componentsOf, type Graph, type Part } from './graph.js';
import type { StateTable } from './state-table.js';

/** Whether the environment may do without a transition: nothing that waits can count on it. */
const isOptional = (graph: Graph, entry: number): boolean => ((graph.marks[entry] as number) & 128) !== 0;

/** The components of a whole graph, what the environment may do without left out; undefined where it has no cycle. */
export function cyclesOf(graph: Graph): Components | undefined {
  const certain: Part = { state: () => true, transition: (entry) => !isOptional(graph, entry) };
  const components = componentsOf(graph, certain);
  return components.count === graph.states && !hasLoop(graph, certain) ? undefined : components;
}

/** The state that the search met first from which a CPU that has not finished can never move again, if there is one. */
export function findStuck(
  machine: Machine,
  table: StateTable,
  graph: Graph,
  components: Components,
): { readonly state: number; readonly cpus: readonly number[] } | undefined {
  const { component, count } = components;
  const unpack = unpacker(machine, table);
  const all = 2 ** machine.model.cpus - 1;
  const everyCpu = Array.from({ length: machine.model.cpus }, (_, cpu) => cpu);
  /** By component: bits of the CPUs that move in it or after it; all, where an interrupt finds no room: nobody knows. */
  const moving = new Int32Array(count);
  const { members, starts } = byComponent(component, count);
  // Transitions lead to lower numbers: those are known already.
  for (let own = 0; own < count; own++) {
    let bits = 0;
    for (let member = starts[own] as number; member < (starts[own + 1] as number); member++) {
      const state = members[member] as number;
      if (machine.crowded(unpack(state))) bits = all;
      for (let entry = graph.rows[state] as number; entry < (graph.rows[state + 1] as number); entry++) {
        if (isOptional(graph, entry)) continue;
        const cpu = (((graph.marks[entry] as number) & 127) >> 1) - 1;
        if (cpu >= 0) bits |= 1 << cpu;
        const after = component[graph.targets[entry] as number] as number;
        if (after !== own) bits |= moving[after] as number;
      }
    }
    moving[own] = bits;
  }
  for (let state = 0; state < graph.states; state++) {
    const missing = all & ~(moving[component[state] as number] as number);
    if (missing === 0) continue;
    const values = unpack(state);
    const cpus = everyCpu.filter((cpu) => (missing >> cpu) & 1 && !machine.finished(values, cpu));
    if (cpus.length > 0) return { state, cpus };
  }
  return undefined;
}

/** States by component, ascending: those of component c are the members from `starts[c]` to `starts[c + 1]`. */
export function byComponent(
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

/** Makes the function that gives a state's values, in a vector that is used again. */
export function unpacker(machine: Machine, table: StateTable): (state: number) => Int32Array {
  const packed = new Int32Array(machine.fields.words);
  const values = new Int32Array(machine.fields.length);
  return (state) => {
    table.read(state, packed);
    machine.fields.unpack(packed, 0, values);
    return values;
  };
}

/** Whether a transition of the part leads from a state to itself. */
export function isLoop({ rows, targets }: Graph, part: Part, state: number): boolean {
  for (let entry = rows[state] as number; entry < (rows[state + 1] as number); entry++) {
    if (targets[entry] === state && part.transition(entry)) return true;
  }
  return false;
}
