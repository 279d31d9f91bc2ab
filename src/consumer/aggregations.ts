/** The aggregations of a running program: what the session hands over, merged by key and kept until it is printed. */

import type { AggregationTable } from '../d/codegen/memory/aggregation-layout.js';
import { valueSpace } from '../d/codegen/memory/memory.js';
import type { DifAggregation, DifType } from '../d/dif.js';
import { type AggregationData, emptyAggregation, mergeAggregation } from './aggregation/functions.js';
import type { AggregationEntry } from './aggregation/order.js';
import { hexAddress } from './format/symbol.js';
import type { FormatValue } from './format/value.js';
import { readStack } from './record.js';

/** Aggregations by id. */
export interface AggregationStore {
  /** Merges what one CPU has for a key. */
  add(table: AggregationTable, key: Uint8Array, data: BigUint64Array): void;
  /** What an aggregation has for each of its keys. */
  entries(id: number): readonly AggregationEntry[];
  /** Sets the values of every key to nothing; the keys stay, as clear() has it. */
  clear(id: number): void;
}

/** An empty store; `symbol` names the frames of stacks among the keys. */
export function createAggregationStore(symbol: (address: bigint) => string = hexAddress): AggregationStore {
  const stores = new Map<number, Map<string, AggregationEntry>>();
  const storeOf = (id: number): Map<string, AggregationEntry> => {
    const store = stores.get(id) ?? new Map<string, AggregationEntry>();
    stores.set(id, store);
    return store;
  };
  return {
    add: ({ aggregation }, key, data) => {
      const store = storeOf(aggregation.id);
      const bytes = Buffer.from(key.buffer, key.byteOffset, key.byteLength);
      const name = bytes.toString('latin1');
      let entry = store.get(name);
      if (entry === undefined) {
        entry = { keys: readKeys(aggregation, bytes, symbol), data: emptyAggregation(aggregation) };
        store.set(name, entry);
      }
      mergeAggregation(aggregation, entry.data, new BigInt64Array(data.buffer, data.byteOffset, data.length));
    },
    entries: (id) => [...storeOf(id).values()],
    clear: (id) => {
      for (const { data } of storeOf(id).values()) (data as AggregationData).fill(0n);
    },
  };
}

/** The tuple of an entry: integers at the size of their type, strings to their NUL, stacks as names. */
function readKeys(
  { keys }: DifAggregation,
  bytes: Buffer,
  symbol: (address: bigint) => string,
): readonly FormatValue[] {
  let at = 0;
  return keys.map((type) => {
    const start = at;
    at += valueSpace(type);
    return type.kind === 'stack' ? readStack(bytes, start, type.frames, symbol) : readKey(type, bytes, start, at);
  });
}

function readKey(type: Exclude<DifType, { kind: 'stack' }>, bytes: Buffer, start: number, end: number): FormatValue {
  if (type.kind === 'string') {
    const nul = bytes.indexOf(0, start);
    return bytes.toString('latin1', start, nul < 0 || nul > end ? end : nul);
  }
  const value = type.signed ? bytes.readBigInt64LE(start) : bytes.readBigUInt64LE(start);
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}
