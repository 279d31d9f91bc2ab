/** Cycles that a run can stay in for ever without neglecting anybody (docs/machine.md, Verdicts). */

import type { Machine } from '../machine/machine.js';
import { byComponent, isLoop, unpacker } from './cycles.js';
import { componentsOf, type Graph, type Part } from './graph.js';
import type { StateTable } from './state-table.js';

/** A fair cycle: the first state of it that the search met, and the entries of the graph that lead around. */
export interface FairCycle {
  readonly state: number;
  readonly entries: readonly number[];
}

/** A component, by the states in it, and whether a transition stays within. */
interface Region {
  readonly states: Int32Array;
  readonly inside: (entry: number) => boolean;
}

/** The fair cycle within a part whose first state the search met first, if there is one. */
export function findFairCycle(machine: Machine, table: StateTable, graph: Graph, part: Part): FairCycle | undefined {
  const unpack = unpacker(machine, table);
  const fair = fairRegions(machine, unpack, graph, part).sort(
    (left, right) => (left.states[0] as number) - (right.states[0] as number),
  );
  const [first] = fair;
  if (first === undefined) return undefined;
  return { state: first.states[0] as number, entries: wayAround(machine, unpack, graph, first) };
}

/**
 * The components that a fair run can stay in. One that owes a group a move may hold a smaller one that does not, since
 * the group has no turn there: those are looked for among the states without such a turn.
 */
function fairRegions(
  machine: Machine,
  unpack: (state: number) => Int32Array,
  graph: Graph,
  part: Part,
): readonly Region[] & Region[] {
  const { component, count } = componentsOf(graph, part);
  const { members, starts } = byComponent(component, count);
  const found: Region[] = [];
  const left = new Uint8Array(graph.states);
  let some = false;
  for (let own = 0; own < count; own++) {
    const states = members.subarray(starts[own] as number, starts[own + 1] as number);
    if (states.length === 1 && !isLoop(graph, part, states[0] as number)) continue;
    const inside = (entry: number): boolean =>
      part.transition(entry) && component[graph.targets[entry] as number] === own;
    const owed = owedIn(machine, unpack, graph, { states, inside });
    if (owed.length === 0) {
      found.push({ states, inside });
      continue;
    }
    for (const state of states) {
      const values = unpack(state);
      if (owed.some((group) => machine.fairness.hasTurn(values, group))) continue;
      left[state] = 1;
      some = true;
    }
  }
  if (!some) return found;
  const rest: Part = { state: (state) => left[state] === 1, transition: part.transition };
  return [...found, ...fairRegions(machine, unpack, graph, rest)];
}

/** The groups that a run neglects which visits all of a component for ever. */
function owedIn(
  { fairness }: Machine,
  unpack: (state: number) => Int32Array,
  graph: Graph,
  { states, inside }: Region,
): readonly number[] {
  const ledger = createLedger(fairness);
  for (const state of states) {
    ledger.visit(unpack(state));
    for (let entry = graph.rows[state] as number; entry < (graph.rows[state + 1] as number); entry++) {
      if (inside(entry)) ledger.move(graph.groups[entry] as number);
    }
    if (ledger.settled()) return [];
  }
  return ledger.owed();
}

/** Keeps who is owed a move, as a run goes on. */
interface Ledger {
  readonly visit: (values: Int32Array) => void;
  readonly move: (group: number) => void;
  /** Whether nobody can be owed anything any more. */
  readonly settled: () => boolean;
  readonly owed: () => readonly number[];
}

function createLedger(fairness: Machine['fairness']): Ledger {
  // Ready in all states so far, and had no move; had a turn.
  const ready = new Set(Array.from({ length: fairness.groups }, (_, group) => group));
  const turn = new Set<number>();
  return {
    visit(values) {
      for (const group of ready) {
        if (!fairness.isReady(values, group)) ready.delete(group);
        else if (!turn.has(group) && fairness.hasTurn(values, group)) turn.add(group);
      }
    },
    move(group) {
      ready.delete(group);
    },
    settled: () => ready.size === 0,
    owed: () => [...ready].filter((group) => turn.has(group)),
  };
}

/** A way from a component's first state back to it, long enough that it is fair by itself. */
function wayAround(
  { fairness }: Machine,
  unpack: (state: number) => Int32Array,
  graph: Graph,
  { states, inside }: Region,
): readonly number[] {
  const start = states[0] as number;
  const entries: number[] = [];
  const ledger = createLedger(fairness);
  let at = start;
  ledger.visit(unpack(start));
  const walk = (way: readonly number[]): void => {
    for (const entry of way) {
      at = graph.targets[entry] as number;
      ledger.move(graph.groups[entry] as number);
      ledger.visit(unpack(at));
      entries.push(entry);
    }
  };
  const goHome = (): void => {
    if (at !== start) walk(shortest(graph, inside, at, (entry) => graph.targets[entry] === start));
  };
  // One transition at least, and home; then to whatever excuses each group that would be neglected, and home again.
  walk(shortest(graph, inside, at, () => true));
  goHome();
  for (let [group] = ledger.owed(); group !== undefined; [group] = ledger.owed()) {
    const debt = group;
    const way = shortest(graph, inside, at, (entry) => {
      return graph.groups[entry] === debt || !fairness.isReady(unpack(graph.targets[entry] as number), debt);
    });
    if (way.length === 0) break;
    walk(way);
    goHome();
  }
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
