import { describe, expect, it } from 'vitest';
import {
  type AggregationTable,
  areaOffset,
  layoutAggregations,
} from '../../src/d/codegen/memory/aggregation-layout.js';
import type { RuntimeShape } from '../../src/d/codegen/memory/layout.js';
import type { MemoryLayout } from '../../src/d/codegen/memory/memory.js';
import type { DifAggregation } from '../../src/d/dif.js';
import { takeAreas } from '../../src/session/aggregation-areas.js';
import { plainMemory } from '../memory.js';

const shape = { slots: 2, levels: 2, aggregationSize: 1024 } as RuntimeShape;
const integer = { kind: 'integer', size: 8, signed: true } as const;
const aggregations = [
  { id: 0, name: '', function: 'avg', keys: [integer] },
  { id: 1, name: 'all', function: 'count', keys: [] },
] as unknown as DifAggregation[];

const setUp = () => {
  const layout = layoutAggregations(aggregations, shape);
  const memory = plainMemory(2 * shape.slots * shape.levels * layout.areaSize);
  const put = (
    table: AggregationTable,
    half: number,
    slot: number,
    level: number,
    key: bigint,
    data: bigint[],
  ): void => {
    const area = areaOffset(layout, shape, half, slot, level);
    const count = Number(memory.u64[(area + table.offset) / 8]);
    memory.u64[(area + table.offset) / 8] = BigInt(count + 1);
    const entry = (area + table.entriesOffset + count * table.entrySize) / 8;
    if (table.keySize > 0) memory.u64[entry] = key;
    memory.u64.set(data, entry + table.keySize / 8);
    if (table.buckets > 0) memory.u32[(area + table.indexOffset) / 4 + count] = count + 1;
  };
  const taken: [number, number, bigint | undefined, bigint[]][] = [];
  const take = (half: 0 | 1, cpus: readonly (number | undefined)[]): void =>
    takeAreas(memory, { shape, aggregations: layout } as MemoryLayout, half, cpus, (table, cpu, key, data) => {
      const value = key.length === 0 ? undefined : new DataView(key.buffer).getBigUint64(0, true);
      taken.push([table.aggregation.id, cpu, value, [...data]]);
    });
  const [keyed, plain] = layout.tables;
  if (keyed === undefined || plain === undefined) throw new Error('there are two tables');
  return { memory, put, take, taken, keyed, plain };
};

describe('takeAreas', () => {
  it('hands over every entry of every CPU and level of the half, once', () => {
    const { put, take, taken, keyed, plain } = setUp();
    put(keyed, 0, 0, 0, 5n, [1n, 10n]);
    put(keyed, 0, 0, 0, 6n, [2n, 20n]);
    put(keyed, 0, 0, 1, 5n, [3n, 30n]);
    put(plain, 0, 1, 1, 0n, [4n]);
    put(keyed, 1, 0, 0, 7n, [9n, 90n]);
    take(0, [3, 8]);
    expect(taken).toEqual([
      [0, 3, 5n, [1n, 10n]],
      [0, 3, 6n, [2n, 20n]],
      [0, 3, 5n, [3n, 30n]],
      [1, 8, undefined, [4n]],
    ]);
    taken.length = 0;
    take(0, [3, 8]);
    expect(taken).toEqual([]);
    take(1, [3, 8]);
    expect(taken).toEqual([[0, 3, 7n, [9n, 90n]]]);
  });

  it('leaves the half as it was made: all zero', () => {
    const { memory, put, take, keyed, plain } = setUp();
    for (let key = 1n; key < 10n; key += 1n) put(keyed, 0, 1, 0, key, [key, key]);
    put(plain, 0, 1, 0, 0n, [3n]);
    take(0, [0, 1]);
    expect(memory.bytes.every((byte) => byte === 0)).toBe(true);
  });

  it('gives copies: what is taken does not change when the half is used again', () => {
    const { put, take, taken, keyed } = setUp();
    put(keyed, 0, 0, 0, 5n, [1n, 10n]);
    take(0, [0, 1]);
    put(keyed, 0, 0, 0, 6n, [7n, 70n]);
    expect(taken).toEqual([[0, 0, 5n, [1n, 10n]]]);
  });

  it('does not look at slots that no CPU has', () => {
    const { put, take, taken, plain } = setUp();
    put(plain, 0, 1, 0, 0n, [3n]);
    take(0, [0, undefined]);
    expect(taken).toEqual([]);
  });
});
