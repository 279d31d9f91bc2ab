/**
 * Random D programs as data. One model is written as D text, cooked by hand, and evaluated by the oracle, so that the
 * compiler and its back ends can be compared with something that shares no code with them.
 */

import { type IntegerType, integerTypes } from '../../../../src/d/types.js';

export type ModelType = IntegerType | 'string';

/** A variable of the program; every program has the same ones, of random types. */
export interface ModelVariable {
  readonly name: string;
  readonly scope: 'global' | 'thread' | 'clause';
  readonly type: ModelType;
  readonly keys: readonly ModelType[] | undefined;
}

/** Values are aggregated as int64_t. */
export interface ModelAggregation {
  readonly name: string;
  readonly function: 'count' | 'sum' | 'min' | 'max' | 'avg' | 'quantize';
  readonly keys: readonly ModelType[];
}

export interface ModelPlace {
  /** Name of the variable. */
  readonly variable: string;
  readonly keys: readonly ModelExpression[];
}

export type ArithmeticOperator = '+' | '-' | '*' | '/' | '%' | '&' | '|' | '^' | '<<' | '>>';
export type ComparisonOperator = '==' | '!=' | '<' | '<=' | '>' | '>=';

export type IntegerBuiltin = 'pid' | 'tid' | 'uid' | 'epid' | 'id' | 'arg0';
export type StringBuiltin = 'probename' | 'probeprov' | 'probefunc' | 'execname';

type Integer =
  | {
      readonly kind: 'literal';
      readonly value: bigint;
      readonly type: 'int' | 'unsigned int' | 'long' | 'unsigned long';
    }
  | { readonly kind: 'builtin'; readonly name: IntegerBuiltin }
  | { readonly kind: 'unary'; readonly operator: '-' | '~' | '+' | '!'; readonly operand: ModelExpression }
  | {
      readonly kind: 'arithmetic';
      readonly operator: ArithmeticOperator;
      readonly left: ModelExpression;
      readonly right: ModelExpression;
    }
  | {
      readonly kind: 'comparison';
      readonly operator: ComparisonOperator;
      readonly left: ModelExpression;
      readonly right: ModelExpression;
    }
  | {
      readonly kind: 'logical';
      readonly operator: '&&' | '||' | '^^';
      readonly left: ModelExpression;
      readonly right: ModelExpression;
    }
  | { readonly kind: 'cast'; readonly type: IntegerType; readonly operand: ModelExpression }
  | {
      readonly kind: 'compound';
      readonly operator: ArithmeticOperator;
      readonly place: ModelPlace;
      readonly value: ModelExpression;
    }
  | {
      readonly kind: 'increment';
      readonly operator: '++' | '--';
      readonly position: 'prefix' | 'postfix';
      readonly place: ModelPlace;
    };

type Text =
  | { readonly kind: 'text'; readonly value: string }
  | { readonly kind: 'text-builtin'; readonly name: StringBuiltin };

type Either =
  | { readonly kind: 'read'; readonly place: ModelPlace }
  | { readonly kind: 'assign'; readonly place: ModelPlace; readonly value: ModelExpression }
  | {
      readonly kind: 'conditional';
      readonly condition: ModelExpression;
      readonly yes: ModelExpression;
      readonly no: ModelExpression;
    }
  | { readonly kind: 'comma'; readonly left: ModelExpression; readonly right: ModelExpression };

/** An expression, well-typed by construction. */
export type ModelExpression = Integer | Text | Either;

export type ModelStatement =
  | { readonly kind: 'evaluate'; readonly expression: ModelExpression }
  | { readonly kind: 'trace'; readonly value: ModelExpression }
  | { readonly kind: 'printf'; readonly values: readonly ModelExpression[] }
  | { readonly kind: 'exit'; readonly status: ModelExpression }
  | {
      readonly kind: 'aggregate';
      /** Name of the aggregation. */
      readonly aggregation: string;
      readonly keys: readonly ModelExpression[];
      readonly argument: ModelExpression;
    };

export interface ModelClause {
  readonly predicate: ModelExpression | undefined;
  readonly statements: readonly ModelStatement[];
}

/** A program; all its clauses are on dtrace:::BEGIN. */
export interface ModelProgram {
  readonly variables: ReadonlyMap<string, ModelVariable>;
  readonly aggregations: ReadonlyMap<string, ModelAggregation>;
  readonly clauses: readonly ModelClause[];
}

const { int, long } = integerTypes;
const unsigned = integerTypes['unsigned int'];

export const builtinTypes: Readonly<Record<IntegerBuiltin, IntegerType>> = {
  pid: int,
  tid: int,
  uid: unsigned,
  epid: unsigned,
  id: unsigned,
  arg0: long,
};

/** The bounds of the string variables that DTrace defines, where strsize is not less. */
export const builtinBounds: Readonly<Record<StringBuiltin, number>> = {
  probename: 64,
  probeprov: 64,
  probefunc: 128,
  execname: 16,
};

export function variableOf(program: Pick<ModelProgram, 'variables'>, place: ModelPlace): ModelVariable {
  const variable = program.variables.get(place.variable);
  if (variable === undefined) throw new Error(`no variable ${place.variable}`);
  return variable;
}

/** C's integer promotions and usual arithmetic conversions on LP64, from the standard's text. */
export function promoted(type: IntegerType): IntegerType {
  return type.size < 4 ? int : type;
}

export function common(left: IntegerType, right: IntegerType): IntegerType {
  const a = promoted(left);
  const b = promoted(right);
  if (a.size === b.size) return a.signed ? b : a;
  return a.size > b.size ? a : b;
}

const isShift = (operator: ArithmeticOperator) => operator === '<<' || operator === '>>';

/** The type in which `left operator right` is computed. */
export function operationType(operator: ArithmeticOperator, left: IntegerType, right: IntegerType): IntegerType {
  return isShift(operator) ? promoted(left) : common(left, right);
}

/** The type of an expression by the rules of C. */
export function typeOfModel(program: Pick<ModelProgram, 'variables'>, expression: ModelExpression): ModelType {
  const integer = (operand: ModelExpression): IntegerType => integerOf(program, operand);
  switch (expression.kind) {
    case 'literal':
      return integerTypes[expression.type];
    case 'builtin':
      return builtinTypes[expression.name];
    case 'text':
    case 'text-builtin':
      return 'string';
    case 'read':
    case 'assign':
    case 'compound':
    case 'increment':
      return variableOf(program, expression.place).type;
    case 'unary':
      return expression.operator === '!' ? int : promoted(integer(expression.operand));
    case 'arithmetic':
      return operationType(expression.operator, integer(expression.left), integer(expression.right));
    case 'comparison':
    case 'logical':
      return int;
    case 'conditional': {
      const yes = typeOfModel(program, expression.yes);
      return yes === 'string' ? 'string' : common(yes, integer(expression.no));
    }
    case 'comma':
      return typeOfModel(program, expression.right);
    case 'cast':
      return expression.type;
  }
}

export function integerOf(program: Pick<ModelProgram, 'variables'>, expression: ModelExpression): IntegerType {
  const type = typeOfModel(program, expression);
  if (type === 'string') throw new Error(`an integer was expected, not ${expression.kind}`);
  return type;
}
