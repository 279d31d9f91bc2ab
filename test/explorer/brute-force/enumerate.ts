/** All states of a model, level by level, without any cleverness, and what docs/machine.md says of them. */

import type { MemoryModel, Model } from '../../../src/explorer/model/model.js';
import type { Rule } from '../../../src/explorer/model/step.js';
import { livenessRefutations, type Move } from './liveness.js';
import { type Machine, machineOf } from './program.js';
import { isFinal, type Refutation, refutationsOf, violated } from './questions.js';
import { initialState, item, keyOf, type State, stateOf } from './state.js';
import { type MachineBound, type Successors, successorsOf, type Transition } from './successors.js';

/** Where to stop, and what to look at on the way. */
export interface EnumerateOptions {
  readonly maxStates?: number;
  readonly maxDepth?: number;
  /** Shown each final state that was expanded; `read` gives an element of a variable. */
  readonly onFinal?: (read: (variable: string, index?: number) => number) => void;
}

/** A rule that was broken, and where. */
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
  /** All that refutes the model at the level that refuted it, each once, the one of the verdict first. */
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

/** Failed checks on the way into the states of a level, by state. */
type Broken = ReadonlyMap<string, ReadonlySet<string>>;

function meet(walk: Walk, key: string): boolean {
  if (walk.numbers.has(key)) return false;
  walk.numbers.set(key, walk.keys.length);
  walk.keys.push(key);
  return true;
}

const numberOf = (walk: Walk, key: string): number => walk.numbers.get(key) ?? -1;

function note(walk: Walk, from: string, transition: Transition, broken: Map<string, Set<string>>): void {
  const { kind, cpu, mover, to, progress } = transition;
  walk.moves.push({
    from: numberOf(walk, from),
    to: numberOf(walk, to),
    cpu,
    byCpu: kind !== 'fire',
    mover,
    progress,
  });
  for (const breach of transition.breaches) {
    const key = JSON.stringify(breach);
    if (!walk.contract.has(key)) walk.contract.set(key, breach);
  }
  for (const property of transition.broken) broken.set(to, (broken.get(to) ?? new Set()).add(property));
}

function refutationsAt(
  { machine }: Walk,
  level: readonly string[],
  expanded: readonly Successors[],
  broken: Broken,
): readonly Refutation[] {
  const here = level.flatMap((key, index) =>
    refutationsOf(machine, stateOf(key), broken.get(key) ?? [], item(expanded, index).transitions),
  );
  const known = new Set(level);
  const elsewhere = [...broken].filter(([key]) => !known.has(key)).flatMap(([, names]) => [...names].map(violated));
  const all = [...here, ...elsewhere];
  return [...new Map(all.map((refutation) => [JSON.stringify(refutation), refutation])).values()];
}

/** Takes the transitions of a level; gives the next level. */
function advance(
  walk: Walk,
  level: readonly string[],
  expanded: readonly Successors[],
  broken: Map<string, Set<string>>,
): readonly string[] {
  const next: string[] = [];
  level.forEach((key, index) => {
    const { transitions, bounds } = item(expanded, index);
    for (const bound of bounds) walk.bounds.add(bound);
    for (const transition of transitions) {
      if (meet(walk, transition.to)) next.push(transition.to);
      note(walk, key, transition, broken);
    }
  });
  return next;
}

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
  let level: readonly string[] = [keyOf(initialState(machine))];
  let broken: Map<string, Set<string>> = new Map();
  for (const key of level) meet(walk, key);

  while (level.length > 0 || broken.size > 0) {
    if (level.length > 0) walk.levels.push(level.length);
    const expanded = level.map((key) => successorsOf(machine, key));
    const refutations = refutationsAt(walk, level, expanded, broken);
    const depth = level.length > 0 ? walk.levels.length - 1 : walk.levels.length;
    if (refutations.length > 0) return result(walk, refutations, depth);
    level.forEach((key, index) => {
      if (onFinal && isFinal(item(expanded, index).transitions)) onFinal(reader(machine, stateOf(key)));
    });
    if (walk.levels.length > maxDepth) walk.bounds.add('depth');
    if (walk.keys.length > maxStates) walk.bounds.add('states');
    if (walk.bounds.has('depth') || walk.bounds.has('states')) return result(walk, [], undefined);
    broken = new Map();
    level = advance(walk, level, expanded, broken);
  }
  return result(walk, livenessRefutations(walk), undefined);
}
