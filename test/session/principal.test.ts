import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { controlBlock, controlWords, type RuntimeShape, recordHeader } from '../../src/d/codegen/memory/layout.js';
import { controlOf } from '../../src/session/control.js';
import { recordsOf, takeHalf } from '../../src/session/principal.js';
import { plainMemory } from '../memory.js';

interface Written {
  readonly epid: number;
  readonly probe: number;
  readonly void?: boolean;
}

/** EPID n has n times 8 bytes behind its header. */
const sizeOf = (epid: number): number => recordHeader.size + 8 * epid;

const bytesOf = (records: readonly Written[]): Uint8Array<ArrayBuffer> => {
  const bytes = new Uint8Array(new ArrayBuffer(records.reduce((sum, { epid }) => sum + sizeOf(epid), 0)));
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const { epid, probe, void: voided } of records) {
    view.setUint32(at, voided === true ? (epid | recordHeader.voidFlag) >>> 0 : epid, true);
    view.setUint32(at + recordHeader.probeId, probe, true);
    at += sizeOf(epid);
  }
  return bytes;
};

const read = (bytes: Uint8Array<ArrayBuffer>): Written[] =>
  [...recordsOf(bytes, sizeOf)].map(({ epid, probeId }) => ({ epid, probe: probeId }));

describe('recordsOf', () => {
  it('gives every record in its order, without the void ones', () => {
    const written = fc.record({ epid: fc.integer({ min: 1, max: 6 }), probe: fc.nat(), void: fc.boolean() });
    fc.assert(
      fc.property(fc.array(written, { maxLength: 40 }), (records) => {
        const valid = records.filter((record) => !record.void).map(({ epid, probe }) => ({ epid, probe }));
        expect(read(bytesOf(records))).toEqual(valid);
      }),
    );
  });

  it('says where each begins', () => {
    const bytes = bytesOf([
      { epid: 2, probe: 1 },
      { epid: 1, probe: 1 },
      { epid: 3, probe: 1 },
    ]);
    expect([...recordsOf(bytes, sizeOf)].map(({ offset }) => offset)).toEqual([0, 24, 40]);
  });

  it('ends at the marker of a full buffer, whatever lies behind', () => {
    const bytes = new Uint8Array([
      ...bytesOf([{ epid: 1, probe: 7 }]),
      ...new Uint8Array(8),
      ...new Uint8Array(64).fill(1),
    ]);
    expect(read(bytes)).toEqual([{ epid: 1, probe: 7 }]);
  });

  it('ends where what is left is shorter than a header, or than its record', () => {
    const bytes = bytesOf([
      { epid: 1, probe: 7 },
      { epid: 5, probe: 7 },
    ]);
    for (const length of [16, 20, 24, 40, bytes.length - 1]) {
      expect(read(bytes.slice(0, length))).toEqual([{ epid: 1, probe: 7 }]);
    }
  });

  it('gives nothing of an empty batch', () => {
    expect(read(new Uint8Array(new ArrayBuffer(0)))).toEqual([]);
  });
});

describe('takeHalf', () => {
  const shape = { slots: 2, bufferSize: 64 } as RuntimeShape;
  const setUp = () => {
    const memory = plainMemory(2 * shape.slots * shape.bufferSize);
    const control = plainMemory(controlWords.blocks + shape.slots * controlBlock.size);
    const set = (slot: number, half: number, used: number, drops: number): void => {
      const block = (controlWords.blocks + slot * controlBlock.size) / 8;
      control.u64[block + controlBlock.principalOffset / 8 + half] = BigInt(used);
      control.u64[block + controlBlock.principalDrops / 8 + half] = BigInt(drops);
    };
    return { memory, control: controlOf(control), set };
  };

  it('copies what one slot has in one half, and empties that', () => {
    const { memory, control, set } = setUp();
    for (let i = 0; i < 4; i += 1) memory.bytes.fill(i + 1, i * 64, (i + 1) * 64);
    set(1, 1, 16, 0);
    set(1, 0, 8, 0);
    const { bytes, drops } = takeHalf(memory, control, shape, 1, 1);
    expect([[...bytes], drops]).toEqual([Array<number>(16).fill(4), 0]);
    memory.bytes.fill(9);
    expect(bytes[0]).toBe(4);
    expect([control.principalUsed(1, 1), control.principalUsed(1, 0)]).toEqual([0, 8]);
  });

  it('takes a full buffer to its end, with the drops', () => {
    const { memory, control, set } = setUp();
    set(0, 0, 1000, 21);
    const { bytes, drops } = takeHalf(memory, control, shape, 0, 0);
    expect([bytes.length, drops]).toEqual([64, 21]);
    expect(control.principalDrops(0, 0)).toBe(0);
  });

  it('tells drops once, of records too that found no room in an empty buffer', () => {
    const { memory, control, set } = setUp();
    set(0, 1, 0, 3);
    expect(takeHalf(memory, control, shape, 0, 1).drops).toBe(3);
    expect(takeHalf(memory, control, shape, 0, 1).drops).toBe(0);
  });
});
