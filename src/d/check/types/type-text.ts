/** Types as messages write them. */

import type { DType } from '../../types.js';

/** The type as C and D write it: `unsigned int`, `char *`, `string`, `struct task_struct`. */
export function typeName(type: DType): string {
  switch (type.kind) {
    case 'integer':
      return type.name;
    case 'string':
      return 'string';
    case 'stack':
      return 'stack';
    case 'void':
      return 'void';
    case 'struct':
    case 'union':
      return `${type.kind} ${type.name}`;
    case 'pointer': {
      const target = typeName(type.target);
      const userland = type.space === 'user' && type.target.kind !== 'pointer' ? 'userland ' : '';
      return `${userland}${target}${target.endsWith('*') ? '*' : ' *'}`;
    }
    case 'array':
      return `${typeName(type.element)} [${type.length ?? ''}]`;
  }
}
