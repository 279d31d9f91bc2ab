import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createFields } from '../../../src/explorer/machine/fields.js';

/** A field with its range, and a value in it. */
const field = fc
  .tuple(
    fc.integer({ min: -1000, max: 1000 }),
    fc.oneof(fc.integer({ min: 0, max: 5 }), fc.integer({ min: 0, max: 2 ** 30 })),
  )
  .chain(([min, span]) =>
    fc.record({ min: fc.constant(min), max: fc.constant(min + span), value: fc.integer({ min, max: min + span }) }),
  );

describe('fields', () => {
  it('give back every vector that they packed, at any offset', () => {
    fc.assert(
      fc.property(fc.array(field, { maxLength: 60 }), fc.nat(3), (list, offset) => {
        const builder = createFields();
        const indices = list.map(({ min, max }) => builder.add(min, max));
        const fields = builder.build();
        const vector = new Int32Array(fields.length);
        for (const [position, { value }] of list.entries()) vector[indices[position] ?? 0] = value;
        const packed = new Int32Array(fields.words + offset);
        fields.pack(vector, packed, offset);
        const back = new Int32Array(fields.length);
        fields.unpack(packed, offset, back);
        expect([...back]).toEqual([...vector]);
      }),
    );
  });

  it('take no more words than their bits need, when all are narrow', () => {
    const builder = createFields();
    for (let index = 0; index < 64; index++) builder.add(0, 1);
    const { words, bits } = builder.build();
    expect({ words, bits }).toEqual({ words: 2, bits: 64 });
  });

  it('with one value take no bits, and have that value', () => {
    const builder = createFields();
    builder.add(7, 7);
    const fields = builder.build();
    const vector = new Int32Array(1);
    fields.unpack(new Int32Array(fields.words), 0, vector);
    expect({ bits: fields.bits, value: vector[0] }).toEqual({ bits: 0, value: 7 });
  });

  it('of 32 bits keep negative numbers', () => {
    const builder = createFields();
    builder.add(-(2 ** 31), 2 ** 31 - 1);
    const fields = builder.build();
    for (const value of [-(2 ** 31), -1, 0, 1, 2 ** 31 - 1]) {
      const packed = new Int32Array(fields.words);
      fields.pack(Int32Array.of(value), packed, 0);
      const back = new Int32Array(1);
      fields.unpack(packed, 0, back);
      expect(back[0]).toBe(value);
    }
  });
});
