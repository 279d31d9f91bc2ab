/** Which operation of DIF an operator on integers is. */

import type { DifOperation } from '../../dif.js';
import type { AssignmentOperator, BinaryOperator } from '../../syntax/ast.js';

/** Operators that compute an integer or pointer. */
export type ArithmeticOperator = Exclude<BinaryOperator, '||' | '^^' | '&&' | '==' | '!=' | '<' | '<=' | '>' | '>='>;

const operations: Readonly<Record<ArithmeticOperator, (signed: boolean) => DifOperation>> = {
  '|': () => 'or',
  '^': () => 'xor',
  '&': () => 'and',
  '<<': () => 'sll',
  '>>': (signed) => (signed ? 'sra' : 'srl'),
  '+': () => 'add',
  '-': () => 'sub',
  '*': () => 'mul',
  '/': (signed) => (signed ? 'sdiv' : 'udiv'),
  '%': (signed) => (signed ? 'srem' : 'urem'),
};

/** The operation in a type of the given signedness. */
export const operationOf = (operator: ArithmeticOperator, signed: boolean): DifOperation =>
  operations[operator](signed);

/** Whether the operator computes an integer or pointer. */
export const isArithmetic = (operator: string): operator is ArithmeticOperator => Object.hasOwn(operations, operator);

/** The operator in a compound assignment; undefined for `=`. */
export function compoundOperator(operator: AssignmentOperator): ArithmeticOperator | undefined {
  const found = operator.slice(0, -1);
  return isArithmetic(found) ? found : undefined;
}
