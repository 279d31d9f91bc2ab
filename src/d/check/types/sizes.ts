/** Sizes of types. */

import type { DType } from '../../types.js';

/** Bytes of a value of the type, undefined for one that has no known size. A string counts with its bound. */
export function sizeOf(type: DType): number | undefined {
  switch (type.kind) {
    case 'integer':
      return type.size;
    case 'pointer':
      return 8;
    case 'string':
      return type.bound;
    case 'stack':
      return 8 * type.frames;
    case 'void':
      return undefined;
    case 'struct':
    case 'union':
      return type.size > 0 ? type.size : undefined;
    case 'array': {
      const element = sizeOf(type.element);
      return element === undefined || type.length === undefined ? undefined : element * type.length;
    }
  }
}
