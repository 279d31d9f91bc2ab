/** The checker's integer arithmetic against C's rules, written down a second time as simply as possible. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { constantValue } from '../../../src/d/check/constant-value.js';
import { CompileError } from '../../../src/d/diagnostic.js';
import { cookValue } from './support.js';

/** A value of C, with the size and signedness of its type. */
interface Value {
  readonly value: bigint;
  readonly size: number;
  readonly signed: boolean;
}

/** An expression as text, and what C makes of it; undefined if it divides by zero somewhere. */
interface Case {
  readonly text: string;
  readonly expected: Value | undefined;
}

const make = (value: bigint, size: number, signed: boolean): Value => ({
  value: signed ? BigInt.asIntN(size * 8, value) : BigInt.asUintN(size * 8, value),
  size,
  signed,
});

/** Integer promotion: everything smaller than int fits an int. */
const promoted = ({ value, size, signed }: Value): Value => (size < 4 ? make(value, 4, true) : { value, size, signed });

/** Usual arithmetic conversions by C's ranks: int < long, and unsigned wins unless the signed type holds its values. */
function converted(a: Value, b: Value): readonly [Value, Value] {
  const [left, right] = [promoted(a), promoted(b)];
  const size = Math.max(left.size, right.size);
  const unsignedOfThatSize = [left, right].some((operand) => operand.size === size && !operand.signed);
  return [make(left.value, size, !unsignedOfThatSize), make(right.value, size, !unsignedOfThatSize)];
}

const bool = (value: boolean): Value => make(value ? 1n : 0n, 4, true);

const binary: Readonly<Record<string, (a: Value, b: Value) => Value | undefined>> = {
  ...Object.fromEntries(
    Object.entries({
      '+': (x: bigint, y: bigint) => x + y,
      '-': (x: bigint, y: bigint) => x - y,
      '*': (x: bigint, y: bigint) => x * y,
      '/': (x: bigint, y: bigint) => (y === 0n ? undefined : x / y),
      '%': (x: bigint, y: bigint) => (y === 0n ? undefined : x % y),
      '&': (x: bigint, y: bigint) => x & y,
      '|': (x: bigint, y: bigint) => x | y,
      '^': (x: bigint, y: bigint) => x ^ y,
    }).map(([operator, compute]) => [
      operator,
      (a: Value, b: Value) => {
        const [left, right] = converted(a, b);
        const result = compute(left.value, right.value);
        return result === undefined ? undefined : make(result, left.size, left.signed);
      },
    ]),
  ),
  ...Object.fromEntries(
    Object.entries({
      '==': (x: bigint, y: bigint) => x === y,
      '!=': (x: bigint, y: bigint) => x !== y,
      '<': (x: bigint, y: bigint) => x < y,
      '<=': (x: bigint, y: bigint) => x <= y,
      '>': (x: bigint, y: bigint) => x > y,
      '>=': (x: bigint, y: bigint) => x >= y,
    }).map(([operator, compare]) => [
      operator,
      (a: Value, b: Value) => {
        const [left, right] = converted(a, b);
        return bool(compare(left.value, right.value));
      },
    ]),
  ),
  '&&': (a, b) => bool(a.value !== 0n && b.value !== 0n),
  '||': (a, b) => bool(a.value !== 0n || b.value !== 0n),
  '^^': (a, b) => bool((a.value !== 0n) !== (b.value !== 0n)),
};

const unary: Readonly<Record<string, (a: Value) => Value>> = {
  '-': (a) => make(-promoted(a).value, promoted(a).size, promoted(a).signed),
  '~': (a) => make(~promoted(a).value, promoted(a).size, promoted(a).signed),
  '+': promoted,
  '!': (a) => bool(a.value === 0n),
};

const casts: readonly (readonly [string, number, boolean])[] = [
  ['char', 1, true],
  ['unsigned char', 1, false],
  ['int16_t', 2, true],
  ['uint16_t', 2, false],
  ['int', 4, true],
  ['uint32_t', 4, false],
  ['long', 8, true],
  ['uint64_t', 8, false],
];

const edges = [
  0n,
  1n,
  2n,
  7n,
  127n,
  128n,
  255n,
  256n,
  32767n,
  65535n,
  2147483647n,
  2147483648n,
  4294967295n,
  1n << 63n,
];

/** A constant whose type is plain from its suffix and value. */
const leaf: fc.Arbitrary<Case> = fc
  .tuple(
    fc.oneof(fc.constantFrom(...edges), fc.bigInt(0n, (1n << 64n) - 1n)),
    fc.constantFrom(
      ['', 4, true] as const,
      ['u', 4, false] as const,
      ['l', 8, true] as const,
      ['ul', 8, false] as const,
    ),
  )
  .map(([value, [suffix, size, signed]]) => {
    const limit = 1n << BigInt(size * 8 - (signed ? 1 : 0));
    const small = value % limit;
    return { text: `${small}${suffix}`, expected: make(small, size, signed) };
  });

const { tree } = fc.letrec<{ tree: Case }>((tie) => {
  const inner = tie('tree');
  return {
    tree: fc.oneof(
      { maxDepth: 5 },
      leaf,
      fc.tuple(fc.constantFrom(...Object.keys(binary)), inner, inner).map(([operator, a, b]) => ({
        text: `(${a.text} ${operator} ${b.text})`,
        expected: a.expected && b.expected && binary[operator]?.(a.expected, b.expected),
      })),
      fc.tuple(fc.constantFrom(...Object.keys(unary)), inner).map(([operator, a]) => ({
        text: `(${operator} ${a.text})`,
        expected: a.expected && unary[operator]?.(a.expected),
      })),
      fc.tuple(fc.constantFrom(...casts), inner).map(([[name, size, signed], a]) => ({
        text: `((${name})${a.text})`,
        expected: a.expected && make(a.expected.value, size, signed),
      })),
      fc.tuple(fc.constantFrom('<<', '>>'), inner, fc.integer({ min: 0, max: 31 })).map(([operator, a, count]) => {
        const left = a.expected && promoted(a.expected);
        const shifted = left && (operator === '<<' ? left.value << BigInt(count) : left.value >> BigInt(count));
        return {
          text: `(${a.text} ${operator} ${count})`,
          expected: left && shifted !== undefined ? make(shifted, left.size, left.signed) : undefined,
        };
      }),
      fc.tuple(inner, inner, inner).map(([condition, yes, no]) => {
        const arms = yes.expected && no.expected && converted(yes.expected, no.expected);
        return {
          text: `(${condition.text} ? ${yes.text} : ${no.text})`,
          expected: condition.expected && arms?.[condition.expected.value !== 0n ? 0 : 1],
        };
      }),
    ),
  };
});

describe('integer expressions', () => {
  it('have the type and value that C gives them', () => {
    fc.assert(
      fc.property(tree, ({ text, expected }) => {
        if (expected === undefined) {
          expect(() => cookValue(text)).toThrow(CompileError);
          return;
        }
        const cooked = cookValue(text);
        expect({ ...cooked.type, value: constantValue(cooked) }).toMatchObject(expected);
      }),
      { numRuns: 3000 },
    );
  });

  it('are not folded: the tree keeps what was written', () => {
    expect(cookValue('1 + 2').kind).toBe('arithmetic');
  });

  it.each([
    ['(int)-2147483648l / -1', -2147483648n],
    ['1 << 32', 0n],
    ['((int *)0 + 3) - (int *)4', 2n],
    ['(char *)-1 > (char *)1', 1n],
    ['(1, 2)', 2n],
  ])('%s is %s', (text, value) => {
    expect(constantValue(cookValue(text))).toBe(value);
  });

  it.each([
    'pid',
    '1 + pid',
    'execname == "a"',
    'pid ? 1 : 2',
    'pid && 1',
    '(x = 1)',
    'x++',
    '*(int *)4',
    '-pid',
    '!pid',
  ])('%s is no constant', (text) => {
    expect(constantValue(cookValue(text))).toBeUndefined();
  });

  it('know the result of && and || when the left side decides it', () => {
    expect(constantValue(cookValue('0 && pid'))).toBe(0n);
    expect(constantValue(cookValue('2 || pid'))).toBe(1n);
  });
});
