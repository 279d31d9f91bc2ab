import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { areaOffset } from '../../../src/d/codegen/memory/aggregation-layout.js';
import {
  contextArea,
  controlBlock,
  controlWords,
  errorRecord,
  probeRow,
  recordHeader,
} from '../../../src/d/codegen/memory/layout.js';
import { type MemoryLayout, valueSpace, variableMaps } from '../../../src/d/codegen/memory/memory.js';
import type { DifProgram } from '../../../src/d/dif.js';
import { arbitraryModel } from '../dif/arbitrary-program.js';
import { modelText } from '../dif/model/text.js';
import { compile } from './compile.js';
import { fixedKernel } from './fixed-kernel.js';

/** [name, first byte, bytes] */
type Range = readonly [string, number, number];

/** The names of ranges that overlap or do not lie within the first `size` bytes, or not at a multiple of `align`. */
function conflicts(ranges: readonly Range[], size: number, align = 8): readonly string[] {
  const sorted = [...ranges].filter(([, , length]) => length > 0).sort(([, a], [, b]) => a - b);
  return sorted.flatMap(([name, at, length], index) => {
    const [next, nextAt] = sorted[index + 1] ?? ['the end', size];
    const misaligned = at % align === 0 ? [] : [`${name} at ${at}`];
    return at + length > nextAt ? [...misaligned, `${name} and ${next}`] : misaligned;
  });
}

/** Fields of 8 bytes, but for those of `sizes`. */
const fields = (offsets: Readonly<Record<string, number>>, sizes: Readonly<Record<string, number>>): readonly Range[] =>
  Object.entries(offsets)
    .filter(([name]) => sizes[name] !== 0)
    .map(([name, at]) => [name, at, sizes[name] ?? 8]);

describe('the fixed layouts do not overlap:', () => {
  it.each([
    ['control words', fields(controlWords, { activity: 4, selectors: 4, blocks: 0 }), controlWords.blocks, 4],
    [
      'control blocks',
      fields(controlBlock, { principalOffset: 16, principalDrops: 16, size: 0 }),
      controlBlock.size,
      8,
    ],
    ['context areas', fields(contextArea, { arguments: 80, fault: 40, saved: 72, fixed: 0 }), contextArea.fixed, 8],
    ['ERROR records', fields(errorRecord, { size: 0 }), errorRecord.size, 8],
    ['record headers', fields(recordHeader, { epid: 4, probeId: 4, size: 0, voidFlag: 0 }), recordHeader.size, 4],
    ['probe rows', fields(probeRow, {}), 16, 8],
  ] as const)('%s', (_what, ranges, size, align) => {
    expect(ranges.length).toBeGreaterThan(1);
    expect(conflicts(ranges, size, align)).toEqual([]);
  });

  it('control words and blocks are whole cache lines', () => {
    expect([controlWords.blocks % 64, controlBlock.size % 64]).toEqual([0, 0]);
  });
});

/** What of a program's memory overlaps. */
function memoryConflicts(program: DifProgram, memory: MemoryLayout): readonly string[] {
  const scalars = (scope: string): readonly Range[] =>
    program.variables
      .filter((variable) => variable.scope === scope && variable.keys === undefined)
      .map(({ id, name, type }) => [name, memory.scalars.get(id) ?? -1, valueSpace(type)]);
  const arrays = [...memory.associative.values()];
  const context: readonly Range[] = [
    ['fixed', 0, contextArea.fixed],
    ...scalars('clause'),
    ['scratch', memory.scratch, 8],
    ['associative key', memory.associativeKey, Math.max(8, ...arrays.map(({ keySize }) => keySize))],
    ['element', memory.elementValue, Math.max(0, ...arrays.map(({ valueSize }) => valueSize))],
    [
      'aggregation key',
      memory.aggregationKey,
      Math.max(0, ...memory.aggregations.tables.map((table) => table.keySize)),
    ],
    ['registers', memory.registers, memory.contextSize - memory.registers],
  ];
  const tables = memory.aggregations.tables.flatMap((table): readonly Range[] => [
    [`count ${table.aggregation.id}`, table.offset, 8],
    [`index ${table.aggregation.id}`, table.indexOffset, table.buckets * 4],
    [`entries ${table.aggregation.id}`, table.entriesOffset, table.capacity * table.entrySize],
  ]);
  const names = [...memory.names].map(([name, { offset, space }]): Range => [name, offset, space]);
  return [
    ...conflicts(context, memory.contextSize),
    ...conflicts(scalars('global'), memory.globalSize),
    ...conflicts(scalars('thread'), memory.threadSize),
    ...conflicts(tables, memory.aggregations.areaSize),
    ...conflicts([['id', 0, 8], ['clauses', probeRow.clauses, 8 * memory.clauseWords], ...names], memory.rowSize),
  ];
}

describe('the memory of random programs', () => {
  it('does not overlap, is aligned, and is covered by the maps', () => {
    fc.assert(
      fc.property(arbitraryModel({ clauses: 4 }), fc.constantFrom(7, 8, 33, 256), (model, stringSize) => {
        const { program, memory, maps } = compile(modelText(model), { kernel: fixedKernel, stringSize });
        expect(memoryConflicts(program, memory)).toEqual([]);
        const { shape } = memory;
        const size = (name: string): number => maps.find((map) => map.name === name)?.valueSize ?? 0;
        expect(size('context')).toBe(shape.slots * shape.levels * memory.contextSize);
        expect(size('probes')).toBe(memory.rows * memory.rowSize);
        const last = areaOffset(memory.aggregations, shape, 1, shape.slots - 1, shape.levels - 1);
        if (memory.aggregations.areaSize > 0) expect(size('aggregations')).toBe(last + memory.aggregations.areaSize);
        expect(memory.contextSize % 64).toBe(0);
      }),
      { numRuns: 150 },
    );
  });

  it.each([
    ['a few large elements', 'string a[string]; BEGIN { a["k"] = "v"; }', 4096, 16],
    ['elements of usual size', 'int a[int]; BEGIN { a[1] = 1; }', 256, 256],
    ['strings as keys', 'int a[string]; BEGIN { a["k"] = 1; }', 256, 60],
  ])('arrays have as many elements as their room allows: %s', (_what, text, stringSize, expected) => {
    const { memory } = compile(text, { kernel: fixedKernel, stringSize, shape: { dynamicEntries: 256 } });
    const [tuples, elements] = variableMaps(memory);
    const { dynamic } = memory.associative.get(0) ?? expect.unreachable('there is an array');
    expect([dynamic.capacity, tuples?.maxEntries]).toEqual([expected, expected]);
    expect(elements?.valueSize).toBe(dynamic.elements + expected * dynamic.elementSize);
  });
});
