import { describe, expect, it } from 'vitest';
import { createSequence } from '../../../../src/cli/xcall/storm/sequence.js';

interface Case {
  readonly name: string;
  /** Numbers, and the CPU where it is not 0. */
  readonly taken: readonly (number | readonly [number, number])[];
  readonly expected: Readonly<Record<'records' | 'missing' | 'doubled' | 'late', number>>;
  readonly ends: readonly [number | undefined, number | undefined];
}

const fine = { missing: 0, doubled: 0, late: 0 };

const cases: readonly Case[] = [
  { name: 'nothing', taken: [], expected: { records: 0, ...fine }, ends: [undefined, undefined] },
  { name: 'a run from anywhere', taken: [7, 8, 9], expected: { records: 3, ...fine }, ends: [7, 9] },
  {
    name: 'numbers that are stepped over',
    taken: [1, 2, 5],
    expected: { records: 3, ...fine, missing: 2 },
    ends: [1, 5],
  },
  { name: 'a number twice in a row', taken: [1, 2, 2, 3], expected: { records: 4, ...fine, doubled: 1 }, ends: [1, 3] },
  { name: 'a number again later', taken: [1, 2, 3, 1], expected: { records: 4, ...fine, doubled: 1 }, ends: [1, 3] },
  { name: 'one that comes late', taken: [1, 3, 2, 4], expected: { records: 4, ...fine, late: 1 }, ends: [1, 4] },
  {
    name: 'one that comes late, twice',
    taken: [1, 3, 2, 2],
    expected: { records: 4, missing: 0, doubled: 1, late: 1 },
    ends: [1, 3],
  },
  {
    name: 'one before the first',
    taken: [5, 3, 6],
    expected: { records: 3, missing: 1, doubled: 0, late: 1 },
    ends: [3, 6],
  },
  {
    name: 'a worker that has moved: the batch of its older CPU comes second',
    taken: [
      [1, 1],
      [4, 0],
      [5, 0],
      [2, 1],
      [3, 1],
      [6, 0],
    ],
    expected: { records: 6, ...fine },
    ends: [1, 6],
  },
];

describe('a sequence', () => {
  it.each(cases)('tells what is missing, doubled and late of $name', ({ taken, expected, ends }) => {
    const sequence = createSequence();
    for (const each of taken) {
      if (typeof each === 'number') sequence.take(each, 0);
      else sequence.take(each[0], each[1]);
    }
    const { first, last, ...counts } = sequence.count;
    expect(counts).toEqual(expected);
    expect([first, last]).toEqual(ends);
    expect(sequence.sound).toBe(expected.doubled === 0 && expected.late === 0);
  });

  it('counts a gap that is too large to be remembered, and takes it for a failure at once', () => {
    const sequence = createSequence();
    sequence.take(1, 0);
    sequence.take(1_000_002, 0);
    expect(sequence.count).toMatchObject({ records: 2, missing: 1_000_000, last: 1_000_002 });
    expect(sequence.sound).toBe(false);
  });
});
