/**
 * Expressions of a mechanism: data, so that they can be checked, printed, evaluated and turned into code.
 *
 * All values are integers of 32 bits; a comparison gives 0 or 1, and a test takes everything but 0 as true.
 */

import type { Local, Place, Variable } from './variable.js';

/** Operators of two operands, with the meaning that JavaScript gives them on integers of 32 bits; `/` truncates. */
export type BinaryOperator =
  | '+'
  | '-'
  | '*'
  | '/'
  | '%'
  | '&'
  | '|'
  | '^'
  | '<<'
  | '>>'
  | '=='
  | '!='
  | '<'
  | '<='
  | '>'
  | '>='
  | '&&'
  | '||';

/** An operand as an author may write it: a variable stands for its only element. */
export type Operand = Expression | Variable;

/**
 * A computation.
 *
 * - a number: itself.
 * - `self`: the number of the CPU that runs the step.
 * - `value`: what the step read, or the old value for an atomic step, or what it stores, or chose.
 * - `context`: what the CPU runs: 0 a task, 1 a softirq, 2 a hardirq, 3 an NMI (D's `ipl`).
 * - `interrupts`: 1 where interrupts are enabled on this CPU, 0 where not.
 * - `level`: the interrupt priority level of this CPU.
 * - `finished`: 1 once the named task has ended.
 * - a {@link Local}: a register of the frame.
 * - a {@link Place}: what memory holds. Memory is shared, so only ghost updates, checks and properties may look at it.
 */
export type Expression =
  | number
  | Local
  | Place
  | { readonly kind: 'self' | 'value' | 'context' | 'interrupts' | 'level' }
  | { readonly kind: 'finished'; readonly task: string }
  | { readonly kind: 'unary'; readonly operator: '!' | '-' | '~'; readonly operand: Expression }
  | {
      readonly kind: 'binary';
      readonly operator: BinaryOperator;
      readonly left: Expression;
      readonly right: Expression;
    }
  | { readonly kind: 'conditional'; readonly test: Expression; readonly yes: Expression; readonly no: Expression };

/** The number of the CPU that runs the step. */
export const self: Expression = { kind: 'self' };
/** What the step read (an atomic step: the old value), stored or chose. */
export const value: Expression = { kind: 'value' };
/** What the CPU runs: 0 a task, 1 a softirq, 2 a hardirq, 3 an NMI. */
export const context: Expression = { kind: 'context' };
/** 1 where interrupts are enabled on the CPU that runs the step. */
export const interruptsEnabled: Expression = { kind: 'interrupts' };
/** The interrupt priority level of the CPU that runs the step. */
export const currentLevel: Expression = { kind: 'level' };

/** Makes an expression of what an author wrote. */
export function expressionOf(operand: Operand): Expression {
  return typeof operand === 'object' && operand.kind === 'variable'
    ? { kind: 'place', variable: operand, index: 0 }
    : operand;
}

function binary(operator: BinaryOperator, left: Operand, right: Operand): Expression {
  return { kind: 'binary', operator, left: expressionOf(left), right: expressionOf(right) };
}

/** 1 once the task of that name has ended. */
export const finished = (task: string): Expression => ({ kind: 'finished', task });

/** left + right */
export const add = (left: Operand, right: Operand): Expression => binary('+', left, right);
/** left - right */
export const subtract = (left: Operand, right: Operand): Expression => binary('-', left, right);
/** left * right */
export const multiply = (left: Operand, right: Operand): Expression => binary('*', left, right);
/** left / right, truncated; a division by zero is an error of the mechanism */
export const divide = (left: Operand, right: Operand): Expression => binary('/', left, right);
/** left % right; a division by zero is an error of the mechanism */
export const modulo = (left: Operand, right: Operand): Expression => binary('%', left, right);
/** left & right, bit by bit */
export const bitAnd = (left: Operand, right: Operand): Expression => binary('&', left, right);
/** left | right, bit by bit */
export const bitOr = (left: Operand, right: Operand): Expression => binary('|', left, right);
/** left ^ right, bit by bit */
export const bitXor = (left: Operand, right: Operand): Expression => binary('^', left, right);
/** ~operand, bit by bit */
export const bitNot = (operand: Operand): Expression => ({
  kind: 'unary',
  operator: '~',
  operand: expressionOf(operand),
});
/** left << right */
export const shiftLeft = (left: Operand, right: Operand): Expression => binary('<<', left, right);
/** left >> right */
export const shiftRight = (left: Operand, right: Operand): Expression => binary('>>', left, right);
/** The number with bit `index` set. */
export const bit = (index: Operand): Expression => shiftLeft(1, index);
/** 1 where bit `index` of `word` is set. */
export const hasBit = (word: Operand, index: Operand): Expression => bitAnd(shiftRight(word, index), 1);
/** left == right */
export const equal = (left: Operand, right: Operand): Expression => binary('==', left, right);
/** left != right */
export const notEqual = (left: Operand, right: Operand): Expression => binary('!=', left, right);
/** left < right */
export const less = (left: Operand, right: Operand): Expression => binary('<', left, right);
/** left <= right */
export const atMost = (left: Operand, right: Operand): Expression => binary('<=', left, right);
/** left > right */
export const greater = (left: Operand, right: Operand): Expression => binary('>', left, right);
/** left >= right */
export const atLeast = (left: Operand, right: Operand): Expression => binary('>=', left, right);
/** 1 where the operand is 0 */
export const not = (operand: Operand): Expression => ({ kind: 'unary', operator: '!', operand: expressionOf(operand) });
/** -operand */
export const negate = (operand: Operand): Expression => ({
  kind: 'unary',
  operator: '-',
  operand: expressionOf(operand),
});
/** 1 where every operand is true; 1 of none */
export const and = (...operands: readonly Operand[]): Expression =>
  operands.length === 0 ? 1 : operands.map(expressionOf).reduce((left, right) => binary('&&', left, right));
/** 1 where some operand is true; 0 of none */
export const or = (...operands: readonly Operand[]): Expression =>
  operands.length === 0 ? 0 : operands.map(expressionOf).reduce((left, right) => binary('||', left, right));
/** The sum of the operands; 0 of none */
export const sum = (...operands: readonly Operand[]): Expression =>
  operands.length === 0 ? 0 : operands.map(expressionOf).reduce((left, right) => binary('+', left, right));
/** `yes` where the test holds, otherwise `no` */
export const when = (test: Operand, yes: Operand, no: Operand): Expression => ({
  kind: 'conditional',
  test: expressionOf(test),
  yes: expressionOf(yes),
  no: expressionOf(no),
});
