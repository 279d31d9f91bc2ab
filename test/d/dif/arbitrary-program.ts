/**
 * Random well-typed D programs: integers of every width and signedness, strings, variables of every scope, associative
 * arrays, every operator, divisions by what may be zero, aggregations, several clauses and predicates on BEGIN.
 */

import fc from 'fast-check';
import { type IntegerType, integerTypes } from '../../../src/d/types.js';
import type {
  ModelAggregation,
  ModelClause,
  ModelExpression,
  ModelPlace,
  ModelProgram,
  ModelStatement,
  ModelVariable,
} from './model/program.js';
import { modelText } from './model/text.js';

/** How large a program may become. */
export interface ProgramSize {
  readonly clauses: number;
  /** A clause. */
  readonly statements: number;
  /** Depth of expressions. */
  readonly depth: number;
}

const defaultSize: ProgramSize = { clauses: 3, statements: 4, depth: 4 };

const integerNames = [
  'char',
  'unsigned char',
  'short',
  'unsigned short',
  'int',
  'unsigned int',
  'long',
  'unsigned long',
  'long long',
  'unsigned long long',
  'int8_t',
  'uint8_t',
  'int16_t',
  'uint16_t',
  'int32_t',
  'uint32_t',
  'int64_t',
  'uint64_t',
] as const;

const integerType: fc.Arbitrary<IntegerType> = fc.constantFrom(...integerNames).map((name) => integerTypes[name]);

type ValueKind = 'integer' | 'string';

/** Scope, whether strings, and the kinds of keys of every variable; the names start with these letters. */
const variableShapes: readonly (readonly [
  string,
  ModelVariable['scope'],
  ValueKind,
  readonly ValueKind[] | undefined,
])[] = [
  ['gi', 'global', 'integer', undefined],
  ['gj', 'global', 'integer', undefined],
  ['gs', 'global', 'string', undefined],
  ['ti', 'thread', 'integer', undefined],
  ['tj', 'thread', 'integer', undefined],
  ['ts', 'thread', 'string', undefined],
  ['ci', 'clause', 'integer', undefined],
  ['cj', 'clause', 'integer', undefined],
  ['cs', 'clause', 'string', undefined],
  ['ga', 'global', 'integer', ['integer']],
  ['gb', 'global', 'integer', ['integer', 'string']],
  ['gx', 'global', 'string', ['string']],
  ['ta', 'thread', 'integer', ['integer']],
  ['tx', 'thread', 'string', ['integer', 'integer']],
];

const aggregationShapes: readonly (readonly [string, ModelAggregation['function'], readonly ValueKind[]])[] = [
  ['n', 'count', []],
  ['k', 'count', ['integer', 'string']],
  ['s', 'sum', ['integer']],
  ['lo', 'min', []],
  ['hi', 'max', ['string']],
  ['mean', 'avg', ['integer']],
  ['q', 'quantize', []],
];

const typeOfKind = (kind: ValueKind): fc.Arbitrary<IntegerType | 'string'> =>
  kind === 'string' ? fc.constant('string' as const) : integerType;

const typesOfKinds = (kinds: readonly ValueKind[]) => fc.tuple(...kinds.map(typeOfKind));

const variables: fc.Arbitrary<ReadonlyMap<string, ModelVariable>> = fc
  .tuple(
    ...variableShapes.map(([name, scope, kind, keys]) =>
      fc.record({
        name: fc.constant(name),
        scope: fc.constant(scope),
        type: typeOfKind(kind),
        keys: keys === undefined ? fc.constant(undefined) : typesOfKinds(keys),
      }),
    ),
  )
  .map((all) => new Map(all.map((each) => [each.name, each])));

const aggregations: fc.Arbitrary<ReadonlyMap<string, ModelAggregation>> = fc
  .tuple(
    ...aggregationShapes.map(([name, by, keys]) =>
      fc.record({
        name: fc.constant(name),
        function: fc.constant(by),
        keys: typesOfKinds(keys),
      }),
    ),
  )
  .map((all) => new Map(all.map((each) => [each.name, each])));

const text = fc.oneof(
  fc.constantFrom('', 'a', 'ab', 'abc', 'b', 'BEGIN', 'dtrace'),
  fc.string({ unit: fc.constantFrom('a', 'b', 'z', ' ', '%', '0', 'é', '中'), maxLength: 24 }),
);

const edges = [0n, 1n, 2n, 3n, 7n, 8n, 31n, 32n, 40n, 63n, 64n, 127n, 128n, 255n, 256n, 32767n, 32768n, 65535n, 65536n];

const literal: fc.Arbitrary<ModelExpression> = fc
  .constantFrom(
    ['int', 0x7fffffffn] as const,
    ['unsigned int', 0xffffffffn] as const,
    ['long', 0x7fffffffffffffffn] as const,
    ['unsigned long', 0xffffffffffffffffn] as const,
  )
  .chain(([type, max]) =>
    fc
      .oneof(
        fc.constantFrom(...edges),
        fc.constantFrom(max, max - 1n, max >> 1n, 0x7fffffffn),
        fc.bigInt({ min: 0n, max }),
      )
      .map((value) => ({ kind: 'literal' as const, value, type })),
  );

interface Expressions {
  readonly integer: ModelExpression;
  readonly string: ModelExpression;
  /** An expression statement: an assignment or update. */
  readonly effect: ModelExpression;
}

const arithmeticOperators = ['+', '-', '*', '&', '|', '^', '<<', '>>'] as const;
const comparisonOperators = ['==', '!=', '<', '<=', '>', '>='] as const;

function expressions(depth: number): { [K in keyof Expressions]: fc.Arbitrary<Expressions[K]> } {
  return fc.letrec<Expressions>((tie: fc.LetrecTypedTie<Expressions>) => {
    const [integer, string] = [tie('integer'), tie('string')];
    const depthOptions = { maxDepth: depth, depthIdentifier: fc.createDepthIdentifier(), withCrossShrink: true };
    const places = (kind: ValueKind, keyed: boolean): fc.Arbitrary<ModelPlace> =>
      fc.oneof(
        ...variableShapes
          .filter(([, , type, keys]) => type === kind && (keys !== undefined) === keyed)
          .map(([variable, , , keys]) =>
            fc.record({
              variable: fc.constant(variable),
              keys: fc.tuple(...(keys ?? []).map((key) => (key === 'string' ? string : integer))),
            }),
          ),
      );
    const place = (kind: ValueKind) =>
      fc.oneof({ weight: 3, arbitrary: places(kind, false) }, { weight: 1, arbitrary: places(kind, true) });
    const read = (kind: ValueKind, keyed: boolean) =>
      fc.record({ kind: fc.constant('read' as const), place: places(kind, keyed) });
    const assign = (kind: ValueKind) =>
      fc.record({
        kind: fc.constant('assign' as const),
        place: place(kind),
        value: kind === 'string' ? string : integer,
      });
    const conditional = (arm: fc.Arbitrary<ModelExpression>) =>
      fc.record({ kind: fc.constant('conditional' as const), condition: integer, yes: arm, no: arm });
    const comma = (right: fc.Arbitrary<ModelExpression>) =>
      fc.record({ kind: fc.constant('comma' as const), left: fc.oneof(integer, string), right });
    // A divisor must not be the constant 0, which does not compile: a constant that is not, or what a variable decides.
    const divisor = fc.oneof(
      literal.map((each) => (each.kind === 'literal' && each.value === 0n ? { ...each, value: 3n } : each)),
      read('integer', false),
      fc.record({
        kind: fc.constant('arithmetic' as const),
        operator: fc.constantFrom('+', '-', '&', '|', '^'),
        left: read('integer', false),
        right: integer,
      }),
    );
    const compound = fc.oneof(
      fc.record({
        kind: fc.constant('compound' as const),
        operator: fc.constantFrom(...arithmeticOperators),
        place: place('integer'),
        value: integer,
      }),
      fc.record({
        kind: fc.constant('compound' as const),
        operator: fc.constantFrom('/', '%'),
        place: place('integer'),
        value: divisor,
      }),
    );
    const increment = fc.record({
      kind: fc.constant('increment' as const),
      operator: fc.constantFrom('++', '--'),
      position: fc.constantFrom('prefix', 'postfix'),
      place: place('integer'),
    });
    return {
      effect: fc.oneof(assign('integer'), assign('string'), compound, increment),
      integer: fc.oneof(
        depthOptions,
        literal,
        read('integer', false),
        fc.record({
          kind: fc.constant('builtin' as const),
          name: fc.constantFrom('pid', 'tid', 'uid', 'epid', 'id', 'arg0'),
        }),
        fc.record({
          kind: fc.constant('unary' as const),
          operator: fc.constantFrom('-', '~', '+', '!'),
          operand: integer,
        }),
        fc.record({
          kind: fc.constant('arithmetic' as const),
          operator: fc.constantFrom(...arithmeticOperators),
          left: integer,
          right: integer,
        }),
        fc.record({
          kind: fc.constant('arithmetic' as const),
          operator: fc.constantFrom('/', '%'),
          left: integer,
          right: divisor,
        }),
        fc.record({
          kind: fc.constant('comparison' as const),
          operator: fc.constantFrom(...comparisonOperators),
          left: integer,
          right: integer,
        }),
        fc.record({
          kind: fc.constant('comparison' as const),
          operator: fc.constantFrom(...comparisonOperators),
          left: string,
          right: string,
        }),
        fc.record({
          kind: fc.constant('logical' as const),
          operator: fc.constantFrom('&&', '||', '^^'),
          left: integer,
          right: integer,
        }),
        fc.record({ kind: fc.constant('cast' as const), type: integerType, operand: integer }),
        conditional(integer),
        comma(integer),
        read('integer', true),
        assign('integer'),
        compound,
        increment,
      ),
      string: fc.oneof(
        depthOptions,
        text.map((value) => ({ kind: 'text' as const, value })),
        read('string', false),
        fc.record({
          kind: fc.constant('text-builtin' as const),
          name: fc.constantFrom('probename', 'probeprov', 'probefunc', 'execname'),
        }),
        read('string', true),
        conditional(string),
        comma(string),
        assign('string'),
      ),
    };
  });
}

function statement({ integer, string, effect }: ReturnType<typeof expressions>): fc.Arbitrary<ModelStatement> {
  const value = fc.oneof({ weight: 3, arbitrary: integer }, { weight: 1, arbitrary: string });
  const aggregate = fc.oneof(
    ...aggregationShapes.map(([name, , keys]) =>
      fc.record({
        kind: fc.constant('aggregate' as const),
        aggregation: fc.constant(name),
        keys: fc.tuple(...keys.map((key) => (key === 'string' ? string : integer))),
        argument: integer,
      }),
    ),
  );
  return fc.oneof(
    { weight: 6, arbitrary: fc.record({ kind: fc.constant('evaluate' as const), expression: effect }) },
    { weight: 6, arbitrary: fc.record({ kind: fc.constant('trace' as const), value }) },
    {
      weight: 2,
      arbitrary: fc.record({ kind: fc.constant('printf' as const), values: fc.array(value, { maxLength: 4 }) }),
    },
    { weight: 4, arbitrary: aggregate },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('exit' as const), status: integer }) },
  );
}

/** Random integer expressions over the variables of `arbitraryModel`. */
export const arbitraryInteger = (depth = defaultSize.depth): fc.Arbitrary<ModelExpression> =>
  expressions(depth).integer;

/** The variables and aggregations of random programs. */
export const arbitraryDeclarations: fc.Arbitrary<Pick<ModelProgram, 'variables' | 'aggregations'>> = fc.record({
  variables,
  aggregations,
});

/** Random programs as models. */
export function arbitraryModel(size: Partial<ProgramSize> = {}): fc.Arbitrary<ModelProgram> {
  const { clauses, statements, depth } = { ...defaultSize, ...size };
  const known = expressions(depth);
  const clause: fc.Arbitrary<ModelClause> = fc.record({
    predicate: fc.option(known.integer, { nil: undefined, freq: 2 }),
    statements: fc.array(statement(known), { maxLength: statements }),
  });
  return fc.record({ variables, aggregations, clauses: fc.array(clause, { minLength: 1, maxLength: clauses }) });
}

/** Random programs as D text. */
export const arbitraryProgram = (size: Partial<ProgramSize> = {}): fc.Arbitrary<string> =>
  arbitraryModel(size).map(modelText);
