/**
 * Runs a machine once: at each moment a seeded scheduler takes one of the transitions that are possible. Where the
 * explorer looks at all of them, this shows what one machine does.
 */

import type { Picture, TraceEntry } from '../exploration.js';
import type { Rule } from '../model/step.js';
import { type Random, seededRandom } from './random.js';
import { createWatchdog, type Hang } from './watchdog.js';

/** A transition that is possible, and the state that it makes. */
export interface RunWay {
  readonly entry: TraceEntry;
  readonly next: Int32Array;
}

/** Of a machine, what a run needs. */
export interface RunnableMachine {
  initial(): Int32Array;
  ways(state: Int32Array): readonly RunWay[];
  /** Whether an interrupt finds no room on a stack of frames: what would come of it is not known. */
  crowded(state: Int32Array): boolean;
  picture(state: Int32Array): Picture;
  /** Names of `always` properties that do not hold in a state. */
  broken(state: Int32Array): readonly string[];
  /** Names of `eventually` properties that do not hold in a state. */
  unmet(state: Int32Array): readonly string[];
}

/** How to run. */
export interface RunOptions {
  /** 1 unless told. */
  readonly seed?: number;
  /** Transitions at most; 400 unless told. */
  readonly steps?: number;
  /** Steps of the machine that an unfinished CPU may stand still before the watchdog reports it; 100 unless told. */
  readonly patience?: number;
  /** Whether the first breach of a calling rule ends the run. */
  readonly stopAtContract?: boolean;
}

/** What a run says as it goes. */
export type RunEvent =
  /** A transition. `broken`: properties that do not hold any more after it, and did before. */
  | {
      readonly kind: 'step';
      readonly number: number;
      readonly entry: TraceEntry;
      readonly broken: readonly string[];
    }
  /** The watchdog found CPUs that stand still. */
  | { readonly kind: 'hang'; readonly number: number; readonly hangs: readonly Hang[] };

/** How a run ended. */
export interface RunOutcome {
  /**
   * `finished`: every CPU has, and nothing more can happen. `halted`: nothing can happen, and some have not. `crowded`:
   * an interrupt finds no room on the stack of frames that the model declares.
   */
  readonly end: 'finished' | 'halted' | 'crowded' | 'steps' | 'contract';
  /** Transitions made. */
  readonly steps: number;
  /** CPUs that hang at the end. */
  readonly hanging: readonly number[];
  /** Properties that were found broken, each once. */
  readonly broken: readonly string[];
  /** Rules that were broken, each once. */
  readonly breaches: readonly Rule[];
  /** The machine at the end. */
  readonly picture: Picture;
}

/** Shares of the scheduler's choice: the world outside is slower than the CPUs. */
const shares: Readonly<Record<TraceEntry['kind'], number>> = {
  deliver: 4,
  step: 4,
  return: 4,
  drain: 4,
  switch: 1,
  fire: 1,
};

/** Runs, event by event; the generator's value is the outcome. */
export function* run(machine: RunnableMachine, options: RunOptions = {}): Generator<RunEvent, RunOutcome> {
  const { seed = 1, steps = 400, patience = 100, stopAtContract = false } = options;
  const random = seededRandom(seed);
  const broken = new Set<string>();
  const breaches = new Set<Rule>();
  let state = machine.initial();
  let picture = machine.picture(state);
  const watchdog = createWatchdog(picture.cpus.length, patience);
  const outcome = (end: RunOutcome['end'], made: number): RunOutcome => ({
    end,
    steps: made,
    hanging: watchdog.hanging,
    broken: [...broken],
    breaches: [...breaches],
    picture,
  });

  for (let number = 1; number <= steps; number += 1) {
    const way = choose(machine.ways(state), random);
    if (way === undefined) {
      if (machine.crowded(state)) return outcome('crowded', number - 1);
      const hangs = watchdog.look(number - 1, picture, true);
      if (hangs.length > 0) yield { kind: 'hang', number: number - 1, hangs };
      if (watchdog.hanging.length > 0) return outcome('halted', number - 1);
      for (const property of machine.unmet(state)) broken.add(property);
      return outcome('finished', number - 1);
    }
    const { entry, next } = way;
    const newly = [...machine.broken(next)].filter((property) => !broken.has(property));
    state = next;
    picture = machine.picture(state);
    if (entry.kind !== 'fire') watchdog.moved(entry.cpu, number);
    yield { kind: 'step', number, entry, broken: newly };
    for (const property of [...newly, ...entry.broken]) broken.add(property);
    for (const rule of entry.breaches) breaches.add(rule);
    if (stopAtContract && breaches.size > 0) return outcome('contract', number);
    const hangs = watchdog.look(number, picture, false);
    if (hangs.length > 0) yield { kind: 'hang', number, hangs };
  }
  return outcome('steps', steps);
}

function choose(ways: readonly RunWay[], random: Random): RunWay | undefined {
  const shareOf = ({ entry }: RunWay): number => shares[entry.kind];
  let ticket = random(ways.reduce((sum, way) => sum + shareOf(way), 0));
  for (const way of ways) {
    ticket -= shareOf(way);
    if (ticket < 0) return way;
  }
  return undefined;
}
