/** Aggregations in memory. The words of an entry are laid out as the kernel's buffers have them. */

import { aggregationWords, quantizeBucket } from '../aggregation-data.js';
import { assertNever } from '../assert-never.js';
import type { DifAggregation } from '../dif.js';
import type { DifValue } from './interpret/context.js';
import { tupleKey } from './tuple.js';

/** One key tuple of an aggregation and its data; the layout of the words is that of `aggregationWords`. */
export interface AggregationEntry {
  readonly keys: readonly DifValue[];
  readonly data: BigInt64Array;
}

/** An aggregation's entries by `tupleKey` of their keys. */
export type AggregationEntries = Map<string, AggregationEntry>;

/** Aggregates `value` (count: ignored) under `keys`. */
export function aggregate(
  entries: AggregationEntries,
  aggregation: DifAggregation,
  keys: readonly DifValue[],
  value: bigint,
): void {
  const key = tupleKey(keys);
  let entry = entries.get(key);
  if (entry === undefined) {
    entry = { keys, data: new BigInt64Array(aggregationWords(aggregation.function)) };
    entries.set(key, entry);
  }
  addTo(entry.data, aggregation, value);
}

function addTo(data: BigInt64Array, { function: name, signed }: DifAggregation, value: bigint): void {
  const [first = 0n, second = 0n] = data;
  switch (name) {
    case 'count':
      data[0] = first + 1n;
      break;
    case 'sum':
      data[0] = first + value;
      break;
    case 'avg':
      data[0] = first + 1n;
      data[1] = second + value;
      break;
    case 'min':
    case 'max': {
      const wrap = signed ? BigInt.asIntN : BigInt.asUintN;
      const [old, now] = [wrap(64, second), wrap(64, value)];
      if (first === 0n || (name === 'min' ? now < old : now > old)) data[1] = value;
      data[0] = 1n;
      break;
    }
    case 'quantize': {
      const bucket = quantizeBucket(value);
      data[bucket] = (data[bucket] ?? 0n) + 1n;
      break;
    }
    default:
      assertNever(name);
  }
}
