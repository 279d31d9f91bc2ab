/**
 * What a random program must do, straight from its tree by the rules of C and the guide: no cooked tree, no DIF. Values
 * are bigints in the range of their type and text; aggregations keep every value that they were given.
 */

import { type IntegerType, integerTypes } from '../../../../src/d/types.js';
import {
  type IntegerBuiltin,
  integerOf,
  type ModelClause,
  type ModelExpression,
  type ModelPlace,
  type ModelProgram,
  type ModelStatement,
  type ModelType,
  operationType,
  promoted,
  type StringBuiltin,
  typeOfModel,
  variableOf,
} from './program.js';
import { aggregationOf } from './text.js';

export type OracleValue = bigint | string;

/** What DTrace's own variables are, except epid. */
export type OracleBuiltins = Readonly<Record<Exclude<IntegerBuiltin, 'epid'>, bigint> & Record<StringBuiltin, string>>;

export interface OracleClause {
  readonly epid: number;
  readonly ran: boolean;
  /** The values recorded, in order; undefined for a clause that did not run to its end. */
  readonly values: readonly OracleValue[] | undefined;
  /** Where it divided by zero: 0 is the predicate, 1 the first statement. */
  readonly fault: number | undefined;
  readonly exit: bigint | undefined;
}

/** A tuple of keys as one string, by which `Oracle.aggregations` holds values. */
export function tupleText(values: readonly OracleValue[]): string {
  return JSON.stringify(values.map((value) => (typeof value === 'bigint' ? `${value}` : [value])));
}

class DivisionByZero extends Error {}

/** A model program that runs. Its globals, thread variables and aggregations stay from one firing to the next. */
export class Oracle {
  readonly #program: ModelProgram;
  readonly #stringSize: number;
  readonly #builtins: OracleBuiltins;
  readonly #kept = new Map<string, OracleValue>();
  #clause = new Map<string, OracleValue>();
  #epid = 0;
  /** Every value that an aggregation was given, by its name and the `tupleText` of its keys. */
  readonly aggregations = new Map<string, Map<string, bigint[]>>();

  constructor(program: ModelProgram, stringSize: number, builtins: OracleBuiltins) {
    this.#program = program;
    this.#stringSize = stringSize;
    this.#builtins = builtins;
  }

  fire(): readonly OracleClause[] {
    this.#clause = new Map();
    const results: OracleClause[] = [];
    for (const [i, clause] of this.#program.clauses.entries()) {
      const result = this.#runClause(clause, i + 2);
      results.push(result);
      if (result.exit !== undefined) break;
    }
    return results;
  }

  #runClause({ predicate, statements }: ModelClause, epid: number): OracleClause {
    this.#epid = epid;
    const values: OracleValue[] = [];
    let exit: bigint | undefined;
    let action = 0;
    try {
      if (predicate !== undefined && this.#evaluate(predicate) === 0n)
        return { epid, ran: false, values: undefined, fault: undefined, exit };
      for (const statement of statements) {
        action += 1;
        const status = this.#perform(statement, values);
        exit ??= status;
      }
    } catch (error) {
      if (!(error instanceof DivisionByZero)) throw error;
      return { epid, ran: action > 0, values: undefined, fault: action, exit };
    }
    return { epid, ran: true, values, fault: undefined, exit };
  }

  #perform(statement: ModelStatement, values: OracleValue[]): bigint | undefined {
    switch (statement.kind) {
      case 'evaluate':
        this.#evaluate(statement.expression);
        return undefined;
      case 'trace':
        values.push(this.#evaluate(statement.value));
        return undefined;
      case 'printf':
        for (const value of statement.values) values.push(this.#evaluate(value));
        return undefined;
      case 'exit': {
        const status = wrap(this.#integer(statement.status), integerTypes.int);
        values.push(status);
        return status;
      }
      case 'aggregate': {
        const { name, function: by, keys } = aggregationOf(this.#program, statement.aggregation);
        const tuple = this.#keys(statement.keys, keys);
        const value = by === 'count' ? 1n : wrap(this.#integer(statement.argument), integerTypes.int64_t);
        const entries = this.aggregations.get(name) ?? new Map<string, bigint[]>();
        entries.set(tuple, [...(entries.get(tuple) ?? []), value]);
        this.aggregations.set(name, entries);
        return undefined;
      }
    }
  }

  #keys(keys: readonly ModelExpression[], types: readonly ModelType[]): string {
    return tupleText(
      keys.map((key, i) => {
        const type = types[i];
        return type === undefined || type === 'string' ? this.#text(key) : wrap(this.#integer(key), type);
      }),
    );
  }

  #integer(expression: ModelExpression): bigint {
    const value = this.#evaluate(expression);
    if (typeof value === 'string') throw new Error('an integer was expected');
    return value;
  }

  #text(expression: ModelExpression): string {
    const value = this.#evaluate(expression);
    if (typeof value === 'bigint') throw new Error('a string was expected');
    return value;
  }

  /** What holds the place, and under which name. */
  #locate(place: ModelPlace): readonly [Map<string, OracleValue>, string] {
    const { name, scope, keys } = variableOf(this.#program, place);
    const tuple = keys === undefined ? '' : this.#keys(place.keys, keys);
    return [scope === 'clause' ? this.#clause : this.#kept, `${name}${tuple}`];
  }

  #cut(text: string): string {
    let end = text.length;
    while (Buffer.byteLength(text.slice(0, end)) >= this.#stringSize) end -= 1;
    return text.slice(0, end);
  }

  #evaluate(node: ModelExpression): OracleValue {
    switch (node.kind) {
      case 'literal':
        return node.value;
      case 'builtin':
        return node.name === 'epid' ? BigInt(this.#epid) : this.#builtins[node.name];
      case 'text':
        return this.#cut(node.value);
      case 'text-builtin':
        return this.#cut(this.#builtins[node.name]);
      case 'read': {
        const [map, key] = this.#locate(node.place);
        return map.get(key) ?? this.#zero(node.place);
      }
      case 'assign': {
        const { type } = variableOf(this.#program, node.place);
        const value = type === 'string' ? this.#text(node.value) : wrap(this.#integer(node.value), type);
        const [map, key] = this.#locate(node.place);
        map.set(key, value);
        return value;
      }
      case 'compound':
        return this.#update(node.place, node.operator, node.value)[1];
      case 'increment': {
        const one: ModelExpression = { kind: 'literal', value: 1n, type: 'int' };
        const [old, now] = this.#update(node.place, node.operator === '++' ? '+' : '-', one);
        return node.position === 'prefix' ? now : old;
      }
      case 'unary': {
        const value = this.#integer(node.operand);
        if (node.operator === '!') return value === 0n ? 1n : 0n;
        const type = promoted(integerOf(this.#program, node.operand));
        if (node.operator === '+') return value;
        return wrap(node.operator === '-' ? -value : -value - 1n, type);
      }
      case 'arithmetic': {
        const type = operationType(
          node.operator,
          integerOf(this.#program, node.left),
          integerOf(this.#program, node.right),
        );
        const left = this.#integer(node.left);
        return compute(node.operator, type, left, this.#integer(node.right));
      }
      case 'comparison':
        return this.#compare(node) ? 1n : 0n;
      case 'logical': {
        const left = this.#integer(node.left) !== 0n;
        if (node.operator === '&&') return left && this.#integer(node.right) !== 0n ? 1n : 0n;
        if (node.operator === '||') return left || this.#integer(node.right) !== 0n ? 1n : 0n;
        return left !== (this.#integer(node.right) !== 0n) ? 1n : 0n;
      }
      case 'conditional': {
        const type = typeOfModel(this.#program, node);
        const arm = this.#integer(node.condition) !== 0n ? node.yes : node.no;
        return type === 'string' ? this.#text(arm) : wrap(this.#integer(arm), type);
      }
      case 'comma':
        this.#evaluate(node.left);
        return this.#evaluate(node.right);
      case 'cast':
        return wrap(this.#integer(node.operand), node.type);
    }
  }

  #zero(place: ModelPlace): OracleValue {
    return variableOf(this.#program, place).type === 'string' ? '' : 0n;
  }

  #update(place: ModelPlace, operator: Parameters<typeof operationType>[0], value: ModelExpression): [bigint, bigint] {
    const { type } = variableOf(this.#program, place);
    if (type === 'string') throw new Error('strings are not updated');
    const [map, key] = this.#locate(place);
    const old = map.get(key) ?? 0n;
    if (typeof old === 'string') throw new Error('an integer was expected');
    const by = operationType(operator, type, integerOf(this.#program, value));
    const now = wrap(compute(operator, by, old, this.#integer(value)), type);
    map.set(key, now);
    return [old, now];
  }

  #compare({ operator, left, right }: Extract<ModelExpression, { kind: 'comparison' }>): boolean {
    let order: number;
    if (typeOfModel(this.#program, left) === 'string') {
      const first = Buffer.from(this.#text(left));
      order = Buffer.compare(first, Buffer.from(this.#text(right)));
    } else {
      const type = operationType('+', integerOf(this.#program, left), integerOf(this.#program, right));
      const difference = wrap(this.#integer(left), type) - wrap(this.#integer(right), type);
      order = difference === 0n ? 0 : difference < 0n ? -1 : 1;
    }
    const accepted = { '==': [0], '!=': [-1, 1], '<': [-1], '<=': [-1, 0], '>': [1], '>=': [0, 1] }[operator];
    return accepted.includes(order);
  }
}

/** A value in two's complement, by arithmetic alone. */
function wrap(value: bigint, { size, signed }: IntegerType): bigint {
  const modulus = 1n << BigInt(size * 8);
  const rest = ((value % modulus) + modulus) % modulus;
  return signed && rest >= modulus / 2n ? rest - modulus : rest;
}

function compute(operator: string, type: IntegerType, left: bigint, right: bigint): bigint {
  const isShift = operator === '<<' || operator === '>>';
  const a = wrap(left, type);
  const b = isShift ? ((right % 64n) + 64n) % 64n : wrap(right, type);
  switch (operator) {
    case '+':
      return wrap(a + b, type);
    case '-':
      return wrap(a - b, type);
    case '*':
      return wrap(a * b, type);
    case '/':
    case '%': {
      if (b === 0n) throw new DivisionByZero();
      return wrap(operator === '/' ? a / b : a - (a / b) * b, type);
    }
    case '&':
      return wrap(a & b, type);
    case '|':
      return wrap(a | b, type);
    case '^':
      return wrap(a ^ b, type);
    case '<<':
      return wrap(a * 2n ** b, type);
    case '>>': {
      // The floor of the quotient is the arithmetic shift.
      const divisor = 2n ** b;
      return a >= 0n ? a / divisor : -((-a + divisor - 1n) / divisor);
    }
    default:
      throw new Error(`no operator ${operator}`);
  }
}
