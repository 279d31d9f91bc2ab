/** Values of constant expressions, computed as the cooked tree says: this is its meaning for integers. */

import type { CookedExpression } from '../cooked.js';
import type { DifOperation } from '../dif.js';
import { type DType, wrapInteger } from '../types.js';

/**
 * The value of an expression of integer or pointer type that is the same on every firing, in the range of its type.
 * Undefined for one that is not constant or that would fault.
 */
export function constantValue(expression: CookedExpression): bigint | undefined {
  switch (expression.kind) {
    case 'constant':
      return expression.value;
    case 'convert':
      return within(expression.type, constantValue(expression.operand));
    case 'negate':
      return map(constantValue(expression.operand), (value) => within(expression.type, -value));
    case 'complement':
      return map(constantValue(expression.operand), (value) => within(expression.type, ~value));
    case 'not':
      return map(constantValue(expression.operand), (value) => truth(value === 0n));
    case 'arithmetic':
      return map(constantValue(expression.left), (left) =>
        map(constantValue(expression.right), (right) =>
          within(expression.type, arithmetic(expression.operation, left, right)),
        ),
      );
    case 'comparison':
      return map(constantValue(expression.left), (left) =>
        map(constantValue(expression.right), (right) => truth(compare(expression.operator, left, right))),
      );
    case 'logical': {
      const left = constantValue(expression.left);
      if (expression.operator === '&&' && left === 0n) return 0n;
      if (expression.operator === '||' && left !== undefined && left !== 0n) return 1n;
      return map(left, (known) =>
        map(constantValue(expression.right), (right) =>
          truth(expression.operator === '^^' ? (known !== 0n) !== (right !== 0n) : right !== 0n),
        ),
      );
    }
    case 'conditional':
      return map(constantValue(expression.condition), (condition) =>
        constantValue(condition !== 0n ? expression.yes : expression.no),
      );
    case 'comma':
      return map(constantValue(expression.left), () => constantValue(expression.right));
    case 'string':
    case 'builtin':
    case 'argument':
    case 'read':
    case 'assign':
    case 'update':
    case 'load':
    case 'load-string':
    case 'stack':
    case 'sync':
    case 'synced':
    case 'speculation':
      return undefined;
  }
}

const map = <T>(value: bigint | undefined, next: (value: bigint) => T): T | undefined =>
  value === undefined ? undefined : next(value);

const truth = (value: boolean): bigint => (value ? 1n : 0n);

function within(type: DType, value: bigint | undefined): bigint | undefined {
  if (value === undefined) return undefined;
  if (type.kind === 'pointer') return BigInt.asUintN(64, value);
  return type.kind === 'integer' ? wrapInteger(value, type) : undefined;
}

/** On operands in the range of their type; shifts take their count modulo 64. */
function arithmetic(operation: DifOperation, left: bigint, right: bigint): bigint | undefined {
  switch (operation) {
    case 'add':
      return left + right;
    case 'sub':
      return left - right;
    case 'mul':
      return left * right;
    case 'sdiv':
    case 'udiv':
      return right === 0n ? undefined : left / right;
    case 'srem':
    case 'urem':
      return right === 0n ? undefined : left % right;
    case 'and':
      return left & right;
    case 'or':
      return left | right;
    case 'xor':
      return left ^ right;
    case 'sll':
      return left << (right & 63n);
    case 'srl':
    case 'sra':
      return left >> (right & 63n);
  }
}

function compare(operator: '==' | '!=' | '<' | '<=' | '>' | '>=', left: bigint, right: bigint): boolean {
  switch (operator) {
    case '==':
      return left === right;
    case '!=':
      return left !== right;
    case '<':
      return left < right;
    case '<=':
      return left <= right;
    case '>':
      return left > right;
    case '>=':
      return left >= right;
  }
}
