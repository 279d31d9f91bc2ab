/** Tuples of values as keys of a `Map`. */

import type { DifValue } from './interpret/context.js';

/** A string that is the same for the same tuple and no other: `5,3:abc,`, and `[1 2],` for a stack. */
export function tupleKey(values: readonly DifValue[]): string {
  let key = '';
  for (const value of values) {
    if (typeof value === 'bigint') key += `${value},`;
    else key += typeof value === 'string' ? `${value.length}:${value},` : `[${value.join(' ')}],`;
  }
  return key;
}
