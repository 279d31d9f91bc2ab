/** Expressions, evaluated as they are written. */

import { MechanismError } from '../../../src/explorer/model/error.js';
import type { BinaryOperator, Expression } from '../../../src/explorer/model/expression.js';
import { type Context, contexts } from '../../../src/explorer/model/model.js';
import type { Local, Place } from '../../../src/explorer/model/variable.js';
import type { Machine } from './program.js';
import { item, type State } from './state.js';

/** What an expression may look at. */
export interface Scope {
  readonly machine: Machine;
  readonly state: State;
  /** Of whom: `routine / step`, for errors. */
  readonly where: string;
  /** -1 where no CPU is meant, as in a property. */
  readonly cpu: number;
  readonly context: Context;
  readonly locals: Record<string, number>;
  readonly value: number;
}

function divisor(scope: Scope, value: number): number {
  if (value === 0) throw new MechanismError(scope.where, 'division by zero');
  return value;
}

function binary(operator: BinaryOperator, left: number, right: () => number, scope: Scope): number {
  switch (operator) {
    case '+':
      return (left + right()) | 0;
    case '-':
      return (left - right()) | 0;
    case '*':
      return Math.imul(left, right());
    case '/':
      return (left / divisor(scope, right())) | 0;
    case '%':
      return (left % divisor(scope, right())) | 0;
    case '&':
      return left & right();
    case '|':
      return left | right();
    case '^':
      return left ^ right();
    case '<<':
      return left << right();
    case '>>':
      return left >> right();
    case '==':
      return Number(left === right());
    case '!=':
      return Number(left !== right());
    case '<':
      return Number(left < right());
    case '<=':
      return Number(left <= right());
    case '>':
      return Number(left > right());
    case '>=':
      return Number(left >= right());
    case '&&':
      return left && right();
    case '||':
      return left || right();
  }
}

/** The element of memory that a place is. */
export function elementOf(place: Place, scope: Scope): number {
  const { name, size } = place.variable;
  const offset = scope.machine.offsets.get(name);
  if (offset === undefined) throw new MechanismError(scope.where, `variable ${name} is not in the model`);
  const index = evaluate(place.index, scope);
  if (index < 0 || index >= size) throw new MechanismError(scope.where, `${name}[${index}] is outside the variable`);
  return offset + index;
}

function readLocal(register: Local, scope: Scope): number {
  const held = scope.locals[register.name];
  if (held === undefined) throw new MechanismError(scope.where, `no register ${register.name} here`);
  return held;
}

function finished(task: string, { machine, state, where }: Scope): number {
  const index = machine.model.tasks.findIndex(({ name }) => name === task);
  if (index < 0) throw new MechanismError(where, `no task ${task}`);
  return Number(item(state.tasks, index).position === item(machine.tasks, index).steps.length);
}

/** The value of an expression. */
export function evaluate(expression: Expression, scope: Scope): number {
  if (typeof expression === 'number') return expression | 0;
  switch (expression.kind) {
    case 'local':
      return readLocal(expression, scope);
    case 'place':
      return item(scope.state.memory, elementOf(expression, scope));
    case 'self':
      if (scope.cpu < 0) throw new MechanismError(scope.where, 'self has no meaning here');
      return scope.cpu;
    case 'value':
      return scope.value;
    case 'context':
      return contexts.indexOf(scope.context);
    case 'interrupts':
      return item(scope.state.cpus, scope.cpu).flag;
    case 'level':
      return item(scope.state.cpus, scope.cpu).level;
    case 'finished':
      return finished(expression.task, scope);
    case 'unary': {
      const operand = evaluate(expression.operand, scope);
      if (expression.operator === '!') return Number(operand === 0);
      return expression.operator === '-' ? -operand | 0 : ~operand;
    }
    case 'binary': {
      const { operator, left, right } = expression;
      return binary(operator, evaluate(left, scope), () => evaluate(right, scope), scope);
    }
    case 'conditional':
      return evaluate(evaluate(expression.test, scope) !== 0 ? expression.yes : expression.no, scope);
  }
}

/** Whether a test holds. */
export const holds = (test: Expression, scope: Scope): boolean => evaluate(test, scope) !== 0;
