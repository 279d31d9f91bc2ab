/**
 * Firings that nest on a CPU, and the level that each is given: what `aggregation-update` and `scratch` have in common.
 *
 * On CPU 1 a task, a softirq over it, and a tick over either fire once each. Where firings can be preempted, a task fires
 * twice and another once, and either may be put aside between any two steps; interrupts are left out there, since what
 * an interrupt does to a firing another task may do as well. Every further CPU has a tick; CPU 0 has no firings.
 */

import { add, atLeast, value } from '../../model/expression.js';
import type { Source, Task, Vector } from '../../model/model.js';
import type { StepList } from '../../model/step.js';
import { atomic, branch, type Extras, jump, label, routine } from '../../model/steps.js';
import { type Local, shared, type Variable } from '../../model/variable.js';
import {
  claimLevel,
  closeFiring,
  firingRegisters,
  openFiring,
  type ProbeMemory,
  probeMemory,
  releaseLevel,
} from './probe.js';

/** How a firing gets its level: none at all, what the in-probe count was before it, or one claimed by its bit. */
export type Levelling = 'none' | 'depth' | 'claimed';

/** What a model of nested firings is made for. */
export interface NestingShape {
  readonly cpus: number;
  readonly preemptible: boolean;
  readonly levelling: Levelling;
  /** One level fewer than firings can be open: the excess is dropped, and counted. */
  readonly fewLevels?: boolean;
}

/** What goes with the steps that a firing is made of. */
export interface FiringHooks {
  /** With the step that reads the selector. */
  readonly opened?: Extras;
  /** With the step that counts the firing as dropped. */
  readonly dropped?: Extras;
}

/** Firings that nest. */
export interface Nesting {
  /** Levels of a CPU; 1 where there is no levelling. */
  readonly levels: number;
  /** Most firings that can be open on a CPU. */
  readonly deepest: number;
  readonly memory: ProbeMemory;
  /** Registers with the firing's level (where there is levelling) and with the half that it works in. */
  readonly level: Local;
  readonly half: Local;
  /** Firings for which no level was left; among the variables only where there is levelling. */
  readonly drops: Variable;
  readonly variables: readonly Variable[];
  /** A firing that does `work`, or is dropped where no level is left. */
  readonly fire: (work: StepList, hooks?: FiringHooks) => StepList;
}

/** Makes the memory of nested firings, and firings. */
export function nestingOf({ cpus, preemptible, levelling, fewLevels = false }: NestingShape): Nesting {
  const deepest = preemptible ? 2 : 3;
  const levels = levelling === 'none' ? 1 : deepest - (fewLevels ? 1 : 0);
  const memory = probeMemory(cpus, deepest);
  const registers = firingRegisters(deepest);
  const { level, half } = registers;
  const counting = preemptible ? 'atomic' : 'plain';
  const claimed = shared('levels claimed', { size: cpus, max: (1 << levels) - 1 });
  const drops = shared('nesting drops', { max: 4 });
  const takeLevel: Record<Levelling, StepList> = {
    none: [],
    depth: [branch(atLeast(level, levels), 'deep')],
    claimed: claimLevel(claimed, levels, level, 'deep'),
  };
  return {
    ...{ levels, deepest, memory, level, half, drops },
    variables: [
      ...[memory.inprobe, memory.selector],
      ...(levelling === 'claimed' ? [claimed] : []),
      ...(levelling === 'none' ? [] : [drops]),
    ],
    fire: (work, { opened = {}, dropped = {} } = {}) => [
      openFiring(memory, counting, registers, { read: opened }),
      takeLevel[levelling],
      work,
      levelling === 'claimed' ? releaseLevel(claimed, level) : [],
      ...(levelling === 'none'
        ? []
        : [jump('close'), label('deep'), atomic('count the drop', drops, add(value, 1), dropped)]),
      label('close'),
      closeFiring(memory, counting, registers),
    ],
  };
}

/** Firings of a model, by where they run; see the head of this file. */
export interface FiringSet {
  readonly task: StepList;
  /** Over the task on the same CPU. */
  readonly softirq: StepList;
  readonly tick: StepList;
  /** Where firings can be preempted: what the other task fires. The first then fires `task`, and `softirq` after it. */
  readonly otherTask: StepList;
}

/** What runs the firings. */
export interface FiringContexts {
  readonly tasks: readonly Task[];
  readonly vectors: readonly Vector[];
  readonly sources: readonly Source[];
}

/** Puts firings where they run; `standsFor` is what they stand for. */
export function firingContexts(
  { cpus, preemptible }: Pick<NestingShape, 'cpus' | 'preemptible'>,
  standsFor: string,
  firings: FiringSet,
): FiringContexts {
  const { task, softirq, tick, otherTask } = firings;
  const tickVector: Vector = { name: 'tick', kind: 'hardirq', handler: routine('tick', standsFor, tick) };
  const ticks = (first: number): readonly Source[] =>
    Array.from({ length: cpus - first }, (_, i) => ({ vector: 'tick', cpu: first + i, times: 1 }));
  if (preemptible) {
    return {
      tasks: [
        { name: 'probe a', cpu: 1, routine: routine('probe a', standsFor, [task, softirq]), preemptible },
        { name: 'probe b', cpu: 1, routine: routine('probe b', standsFor, otherTask), preemptible },
      ],
      vectors: cpus > 2 ? [tickVector] : [],
      sources: ticks(2),
    };
  }
  const softirqVector: Vector = { name: 'network', kind: 'softirq', handler: routine('network', standsFor, softirq) };
  return {
    tasks: [{ name: 'probe', cpu: 1, routine: routine('probe', standsFor, task) }],
    vectors: [tickVector, softirqVector],
    sources: [...ticks(1), { vector: 'network', cpu: 1, times: 1 }],
  };
}
