/**
 * Where aggregations lie.
 *
 * Each half, CPU slot and level has an area of its own, so that a probe updates it with plain stores and nothing is
 * shared. In an area each aggregation has a table:
 *
 *   u64 count | u32 index[buckets] (open addressing; entry number + 1, 0 for none) | entries[capacity]
 *
 * An entry is its key tuple, then its data. Entries fill up in order, so that the consumer reads `count` of them and
 * clears the table by zeroing the index, the entries used and the count. An aggregation without keys has one entry and
 * no index; its count becomes 1 with the first update.
 */

import { aggregationWords } from '../../aggregation-data.js';
import { sizeOf } from '../../dif/type.js';
import type { DifAggregation, DifType } from '../../dif.js';
import { stringSpace } from '../strings.js';
import type { RuntimeShape } from './layout.js';

/** The table of one aggregation; offsets in bytes from the start of an area. */
export interface AggregationTable {
  readonly aggregation: DifAggregation;
  /** Offset of the u64 count. */
  readonly offset: number;
  /** Index buckets, a power of two; 0 without keys. */
  readonly buckets: number;
  readonly indexOffset: number;
  readonly entriesOffset: number;
  readonly capacity: number;
  readonly keySize: number;
  /** Bytes of an entry: key, then data. */
  readonly entrySize: number;
}

/** The tables of a program and the bytes of an area. */
export interface AggregationLayout {
  readonly tables: readonly AggregationTable[];
  readonly areaSize: number;
}

const keySpace = (type: DifType): number => (type.kind === 'integer' ? 8 : stringSpace(sizeOf(type)));

/** Lays out the tables; those with keys share `aggregationSize` evenly. */
export function layoutAggregations(aggregations: readonly DifAggregation[], shape: RuntimeShape): AggregationLayout {
  const keyed = aggregations.filter((aggregation) => aggregation.keys.length > 0).length;
  const tables: AggregationTable[] = [];
  let at = 0;
  for (const aggregation of aggregations) {
    const keySize = aggregation.keys.reduce((sum, key) => sum + keySpace(key), 0);
    const entrySize = keySize + 8 * aggregationWords(aggregation.function);
    let buckets = 0;
    let capacity = 1;
    if (aggregation.keys.length > 0) {
      // An entry costs its bytes and, at worst, four buckets of the index, which is a power of two.
      capacity = Math.max(16, Math.floor(shape.aggregationSize / keyed / (entrySize + 16)));
      buckets = 2 ** Math.ceil(Math.log2(capacity * 2));
    }
    const offset = at;
    const indexOffset = offset + 8;
    const entriesOffset = indexOffset + buckets * 4;
    tables.push({ aggregation, offset, buckets, indexOffset, entriesOffset, capacity, keySize, entrySize });
    at = entriesOffset + capacity * entrySize;
  }
  return { tables, areaSize: (at + 63) & ~63 };
}

/** Offset of the area of a half, slot and level in the map `aggregations`. */
export function areaOffset(
  layout: AggregationLayout,
  shape: RuntimeShape,
  half: number,
  slot: number,
  level: number,
): number {
  return ((half * shape.slots + slot) * shape.levels + level) * layout.areaSize;
}
