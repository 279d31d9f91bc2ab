/** Aggregations on the consumer's side: the areas of a settled half are read out and emptied. */

import { aggregationWords } from '../d/aggregation-data.js';
import { type AggregationTable, areaOffset } from '../d/codegen/memory/aggregation-layout.js';
import type { MemoryLayout } from '../d/codegen/memory/memory.js';
import type { MappedMemory } from '../sys/index.js';

/** Takes what one CPU and level has for one key: to be merged with the rest. The arrays are copies. */
export type AggregationVisitor = (table: AggregationTable, cpu: number, key: Uint8Array, data: BigUint64Array) => void;

/** Hands every entry of a settled half to `visit` and empties the half. */
export function takeAreas(
  memory: MappedMemory,
  layout: MemoryLayout,
  half: 0 | 1,
  cpuOfSlot: readonly (number | undefined)[],
  visit: AggregationVisitor,
): void {
  const { shape, aggregations } = layout;
  for (let slot = 0; slot < shape.slots; slot += 1) {
    const cpu = cpuOfSlot[slot];
    if (cpu === undefined) continue;
    for (let level = 0; level < shape.levels; level += 1) {
      const area = areaOffset(aggregations, shape, half, slot, level);
      for (const table of aggregations.tables) takeTable(memory, area, table, cpu, visit);
    }
  }
}

function takeTable(
  memory: MappedMemory,
  area: number,
  table: AggregationTable,
  cpu: number,
  visit: AggregationVisitor,
): void {
  const count = Number(memory.u64[(area + table.offset) / 8] ?? 0n);
  if (count === 0) return;
  const entries = area + table.entriesOffset;
  const words = aggregationWords(table.aggregation.function);
  for (let i = 0; i < Math.min(count, table.capacity); i += 1) {
    const at = entries + i * table.entrySize;
    const data = (at + table.keySize) / 8;
    visit(table, cpu, memory.bytes.slice(at, at + table.keySize), memory.u64.slice(data, data + words));
  }
  memory.bytes.fill(0, entries, entries + count * table.entrySize);
  memory.bytes.fill(0, area + table.indexOffset, area + table.indexOffset + table.buckets * 4);
  memory.u64[(area + table.offset) / 8] = 0n;
}
