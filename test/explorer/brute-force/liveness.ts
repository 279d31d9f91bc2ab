/** What only all states together show: partial deadlocks, livelocks, `eventually` on cycles (docs/machine.md, Verdicts). */

import { canReach, cyclicComponents, type Edge } from './graph.js';
import type { Machine } from './program.js';
import { allRest, deadlock, finishedCpus, livelock, propertyHolds, type Refutation, violated } from './questions.js';
import { item, runningActor, type State, stateOf } from './state.js';
import { isCrowded, openDeliveries, readyIn } from './successors.js';

/** A transition between numbered states. */
export interface Move extends Edge {
  readonly cpu: number;
  /** A transition of the CPU; not so for a fire. */
  readonly byCpu: boolean;
  readonly mover: string;
  readonly progress: boolean;
  /** The environment may do without it. */
  readonly optional: boolean;
}

/** All states (by number) and all transitions between them. */
export interface StateGraph {
  readonly machine: Machine;
  readonly keys: readonly string[];
  readonly moves: readonly Move[];
}

const isSwitch = (who: string): boolean => who.startsWith('switch ');

/** Who has a turn in a state: running frames, deliveries that nothing masks, and whatever else is ready. */
function turnsIn(machine: Machine, state: State, ready: ReadonlySet<string>): ReadonlySet<string> {
  const running = new Set(state.cpus.map((_, cpu) => runningActor(machine, state, cpu)?.id));
  const open = openDeliveries(machine, state);
  return new Set([...ready].filter((who) => running.has(who) || open.has(who) || !/^(task|frame|deliver) /.test(who)));
}

/** Who is owed a move by a run that visits all of these moves for ever; and the states in which one of them has a turn. */
function debts(
  { machine, keys }: StateGraph,
  component: readonly Move[],
): { readonly owed: ReadonlySet<string>; readonly turns: ReadonlySet<number> } {
  const moved = new Set(component.map(({ mover }) => mover));
  const turnsByNode = new Map<number, ReadonlySet<string>>();
  const readyByNode: ReadonlySet<string>[] = [];
  for (const node of new Set(component.map(({ from }) => from))) {
    const state = stateOf(machine, item(keys, node));
    const ready = readyIn(machine, state);
    readyByNode.push(ready);
    turnsByNode.set(node, turnsIn(machine, state, ready));
  }
  const everReady = new Set(readyByNode.flatMap((ready) => [...ready]));
  const owed = new Set(
    [...everReady].filter(
      (who) =>
        !moved.has(who) &&
        (isSwitch(who) || readyByNode.every((ready) => ready.has(who))) &&
        [...turnsByNode.values()].some((turns) => turns.has(who)),
    ),
  );
  const turns = [...turnsByNode].filter(([, some]) => [...owed].some((who) => some.has(who))).map(([node]) => node);
  return { owed, turns: new Set(turns) };
}

/** Whether a fair cycle is made of these moves alone. Where a component owes something, one may be left beside the turns. */
function hasFairCycle(graph: StateGraph, moves: readonly Move[]): boolean {
  const left: Move[] = [];
  for (const component of cyclicComponents(graph.keys.length, moves)) {
    const { owed, turns } = debts(graph, component);
    if (owed.size === 0) return true;
    for (const move of component) if (!turns.has(move.from) && !turns.has(move.to)) left.push(move);
  }
  return left.length > 0 && hasFairCycle(graph, left);
}

function hasPartialDeadlock(
  { machine, keys, moves }: StateGraph,
  cyclic: ReadonlySet<number>,
  crowded: readonly number[],
): boolean {
  // What waits cannot count on what the environment may do without.
  const certain = moves.filter(({ optional }) => !optional);
  const forEver = canReach(keys.length, certain, cyclic);
  if (forEver.size === 0) return false;
  return Array.from({ length: machine.model.cpus }, (_, cpu) => cpu).some((cpu) => {
    const own = moves.filter((move) => move.byCpu && move.cpu === cpu).map(({ from }) => from);
    const moving = canReach(keys.length, certain, [...own, ...crowded]);
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
  // Nobody knows what would come of an interrupt that finds no room: such states refute nothing.
  const crowded = keys.flatMap((key, node) => (isCrowded(machine, stateOf(machine, key)) ? [node] : []));
  const unknown = new Set(crowded);
  const within = (test: (node: number) => boolean): readonly Move[] => {
    const chosen = new Set([...cyclic].filter((node) => !unknown.has(node) && test(node)));
    return cycles.filter(({ from, to }) => chosen.has(from) && chosen.has(to));
  };

  const found: Refutation[] = [];
  if (hasPartialDeadlock(graph, cyclic, crowded)) found.push(deadlock('partial'));
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
