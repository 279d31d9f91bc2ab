/** All transitions of a search as a graph, for questions about runs that never end. */

import type { Machine } from '../machine/machine.js';
import type { StateTable } from './state-table.js';

/** Transitions in rows: those of state s are the entries from `rows[s]` to `rows[s + 1]`. */
export interface Graph {
  readonly states: number;
  readonly rows: Int32Array;
  /** The state that each leads to. */
  readonly targets: Int32Array;
  /** The group of fairness that moves; -1 for none. */
  readonly groups: Int16Array;
  /**
   * Whether the transition has progress (bit 0), the CPU that it moves plus 1 (bits 1 to 6; 0 where a source fires), and
   * whether the environment may do without it (bit 7).
   */
  readonly marks: Uint8Array;
}

/** Makes all transitions of all states once more, and keeps them; about 7 bytes a transition. `pause` is called now and then. */
export async function graphOf(
  machine: Machine,
  table: StateTable,
  transitions: number,
  pause: () => Promise<void>,
): Promise<Graph> {
  const { fields } = machine;
  const states = table.count();
  const rows = new Int32Array(states + 1);
  const targets = new Int32Array(transitions);
  const groups = new Int16Array(transitions);
  const marks = new Uint8Array(transitions);
  const packed = new Int32Array(fields.words);
  const state = new Int32Array(fields.length);
  let entry = 0;
  for (let from = 0; from < states; from++) {
    rows[from] = entry;
    if ((from & 1023) === 0) await pause();
    table.read(from, packed);
    fields.unpack(packed, 0, state);
    machine.successors(state, (next, { kind, cpu, group, optional, outcome }) => {
      fields.pack(next, packed, 0);
      targets[entry] = table.find(packed);
      groups[entry] = group;
      marks[entry] = (outcome.progress ? 1 : 0) | ((kind === 'fire' ? 0 : cpu + 1) << 1) | (optional ? 128 : 0);
      entry++;
    });
  }
  rows[states] = entry;
  return { states, rows, targets, groups, marks };
}

/** Which states and transitions (by entry) are looked at. */
export interface Part {
  readonly state: (state: number) => boolean;
  readonly transition: (entry: number) => boolean;
}

/** Each state's strongly connected component (-1 outside of the part); transitions lead to lower or equal numbers. */
export interface Components {
  readonly component: Int32Array;
  readonly count: number;
}

/**
 * Strongly connected components of a part of a graph, by Tarjan's algorithm with a stack of its own.
 */
export function componentsOf(graph: Graph, part: Part): Components {
  const { states, rows, targets } = graph;
  const component = new Int32Array(states).fill(-1);
  const order = new Int32Array(states).fill(-1);
  const low = new Int32Array(states);
  const cursor = new Int32Array(states);
  const path: number[] = [];
  const open: number[] = [];
  let visited = 0;
  let count = 0;
  for (let root = 0; root < states; root++) {
    if (order[root] !== -1 || !part.state(root)) continue;
    path.push(root);
    while (path.length > 0) {
      const state = path.at(-1) as number;
      if (order[state] === -1) {
        order[state] = low[state] = visited++;
        cursor[state] = rows[state] as number;
        open.push(state);
      }
      const end = rows[state + 1] as number;
      let descended = false;
      for (let entry = cursor[state] as number; entry < end; entry++) {
        const target = targets[entry] as number;
        if (!part.transition(entry) || !part.state(target)) continue;
        if (order[target] === -1) {
          cursor[state] = entry;
          path.push(target);
          descended = true;
          break;
        }
        // A component that is closed has been left for good.
        if (component[target] === -1) low[state] = Math.min(low[state] as number, low[target] as number);
      }
      if (descended) continue;
      path.pop();
      if (low[state] !== order[state]) continue;
      for (;;) {
        const member = open.pop() as number;
        component[member] = count;
        if (member === state) break;
      }
      count++;
    }
  }
  return { component, count };
}
