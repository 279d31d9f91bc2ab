import { describe, expect, it } from 'vitest';
import {
  dynamicHeader,
  dynamicMap,
  dynamicRing,
  layoutDynamic,
  ringAt,
} from '../../../src/d/codegen/memory/dynamic-layout.js';
import { createCleaner } from '../../../src/xcall/mailbox/cleaner.js';
import { atomicWords } from '../../../src/xcall/mailbox/words.js';

const shape = {
  ...{ slots: 2, cpus: 2, levels: 2, preemptible: false },
  ...{ bufferSize: 0, aggregationSize: 0, dynamicEntries: 8, speculations: 0, speculationSize: 0 },
};

/** An array with two rings of four elements, all clean, that have gone round `turns` times; and what probes do to it. */
function array(turns = 0n) {
  const layout = layoutDynamic('elements_0', { keySize: 8, valueSize: 8 }, 8, shape);
  const map = dynamicMap(layout);
  const bytes = new Uint8Array(map.valueSize);
  bytes.set(map.contents ?? new Uint8Array());
  const words = atomicWords(new BigUint64Array(bytes.buffer));
  const at = (ring: number, field: number): number => ringAt(layout, ring) + field;
  const cell = (ring: number, position: number): number =>
    at(ring, dynamicRing.cells) + 8 * (position % layout.ringCapacity);
  for (let ring = 0; ring < layout.rings; ring += 1) {
    const start = turns * BigInt(layout.ringCapacity);
    for (const field of ['head', 'clean', 'tail'] as const) words.add(at(ring, dynamicRing[field]), start);
    for (let place = 0; place < layout.ringCapacity; place += 1) words.add(cell(ring, place), start << 32n);
  }
  return {
    layout,
    words,
    /** Takes from a ring, clean or not: the element's number. */
    take: (ring: number): number => {
      const head = words.add(at(ring, dynamicRing.head), 1n);
      return Number(words.load(cell(ring, Number(head))) & 0xffff_ffffn);
    },
    /** Claims a place at the end; the number is written by what is returned. */
    give: (ring: number, number: number): (() => void) => {
      const position = words.add(at(ring, dynamicRing.tail), 1n);
      return () => words.store(cell(ring, Number(position)), (position << 32n) | BigInt(number));
    },
    clean: (ring: number): number =>
      Number(words.load(at(ring, dynamicRing.clean)) - words.load(at(ring, dynamicRing.head))),
    rinsing: () => words.load(dynamicHeader.rinsing),
  };
}

describe('the cleaner', () => {
  it('makes what was freed clean, in its order, after a sync', () => {
    const one = array();
    const taken = [one.take(0), one.take(0), one.take(0)];
    expect([taken, one.clean(0)]).toEqual([[0, 1, 2], 1]);
    one.give(0, 2)();
    one.give(0, 0)();
    const during: unknown[] = [];
    createCleaner([one]).clean(() => during.push(one.clean(0), one.rinsing()));
    expect([during, one.clean(0), one.rinsing()]).toEqual([[1, 1n], 3, 0n]);
    expect([one.take(0), one.take(0), one.take(0)]).toEqual([3, 2, 0]);
  });

  it('makes no sync where nothing was freed', () => {
    const one = array();
    one.take(0);
    createCleaner([one]).clean(() => expect.unreachable());
    expect(one.clean(0)).toBe(3);
  });

  it('leaves what is freed during its sync to the next round', () => {
    const one = array();
    one.take(1);
    one.take(1);
    one.give(1, 4)();
    const cleaner = createCleaner([one]);
    cleaner.clean(() => one.give(1, 5)());
    expect(one.clean(1)).toBe(3);
    cleaner.clean(() => {});
    expect(one.clean(1)).toBe(4);
  });

  // The second one counts beyond 32 bits, of which a cell holds no more.
  it.each([0n, 2n ** 30n - 3n])('stops at a number that is not written yet, from turn %d of the ring on', (turns) => {
    const one = array(turns);
    const cleaner = createCleaner([one]);
    for (let round = 0; round < 9; round += 1) {
      const [first, second] = [one.take(0), one.take(0)];
      const late = one.give(0, first);
      one.give(0, second)();
      cleaner.clean(() => expect.unreachable());
      expect(one.clean(0)).toBe(2);
      late();
      cleaner.clean(() => {});
      expect(one.clean(0)).toBe(4);
    }
  });

  it('cleans nothing where the sync fails, and all of it at the next', () => {
    const one = array();
    const other = array();
    one.give(0, one.take(0))();
    other.give(1, other.take(1))();
    const failing = (): never => {
      throw new Error('a CPU does not leave its probe');
    };
    expect(() => createCleaner([one, other]).clean(failing)).toThrow(/does not leave/);
    expect([one.clean(0), other.clean(1), one.rinsing()]).toEqual([3, 3, 0n]);
    createCleaner([one, other]).clean(() => {});
    expect([one.clean(0), other.clean(1)]).toEqual([4, 4]);
  });
});
