/** All states of a model, level by level, without any cleverness, and what docs/machine.md says of them. */

import type { MemoryModel, Model } from '../../../src/explorer/model/model.js';
import type { Rule } from '../../../src/explorer/model/step.js';
import { livenessRefutations, type Move } from './liveness.js';
import { type Machine, machineOf } from './program.js';
import { failingAlways, isFinal, type Refutation, refutationsOfEnd, violated } from './questions.js';
import { initialState, item, keyOf, type State, stateOf } from './state.js';
import { isCrowded, type MachineBound, type Successors, successorsOf, type Transition } from './successors.js';

/** Where to stop, and what to look at on the way. */
export interface EnumerateOptions {
  readonly maxStates?: number;
  readonly maxDepth?: number;
  /** Shown each final state that was expanded; `read` gives an element of a variable. */
  readonly onFinal?: (read: (variable: string, index?: number) => number) => void;
}

/** A rule that was broken, and where it was met first. */
export interface ContractBreach {
  readonly rule: Rule;
  readonly cpu: number;
  /** `routine / step`. */
  readonly step: string;
}

/** What there is. */
export interface Enumeration {
  readonly verdict: 'safe' | 'deadlock' | 'livelock' | 'violated' | 'incomplete';
  readonly scope: 'total' | 'partial' | undefined;
  readonly property: string | null;
  /**
   * All that refutes the model at the level that refuted it, each once: what is violated on arrival (of a transition's
   * \`always\` properties and checks, in the order of transitions), then what is wrong with final states. The first is
   * the verdict.
   */
  readonly refutations: readonly Refutation[];
  /** Transitions of the shortest counterexample; nothing where the whole graph was needed, or nothing was refuted. */
  readonly refutedAt: number | undefined;
  /** States met first after so many transitions. */
  readonly levels: readonly number[];
  readonly states: number;
  /** Out of all states that were expanded: those nearer than `refutedAt`, or all. */
  readonly transitions: number;
  readonly depth: number;
  readonly bounds: ReadonlySet<MachineBound | 'states' | 'depth'>;
  /** Each rule and step once. */
  readonly contract: readonly ContractBreach[];
}

interface Walk {
  readonly machine: Machine;
  readonly numbers: Map<string, number>;
  readonly keys: string[];
  readonly moves: Move[];
  readonly levels: number[];
  readonly bounds: Set<MachineBound | 'states' | 'depth'>;
  readonly contract: Map<string, ContractBreach>;
}

function meet(walk: Walk, key: string): boolean {
  if (walk.numbers.has(key)) return false;
  walk.numbers.set(key, walk.keys.length);
  walk.keys.push(key);
  return true;
}

const numberOf = (walk: Walk, key: string): number => walk.numbers.get(key) ?? -1;

function note(walk: Walk, from: string, { kind, cpu, mover, to, progress, optional, breaches }: Transition): void {
  const byCpu = kind !== 'fire';
  walk.moves.push({ from: numberOf(walk, from), to: numberOf(walk, to), cpu, byCpu, mover, progress, optional });
  for (const breach of breaches) {
    const key = `${breach.rule} ${breach.step}`;
    if (!walk.contract.has(key)) walk.contract.set(key, breach);
  }
}

/** A level: its states, and what refuted them, or a transition to them, on arrival. */
interface Level {
  readonly keys: string[];
  readonly refutations: Refutation[];
}

/** Takes the transitions of a level; gives the next level. */
function advance(walk: Walk, level: Level, expanded: readonly Successors[]): Level {
  const next: Level = { keys: [], refutations: [] };
  level.keys.forEach((key, index) => {
    const { transitions, bounds } = item(expanded, index);
    for (const bound of bounds) walk.bounds.add(bound);
    for (const transition of transitions) {
      if (meet(walk, transition.to)) {
        next.keys.push(transition.to);
        next.refutations.push(...failingAlways(walk.machine, stateOf(walk.machine, transition.to)));
      }
      next.refutations.push(...transition.broken.map(violated));
      note(walk, key, transition);
    }
  });
  return next;
}

const distinct = (refutations: readonly Refutation[]): readonly Refutation[] => [
  ...new Map(refutations.map((refutation) => [JSON.stringify(refutation), refutation])).values(),
];

function reader({ offsets }: Machine, state: State): (variable: string, index?: number) => number {
  return (variable, index = 0) => item(state.memory, (offsets.get(variable) ?? Number.NaN) + index);
}

function result(walk: Walk, refutations: readonly Refutation[], refutedAt: number | undefined): Enumeration {
  const first = refutations[0];
  return {
    verdict: first?.verdict ?? (walk.bounds.size > 0 ? 'incomplete' : 'safe'),
    scope: first?.scope,
    property: first?.property ?? null,
    refutations,
    refutedAt,
    levels: walk.levels,
    states: walk.keys.length,
    transitions: walk.moves.length,
    depth: walk.levels.length - 1,
    bounds: walk.bounds,
    contract: [...walk.contract.values()],
  };
}

/** Enumerates a model. An error of the mechanism is thrown as a `MechanismError`. */
export function enumerate(model: Model, memory: MemoryModel, options: EnumerateOptions = {}): Enumeration {
  const { maxStates = 1_000_000, maxDepth = Number.POSITIVE_INFINITY, onFinal } = options;
  const machine = machineOf(model, memory);
  const walk: Walk = {
    machine,
    numbers: new Map(),
    keys: [],
    moves: [],
    levels: [],
    bounds: new Set(),
    contract: new Map(),
  };
  const start = initialState(machine);
  let level: Level = { keys: [keyOf(start)], refutations: [...failingAlways(machine, start)] };
  for (const key of level.keys) meet(walk, key);

  for (let depth = 0; level.keys.length > 0 || level.refutations.length > 0; depth += 1) {
    if (level.keys.length > 0) walk.levels.push(level.keys.length);
    if (level.refutations.length > 0) return result(walk, distinct(level.refutations), depth);
    const expanded = level.keys.map((key) => successorsOf(machine, key));
    const ends = level.keys
      .filter((_, index) => isFinal(item(expanded, index).transitions))
      .map((key) => stateOf(machine, key))
      .filter((state) => !isCrowded(machine, state));
    const refutations = ends.flatMap((state) => refutationsOfEnd(machine, state));
    if (refutations.length > 0) return result(walk, distinct(refutations), depth);
    if (onFinal !== undefined) for (const state of ends) onFinal(reader(machine, state));
    if (depth >= maxDepth) walk.bounds.add('depth');
    if (walk.keys.length > maxStates) walk.bounds.add('states');
    if (walk.bounds.has('depth') || walk.bounds.has('states')) return result(walk, [], undefined);
    level = advance(walk, level, expanded);
  }
  return result(walk, livenessRefutations(walk), undefined);
}
