/** What a mechanism remembers: shared memory, ghosts of the specification, and registers of a frame. All have ranges. */

import { type Expression, expressionOf, type Operand } from './expression.js';

/** Range and start of a variable. */
export interface VariableOptions {
  /** Elements; 1 unless told. */
  readonly size?: number;
  /** Least value; 0 unless told. */
  readonly min?: number;
  /** Greatest value. */
  readonly max: number;
  /** Value at the start, of all elements or of each; `min` unless told. */
  readonly initial?: number | readonly number[];
}

/** An array of integers in memory (one element where no size was told). Its name is unique in its model. */
export interface Variable {
  readonly kind: 'variable';
  readonly name: string;
  /** `shared`: what the program under study reads and writes. `ghost`: what only the specification knows; never in a store buffer. */
  readonly scope: 'shared' | 'ghost';
  readonly size: number;
  readonly min: number;
  readonly max: number;
  /** As many values as elements. */
  readonly initial: readonly number[];
}

/** One element of a variable. */
export interface Place {
  readonly kind: 'place';
  readonly variable: Variable;
  readonly index: Expression;
}

/** A register of a frame: each frame has its own, 0 (or `min`, where that is greater) when the frame begins. */
export interface Local {
  readonly kind: 'local';
  readonly name: string;
  readonly min: number;
  readonly max: number;
}

function variable(scope: Variable['scope'], name: string, options: VariableOptions): Variable {
  const { size = 1, min = 0, max, initial = min } = options;
  const values = typeof initial === 'number' ? Array.from({ length: size }, () => initial) : initial;
  return { kind: 'variable', name, scope, size, min, max, initial: values };
}

/** Memory that the CPUs share. */
export const shared = (name: string, options: VariableOptions): Variable => variable('shared', name, options);

/** Memory of the specification: written together with a step, without cost, seen by checks and properties only. */
export const ghost = (name: string, options: VariableOptions): Variable => variable('ghost', name, options);

/** The element `index` of a variable. */
export const at = (array: Variable, index: Operand): Place => ({
  kind: 'place',
  variable: array,
  index: expressionOf(index),
});

/** A register of the frame that runs a routine; one of the same name in the same routine is the same register. */
export const local = (name: string, range: { readonly min?: number; readonly max: number }): Local => ({
  kind: 'local',
  name,
  min: range.min ?? 0,
  max: range.max,
});

/** Makes a place of what an author wrote: a variable stands for its first element. */
export const placeOf = (target: Place | Variable): Place => (target.kind === 'variable' ? at(target, 0) : target);

/** Whether there are whole numbers of 32 bits from `min` to `max`, and their count is one as well. */
export const isRange = (min: number, max: number): boolean =>
  Number.isInteger(min) &&
  Number.isInteger(max) &&
  min <= max &&
  min >= -(2 ** 31) &&
  max < 2 ** 31 &&
  max - min < 2 ** 31;
