/** The functions that aggregate: one row each. */

import type { AggregatingFunction } from '../../dif.js';
import type { Arity } from '../signature.js';

/** How many arguments each takes; the first is the aggregated value. */
const aggregatingFunctions: Readonly<Record<AggregatingFunction, Arity>> = {
  avg: { least: 1, most: 1 },
  count: { least: 0, most: 0 },
  max: { least: 1, most: 1 },
  min: { least: 1, most: 1 },
  quantize: { least: 1, most: 1 },
  sum: { least: 1, most: 1 },
};

/** Whether a function of the name aggregates. */
export const isAggregatingFunction = (name: string): name is AggregatingFunction =>
  Object.hasOwn(aggregatingFunctions, name);

/** How many arguments an aggregating function takes. */
export const aggregatingArity = (name: AggregatingFunction): Arity => aggregatingFunctions[name];

/** The names of all. */
export const aggregatingFunctionNames: readonly string[] = Object.keys(aggregatingFunctions);
