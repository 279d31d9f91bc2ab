/** What only all states together show: partial deadlocks, livelocks, `eventually` on cycles (docs/machine.md, Verdicts). */

import { canReach, cyclicComponents, type Edge } from './graph.js';
import type { Machine } from './program.js';
import { allRest, deadlock, finishedCpus, livelock, propertyHolds, type Refutation, violated } from './questions.js';
import { item, stateOf } from './state.js';
import { readyIn } from './successors.js';

/** A transition between numbered states. */
export interface Move extends Edge {
  readonly cpu: number;
  /** A transition of the CPU; not so for a fire. */
  readonly byCpu: boolean;
  readonly mover: string;
  readonly progress: boolean;
}

/** All states (by number) and all transitions between them. */
export interface StateGraph {
  readonly machine: Machine;
  readonly keys: readonly string[];
  readonly moves: readonly Move[];
}

function isFair({ machine, keys }: StateGraph, component: readonly Move[]): boolean {
  const moved = new Set(component.map(({ mover }) => mover));
  let starved: string[] | undefined;
  for (const node of new Set(component.map(({ from }) => from))) {
    const ready = readyIn(machine, stateOf(machine, item(keys, node)));
    starved = (starved ?? [...ready]).filter((who) => ready.has(who) && !moved.has(who));
    if (starved.length === 0) return true;
  }
  return false;
}

/** Whether a fair cycle is made of these moves alone. */
const hasFairCycle = (graph: StateGraph, moves: readonly Move[]): boolean =>
  cyclicComponents(graph.keys.length, moves).some((component) => isFair(graph, component));

function hasPartialDeadlock({ machine, keys, moves }: StateGraph, cyclic: ReadonlySet<number>): boolean {
  const forEver = canReach(keys.length, moves, cyclic);
  if (forEver.size === 0) return false;
  return Array.from({ length: machine.model.cpus }, (_, cpu) => cpu).some((cpu) => {
    const own = moves.filter((move) => move.byCpu && move.cpu === cpu).map(({ from }) => from);
    const moving = canReach(keys.length, moves, own);
    return keys.some(
      (key, node) =>
        forEver.has(node) && !moving.has(node) && finishedCpus(machine, stateOf(machine, key))[cpu] === false,
    );
  });
}

/** Everything that refutes the graph as a whole: partial deadlock, `eventually` in the model's order, livelock. */
export function livenessRefutations(graph: StateGraph): readonly Refutation[] {
  const { machine, keys, moves } = graph;
  const cycles = cyclicComponents(keys.length, moves).flat();
  if (cycles.length === 0) return [];
  const cyclic = new Set(cycles.map(({ from }) => from));
  const within = (test: (node: number) => boolean): readonly Move[] => {
    const chosen = new Set([...cyclic].filter(test));
    return cycles.filter(({ from, to }) => chosen.has(from) && chosen.has(to));
  };

  const found: Refutation[] = [];
  if (hasPartialDeadlock(graph, cyclic)) found.push(deadlock('partial'));
  for (const property of machine.model.properties) {
    if (property.kind !== 'eventually') continue;
    const failing = within((node) => !propertyHolds(machine, stateOf(machine, item(keys, node)), property));
    if (hasFairCycle(graph, failing)) found.push(violated(property.name));
  }
  const unfinished = within((node) => !allRest(machine, stateOf(machine, item(keys, node))));
  if (
    hasFairCycle(
      graph,
      unfinished.filter(({ progress }) => !progress),
    )
  )
    found.push(livelock);
  return found;
}
