/** Random programs cooked by hand, so that the generator is tested without parser and checker. */

import type { CookedExpression, CookedProgram, CookedStatement, Place } from '../../../../src/d/cooked.js';
import type { DifOperation, DifType, DifVariable } from '../../../../src/d/dif.js';
import type { Source, Span } from '../../../../src/d/source.js';
import { type DType, type IntegerType, integerTypes, stringType } from '../../../../src/d/types.js';
import {
  type ArithmeticOperator,
  builtinBounds,
  builtinTypes,
  integerOf,
  type ModelExpression,
  type ModelPlace,
  type ModelProgram,
  type ModelStatement,
  type ModelType,
  operationType,
  promoted,
  typeOfModel,
  variableOf,
} from './program.js';
import { aggregationOf } from './text.js';

const source: Source = { name: 'model', origin: '-n', text: '' };
const span: Span = { source, start: 0, end: 0 };
const { int } = integerTypes;

/** The program as the checker should cook it. */
export function cookModel(program: ModelProgram, stringSize: number): CookedProgram {
  return new Cook(program, stringSize).program();
}

class Cook {
  readonly #model: ModelProgram;
  readonly #stringSize: number;
  readonly #variables: readonly DifVariable[];
  readonly #aggregations: CookedProgram['aggregations'];

  constructor(model: ModelProgram, stringSize: number) {
    this.#model = model;
    this.#stringSize = stringSize;
    this.#variables = [...model.variables.values()].map(({ name, scope, type, keys }, id) => ({
      id,
      name,
      scope,
      type: this.#difType(type),
      ...(keys === undefined ? {} : { keys: keys.map((key) => this.#difType(key)) }),
    }));
    this.#aggregations = [...model.aggregations.values()].map(({ name, function: by, keys }, id) => ({
      id,
      name,
      function: by,
      keys: keys.map((key) => this.#difType(key)),
      signed: by !== 'count',
    }));
  }

  program(): CookedProgram {
    return {
      clauses: this.#model.clauses.map(({ predicate, statements }, i) => ({
        epid: i + 2,
        probes: [{ provider: 'dtrace', module: '', function: '', name: 'BEGIN', text: 'BEGIN', span }],
        predicate: predicate === undefined ? undefined : this.#expression(predicate),
        statements: statements.map((each) => this.#statement(each)),
        records: statements.length === 0,
        span,
      })),
      variables: this.#variables,
      aggregations: this.#aggregations,
      options: [],
    };
  }

  #difType(type: ModelType): DifType {
    return type === 'string'
      ? { kind: 'string', bound: this.#stringSize }
      : { kind: 'integer', size: type.size, signed: type.signed };
  }

  #type(type: ModelType): DType {
    return type === 'string' ? stringType(this.#stringSize) : type;
  }

  #statement(statement: ModelStatement): CookedStatement {
    switch (statement.kind) {
      case 'evaluate':
        return { kind: 'evaluate', expression: this.#expression(statement.expression), span };
      case 'trace':
        return { kind: 'trace', value: this.#expression(statement.value), span };
      case 'printf':
        return { kind: 'printf', format: '', values: statement.values.map((each) => this.#expression(each)), span };
      case 'exit':
        return { kind: 'exit', status: this.#as(int, statement.status), span };
      case 'aggregate': {
        const { name, function: by, keys } = aggregationOf(this.#model, statement.aggregation);
        const aggregation = this.#aggregations.find((each) => each.name === name);
        if (aggregation === undefined) throw new Error(`no aggregation ${name}`);
        return {
          kind: 'aggregate',
          aggregation,
          function: by,
          keys: statement.keys.map((key, i) => this.#key(key, keys[i])),
          argument: by === 'count' ? undefined : this.#as(integerTypes.int64_t, statement.argument),
          span,
        };
      }
    }
  }

  #key(key: ModelExpression, type: ModelType | undefined): CookedExpression {
    return type === undefined || type === 'string' ? this.#expression(key) : this.#as(type, key);
  }

  #place(place: ModelPlace): Place {
    const { name, type, keys } = variableOf(this.#model, place);
    const variable = this.#variables.find((each) => each.name === name);
    if (variable === undefined) throw new Error(`no variable ${name}`);
    const common = { variable, type: this.#type(type), span };
    if (keys === undefined) return { kind: 'variable', ...common };
    return { kind: 'element', ...common, keys: place.keys.map((key, i) => this.#key(key, keys[i])) };
  }

  /** The expression converted to `type`. */
  #as(type: IntegerType, expression: ModelExpression): CookedExpression {
    const operand = this.#expression(expression);
    const from = integerOf(this.#model, expression);
    return from.size === type.size && from.signed === type.signed ? operand : { kind: 'convert', operand, type, span };
  }

  #expression(node: ModelExpression): CookedExpression {
    const type = this.#type(typeOfModel(this.#model, node));
    switch (node.kind) {
      case 'literal':
        return { kind: 'constant', value: node.value, type, span };
      case 'builtin':
        return { kind: 'builtin', variable: node.name, type: builtinTypes[node.name], span };
      case 'text-builtin': {
        const bound = Math.min(builtinBounds[node.name], this.#stringSize);
        return { kind: 'builtin', variable: node.name, type: stringType(bound), span };
      }
      case 'text': {
        const bound = Math.min(Buffer.byteLength(node.value) + 1, this.#stringSize);
        return { kind: 'string', value: node.value, type: stringType(bound), span };
      }
      case 'read':
        return { kind: 'read', place: this.#place(node.place), type, span };
      case 'assign': {
        const place = this.#place(node.place);
        const to = variableOf(this.#model, node.place).type;
        const value = to === 'string' ? this.#expression(node.value) : this.#as(to, node.value);
        return { kind: 'assign', place, value, type, span };
      }
      case 'compound':
      case 'increment':
        return this.#update(node, type);
      case 'unary':
        return this.#unary(node, type);
      case 'arithmetic': {
        const [left, right] = [integerOf(this.#model, node.left), integerOf(this.#model, node.right)];
        const by = operationType(node.operator, left, right);
        const isShift = node.operator === '<<' || node.operator === '>>';
        return {
          kind: 'arithmetic',
          operation: operationOf(node.operator, by),
          left: this.#as(by, node.left),
          right: isShift ? this.#expression(node.right) : this.#as(by, node.right),
          type,
          span,
        };
      }
      case 'comparison': {
        const { operator } = node;
        if (typeOfModel(this.#model, node.left) === 'string') {
          const [left, right] = [this.#expression(node.left), this.#expression(node.right)];
          return { kind: 'comparison', operator, left, right, type, span };
        }
        const by = operationType('+', integerOf(this.#model, node.left), integerOf(this.#model, node.right));
        const [left, right] = [this.#as(by, node.left), this.#as(by, node.right)];
        return { kind: 'comparison', operator, left, right, type, span };
      }
      case 'logical': {
        const [left, right] = [this.#expression(node.left), this.#expression(node.right)];
        return { kind: 'logical', operator: node.operator, left, right, type, span };
      }
      case 'conditional': {
        const condition = this.#expression(node.condition);
        const arm = (each: ModelExpression) =>
          type.kind === 'integer' ? this.#as(type, each) : this.#expression(each);
        return { kind: 'conditional', condition, yes: arm(node.yes), no: arm(node.no), type, span };
      }
      case 'comma':
        return { kind: 'comma', left: this.#expression(node.left), right: this.#expression(node.right), type, span };
      case 'cast':
        return this.#as(node.type, node.operand);
    }
  }

  #unary(node: Extract<ModelExpression, { kind: 'unary' }>, type: DType): CookedExpression {
    if (node.operator === '!') return { kind: 'not', operand: this.#expression(node.operand), type, span };
    const operand = this.#as(promoted(integerOf(this.#model, node.operand)), node.operand);
    if (node.operator === '+') return operand;
    return { kind: node.operator === '-' ? 'negate' : 'complement', operand, type, span };
  }

  #update(node: Extract<ModelExpression, { kind: 'compound' | 'increment' }>, type: DType): CookedExpression {
    const old = variableOf(this.#model, node.place).type;
    if (old === 'string') throw new Error('strings are not updated');
    const one: ModelExpression = { kind: 'literal', value: 1n, type: 'int' };
    const operator = node.kind === 'compound' ? node.operator : node.operator === '++' ? '+' : '-';
    const value = node.kind === 'compound' ? node.value : one;
    const by = operationType(operator, old, integerOf(this.#model, value));
    const isShift = operator === '<<' || operator === '>>';
    return {
      kind: 'update',
      place: this.#place(node.place),
      operation: operationOf(operator, by),
      value: isShift ? this.#expression(value) : this.#as(by, value),
      operationType: by,
      yields: node.kind === 'increment' && node.position === 'postfix' ? 'old' : 'new',
      type,
      span,
    };
  }
}

function operationOf(operator: ArithmeticOperator, { signed }: IntegerType): DifOperation {
  const names = { '+': 'add', '-': 'sub', '*': 'mul', '&': 'and', '|': 'or', '^': 'xor', '<<': 'sll' } as const;
  if (operator === '/') return signed ? 'sdiv' : 'udiv';
  if (operator === '%') return signed ? 'srem' : 'urem';
  if (operator === '>>') return signed ? 'sra' : 'srl';
  return names[operator];
}
