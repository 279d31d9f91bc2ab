/** A model: the machine's parameters, memory, tasks, interrupts and properties of one mechanism at one number of CPUs. */

import type { Expression, Operand } from './expression.js';
import { expressionOf } from './expression.js';
import type { GhostAssignment, Routine } from './step.js';
import { type Place, placeOf, type Variable } from './variable.js';

/** How stores become visible: at once in one order (`sc`), or through a FIFO store buffer a CPU (`tso`, as x86 does). */
export type MemoryModel = 'sc' | 'tso';

/** Kinds of frames, by rank: `context` of a frame is its index here. */
export const contexts = ['task', 'softirq', 'hardirq', 'nmi'] as const;
/** What a frame is. */
export type Context = (typeof contexts)[number];

/** Something that interrupts; every CPU has its own pending bit for it. */
export interface Vector {
  readonly name: string;
  readonly kind: Exclude<Context, 'task'>;
  /** What runs when it is delivered. */
  readonly handler: Routine;
  /**
   * Interrupt priority level. Where it is above 0, the vector is delivered only while the CPU's level is below it, and
   * its handler runs at this level. 0: levels do not matter to it.
   */
  readonly level?: number;
  /** The interrupt flag in the handler: off unless told, for a softirq on unless told. */
  readonly interrupts?: 'off' | 'on';
}

/** An origin of interrupts outside the program: a timer, a device. */
export interface Source {
  readonly vector: string;
  readonly cpu: number;
  /** At most so many times, at any moments; or again and again for ever. */
  readonly times: number | 'forever';
  /** Ghosts written as it fires. */
  readonly ghost?: readonly GhostAssignment[];
}

/** A thread. The first task of a CPU is the one that runs at the start. */
export interface Task {
  /** Unique in its model. */
  readonly name: string;
  readonly cpu: number;
  readonly routine: Routine;
  /** Whether the scheduler may take the CPU from it between any two steps (interrupts on, level 0); no unless told. */
  readonly preemptible?: boolean;
}

/**
 * What is asked of a model.
 *
 * - `always`: holds in every state. `eventually`: whenever it does not hold, it will; so it holds where the run ends.
 * - `checked`: checks of steps name it.
 */
export type Property =
  | { readonly name: string; readonly kind: 'always' | 'eventually'; readonly holds: Expression }
  | { readonly name: string; readonly kind: 'checked' };

/** All that the machine needs to run; plain data. */
export interface Model {
  readonly cpus: number;
  /** Every variable that steps and properties use. */
  readonly variables: readonly Variable[];
  readonly tasks: readonly Task[];
  /** Highest priority first: of several pending ones that could be delivered, the first is. */
  readonly vectors: readonly Vector[];
  readonly sources: readonly Source[];
  readonly properties: readonly Property[];
  /** Most frames above the task on one CPU; an interrupt that finds no room makes the verdict `incomplete`. 2 unless told. */
  readonly frames?: number;
  /** Entries of a store buffer under TSO; a store that finds no room makes the verdict `incomplete`. 3 unless told. */
  readonly storeBuffer?: number;
}

/** What holds in every state, by a name that is a sentence. */
export const always = (name: string, holds: Operand): Property => ({
  name,
  kind: 'always',
  holds: expressionOf(holds),
});
/** What holds again whenever it does not, by a name that is a sentence. */
export const eventually = (name: string, holds: Operand): Property => ({
  name,
  kind: 'eventually',
  holds: expressionOf(holds),
});
/** What checks of steps are about, by a name that is a sentence. */
export const checked = (name: string): Property => ({ name, kind: 'checked' });

/** Ghosts that a source writes: pairs of a ghost and what it gets. */
export const ghosts = (pairs: readonly (readonly [Place | Variable, Operand])[]): readonly GhostAssignment[] =>
  pairs.map(([place, operand]) => ({ place: placeOf(place), value: expressionOf(operand) }));
