import { describe, expect, it } from 'vitest';
import { aggregationWords, quantizeBucket } from '../../../src/d/aggregation-data.js';
import { type AggregationEntries, aggregate } from '../../../src/d/dif/aggregate.js';
import type { AggregatingFunction, DifAggregation } from '../../../src/d/dif.js';

const aggregation = (name: AggregatingFunction, signed = true): DifAggregation => ({
  id: 0,
  name: 'a',
  function: name,
  keys: [],
  signed,
});

describe('aggregate', () => {
  it.each<[AggregatingFunction, boolean, readonly bigint[], readonly bigint[]]>([
    ['count', false, [5n, 5n], [2n]],
    ['sum', true, [5n, -7n], [-2n]],
    ['sum', true, [2n ** 63n - 1n, 1n], [-(2n ** 63n)]],
    ['min', true, [5n, -7n, 0n], [1n, -7n]],
    ['min', false, [5n, 2n ** 64n - 1n], [1n, 5n]],
    ['max', true, [-5n, -7n], [1n, -5n]],
    ['max', false, [5n, 2n ** 64n - 1n], [1n, -1n]],
    ['max', true, [0n], [1n, 0n]],
    ['avg', true, [5n, -7n, 1n], [3n, -1n]],
  ])('%s (signed: %o) of %o is %o', (name, signed, values, expected) => {
    const entries: AggregationEntries = new Map();
    for (const value of values) aggregate(entries, aggregation(name, signed), [], value);
    expect([...entries.values()].map(({ data }) => [...data])).toEqual([expected]);
  });

  it.each<[bigint, number]>([
    [0n, 63],
    [1n, 64],
    [2n, 65],
    [3n, 65],
    [4n, 66],
    [2n ** 62n, 126],
    [2n ** 63n - 1n, 126],
    [-1n, 62],
    [-2n, 61],
    [-3n, 61],
    [-4n, 60],
    [-(2n ** 62n), 0],
    [-(2n ** 63n), 0],
    [2n ** 64n - 1n, 62],
  ])('quantize puts %d into bucket %d', (value, bucket) => {
    expect(quantizeBucket(value)).toBe(bucket);
    const entries: AggregationEntries = new Map();
    aggregate(entries, aggregation('quantize'), [], value);
    const [entry] = entries.values();
    expect(entry?.data.length).toBe(aggregationWords('quantize'));
    expect(entry?.data[bucket]).toBe(1n);
  });

  it('keeps tuples apart whose parts run together', () => {
    const entries: AggregationEntries = new Map();
    const tuples = [
      ['a', 'b,1:c'],
      ['a,5:b', 'c'],
      [1n, 23n],
      [12n, 3n],
      ['1', 2n],
      [1n, '2'],
    ] as const;
    for (const keys of tuples) aggregate(entries, aggregation('count'), keys, 0n);
    expect([...entries.values()].map(({ keys }) => keys)).toEqual(tuples);
  });
});
