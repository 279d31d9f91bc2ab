/** Arithmetic and comparisons of DIF. */

import { assertNever } from '../../assert-never.js';
import type { DifCondition, DifOperation } from '../../dif.js';
import { DifFault, type DifValue } from './context.js';

/** The result, before it is cut to the size of its register. Throws DifFault. */
export function compute(operation: DifOperation, left: bigint, right: bigint, pc: number): bigint {
  switch (operation) {
    case 'add':
      return left + right;
    case 'sub':
      return left - right;
    case 'mul':
      return left * right;
    case 'and':
      return left & right;
    case 'or':
      return left | right;
    case 'xor':
      return left ^ right;
    case 'sll':
      return left << BigInt.asUintN(6, right);
    case 'srl':
      return BigInt.asUintN(64, left) >> BigInt.asUintN(6, right);
    case 'sra':
      return BigInt.asIntN(64, left) >> BigInt.asUintN(6, right);
    default:
      if (right === 0n) throw new DifFault('divide-by-zero', 0n, pc);
      return divide(operation, left, right);
  }
}

/** BigInt divides towards zero, as C does; the minimum by -1 wraps to the minimum when it is written. */
function divide(operation: 'sdiv' | 'udiv' | 'srem' | 'urem', left: bigint, right: bigint): bigint {
  switch (operation) {
    case 'sdiv':
      return BigInt.asIntN(64, left) / BigInt.asIntN(64, right);
    case 'udiv':
      return BigInt.asUintN(64, left) / BigInt.asUintN(64, right);
    case 'srem':
      return BigInt.asIntN(64, left) % BigInt.asIntN(64, right);
    case 'urem':
      return BigInt.asUintN(64, left) % BigInt.asUintN(64, right);
    default:
      return assertNever(operation);
  }
}

/** Whether a condition holds of two integers. */
export function holds(condition: DifCondition, left: bigint, right: bigint): boolean {
  switch (condition) {
    case 'slt':
      return BigInt.asIntN(64, left) < BigInt.asIntN(64, right);
    case 'sle':
      return BigInt.asIntN(64, left) <= BigInt.asIntN(64, right);
    case 'sgt':
      return BigInt.asIntN(64, left) > BigInt.asIntN(64, right);
    case 'sge':
      return BigInt.asIntN(64, left) >= BigInt.asIntN(64, right);
    default:
      return ordered(condition, BigInt.asUintN(64, left), BigInt.asUintN(64, right));
  }
}

/** Whether a condition holds of two values of one kind, in their own order. */
export function ordered<T extends DifValue>(
  condition: 'eq' | 'ne' | 'lt' | 'le' | 'gt' | 'ge',
  left: T,
  right: T,
): boolean {
  switch (condition) {
    case 'eq':
      return left === right;
    case 'ne':
      return left !== right;
    case 'lt':
      return left < right;
    case 'le':
      return left <= right;
    case 'gt':
      return left > right;
    case 'ge':
      return left >= right;
    default:
      return assertNever(condition);
  }
}
