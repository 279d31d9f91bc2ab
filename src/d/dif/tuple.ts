/** Tuples of values as keys of a `Map`. */

import type { DifValue } from './interpret.js';

/** A string that is the same for the same tuple and no other: `5,3:abc,`. */
export function tupleKey(values: readonly DifValue[]): string {
  let key = '';
  for (const value of values) key += typeof value === 'bigint' ? `${value},` : `${value.length}:${value},`;
  return key;
}
