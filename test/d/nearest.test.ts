import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { editDistance, nearest } from '../../src/d/nearest.js';

describe('editDistance', () => {
  it.each([
    ['', '', 0],
    ['abc', 'abc', 0],
    ['abc', 'ab', 1],
    ['abc', 'axc', 1],
    ['abc', 'acb', 1],
    ['pid', 'pdi', 1],
    ['kitten', 'sitting', 3],
    ['', 'abc', 3],
  ])('of %j and %j is %d', (left, right, distance) => {
    expect(editDistance(left, right)).toBe(distance);
  });

  it('is symmetric, and 0 for equal names only', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 8 }), fc.string({ maxLength: 8 }), (left, right) => {
        expect(editDistance(left, right)).toBe(editDistance(right, left));
        expect(editDistance(left, right) === 0).toBe(left === right);
      }),
    );
  });
});

describe('nearest', () => {
  it.each([
    ['execnam', 'execname'],
    ['timestmap', 'timestamp'],
    ['pdi', 'pid'],
    ['prinft', 'printf'],
    ['nothing', undefined],
    ['x', undefined],
  ])('to %s is %s', (name, expected) => {
    expect(nearest(name, ['execname', 'timestamp', 'pid', 'printf', 'printa', 'y'])).toBe(expected);
  });
});
