/** The order in which the keys of an aggregation are printed, and several aggregations side by side. */

import { quantizeZero } from '../../d/aggregation-data.js';
import type { DifType } from '../../d/dif.js';
import type { FormatValue } from '../format/value.js';
import { integerOf, unsignedOf } from '../format/value.js';
import {
  type AggregatingFunction,
  type AggregationData,
  aggregationValue,
  emptyAggregation,
  quantizeLabel,
} from './functions.js';
import { llquantizeBound, llquantizeMiddle } from './llquantize.js';

/** One key of an aggregation with its data. */
export interface AggregationEntry {
  readonly keys: readonly FormatValue[];
  readonly data: AggregationData;
}

/** The options that order aggregations: aggsortkey, aggsortrev, aggsortkeypos, aggsortpos. */
export interface AggregationOrder {
  readonly byKey?: boolean;
  readonly reverse?: boolean;
  /** The key that is compared first; the others follow in turn, from the first again after the last. */
  readonly keyPosition?: number;
  /** Of several aggregations, the one that is compared first. */
  readonly position?: number;
}

/** What a value sorts by; the second number decides between equal first ones. */
type Weight = readonly [bigint, bigint];

/**
 * The weight of a key's data: its value, and for distributions the sum of bucket times count, then the count at zero.
 * Normalisation does not matter.
 */
export function aggregationWeight(aggregating: AggregatingFunction, data: AggregationData): Weight {
  switch (aggregating.function) {
    case 'quantize':
      return [weigh(data, quantizeLabel), data[quantizeZero] ?? 0n];
    case 'lquantize': {
      const { base, step, levels } = aggregating;
      // Just outside for the two ends.
      const label = (bucket: number): bigint => {
        if (bucket === 0) return BigInt(base - 1);
        return BigInt(bucket > levels ? base + levels * step + 1 : base + (bucket - 1) * step);
      };
      const zero = data.findIndex((_, bucket) => label(bucket) === 0n);
      return [weigh(data, label), data[zero] ?? 0n];
    }
    case 'llquantize': {
      const middle = llquantizeMiddle(aggregating);
      const label = (bucket: number): bigint => {
        if (bucket === middle) return 0n;
        const bound = llquantizeBound(aggregating, Math.abs(bucket - middle)) ?? 0n;
        return bucket < middle ? -bound : bound;
      };
      return [weigh(data, label), data[middle] ?? 0n];
    }
    case 'count':
      return [data[0] ?? 0n, 0n];
    default:
      return [aggregationValue(aggregating, data), 0n];
  }
}

function weigh(data: AggregationData, label: (bucket: number) => bigint): bigint {
  let sum = 0n;
  data.forEach((count, bucket) => {
    if (count !== 0n) sum += label(bucket) * count;
  });
  return sum;
}

const compare = <T extends bigint | number | string>(a: T, b: T): number => (a < b ? -1 : a > b ? 1 : 0);

const compareWeights = (a: Weight, b: Weight): number => compare(a[0], b[0]) || compare(a[1], b[1]);

/** Compares keys of these types: integers as unsigned, strings byte by byte, stacks by their text, from the key at `position`. */
export function compareKeys(
  types: readonly DifType[],
  a: readonly FormatValue[],
  b: readonly FormatValue[],
  position = 0,
): number {
  const start = position < types.length ? position : 0;
  for (let i = 0; i < types.length; i += 1) {
    const at = (start + i) % types.length;
    const type = types[at];
    if (type === undefined) continue;
    const order =
      type.kind !== 'integer'
        ? compare(`${a[at]}`, `${b[at]}`)
        : compare<bigint | number>(unsignedOf(integerOf(a[at]), type.size), unsignedOf(integerOf(b[at]), type.size));
    if (order !== 0) return order;
  }
  return 0;
}

/** The entries in the order of printing: by value, ties by key; or by key. A new array; the entries stay. */
export function sortAggregation(
  aggregating: AggregatingFunction,
  types: readonly DifType[],
  entries: readonly AggregationEntry[],
  { byKey = false, reverse = false, keyPosition = 0 }: AggregationOrder = {},
): AggregationEntry[] {
  const weighed = entries.map((entry) => ({
    entry,
    weight: byKey ? ([0n, 0n] as const) : aggregationWeight(aggregating, entry.data),
  }));
  const direction = reverse ? -1 : 1;
  weighed.sort(
    (a, b) =>
      direction * (compareWeights(a.weight, b.weight) || compareKeys(types, a.entry.keys, b.entry.keys, keyPosition)),
  );
  return weighed.map(({ entry }) => entry);
}

/** A key with its data in each of several aggregations. */
export interface JoinedEntry {
  readonly keys: readonly FormatValue[];
  readonly data: readonly AggregationData[];
}

/**
 * Several aggregations with keys of the same types side by side, as printa(@a, @b) prints them: a key that one of
 * them lacks has empty data there. Sorted by the aggregation at `position`, then by those after it, then by key.
 */
export function joinAggregations(
  aggregations: readonly { readonly aggregating: AggregatingFunction; readonly entries: readonly AggregationEntry[] }[],
  types: readonly DifType[],
  { byKey = false, reverse = false, keyPosition = 0, position = 0 }: AggregationOrder = {},
): JoinedEntry[] {
  const rows = new Map<string, { keys: readonly FormatValue[]; data: AggregationData[]; weights: Weight[] }>();
  const empty = aggregations.map(({ aggregating }) => emptyAggregation(aggregating));
  aggregations.forEach(({ entries }, column) => {
    for (const { keys, data } of entries) {
      const name = keys.map((key) => `${typeof key === 'string' ? 's' : 'i'}${`${key}`.length}:${key}`).join('');
      let row = rows.get(name);
      if (row === undefined) {
        row = { keys, data: [...empty], weights: [] };
        rows.set(name, row);
      }
      row.data[column] = data;
    }
  });
  const start = position < aggregations.length ? position : 0;
  for (const row of rows.values()) {
    row.weights = aggregations.map((_, i) => {
      const at = (start + i) % aggregations.length;
      const aggregating = aggregations[at]?.aggregating ?? { function: 'count' };
      return aggregationWeight(aggregating, row.data[at] ?? new BigInt64Array(1));
    });
  }
  const direction = reverse ? -1 : 1;
  return [...rows.values()]
    .sort((a, b) => {
      const key = compareKeys(types, a.keys, b.keys, keyPosition);
      if (byKey && key !== 0) return direction * key;
      for (const [i, weight] of a.weights.entries()) {
        const order = compareWeights(weight, b.weights[i] ?? weight);
        if (order !== 0) return direction * order;
      }
      return direction * key;
    })
    .map(({ keys, data }) => ({ keys, data }));
}
