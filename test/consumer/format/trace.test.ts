import { describe, expect, it } from 'vitest';
import {
  compileRowPrefix,
  compileTrace,
  flowOf,
  formatBytes,
  formatFlowRow,
  formatHeader,
  formatStack,
  type RecordStyle,
} from '../../../src/consumer/format/trace.js';
import type { FormatValue } from '../../../src/consumer/format/value.js';
import type { DifType } from '../../../src/d/dif.js';

const style: RecordStyle = { quiet: false, testing: false, flow: false };
const probe = { id: 57, function: 'openat', name: 'entry' };

describe('the header', () => {
  it.each([
    [style, 'CPU     ID                    FUNCTION:NAME\n'],
    [{ ...style, testing: true }, '                   FUNCTION:NAME\n'],
    [{ ...style, flow: true }, `CPU FUNCTION${' '.repeat(33)}\n`],
    [{ ...style, quiet: true }, ''],
  ])('of %j is %j', (given, expected) => {
    expect(formatHeader(given)).toBe(expected);
  });
});

describe('the start of a row', () => {
  it.each([
    [style, 0, '  0     57                     openat:entry '],
    [style, 128, '128     57                     openat:entry '],
    [{ ...style, testing: true }, 0, '                    openat:entry '],
    [{ ...style, quiet: true }, 0, ''],
  ])('in %j on CPU %d is %j', (given, cpu, expected) => {
    expect(compileRowPrefix(probe, given)(cpu)).toBe(expected);
  });

  it('is no shorter than the name', () => {
    const name = 'a'.repeat(40);
    expect(compileRowPrefix({ id: 1, function: name, name: 'x' }, style)(1)).toBe(`  1      1 ${name}:x `);
  });

  it('keeps the rows of CPUs apart', () => {
    const row = compileRowPrefix(probe, style);
    expect([row(3), row(0), row(3)].map((text) => text.slice(0, 3))).toEqual(['  3', '  0', '  3']);
  });

  it('stands under the header', () => {
    expect(compileRowPrefix(probe, style)(0).trimEnd()).toHaveLength(formatHeader(style).trimEnd().length);
  });
});

describe('flow indentation', () => {
  it.each([
    ['entry', 'entry'],
    ['return', 'return'],
    ['method-entry', 'entry'],
    ['function-return', 'return'],
    ['carpentry', 'none'],
    ['BEGIN', 'none'],
  ])('a probe named %s is %s', (name, flow) => {
    expect(flowOf(name)).toBe(flow);
  });

  it.each([
    [{ provider: 'fbt', function: 'f', name: 'entry' }, 'entry', 0, ' -> f'],
    [{ provider: 'fbt', function: 'f', name: 'return' }, 'return', 1, '   <- f'],
    [{ provider: 'syscall', function: 'read', name: 'entry' }, 'entry', 0, ' => read'],
    [{ provider: 'syscall', function: 'read', name: 'return' }, 'return', 0, ' <= read'],
    [{ provider: 'profile', function: '', name: 'tick-1s' }, 'none', 2, '     | :tick-1s'],
  ] as const)('%j as %s at depth %d reads %j', (given, flow, depth, name) => {
    expect(formatFlowRow(2, given, flow, depth)).toBe(`  2 ${name.padEnd(41)} `);
  });
});

describe('trace()', () => {
  it.each<[string, DifType, FormatValue, string, string]>([
    ['int64_t', { kind: 'integer', size: 8, signed: true }, -5, `${' '.repeat(18)}-5`, '-5'],
    ['int', { kind: 'integer', size: 4, signed: true }, -5, '         -5', '-5'],
    ['short', { kind: 'integer', size: 2, signed: true }, -5, '    -5', '-5'],
    ['char', { kind: 'integer', size: 1, signed: true }, -5, '  -5', '-5'],
    [
      'uint64_t',
      { kind: 'integer', size: 8, signed: false },
      2n ** 64n - 1n,
      ' 18446744073709551615',
      '18446744073709551615',
    ],
    ['uint32_t', { kind: 'integer', size: 4, signed: false }, 5, '          5', '5'],
    ['uint16_t', { kind: 'integer', size: 2, signed: false }, 5, '     5', '5'],
    ['uint8_t', { kind: 'integer', size: 1, signed: false }, 5, '   5', '5'],
    ['string', { kind: 'string', bound: 256 }, 'hello', `  hello${' '.repeat(28)}`, 'hello'],
  ])('of %s has its columns, and none when quiet', (_, type, value, expected, quiet) => {
    expect(compileTrace(type, false)(value)).toBe(expected);
    expect(compileTrace(type, true)(value)).toBe(quiet);
  });
});

describe('a hex dump', () => {
  it('has a ruler, rows of sixteen bytes and the text', () => {
    const bytes = Uint8Array.from([...Buffer.from('0123456789abcdef'), 0x00, 0x7f, 0x20, 0xff, 0x41]);
    expect(formatBytes(bytes)).toBe(
      [
        '',
        '             0  1  2  3  4  5  6  7  8  9  a  b  c  d  e  f  0123456789abcdef',
        '         0: 30 31 32 33 34 35 36 37 38 39 61 62 63 64 65 66  0123456789abcdef',
        `        10: 00 7f 20 ff 41${' '.repeat(33)}  .. .A`,
        '',
      ].join('\n'),
    );
  });

  it('of nothing is nothing', () => {
    expect(formatBytes(new Uint8Array())).toBe('');
  });
});

describe('a stack', () => {
  it('starts a line and indents its frames by fourteen', () => {
    expect(formatStack(['vmlinux`do_sys_open+0x12', 'vmlinux`x'])).toBe(
      '\n              vmlinux`do_sys_open+0x12\n              vmlinux`x\n',
    );
  });

  it.each([
    [undefined, '\n              m`f\n'],
    [2, '\n  m`f\n'],
    [0, '\nm`f\n'],
  ])('is what stack() prints, quiet or not, indented by stackindent (%s)', (indent, expected) => {
    for (const quiet of [false, true]) {
      expect(compileTrace({ kind: 'stack', frames: 3 }, quiet, indent)(['m`f'])).toBe(expected);
    }
  });
});
