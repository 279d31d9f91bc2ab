/** Stability attributes and their minimum. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Attributes, dependencyClasses, minimumAttributes, stabilities } from '../../src/d/stability.js';

const attributes = fc.record({
  name: fc.constantFrom(...stabilities),
  data: fc.constantFrom(...stabilities),
  class: fc.constantFrom(...dependencyClasses),
});

const parse = (text: string): Attributes => {
  const [name, data, dependency] = text.split('/');
  const find = <T>(all: readonly T[], wanted: unknown): T =>
    all.find((each) => each === wanted) ?? expect.unreachable();
  return { name: find(stabilities, name), data: find(stabilities, data), class: find(dependencyClasses, dependency) };
};

describe('the minimum of attributes', () => {
  it.each([
    ['Stable/Stable/Common', 'Stable/Private/Common', 'Stable/Private/Common'],
    ['Stable/Evolving/Common', 'Evolving/Stable/ISA', 'Evolving/Evolving/ISA'],
    ['Private/Private/Unknown', 'Internal/Obsolete/CPU', 'Internal/Private/Unknown'],
    ['Obsolete/External/CPU', 'External/Obsolete/Platform', 'Obsolete/Obsolete/CPU'],
    ['Unstable/External/Group', 'External/Unstable/Platform', 'External/External/Platform'],
    ['Unstable/Evolving/Group', 'Evolving/Unstable/ISA', 'Unstable/Unstable/Group'],
    ['Standard/Stable/Common', 'Stable/Standard/Common', 'Stable/Stable/Common'],
  ])('of %s and %s is %s', (one, other, least) => {
    expect(minimumAttributes(parse(one), parse(other))).toEqual(parse(least));
    expect(minimumAttributes(parse(other), parse(one))).toEqual(parse(least));
  });

  it('does not depend on order or repetition', () => {
    fc.assert(
      fc.property(attributes, attributes, attributes, (a, b, c) => {
        expect(minimumAttributes(a, a)).toEqual(a);
        expect(minimumAttributes(a, b)).toEqual(minimumAttributes(b, a));
        expect(minimumAttributes(minimumAttributes(a, b), c)).toEqual(minimumAttributes(a, minimumAttributes(b, c)));
      }),
    );
  });
});
