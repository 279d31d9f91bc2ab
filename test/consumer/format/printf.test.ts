import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { escapeBytes, fromByteString, toByteString } from '../../../src/consumer/format/bytes.js';
import { compilePrintf, type FormatEnvironment, formatPrintf } from '../../../src/consumer/format/printf.js';
import type { FormatType, FormatValue } from '../../../src/consumer/format/value.js';
import { parsePrintf } from '../../../src/d/printf-format.js';

const i8: FormatType = { kind: 'integer', size: 1, signed: true };
const i16: FormatType = { kind: 'integer', size: 2, signed: true };
const i32: FormatType = { kind: 'integer', size: 4, signed: true };
const i64: FormatType = { kind: 'integer', size: 8, signed: true };
const u32: FormatType = { kind: 'integer', size: 4, signed: false };
const u64: FormatType = { kind: 'integer', size: 8, signed: false };
const string: FormatType = { kind: 'string', bound: 256 };
const float: FormatType = { kind: 'float', size: 8 };

const print = (
  format: string,
  types: readonly FormatType[],
  values: readonly FormatValue[],
  environment: FormatEnvironment = {},
): string => compilePrintf(parsePrintf(format), types, environment)(values);

describe('printf integers', () => {
  it.each<[string, FormatType, FormatValue, string]>([
    ['%d', i32, 42, '42'],
    ['%d', i32, -42, '-42'],
    ['%i', i64, -(2n ** 63n), '-9223372036854775808'],
    ['%d', u64, 2n ** 64n - 1n, '18446744073709551615'],
    ['%5d|', i32, 42, '   42|'],
    ['%-5d|', i32, 42, '42   |'],
    ['%05d', i32, -42, '-0042'],
    ['%+d', i32, 42, '+42'],
    ['% d', i32, 42, ' 42'],
    ['%.5d', i32, 42, '00042'],
    ['%8.5d', i32, -42, '  -00042'],
    ['%08.5d', i32, 42, '   00042'],
    ['%lld', i64, 7, '7'],
    ['%hhd', i8, -7, '-7'],
    ['%u', u32, 4294967295, '4294967295'],
    ['%u', i32, -1, '4294967295'],
    ['%u', i64, -1, '18446744073709551615'],
    ['%08u', i16, -1, '00065535'],
    ['%x', i32, 255, 'ff'],
    ['%X', i32, 255, 'FF'],
    ['%x', i8, -1, 'ff'],
    ['%x', i16, -1, 'ffff'],
    ['%x', i32, -1, 'ffffffff'],
    ['%x', i64, -1, 'ffffffffffffffff'],
    ['%x', i64, -(2n ** 62n), 'c000000000000000'],
    ['%#x', i32, 255, '0xff'],
    ['%#X', i32, 255, '0XFF'],
    ['%#x', i32, 0, '0'],
    ['%#8x', i32, 0x123, '   0x123'],
    ['%#08x', i32, 0x123, '0x000123'],
    ['%o', i32, 8, '10'],
    ['%#o', i32, 8, '010'],
    ['%p', u64, 0xffff_8000_0000_1234n, 'ffff800000001234'],
    ['%?p', u64, 0x61, '              61'],
    ['%c', i32, 97, 'a'],
    ['%3c|', i8, 98, '  b|'],
    ['%c', i32, 0x141, 'A'],
    ['%c', i32, 200, '\xc8'],
    ['%C', i32, 10, '\\n'],
    ['%C', i32, 1, '\\001'],
    ['%C', i32, 97, 'a'],
  ])('%s prints as printf(3C) does (%#)', (format, type, value, expected) => {
    expect(print(format, [type], [value])).toBe(expected);
  });

  it.each([
    ['', "%'d", 1234567, '1234567'],
    [',', "%'d", 1234567, '1,234,567'],
    [',', "%'d", -1234, '-1,234'],
    [',', "%'u", 999, '999'],
    [',', '%d', 1234567, '1234567'],
  ])('separates thousands by %j: %s', (thousands, format, value, expected) => {
    expect(print(format, [i64], [value], { thousands })).toBe(expected);
  });

  it('prints every 64-bit integer in decimal and hex as BigInt does', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), (wide) => {
        const exact = wide > -(2n ** 53n) && wide < 2n ** 53n ? Number(wide) : wide;
        expect(print('%d %u %x %20d', [i64, i64, i64, i64], [exact, exact, exact, exact])).toBe(
          `${wide} ${BigInt.asUintN(64, wide)} ${BigInt.asUintN(64, wide).toString(16)} ${String(wide).padStart(20)}`,
        );
      }),
    );
  });
});

describe('printf strings', () => {
  it.each<[string, string, string]>([
    ['%s', 'hello', 'hello'],
    ['%8s|', 'hello', '   hello|'],
    ['%-8s|', 'hello', 'hello   |'],
    ['%.3s', 'hello', 'hel'],
    ['%-6.3s|', 'hello', 'hel   |'],
    ['%2s', 'hello', 'hello'],
    ['%.0s', 'hello', 'hello'],
    ['%S', 'a\tb"\x01', 'a\\tb\\"\\001'],
  ])('%s of %j is %j', (format, value, expected) => {
    expect(print(format, [string], [value])).toBe(expected);
  });

  it('counts bytes, not characters, and passes bytes through', () => {
    const bytes = toByteString('äö');
    expect(bytes).toHaveLength(4);
    expect(print('%6s|', [string], [bytes])).toBe(`  ${bytes}|`);
    expect(fromByteString(print('→ %s', [string], [bytes]))).toBe('→ äö');
  });

  it('escapes what is not printable as C does', () => {
    expect(escapeBytes('\0\x07\b\t\n\v\f\r"\'\\ ~\x7f\xff')).toBe('\\0\\a\\b\\t\\n\\v\\f\\r\\"\\\'\\\\ ~\\177\\377');
  });
});

describe('printf floating point', () => {
  it.each<[string, number, string]>([
    ['%f', 1.23456789, '1.234568'],
    ['%.2f', 2.5, '2.50'],
    ['%f', 1e22, '10000000000000000000000.000000'],
    ['%e', 12345.678, '1.234568e+04'],
    ['%E', 0.00012, '1.200000E-04'],
    ['%g', 100000, '100000'],
    ['%g', 1000000, '1e+06'],
    ['%g', 0.0001, '0.0001'],
    ['%g', 0.00001, '1e-05'],
    ['%G', 1e-10, '1E-10'],
    ['%#g', 1, '1.00000'],
    ['%+10.1f|', 2.24, '      +2.2|'],
    ['%010.1f', -2.76, '-0000002.8'],
    ['%f', Number.POSITIVE_INFINITY, 'inf'],
    ['%05g', Number.NaN, '  nan'],
    ['%Lf', 1, '1.000000'],
  ])('%s of %d is %j', (format, value, expected) => {
    expect(print(format, [float], [value])).toBe(expected);
  });
});

describe('printf times', () => {
  const zone = process.env['TZ'];
  beforeAll(() => {
    process.env['TZ'] = 'UTC';
  });
  afterAll(() => {
    if (zone === undefined) delete process.env['TZ'];
    else process.env['TZ'] = zone;
  });

  it.each<[string, bigint, string]>([
    ['%Y', 1795364794_000000000n, '2026 Nov 22 16:26:34'],
    ['%Y', 1795364794_999999999n, '2026 Nov 22 16:26:34'],
    ['%Y', 123787200_000000000n, '1973 Dec  3 17:20:00'],
    ['%-24Y|', 1795364794_000000000n, '2026 Nov 22 16:26:34    |'],
    ['%T', 1795364794_000000000n, 'Sun, 22 Nov 2026 16:26:34 UTC'],
    ['%T', 1609459200_000000000n, 'Fri, 01 Jan 2020 00:00:00 UTC'],
  ])('%s prints the local time (%#)', (format, value, expected) => {
    expect(print(format, [u64], [value])).toBe(expected);
  });

  it('follows the second of each record', () => {
    const format = compilePrintf(parsePrintf('%Y'), [u64]);
    expect(format([1795364794_999999999n])).toBe('2026 Nov 22 16:26:34');
    expect(format([1795364795_000000000n])).toBe('2026 Nov 22 16:26:35');
    expect(format([1795364794_000000001n])).toBe('2026 Nov 22 16:26:34');
  });
});

describe('printf addresses and stacks', () => {
  const environment = {
    symbol: (address: bigint) => `vmlinux\`f+0x${address.toString(16)}`,
    userSymbol: (address: bigint) => `libc.so.6\`g+0x${address.toString(16)}`,
  };

  it('asks for the names of addresses', () => {
    expect(print('%a %A', [u64, u64], [0x12, 0x34], environment)).toBe('vmlinux`f+0x12 libc.so.6`g+0x34');
    expect(print('%-16a|', [u64], [1], environment)).toBe('vmlinux`f+0x1   |');
  });

  it('prints the address itself where there is no name to be had', () => {
    expect(print('%a', [u64], [0xffff_8000_0000_1234n])).toBe('0xffff800000001234');
  });

  it('prints a stack a frame a line, a width to the left being its indentation', () => {
    expect(print('%k', [{ kind: 'stack', frames: 2 }], [['a`b', 'c`d+0x1']])).toBe('\na`b\nc`d+0x1\n');
    expect(print('%-4k', [{ kind: 'stack', frames: 2 }], [['a`b']])).toBe('\n    a`b\n');
  });
});

describe('printf formats', () => {
  it.each<[string, readonly FormatType[], readonly FormatValue[], string]>([
    ['no arguments', [], [], 'no arguments'],
    ['100%%', [], [], '100%'],
    ['%d%%\n', [i32], [7], '7%\n'],
    ['%*d|', [i32, i32], [5, 42], '   42|'],
    ['%*d|', [i32, i32], [-5, 42], '42   |'],
    ['%-*d|', [i32, i32], [5, 42], '42   |'],
    ['%.*s', [i32, string], [2, 'hello'], 'he'],
    ['%.*s', [i32, string], [0, 'hello'], 'hello'],
    ['%*.*s|', [i32, i32, string], [6, 2, 'hello'], '    he|'],
    ['%d %s %d %s %d', [i32, string, i32, string, i32], [1, 'a', 2, 'b', 3], '1 a 2 b 3'],
    ['<%d><%d><%d><%d>', [i32, i32, i32, i32], [1, 2, 3, 4], '<1><2><3><4>'],
    ['%d%d%d%d%d%d%d%d%d.', Array(9).fill(i32), [1, 2, 3, 4, 5, 6, 7, 8, 9], '123456789.'],
  ])('%j with its arguments (%#)', (format, types, values, expected) => {
    expect(print(format, types, values)).toBe(expected);
  });

  it('keeps apart the widths that * took', () => {
    const format = compilePrintf(parsePrintf('%*d|'), [i32, i32]);
    expect([3, 5, 3].map((width) => format([width, 1]))).toEqual(['  1|', '    1|', '  1|']);
  });

  it('formats once with the types that the values show', () => {
    expect(formatPrintf('%s has %d (%x)', ['x', 3n, -1])).toBe('x has 3 (ffffffffffffffff)');
  });
});
