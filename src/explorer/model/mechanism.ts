/** A mechanism: a model for each number of CPUs, with named options. */

import type { MemoryModel, Model } from './model.js';

/** Something that can be told with `--with`. */
export interface MechanismOption {
  readonly name: string;
  /** What it changes, in a sentence. */
  readonly summary: string;
  /** Options that exclude one another share a group; the first of a group holds where none of it was told. */
  readonly group?: string;
}

/** What a mechanism is built for. */
export interface Setting {
  readonly cpus: number;
  readonly memory: MemoryModel;
  /** Options told and, of each group of which none was told, the first. */
  readonly options: ReadonlySet<string>;
}

/** A way for CPUs to agree, that can be explored. */
export interface Mechanism {
  /** Kebab-case. */
  readonly name: string;
  /** One sentence. */
  readonly summary: string;
  readonly options: readonly MechanismOption[];
  /** Combinations of options that the report shows, the default first (it may be empty: no options). */
  readonly variants: readonly (readonly string[])[];
  /** CPUs that it makes sense for; from 2 to 4 unless told. */
  readonly cpus?: { readonly least: number; readonly most: number };
  /** Memory models that the report asks it under; `sc` unless told. */
  readonly memories?: readonly MemoryModel[];
  /** Numbers of CPUs that the report asks it with; the fewest unless told. */
  readonly reported?: readonly number[];
  /** The report asks each property on its own: one that is broken would hide the others. */
  readonly separately?: boolean;
  /** Makes the model. Throws {@link MechanismError} where the options do not go together. */
  readonly build: (setting: Setting) => Model;
}

/** Declares a mechanism; gives it back with its type. */
export const mechanism = (definition: Mechanism): Mechanism => definition;
