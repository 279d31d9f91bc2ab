/** From the checker's types to what DIF keeps of them. */

import type { DifType } from '../../dif.js';
import type { DType } from '../../types.js';

/**
 * What a variable or key of the type is in DIF, undefined if D has no variables of it. Pointers are unsigned integers;
 * strings have bound `stringSize`.
 */
export function difType(type: DType, stringSize: number): DifType | undefined {
  switch (type.kind) {
    case 'integer':
      return { kind: 'integer', size: type.size, signed: type.signed };
    case 'pointer':
      return { kind: 'integer', size: 8, signed: false };
    case 'string':
      return { kind: 'string', bound: stringSize };
    case 'stack':
    case 'void':
    case 'struct':
    case 'union':
    case 'array':
      return undefined;
  }
}
