import { describe, expect, it } from 'vitest';
import {
  type AggregatingFunction,
  type AggregationData,
  aggregate,
  emptyAggregation,
} from '../../../src/consumer/aggregation/functions.js';
import { type AggregationEntry, joinAggregations, sortAggregation } from '../../../src/consumer/aggregation/order.js';
import {
  compilePrinta,
  formatAggregation,
  formatAggregationRow,
  type PrintedAggregation,
} from '../../../src/consumer/format/aggregation.js';
import { formatDistribution } from '../../../src/consumer/format/distribution.js';
import type { FormatValue } from '../../../src/consumer/format/value.js';
import type { DifType } from '../../../src/d/dif.js';
import { parsePrintf } from '../../../src/d/printf-format.js';

const int = (size: 1 | 2 | 4 | 8, signed = true): DifType => ({ kind: 'integer', size, signed });
const string: DifType = { kind: 'string', bound: 256 };
const count: AggregatingFunction = { function: 'count' };
const sum: AggregatingFunction = { function: 'sum' };
const quantize: AggregatingFunction = { function: 'quantize' };

const of = (
  aggregating: AggregatingFunction,
  ...values: readonly (bigint | readonly [bigint, bigint])[]
): AggregationData => {
  const data = emptyAggregation(aggregating);
  for (const value of values) {
    if (typeof value === 'bigint') aggregate(aggregating, data, value);
    else aggregate(aggregating, data, value[0], value[1]);
  }
  return data;
};
const printed = (aggregating: AggregatingFunction, keys: readonly DifType[], normal = 1n): PrintedAggregation => ({
  aggregating,
  keys,
  normal,
});
const rows = (text: string): string[] => text.split('\n');
/** A row of a distribution: label, bar with its `|`, count. */
const row = (label: string, bar: string, value: number): string =>
  `${label.padStart(16)} ${bar} ${String(value).padEnd(9)}`;
const right = (length: number): string => `|${'@'.repeat(length).padEnd(40)}`;
const left = (length: number): string => `${'@'.repeat(length).padStart(40)}|`;
const header = '           value  ------------- Distribution ------------- count    ';

describe('the default form of an aggregation', () => {
  it.each<[string, DifType, FormatValue, string]>([
    ['int64_t', int(8), -2, '               -2'],
    ['uint64_t', int(8, false), 2n ** 64n - 1n, '               -1'],
    ['int', int(4), -2, '       -2'],
    ['uint32_t', int(4, false), 4294967295, '       -1'],
    ['short', int(2), -2, ' 65534'],
    ['char', int(1), -2, ' 254'],
    ['uint8_t', int(1, false), 7, '   7'],
    ['string', string, 'bash', `  bash${' '.repeat(46)}`],
    ['stack', { kind: 'stack', frames: 3 }, ['m`f+0x1', 'm`g'], '\n              m`f+0x1\n              m`g\n'],
    ['stack without a frame', { kind: 'stack', frames: 3 }, [], '\n'],
  ])('a key of type %s has its columns', (_, type, value, expected) => {
    expect(formatAggregationRow([printed(sum, [type])], [value], [of(sum, 5n)])).toBe(
      `${expected}${' '.repeat(16)}5\n`,
    );
  });

  it('has keys in order, then the value, a line each, sorted by value and then by key', () => {
    const aggregation = printed(count, [int(4), string]);
    const entry = (pid: number, name: string, times: number): AggregationEntry => ({
      keys: [pid, name],
      data: BigInt64Array.of(BigInt(times)),
    });
    const text = formatAggregation(aggregation, [
      entry(7, 'b', 2),
      entry(9, 'a', 1),
      entry(7, 'a', 2),
      entry(3, 'z', 10),
    ]);
    const line = (pid: string, name: string, times: string): string =>
      ` ${pid.padStart(8)}  ${name.padEnd(50)} ${times.padStart(16)}`;
    expect(rows(text)).toEqual([
      line('9', 'a', '1'),
      line('7', 'a', '2'),
      line('7', 'b', '2'),
      line('3', 'z', '10'),
      '',
    ]);
  });

  it('of no keys is the value alone', () => {
    expect(formatAggregation(printed(sum, []), [{ keys: [], data: of(sum, -12n) }])).toBe(`${' '.repeat(14)}-12\n`);
  });

  it.each<[AggregatingFunction['function'], bigint]>([
    ['count', 3n],
    ['sum', 6n],
    ['min', -1n],
    ['max', 5n],
    ['avg', 2n],
    ['stddev', 2n],
  ])('of %s shows its value', (name, expected) => {
    const aggregating = { function: name } as AggregatingFunction;
    expect(formatAggregationRow([printed(aggregating, [])], [], [of(aggregating, -1n, 2n, 5n)])).toBe(
      ` ${String(expected).padStart(16)}\n`,
    );
  });

  it('divides by the normalisation factor', () => {
    expect(formatAggregationRow([printed(sum, [], 1000n)], [], [of(sum, 12_999n)])).toBe(`${' '.repeat(15)}12\n`);
  });

  it('puts several aggregations in columns', () => {
    const aggregations = [printed(sum, [string]), printed(count, [string])];
    expect(formatAggregationRow(aggregations, ['x'], [of(sum, 7n), of(count, 0n)])).toBe(
      `  ${'x'.padEnd(50)} ${'7'.padStart(16)} ${'1'.padStart(16)}\n`,
    );
  });
});

describe('quantize', () => {
  it('has one empty bucket on either side, bars of forty columns and trailing blanks', () => {
    expect(rows(formatDistribution(quantize, of(quantize, 1n, 1n, 3n, 9n)))).toEqual([
      '',
      header,
      row('0', right(0), 0),
      row('1', right(20), 2),
      row('2', right(10), 1),
      row('4', right(0), 0),
      row('8', right(10), 1),
      row('16', right(0), 0),
      '',
    ]);
  });

  it('rounds bars half up', () => {
    // 1 of 80 is half a column.
    const text = rows(formatDistribution(quantize, of(quantize, [1n, 1n], [2n, 79n])));
    expect(text.slice(3, 5)).toEqual([row('1', right(1), 1), row('2', right(40), 79)]);
  });

  it('labels negative values by the power nearest to zero', () => {
    expect(rows(formatDistribution(quantize, of(quantize, -1n, -3n, 0n, 0n)))).toEqual([
      '',
      header,
      row('-4', right(0), 0),
      row('-2', right(10), 1),
      row('-1', right(10), 1),
      row('0', right(20), 2),
      row('1', right(0), 0),
      '',
    ]);
  });

  it('draws negative counts to the left', () => {
    expect(rows(formatDistribution(quantize, of(quantize, [1n, -1n], [2n, -3n])))).toEqual([
      '',
      header,
      row('0', left(0), 0),
      row('1', left(10), -1),
      row('2', left(30), -3),
      row('4', left(0), 0),
      '',
    ]);
  });

  it('draws counts of both signs in halves around the bar', () => {
    const half = (length: number): string => ' '.repeat(20 - length) + '@'.repeat(length);
    expect(rows(formatDistribution(quantize, of(quantize, [1n, 1n], [2n, -1n])))).toEqual([
      '',
      header,
      row('0', `${half(0)}|${' '.repeat(20)}`, 0),
      row('1', `${half(0)}|${'@'.repeat(10).padEnd(20)}`, 1),
      row('2', `${half(10)}|${' '.repeat(20)}`, -1),
      row('4', `${half(0)}|${' '.repeat(20)}`, 0),
      '',
    ]);
  });

  it('without data shows -1, 0 and 1', () => {
    expect(rows(formatDistribution(quantize, of(quantize)))).toEqual([
      '',
      header,
      row('-1', right(0), 0),
      row('0', right(0), 0),
      row('1', right(0), 0),
      '',
    ]);
  });

  it('shows the ends of 64 bits with an empty bucket on the inner side only', () => {
    const text = rows(formatDistribution(quantize, of(quantize, -(2n ** 63n), 2n ** 63n - 1n)));
    expect(text[2]).toBe(row('-4611686018427387904', right(20), 1));
    expect(text.at(-2)).toBe(row('4611686018427387904', right(20), 1));
  });

  it('divides the counts and not the bars by the normalisation factor', () => {
    const text = rows(formatDistribution(quantize, of(quantize, [1n, 10n], [2n, 30n]), 10n));
    expect(text.slice(3, 5)).toEqual([row('1', right(10), 1), row('2', right(30), 3)]);
  });

  it('follows the keys on their line', () => {
    const text = formatAggregationRow([printed(quantize, [string])], ['read'], [of(quantize, 1n)]);
    expect(rows(text).slice(0, 2)).toEqual([`  ${'read'.padEnd(50)}`, header]);
    expect(text.endsWith(' 0        \n\n')).toBe(true);
  });
});

describe('lquantize', () => {
  const lquantize: AggregatingFunction = { function: 'lquantize', base: 0, step: 10, levels: 3 };

  it('names its ends by the bounds', () => {
    expect(rows(formatDistribution(lquantize, of(lquantize, -5n, 0n, 9n, 25n, 30n, 99n)))).toEqual([
      '',
      header,
      row('< 0', right(7), 1),
      row('0', right(13), 2),
      row('10', right(0), 0),
      row('20', right(7), 1),
      row('>= 30', right(13), 2),
      '',
    ]);
  });

  it('shows one empty bucket on either side', () => {
    expect(rows(formatDistribution(lquantize, of(lquantize, 10n))).slice(2, -1)).toEqual([
      row('0', right(0), 0),
      row('10', right(40), 1),
      row('20', right(0), 0),
    ]);
  });

  it('without data shows the first three', () => {
    expect(rows(formatDistribution(lquantize, of(lquantize))).slice(2, -1)).toEqual([
      row('< 0', right(0), 0),
      row('0', right(0), 0),
      row('10', right(0), 0),
    ]);
  });
});

describe('llquantize', () => {
  const shape = (factor: number, low: number, high: number, steps: number): AggregatingFunction => ({
    function: 'llquantize',
    ...{ factor, low, high, steps },
  });
  const labels = (aggregating: AggregatingFunction, values: readonly bigint[]): string[] =>
    rows(formatDistribution(aggregating, of(aggregating, ...values)))
      .slice(2, -1)
      .map((text) => text.slice(0, 16).trim());
  const from = (first: bigint, last: bigint): bigint[] =>
    Array.from({ length: Number(last - first) + 1 }, (_, i) => first + BigInt(i));

  it.each<[string, AggregatingFunction, readonly bigint[], string]>([
    ['steps < factor', shape(4, 0, 1, 2), from(-20n, 20n), '<= -16|-8|-4|-2|-1|0|1|2|4|8|>= 16'],
    ['steps = factor', shape(4, 0, 1, 4), from(-20n, 20n), '<= -16|-12|-8|-4|-3|-2|-1|0|1|2|3|4|8|12|>= 16'],
    [
      'steps > factor',
      shape(4, 0, 1, 8),
      from(-20n, 20n),
      '<= -16|-14|-12|-10|-8|-6|-4|-3|-2|-1|0|1|2|3|4|6|8|10|12|14|>= 16',
    ],
    ['a magnitude to begin with', shape(10, 1, 1, 10), from(0n, 35n), '-10|abs() < 10|10|20|30|40'],
    ['nothing below it', shape(10, 1, 1, 10), [10n], '< 10|10|20'],
    ['no data', shape(4, 0, 1, 4), [], '0|1|2'],
    ['no data, buckets that are not real', shape(4, 0, 1, 8), [], '0|1|2'],
    ['the last only', shape(4, 0, 1, 4), [99n], '12|>= 16'],
  ])('with %s has the labels of its buckets', (_, aggregating, values, expected) => {
    expect(labels(aggregating, values)).toEqual(expected.split('|'));
  });
});

describe('the order of printing', () => {
  const names = (entries: readonly { readonly keys: readonly FormatValue[] }[]): string =>
    entries.map(({ keys }) => keys.join('.')).join(' ');
  const entries: AggregationEntry[] = [
    { keys: [2, 'b'], data: of(sum, 5n) },
    { keys: [-1, 'a'], data: of(sum, -5n) },
    { keys: [1, 'c'], data: of(sum, 5n) },
    { keys: [1, 'a'], data: of(sum, 7n) },
  ];
  const types = [int(4), string];

  it.each([
    [{}, '-1.a 1.c 2.b 1.a'],
    [{ reverse: true }, '1.a 2.b 1.c -1.a'],
    [{ byKey: true }, '1.a 1.c 2.b -1.a'],
    [{ byKey: true, keyPosition: 1 }, '1.a -1.a 2.b 1.c'],
    [{ byKey: true, keyPosition: 9 }, '1.a 1.c 2.b -1.a'],
    [{ byKey: true, reverse: true }, '-1.a 2.b 1.c 1.a'],
  ])('with %j is %s', (order, expected) => {
    expect(names(sortAggregation(sum, types, entries, order))).toBe(expected);
  });

  it('compares strings byte by byte', () => {
    const list = ['b', '\xe9', 'a', 'B', 'ab', ''].map((name) => ({ keys: [name], data: of(count, 0n) }));
    expect(names(sortAggregation(count, [string], list))).toBe(' B a ab b \xe9');
  });

  it.each<[string, AggregatingFunction, Record<string, AggregationData>, string]>([
    ['avg by the average', { function: 'avg' }, { a: BigInt64Array.of(2n, 20n), b: BigInt64Array.of(9n, 9n) }, 'b a'],
    [
      'stddev by the deviation',
      { function: 'stddev' },
      { a: of({ function: 'stddev' }, 0n, 9n), b: of({ function: 'stddev' }, 50n) },
      'b a',
    ],
    [
      'quantize by the weighted sum',
      quantize,
      { a: of(quantize, 8n), b: of(quantize, 1n, 1n, 1n), c: of(quantize, -8n) },
      'c b a',
    ],
    [
      'quantize by the zeros next',
      quantize,
      { a: of(quantize, 0n, 0n), b: of(quantize, 0n), c: of(quantize) },
      'c b a',
    ],
    [
      'lquantize by the weighted sum',
      { function: 'lquantize', base: 0, step: 10, levels: 3 },
      {
        a: of({ function: 'lquantize', base: 0, step: 10, levels: 3 }, 99n),
        b: of({ function: 'lquantize', base: 0, step: 10, levels: 3 }, 20n),
        c: of({ function: 'lquantize', base: 0, step: 10, levels: 3 }, -1n),
      },
      'c b a',
    ],
    [
      'llquantize by the weighted sum',
      { function: 'llquantize', factor: 10, low: 0, high: 2, steps: 10 },
      {
        a: of({ function: 'llquantize', factor: 10, low: 0, high: 2, steps: 10 }, 500n),
        b: of({ function: 'llquantize', factor: 10, low: 0, high: 2, steps: 10 }, 3n, 4n),
        c: of({ function: 'llquantize', factor: 10, low: 0, high: 2, steps: 10 }, -3n),
      },
      'c b a',
    ],
  ])('sorts %s', (_, aggregating, data, expected) => {
    const list = Object.entries(data).map(([name, words]) => ({ keys: [name], data: words }));
    expect(names(sortAggregation(aggregating, [string], list))).toBe(expected);
  });

  it('joins aggregations by key, with empty data where one lacks a key', () => {
    const one = {
      aggregating: sum,
      entries: [
        { keys: ['a'], data: of(sum, 5n) },
        { keys: ['b'], data: of(sum, 1n) },
      ],
    };
    const two = {
      aggregating: count,
      entries: [
        { keys: ['c'], data: of(count, 0n) },
        { keys: ['a'], data: of(count, 0n) },
      ],
    };
    expect(names(joinAggregations([one, two], [string]))).toBe('c b a');
    expect(names(joinAggregations([one, two], [string], { position: 1 }))).toBe('b c a');
    expect(names(joinAggregations([one, two], [string], { byKey: true, reverse: true }))).toBe('c b a');
    expect(
      joinAggregations([one, two], [string], { byKey: true }).map(({ data }) => data.map((words) => words[0])),
    ).toEqual([
      [5n, 1n],
      [1n, 0n],
      [0n, 1n],
    ]);
  });
});

describe('printa() with a format', () => {
  const print = (
    format: string,
    aggregations: readonly PrintedAggregation[],
    keys: readonly FormatValue[],
    data: readonly AggregationData[],
  ): string => compilePrinta(parsePrintf(format, 'printa'), aggregations)(keys, data);

  it.each([
    ['%s %d: %@d\n', 'bash -7: 12\n'],
    ['%@d\n', '12\n'],
    ['%-8s|%5d|%@8d|\n', 'bash    |   -7|      12|\n'],
    ['%@08x %s\n', '0000000c bash\n'],
    ['%@+d%%\n', '+12%\n'],
    ['%@d %@d\n', '12 12\n'],
  ])('%j takes the keys in order and the value for %@', (format, expected) => {
    expect(print(format, [printed(sum, [string, int(1)])], ['bash', -7], [of(sum, 12n)])).toBe(expected);
  });

  it('takes the next aggregation for each %@, then the last one again', () => {
    const aggregations = [printed(sum, []), printed(count, [])];
    expect(print('%@d %@d %@d', aggregations, [], [of(sum, 40n), of(count, 0n)])).toBe('40 1 1');
  });

  it('normalises values and not keys', () => {
    expect(print('%d %@d', [printed(sum, [int(8)], 10n)], [50], [of(sum, 50n)])).toBe('50 5');
  });

  it('prints the table of a distribution whatever the conversion', () => {
    expect(print('%s%@d\n', [printed(quantize, [string])], ['x'], [of(quantize, 1n)])).toBe(
      `x${formatDistribution(quantize, of(quantize, 1n))}\n`,
    );
  });

  it('prints a count of 64 bits as unsigned', () => {
    expect(print('%@u %@d', [printed(count, [])], [], [BigInt64Array.of(-1n)])).toBe(
      '18446744073709551615 18446744073709551615',
    );
  });

  it('takes widths from keys', () => {
    expect(print('%@*d|', [printed(sum, [int(4)])], [6], [of(sum, 12n)])).toBe('    12|');
  });
});
