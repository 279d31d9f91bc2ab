/**
 * Aggregations in generated code. The tuple is built in the context area; a function of the program finds or makes the
 * entry in the area of the firing's half, slot and level, and the clause updates its data there. Nobody else touches
 * that area until the consumer has switched halves and synchronised, so every access is plain.
 */

import {
  type AssemblyItem,
  alu,
  callFunction,
  functionStart,
  jump,
  jumpIf,
  load,
  loadConstant,
  loadMapValue,
  move,
  negate,
  type Register,
  store,
} from '../../bpf/instruction.js';
import { assertNever } from '../assert-never.js';
import type { AggregatingFunction } from '../dif.js';
import type { AggregationTable } from './memory/aggregation-layout.js';
import { contextArea, controlBlock, selectorShift } from './memory/layout.js';
import { mapNames } from './memory/memory.js';
import {
  contextFromIndex,
  contextRegister,
  countInBlock,
  emitReturn,
  type Form,
  frame,
  halfOf,
  slotOf,
  type Unit,
} from './unit.js';

/** What a find function returns when there is no room. */
const noRoom = -1;

/** Buckets that are looked at before a table counts as full. */
const longestProbe = 32;

/** Name of the function that finds the entry of an aggregation. */
export const findFunction = (table: AggregationTable): string => `find_${table.aggregation.id}`;

/** Sets `to` to the offset in `aggregations` of the firing's area; loses `scratch`. */
function areaOffsetCode(unit: Unit, to: Register, scratch: Register): readonly AssemblyItem[] {
  const { shape, aggregations } = unit.memory;
  return [
    ...halfOf(selectorShift.aggregations, to),
    alu('mul', to, shape.slots),
    ...slotOf(shape, scratch),
    alu('add', to, scratch),
    alu('mul', to, shape.levels),
    ...(shape.levels === 1 || shape.wrong === 'plain-count'
      ? []
      : [
          load(8, scratch, contextRegister, contextArea.level),
          alu('and', scratch, shape.levels - 1),
          alu('add', to, scratch),
        ]),
    alu('mul', to, aggregations.areaSize),
  ];
}

/**
 * Finds or makes the entry of a table with keys: gives the offset of its data in the map `aggregations`, or `noRoom`, in
 * r0. As a function it takes the number of the context area. Loses every register but r9.
 */
export function emitFind(unit: Unit, table: AggregationTable, form: Form): void {
  const { emitter, memory } = unit;
  const outside = emitter.fresh('outside');
  const again = emitter.fresh('probe');
  const insert = emitter.fresh('insert');
  const found = emitter.fresh('found');
  const words = table.keySize / 8;
  const index = table.indexOffset - table.offset;
  const entries = table.entriesOffset - table.offset;
  if (form.kind === 'function') {
    emitter.emit(functionStart(findFunction(table), 1, 'global'));
    emitter.emit(...contextFromIndex(memory.shape, memory.contextSize, outside));
  }
  emitter.emit(...areaOffsetCode(unit, 'r6', 'r1'));
  emitter.emit(loadMapValue('r7', mapNames.aggregations, table.offset), alu('add', 'r7', 'r6'));

  // Multiplicative hashing (Knuth), a word at a time; the upper half of the product depends on every bit below it.
  emitter.emit(loadConstant('r3', 0x9e37_79b9_7f4a_7c15n), move('r8', words));
  for (let i = 0; i < words; i += 1) {
    emitter.emit(
      load(8, 'r1', contextRegister, memory.aggregationKey + i * 8),
      alu('xor', 'r8', 'r1'),
      alu('mul', 'r8', 'r3'),
      move('r1', 'r8'),
      alu('rsh', 'r1', 32),
      alu('xor', 'r8', 'r1'),
    );
  }
  // r8: bucket, r7: table, r6: the offset of its area, r2: buckets looked at
  emitter.emit(move('r2', 0));
  emitter.place(again);
  emitter.emit(
    alu('and', 'r8', table.buckets - 1),
    move('r3', 'r8'),
    alu('lsh', 'r3', 2),
    move('r4', 'r7'),
    alu('add', 'r4', 'r3'),
    load(4, 'r0', 'r4', index),
    jumpIf('eq', 'r0', 0, insert),
    alu('sub', 'r0', 1),
    jumpIf('ge', 'r0', table.capacity, outside),
    alu('mul', 'r0', table.entrySize),
    move('r3', 'r7'),
    alu('add', 'r3', 'r0'),
    alu('add', 'r3', entries),
  );
  // One branch whatever the length: the verifier follows every branch of every round.
  emitter.emit(move('r5', 0));
  for (let i = 0; i < words; i += 1) {
    emitter.emit(
      load(8, 'r1', 'r3', i * 8),
      load(8, 'r4', contextRegister, memory.aggregationKey + i * 8),
      alu('xor', 'r1', 'r4'),
      alu('or', 'r5', 'r1'),
    );
  }
  emitter.emit(jumpIf('eq', 'r5', 0, found));
  emitter.emit(alu('add', 'r8', 1), alu('add', 'r2', 1), jumpIf('lt', 'r2', longestProbe, again), jump(outside));
  // Each round compares the tuple, and may end by inserting it.
  emitter.repeats(longestProbe * (32 + 6 * words));

  emitter.place(insert);
  emitter.emit(
    load(8, 'r0', 'r7', 0),
    jumpIf('ge', 'r0', table.capacity, outside),
    move('r1', 'r0'),
    alu('add', 'r1', 1),
    store(8, 'r7', 0, 'r1'),
    store(4, 'r4', index, 'r1'),
    alu('mul', 'r0', table.entrySize),
    move('r3', 'r7'),
    alu('add', 'r3', 'r0'),
    alu('add', 'r3', entries),
  );
  for (let i = 0; i < words; i += 1) {
    emitter.emit(load(8, 'r1', contextRegister, memory.aggregationKey + i * 8), store(8, 'r3', i * 8, 'r1'));
  }
  emitter.place(found);
  emitter.emit(alu('add', 'r0', 'r6'), alu('add', 'r0', table.entriesOffset + table.keySize));
  emitReturn(unit, form);
  emitter.place(outside);
  emitter.emit(move('r0', noRoom));
  emitReturn(unit, form);
}

/**
 * Updates an aggregation: the tuple lies at `memory.aggregationKey`, the argument (if the function takes one) in
 * r6. `inline`: the entry is looked for here, not in a function. Loses every register but r9.
 */
export function emitUpdate(unit: Unit, table: AggregationTable, inline: boolean): void {
  const { emitter, memory } = unit;
  const { areaSize } = memory.aggregations;
  const done = emitter.fresh('updated');
  if (table.buckets === 0) {
    emitter.emit(...areaOffsetCode(unit, 'r2', 'r1'));
    emitter.emit(
      loadMapValue('r1', mapNames.aggregations, table.offset),
      alu('add', 'r1', 'r2'),
      store(8, 'r1', 0, 1),
      alu('add', 'r1', table.entriesOffset - table.offset),
    );
  } else {
    const drop = emitter.fresh('drop');
    const areas = 2 * memory.shape.slots * memory.shape.levels;
    emitter.later([{ kind: 'label', name: drop }, ...countInBlock(unit, controlBlock.aggregationDrops), jump(done)]);
    if (inline) {
      const returned = emitter.fresh('found');
      emitter.emit(store(8, 'r10', frame.argument, 'r6'));
      emitFind(unit, table, { kind: 'inline', returned });
      emitter.place(returned);
      emitter.emit(load(8, 'r6', 'r10', frame.argument));
    } else {
      emitter.emit(load(8, 'r1', contextRegister, contextArea.index), callFunction(findFunction(table)));
    }
    emitter.emit(
      jumpIf('gt', 'r0', areas * areaSize - table.entrySize, drop),
      loadMapValue('r1', mapNames.aggregations),
      alu('add', 'r1', 'r0'),
    );
  }
  emitData(unit, table.aggregation.function, 'r6');
  emitter.place(done);
}

/** Updates the data at r1. */
function emitData(unit: Unit, aggregating: AggregatingFunction, argument: Register): void {
  const { emitter } = unit;
  const add = (offset: number, operand: Register | number): readonly AssemblyItem[] => [
    load(8, 'r2', 'r1', offset),
    alu('add', 'r2', operand),
    store(8, 'r1', offset, 'r2'),
  ];
  switch (aggregating) {
    case 'count':
      emitter.emit(...add(0, 1));
      return;
    case 'sum':
      emitter.emit(...add(0, argument));
      return;
    case 'avg':
      emitter.emit(...add(0, 1), ...add(8, argument));
      return;
    case 'min':
    case 'max': {
      const write = emitter.fresh('extreme');
      const keep = emitter.fresh('extreme');
      // Always as signed numbers, whatever the type of the argument: dtrace has it so.
      const better = aggregating === 'min' ? 'slt' : 'sgt';
      emitter.emit(
        load(8, 'r2', 'r1', 0),
        jumpIf('eq', 'r2', 0, write),
        load(8, 'r2', 'r1', 8),
        jumpIf(better, argument, 'r2', write),
        jump(keep),
      );
      emitter.place(write);
      emitter.emit(store(8, 'r1', 0, 1), store(8, 'r1', 8, argument));
      emitter.place(keep);
      return;
    }
    case 'quantize': {
      emitBucket(unit, argument);
      emitter.emit(alu('add', 'r1', 'r0'), ...add(0, 1));
      return;
    }
    default:
      assertNever(aggregating);
  }
}

/** Sets r0 to the byte offset of quantize's bucket for `value`; keeps r1. */
function emitBucket(unit: Unit, value: Register): void {
  const { emitter } = unit;
  const zero = emitter.fresh('bucket');
  const positive = emitter.fresh('bucket');
  const negative = emitter.fresh('bucket');
  emitter.emit(
    move('r0', 63),
    jumpIf('eq', value, 0, zero),
    move('r2', value),
    jumpIf('sgt', 'r2', 0, positive),
    negate('r2'),
  );
  emitter.place(positive);
  // r0: the number of the highest bit of r2
  emitter.emit(move('r0', 0));
  for (const bits of [32, 16, 8, 4, 2, 1]) {
    const below = emitter.fresh('bucket');
    emitter.emit(
      move('r3', 'r2'),
      alu('rsh', 'r3', bits),
      jumpIf('eq', 'r3', 0, below),
      move('r2', 'r3'),
      alu('add', 'r0', bits),
    );
    emitter.place(below);
  }
  emitter.emit(jumpIf('slt', value, 0, negative), alu('add', 'r0', 64), jump(zero));
  emitter.place(negative);
  // The minimum has the magnitude 2^63, which shares the outermost bucket with the numbers from 2^62 on.
  const inside = emitter.fresh('bucket');
  emitter.emit(jumpIf('le', 'r0', 62, inside), move('r0', 62));
  emitter.place(inside);
  emitter.emit(move('r2', 62), alu('sub', 'r2', 'r0'), move('r0', 'r2'));
  emitter.place(zero);
  emitter.repeats(600);
  // Through memory, of which the verifier knows nothing: it would follow each of the buckets to the end of the clause.
  emitter.emit(
    store(8, contextRegister, unit.memory.scratch, 'r0'),
    load(8, 'r0', contextRegister, unit.memory.scratch),
    jumpIf('le', 'r0', 126, `${zero}_bounded`),
    move('r0', 126),
  );
  emitter.place(`${zero}_bounded`);
  emitter.emit(alu('lsh', 'r0', 3));
}
