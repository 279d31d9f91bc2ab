/** Makers of steps, for authors of mechanisms: each takes what it does, then what it carries besides. */

import { bit, equal, expressionOf, type Operand, value } from './expression.js';
import type { Action, Label, Routine, Rule, Step, StepExtras, StepList, WaitAlternative } from './step.js';
import { type Local, type Place, placeOf, type Variable } from './variable.js';

/** What a step may carry, as an author writes it; see {@link StepExtras}. */
export interface Extras {
  readonly requires?: readonly Rule[];
  /** Pairs of a register and what it gets. */
  readonly set?: readonly (readonly [Local, Operand])[];
  /** Pairs of a ghost and what it gets. */
  readonly ghost?: readonly (readonly [Place | Variable, Operand])[];
  /** Pairs of a property's name and what must hold. */
  readonly check?: readonly (readonly [string, Operand])[];
  /** A label, or pairs of a test and a label. */
  readonly goTo?: string | readonly (readonly [Operand, string])[];
  readonly progress?: boolean;
}

function step(name: string, action: Action, extras: Extras): Step {
  const { requires = [], set = [], ghost = [], check = [], goTo = [], progress = false } = extras;
  return {
    name,
    requires,
    set: set.map(([local, operand]) => ({ local, value: expressionOf(operand) })),
    ghost: ghost.map(([place, operand]) => ({ place: placeOf(place), value: expressionOf(operand) })),
    check: check.map(([property, holds]) => ({ property, holds: expressionOf(holds) })),
    goTo:
      typeof goTo === 'string' ? [{ when: 1, to: goTo }] : goTo.map(([test, to]) => ({ when: expressionOf(test), to })),
    progress,
    ...action,
  };
}

/** Reads a place into a register (or only for `value`, where none is named). */
export const load = (name: string, from: Place | Variable, into?: Local, extras: Extras = {}): Step =>
  step(name, { kind: 'load', place: placeOf(from), into }, extras);

/** Writes a place. */
export const store = (name: string, to: Place | Variable, what: Operand, extras: Extras = {}): Step =>
  step(name, { kind: 'store', place: placeOf(to), value: expressionOf(what) }, extras);

/** What an atomic step may carry besides. */
export interface AtomicExtras extends Extras {
  /** Register that gets the old value. */
  readonly into?: Local;
  /** The step waits until the old value (`value`) passes: a loop of attempts, as one step. */
  readonly until?: Operand;
}

/** Reads and writes a place in one; `value` in `what` is the old value. */
export const atomic = (name: string, target: Place | Variable, what: Operand, extras: AtomicExtras = {}): Step =>
  step(
    name,
    {
      kind: 'atomic',
      place: placeOf(target),
      store: expressionOf(what),
      until: extras.until === undefined ? undefined : expressionOf(extras.until),
      into: extras.into,
    },
    extras,
  );

/** What a wait may carry besides. */
export interface WaitExtras extends Extras {
  /** Other tasks of the CPU may run meanwhile. */
  readonly sleeping?: boolean;
  /** Waiting here for ever is no hang. */
  readonly rest?: boolean;
  /** Register that gets what was read. */
  readonly into?: Local;
}

/** Waits until what is read from a place (`value`) passes a test. */
export const waitUntil = (name: string, from: Place | Variable, until: Operand, extras: WaitExtras = {}): Step =>
  step(
    name,
    {
      kind: 'wait',
      alternatives: [{ place: placeOf(from), until: expressionOf(until), into: extras.into, to: undefined }],
      sleeping: extras.sleeping ?? false,
      rest: extras.rest ?? false,
    },
    extras,
  );

/** One way out of {@link waitForAny}. */
export interface Alternative {
  readonly from: Place | Variable;
  /** Sees registers and `value`. */
  readonly until: Operand;
  readonly into?: Local;
  /** Label to go on at. */
  readonly to?: string;
}

/** Polls several places and goes on by any one whose test passes. */
export const waitForAny = (
  name: string,
  alternatives: readonly Alternative[],
  extras: Omit<WaitExtras, 'into'> = {},
): Step =>
  step(
    name,
    {
      kind: 'wait',
      alternatives: alternatives.map(
        ({ from, until, into, to }): WaitAlternative => ({
          place: placeOf(from),
          until: expressionOf(until),
          into,
          to,
        }),
      ),
      sleeping: extras.sleeping ?? false,
      rest: extras.rest ?? false,
    },
    extras,
  );

/** A full memory barrier. */
export const fence = (name: string, extras: Extras = {}): Step => step(name, { kind: 'fence' }, extras);

/** Disables interrupts on this CPU; `saved` gets the flag as it was. */
export const disableInterrupts = (saved?: Local, extras: Extras = {}): Step =>
  step('disable interrupts', { kind: 'interrupts', to: 0, saved }, extras);

/** Enables interrupts on this CPU; `saved` gets the flag as it was. */
export const enableInterrupts = (saved?: Local, extras: Extras = {}): Step =>
  step('enable interrupts', { kind: 'interrupts', to: 1, saved }, extras);

/** Sets the interrupt flag to what a register holds. */
export const restoreInterrupts = (saved: Local, extras: Extras = {}): Step =>
  step('restore interrupts', { kind: 'interrupts', to: saved, saved: undefined }, extras);

/** Sets the interrupt priority level of this CPU; `saved` gets it as it was. */
export const setLevel = (name: string, to: Operand, saved?: Local, extras: Extras = {}): Step =>
  step(name, { kind: 'level', to: expressionOf(to), saved }, extras);

/** Forbids the scheduler to take the CPU from this task; nests. */
export const disablePreemption = (extras: Extras = {}): Step =>
  step('disable preemption', { kind: 'preemption', change: 1 }, extras);

/** Ends what {@link disablePreemption} began. */
export const enablePreemption = (extras: Extras = {}): Step =>
  step('enable preemption', { kind: 'preemption', change: -1 }, extras);

/** Sends an interrupt, an NMI or a softirq to one CPU. */
export const send = (name: string, vector: string, target: Operand, extras: Extras = {}): Step =>
  step(name, { kind: 'send', vector, targets: bit(target) }, extras);

/** Sends an interrupt to every CPU whose bit is set in a word. */
export const sendToMask = (name: string, vector: string, mask: Operand, extras: Extras = {}): Step =>
  step(name, { kind: 'send', vector, targets: expressionOf(mask) }, extras);

/** Takes any value from `from` to `to`. */
export const choose = (name: string, into: Local, from: Operand, to: Operand, extras: Extras = {}): Step =>
  step(name, { kind: 'choose', into, from: expressionOf(from), to: expressionOf(to) }, extras);

/** A moment that only the specification sees. */
export const mark = (name: string, extras: Extras): Step => step(name, { kind: 'mark' }, extras);

/** Computes registers, one after the other. */
export const compute = (name: string, set: readonly (readonly [Local, Operand])[], extras: Extras = {}): Step =>
  step(name, { kind: 'compute' }, { ...extras, set });

/** Goes on at a label if a test over registers holds. */
export const branch = (test: Operand, to: string): Step =>
  step(`to ${to} if`, { kind: 'compute' }, { goTo: [[test, to]] });

/** Goes on at a label. */
export const jump = (to: string): Step => step(`to ${to}`, { kind: 'compute' }, { goTo: to });

/** A place that jumps name. */
export const label = (name: string): Label => ({ kind: 'label', name });

/** A table of steps; `standsFor` is the function of the original, with its file. */
export const routine = (name: string, standsFor: string, steps: StepList): Routine => ({ name, standsFor, steps });

/** Takes a lock word from 0 to 1, once it is 0. */
export const spinLock = (name: string, lock: Place | Variable, extras: Extras = {}): Step =>
  atomic(name, lock, 1, { ...extras, until: equal(value, 0) });

/** Gives back what {@link spinLock} took. */
export const spinUnlock = (name: string, lock: Place | Variable, extras: Extras = {}): Step =>
  store(name, lock, 0, extras);
