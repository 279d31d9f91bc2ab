/** What a transition did besides making a state. */

import type { Rule } from '../model/step.js';

/** Filled in by the machine as it makes a transition; the same object each time. */
export interface Outcome {
  /** The transition had a step with `progress`. */
  progress: boolean;
  /** Indices of properties that a check found broken. */
  readonly broken: number[];
  /** Rules that were broken, with the step. */
  readonly breaches: { readonly rule: Rule; readonly step: string }[];
}

/** Hears of the accesses of a transition; fields are elements of variables. */
export interface Recorder {
  readonly read: (field: number, value: number) => void;
  readonly write: (field: number, value: number) => void;
}

/** Bounds that a search may reach without knowing what lies beyond. */
export type Bound = 'frames' | 'store-buffer';

/** What the parts of one machine share. */
export interface MachineContext {
  readonly outcome: Outcome;
  recorder: Recorder | undefined;
  /** Bounds reached so far. */
  readonly bounds: Set<Bound>;
}
