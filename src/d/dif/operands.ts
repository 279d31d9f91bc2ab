/** Which registers an instruction reads and writes. */

import { assertNever } from '../assert-never.js';
import type { DifInstruction, DifRegister } from '../dif.js';

/** The registers that `instruction` reads, in its order. */
export function operandsOf(instruction: DifInstruction): readonly DifRegister[] {
  switch (instruction.op) {
    case 'setx':
    case 'sets':
    case 'branch':
    case 'label':
    case 'builtin':
    case 'get':
    case 'stack':
    case 'sync':
    case 'speculation':
      return [];
    case 'mov':
    case 'neg':
    case 'not':
    case 'extend':
    case 'branch-if':
    case 'set':
    case 'synced':
    case 'ret':
      return [instruction.src];
    case 'alu':
    case 'compare':
    case 'scompare':
      return [instruction.left, instruction.right];
    case 'get-element':
      return instruction.keys;
    case 'set-element':
      return [...instruction.keys, instruction.src];
    case 'load':
    case 'load-string':
      return [instruction.address];
    default:
      return assertNever(instruction);
  }
}

/** The register that `instruction` writes, if it writes one. */
export function resultOf(instruction: DifInstruction): DifRegister | undefined {
  return 'dst' in instruction ? instruction.dst : undefined;
}
