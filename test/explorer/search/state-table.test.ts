import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createStateTable } from '../../../src/explorer/search/state-table.js';

describe('a state table', () => {
  it('numbers states in the order in which they come, each once, and finds them again', () => {
    const state = fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 3, maxLength: 3 });
    fc.assert(
      fc.property(fc.array(state, { maxLength: 200 }), (states) => {
        const table = createStateTable(3);
        const known = new Map<string, number>();
        for (const words of states) {
          const key = words.join();
          const number = known.get(key);
          const added = table.add(Int32Array.from(words), -1);
          expect(added).toBe(number === undefined ? known.size : ~number);
          if (number === undefined) known.set(key, added);
        }
        expect(table.count()).toBe(known.size);
        for (const [key, number] of known) {
          const words = new Int32Array(3);
          table.read(number, words);
          expect(words.join()).toBe(key);
          expect(table.find(words)).toBe(number);
        }
      }),
    );
  });

  it('grows past its first pieces without losing a state or a parent', () => {
    const table = createStateTable(2);
    const count = 200_000;
    for (let index = 0; index < count; index++) table.add(Int32Array.of(index, index * 7), index - 1);
    const words = new Int32Array(2);
    let wrong = 0;
    for (let index = 0; index < count; index++) {
      table.read(index, words);
      if (words[0] !== index || table.find(words) !== index || table.parent(index) !== index - 1) wrong++;
    }
    expect({ count: table.count(), wrong }).toEqual({ count, wrong: 0 });
  });

  it('says -1 of a state that it has not met', () => {
    const table = createStateTable(1);
    table.add(Int32Array.of(1), -1);
    expect(table.find(Int32Array.of(2))).toBe(-1);
  });
});
