/** What an operand of an operator or an argument can be once it has been checked, and what its type allows. */

import type { CookedExpression } from '../cooked.js';
import type { Span } from '../source.js';
import type { IntegerType, PointerType, StringType, VoidType } from '../types.js';
import { typeName } from './types/type-text.js';

/** Something written as an expression that has no value: only some places know what to do with it. */
export interface NoValue {
  readonly kind: 'no-value';
  readonly what: 'action' | 'aggregation' | 'aggregating function' | 'void expression';
  /** The action, the aggregation with its `@`, the function; empty for an expression cast to void. */
  readonly name: string;
  /** What is evaluated all the same: the operand of a cast to void. */
  readonly effect?: CookedExpression;
  readonly type: VoidType;
  readonly span: Span;
}

/** A checked expression, with or without a value. */
export type Operand = CookedExpression | NoValue;

/** Whether the operand has a value. */
export const isValue = (operand: Operand): operand is CookedExpression => operand.kind !== 'no-value';

/** Whether the operand is an integer. */
export const isInteger = (operand: Operand): operand is CookedExpression & { readonly type: IntegerType } =>
  operand.type.kind === 'integer';

/** Whether the operand is a pointer. */
export const isPointer = (operand: Operand): operand is CookedExpression & { readonly type: PointerType } =>
  operand.type.kind === 'pointer';

/** Whether the operand is a string of D. */
export const isString = (operand: Operand): operand is CookedExpression & { readonly type: StringType } =>
  operand.type.kind === 'string';

/** Whether the operand is true or false: an integer or a pointer. */
export const isScalar = (
  operand: Operand,
): operand is CookedExpression & { readonly type: IntegerType | PointerType } =>
  isInteger(operand) || isPointer(operand);

/** The operand's type for messages. */
export const operandTypeName = (operand: Operand): string =>
  isValue(operand) || operand.what === 'action' ? typeName(operand.type) : operand.what;

/** What to do about an operand without a value, or with one that is good for few things. */
export function noValueHint(...operands: readonly Operand[]): string | undefined {
  for (const operand of operands) {
    if (operand.type.kind === 'stack')
      return 'a stack is recorded by stack(), printed by %k, or a key of an aggregation';
    if (isValue(operand)) continue;
    switch (operand.what) {
      case 'action':
        return `${operand.name}( ) is an action: it can only be a statement of its own`;
      case 'aggregation':
        return `the value of ${operand.name} is known to printa() only`;
      case 'aggregating function':
        return `the result of ${operand.name}( ) can only be assigned to an aggregation, such as @a`;
      case 'void expression':
        return 'an expression cast to void has no value';
    }
  }
  return undefined;
}
