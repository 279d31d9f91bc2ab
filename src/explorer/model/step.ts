/**
 * Steps: what a CPU does without being divided. Each makes at most one shared access, and computes on registers.
 *
 * A routine is a list of steps, labels and lists. A list inside a list is a scope of labels, so that a function which
 * returns steps can be used twice in one routine. A jump looks for its label in its own list first, then outwards;
 * `end` is the end of the routine.
 */

import type { Expression } from './expression.js';
import type { Local, Place } from './variable.js';

/**
 * A calling rule of a kernel, broken where:
 *
 * - `interrupts-enabled`: interrupts are disabled on the CPU that makes the step.
 * - `task-context`: the step is made by a softirq, hardirq or NMI.
 * - `not-nmi`: the step is made by an NMI.
 * - `may-sleep`: not in a task, or interrupts or preemption are disabled, or the level is above 0.
 */
export type Rule = 'interrupts-enabled' | 'task-context' | 'not-nmi' | 'may-sleep';

/** All rules. */
export const rules: readonly Rule[] = ['interrupts-enabled', 'task-context', 'not-nmi', 'may-sleep'];

/** A register that gets a value. */
export interface LocalAssignment {
  readonly local: Local;
  readonly value: Expression;
}

/** A ghost that gets a value; the expressions may look at memory. */
export interface GhostAssignment {
  readonly place: Place;
  readonly value: Expression;
}

/** What must hold right after a step, by the name of the property that is broken where it does not. */
export interface Check {
  readonly property: string;
  readonly holds: Expression;
}

/** Where a routine goes on after a step, if the test over registers and `value` holds; the first that holds counts. */
export interface Jump {
  readonly when: Expression;
  readonly to: string;
}

/** What every step may carry. All of it happens together with the step; in this order. */
export interface StepExtras {
  /** Rules of the kernel that this step stands under; a breach is noted and the run goes on. */
  readonly requires: readonly Rule[];
  /** Registers computed after the access, one after the other; they see registers and `value`. */
  readonly set: readonly LocalAssignment[];
  /** Ghosts written, one after the other; they see registers as `set` left them, `value`, and memory after the access. */
  readonly ghost: readonly GhostAssignment[];
  /** What must hold then. */
  readonly check: readonly Check[];
  /** Where to go on; the next step, where none applies. */
  readonly goTo: readonly Jump[];
  /** The mechanism has got on: a cycle that holds such a step is no livelock. */
  readonly progress: boolean;
}

interface Named {
  /** What the step does, in words: shown in traces. */
  readonly name: string;
}

/** One way out of a wait. */
export interface WaitAlternative {
  /** What is polled. */
  readonly place: Place;
  /** Holds when the wait is over; sees registers and `value`, which is what was read. */
  readonly until: Expression;
  /** Register that gets what was read. */
  readonly into: Local | undefined;
  /** Label to go on at; the step's own jumps, then the next step, where there is none. */
  readonly to: string | undefined;
}

/** Steps of a program; {@link Step} adds what each may carry. */
export type Action =
  /** Reads a place (through the CPU's own store buffer under TSO) into a register. */
  | { readonly kind: 'load'; readonly place: Place; readonly into: Local | undefined }
  /** Writes a place; under TSO into the store buffer. */
  | { readonly kind: 'store'; readonly place: Place; readonly value: Expression }
  /**
   * Reads and writes a place in one, as locked instructions do. `value` in `store` is the old value. Under TSO the
   * CPU's store buffer must be empty. The frame waits while `until` does not hold of the old value: that stands for a
   * loop of attempts that fail and change nothing.
   */
  | {
      readonly kind: 'atomic';
      readonly place: Place;
      readonly store: Expression;
      readonly until: Expression | undefined;
      readonly into: Local | undefined;
    }
  /**
   * Waits until one alternative holds, and takes it (each that holds is a way to go on). A guard, not a loop: the
   * frame cannot move while none holds; interrupts are taken as ever. `sleeping`: other tasks of the CPU may run, and
   * the rule `may-sleep` applies. `rest`: a task that waits here for ever has not hung (a server without requests).
   */
  | {
      readonly kind: 'wait';
      readonly alternatives: readonly WaitAlternative[];
      readonly sleeping: boolean;
      readonly rest: boolean;
    }
  /** A full memory barrier: under TSO the CPU's store buffer must be empty. */
  | { readonly kind: 'fence' }
  /** Sets the interrupt flag of the CPU to 0 or 1; `saved` gets what it was. */
  | { readonly kind: 'interrupts'; readonly to: Expression; readonly saved: Local | undefined }
  /** Sets the interrupt priority level of the CPU; `saved` gets what it was. */
  | { readonly kind: 'level'; readonly to: Expression; readonly saved: Local | undefined }
  /** Adds 1 to, or takes 1 from, the task's preemption count; while it is above 0 the task is not preempted. */
  | { readonly kind: 'preemption'; readonly change: 1 | -1 }
  /**
   * Makes a vector pending on each CPU whose bit is set in `targets`; where it is pending already, nothing changes.
   * Under TSO the store buffer must be empty, as the kernel's fence before an x2APIC write sees to.
   */
  | { readonly kind: 'send'; readonly vector: string; readonly targets: Expression }
  /** Any of the values from `from` to `to`, into a register: each is a way to go on. */
  | { readonly kind: 'choose'; readonly into: Local; readonly from: Expression; readonly to: Expression }
  /** Nothing but what a step may carry: a moment that the specification wants to see. */
  | { readonly kind: 'mark' }
  /** A step on registers alone; the search folds it into the step before it, unless told not to. */
  | { readonly kind: 'compute' };

/** One line of a routine's table. */
export type Step = Named & StepExtras & Action;

/** A place in a routine that jumps name. */
export interface Label {
  readonly kind: 'label';
  readonly name: string;
}

/** What a routine is written as: steps, labels, and lists of them, each of which is a scope of labels. */
export type StepList = readonly (Step | Label | StepList)[];

/** A named table of steps. */
export interface Routine {
  readonly name: string;
  /** The function of the original that it stands for, as `kernel/smp.c: smp_call_function_single()`; empty for an example's own. */
  readonly standsFor: string;
  readonly steps: StepList;
}
