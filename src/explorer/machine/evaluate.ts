/** Expressions as functions of a state. */

import { MechanismError } from '../model/error.js';
import type { BinaryOperator, Expression } from '../model/expression.js';
import type { Place } from '../model/variable.js';

/** Computes an expression; `value` is what the step read, stored or chose. */
export type Evaluate = (state: Int32Array, value: number) => number;

/** Fields that an expression means where it stands. */
export interface Scope {
  /** Where it stands, for messages. */
  readonly place: string;
  readonly cpu: number;
  /** Rank of the frame (0 task to 3 NMI). */
  readonly context: number;
  readonly interrupts: number;
  readonly level: number;
  /** Field of a register. */
  readonly register: (name: string) => number;
  /** Field of the first element of a variable. */
  readonly variable: (name: string) => number;
  /** Field of a task's position, and its end. */
  readonly task: (name: string) => { readonly at: number; readonly end: number };
}

const operators: Readonly<
  Record<Exclude<BinaryOperator, '/' | '%' | '&&' | '||'>, (left: number, right: number) => number>
> = {
  '+': (left, right) => (left + right) | 0,
  '-': (left, right) => (left - right) | 0,
  '*': Math.imul,
  '&': (left, right) => left & right,
  '|': (left, right) => left | right,
  '^': (left, right) => left ^ right,
  '<<': (left, right) => left << right,
  '>>': (left, right) => left >> right,
  '==': (left, right) => (left === right ? 1 : 0),
  '!=': (left, right) => (left !== right ? 1 : 0),
  '<': (left, right) => (left < right ? 1 : 0),
  '<=': (left, right) => (left <= right ? 1 : 0),
  '>': (left, right) => (left > right ? 1 : 0),
  '>=': (left, right) => (left >= right ? 1 : 0),
};

/** Makes the function of an expression. It throws {@link MechanismError} on a division by zero and a wrong index. */
export function evaluator(expression: Expression, scope: Scope): Evaluate {
  if (typeof expression === 'number') return () => expression;
  switch (expression.kind) {
    case 'self':
      return () => scope.cpu;
    case 'value':
      return (_, value) => value;
    case 'context':
      return () => scope.context;
    case 'interrupts':
      return (state) => state[scope.interrupts] as number;
    case 'level':
      return (state) => state[scope.level] as number;
    case 'finished': {
      const { at, end } = scope.task(expression.task);
      return (state) => (state[at] === end ? 1 : 0);
    }
    case 'local': {
      const field = scope.register(expression.name);
      return (state) => state[field] as number;
    }
    case 'place': {
      const element = elementOf(expression, scope);
      if (typeof element === 'number') return (state) => state[element] as number;
      return (state, value) => state[element(state, value)] as number;
    }
    case 'unary': {
      const operand = evaluator(expression.operand, scope);
      switch (expression.operator) {
        case '!':
          return (state, value) => (operand(state, value) === 0 ? 1 : 0);
        case '-':
          return (state, value) => -operand(state, value) | 0;
        case '~':
          return (state, value) => ~operand(state, value);
      }
      break;
    }
    case 'binary':
      return binaryEvaluator(
        expression.operator,
        evaluator(expression.left, scope),
        evaluator(expression.right, scope),
        scope,
      );
    case 'conditional': {
      const test = evaluator(expression.test, scope);
      const yes = evaluator(expression.yes, scope);
      const no = evaluator(expression.no, scope);
      return (state, value) => (test(state, value) !== 0 ? yes(state, value) : no(state, value));
    }
  }
}

function binaryEvaluator(operator: BinaryOperator, left: Evaluate, right: Evaluate, scope: Scope): Evaluate {
  switch (operator) {
    case '&&':
      return (state, value) => (left(state, value) !== 0 && right(state, value) !== 0 ? 1 : 0);
    case '||':
      return (state, value) => (left(state, value) !== 0 || right(state, value) !== 0 ? 1 : 0);
    case '/':
    case '%':
      return (state, value) => {
        const divisor = right(state, value);
        if (divisor === 0) throw new MechanismError(scope.place, `it divides by zero (${operator})`);
        const dividend = left(state, value);
        return (operator === '/' ? dividend / divisor : dividend % divisor) | 0;
      };
    default: {
      const compute = operators[operator];
      return (state, value) => compute(left(state, value), right(state, value));
    }
  }
}

/** The field of a place: a number where the index is one, otherwise a function that checks the index. */
export function elementOf(place: Place, scope: Scope): number | Evaluate {
  const { variable, index } = place;
  const base = scope.variable(variable.name);
  const check = (at: number): number => {
    if (at >= 0 && at < variable.size) return base + at;
    throw new MechanismError(
      scope.place,
      `${variable.name}[${at}] is outside of ${variable.name}, which has ${variable.size} element${variable.size === 1 ? '' : 's'}`,
    );
  };
  const folded = index === 0 ? 0 : typeof index === 'object' && index.kind === 'self' ? scope.cpu : index;
  if (typeof folded === 'number') return check(folded);
  const evaluate = evaluator(folded, scope);
  return (state, value) => check(evaluate(state, value));
}
