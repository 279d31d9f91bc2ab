import { describe, expect, it } from 'vitest';
import { mailboxBox, mailboxSize } from '../../../src/d/codegen/memory/mailbox-layout.js';
import { announcing } from '../../../src/xcall/mailbox/announcing.js';
import { atomicWords, inBox } from '../../../src/xcall/mailbox/words.js';

/** CPU 3 has slot 1, CPU 4 has none; the clock stands at 1,000 ns. */
const scene = () => {
  const words = atomicWords(new BigUint64Array(mailboxSize({ slots: 2, cpus: 8, levels: 1 }) / 8));
  const slotOfCpu = Uint8Array.of(255, 255, 255, 1, 255);
  const until = () => [0, 1, 2].map((box) => words.load(inBox(box, mailboxBox.calledUntil)));
  return { announcement: { words, slotOfCpu, slots: 2, now: () => 1_000n }, until };
};

describe('a call of the server', () => {
  it('is announced in the box of its CPU while it lasts, whatever the time, and for 5 us after that', () => {
    const { announcement, until } = scene();
    const during: bigint[][] = [];
    const call = announcing((cpu) => {
      during.push(until());
      return cpu * 10;
    }, announcement);
    expect(call(3)).toBe(30);
    expect(during).toEqual([[0n, 2n ** 63n, 0n]]);
    expect(until()).toEqual([0n, 6_000n, 0n]);
  });

  it('that fails is over as well', () => {
    const { announcement, until } = scene();
    const call = announcing(() => {
      throw new Error('refused');
    }, announcement);
    expect(() => call(3)).toThrow('refused');
    expect(until()).toEqual([0n, 6_000n, 0n]);
  });

  it.each([4, 7_000])('of CPU %d, which has no box, is made all the same', (cpu) => {
    const { announcement, until } = scene();
    expect(announcing(() => 7, announcement)(cpu)).toBe(7);
    expect(until()).toEqual([0n, 0n, 0n]);
  });
});
