import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { typeName } from '../../src/d/check/types/type-text.js';
import { type DType, integerTypes, pointerTo } from '../../src/d/types.js';
import { allProviders } from '../../src/providers/index.js';
import { matchesGlob, matchesProbe, type Probe, type ProbePattern, probeText } from '../../src/providers/probe.js';
import type { Provider } from '../../src/providers/provider.js';
import { createProbeRegistry, matchDescription } from '../../src/providers/registry.js';

/** The same by recursion on the two texts: slow, and plain to see. */
function globOracle(pattern: string, text: string): boolean {
  if (pattern === '') return text === '';
  const [first = '', rest] = [pattern[0], pattern.slice(1)];
  if (first === '*') return globOracle(rest, text) || (text !== '' && globOracle(pattern, text.slice(1)));
  if (text === '') return false;
  if (first === '?') return globOracle(rest, text.slice(1));
  if (first === '[' && pattern.indexOf(']', 2) > 0) {
    const end = pattern.indexOf(']', 2);
    const negated = pattern[1] === '!';
    const set = pattern.slice(negated ? 2 : 1, end);
    return set.includes(text[0] ?? '') !== negated && globOracle(pattern.slice(end + 1), text.slice(1));
  }
  return first === text[0] && globOracle(rest, text.slice(1));
}

describe('matchesGlob', () => {
  it('agrees with its definition', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'b', '.', '^'), maxLength: 8 });
    const piece = fc.constantFrom('a', 'b', '.', '^', '*', '?', '[ab]', '[!ab]', '[a.]', '[b^]');
    const pattern = fc.array(piece, { minLength: 1, maxLength: 6 }).map((pieces) => pieces.join(''));
    fc.assert(
      fc.property(pattern, text, (p, t) => {
        expect(matchesGlob(p, t), `${p} on ${t}`).toBe(globOracle(p, t));
      }),
      {
        numRuns: 2000,
      },
    );
  });

  it.each([
    ['', 'anything', true],
    ['read', 'read', true],
    ['read', 'pread64', false],
    ['*read*', 'pread64', true],
    ['re?d', 'read', true],
    ['re?d', 'red', false],
    ['[a-c]x', 'bx', true],
    ['[a-c]x', 'dx', false],
    ['[!a-c]x', 'dx', true],
    ['[^a-c]x', 'ax', false],
    ['[]]', ']', true],
    ['[z-a]', 'm', false],
    ['x[z-a]*', 'xm', false],
    ['a[', 'a[', true],
    ['a\\*', 'a*', true],
    ['a\\*', 'ab', false],
    ['a.c', 'abc', false],
    ['a+', 'aa', false],
    ['(a|b)*', 'a', false],
    ['*', 'two\nlines', true],
  ])('%j on %j: %s', (pattern, text, expected) => {
    expect(matchesGlob(pattern, text)).toBe(expected);
  });
});

const emptyName = { provider: '', module: '', function: '', name: '' };

const pattern = (fields: Partial<ProbePattern>): ProbePattern => ({
  ...emptyName,
  ...fields,
});

describe('the registry of probes', () => {
  it('numbers BEGIN, END and ERROR 1, 2 and 3', () => {
    const registry = createProbeRegistry(allProviders);
    expect([1, 2, 3].map((id) => registry.byId(id)?.name)).toEqual(['BEGIN', 'END', 'ERROR']);
    expect(registry.byId(0)).toBeUndefined();
  });

  it('numbers every probe by its place, and finds it by its four fields and by its number', () => {
    const registry = createProbeRegistry(allProviders);
    const all = registry.match(pattern({}));
    expect(all.map(({ id }) => id)).toEqual(all.map((_, index) => index + 1));
    for (const probe of all.filter(({ id }) => id % 37 === 1)) {
      const { id: _, ...fields } = probe;
      expect(registry.match(fields), probeText(probe)).toEqual([probe]);
      expect(registry.match(pattern({ id: probe.id }))).toEqual([probe]);
      expect(matchesProbe(fields, probe)).toBe(true);
    }
    expect(registry.match(pattern({ id: all.length + 1 }))).toEqual([]);
  });

  it('makes a probe when it is first named, once', () => {
    const registry = createProbeRegistry(allProviders);
    const before = registry.match(pattern({})).length;
    const [made] = registry.match(pattern({ name: 'tick-17s' }));
    expect(made).toMatchObject({ id: before + 1, provider: 'profile', name: 'tick-17s' });
    expect(registry.match(pattern({ provider: 'profile', name: 'tick-17s' }))).toEqual([made]);
    expect(registry.match(pattern({})).length).toBe(before + 1);
  });

  it('makes none for another provider, or for a name that is none', () => {
    const registry = createProbeRegistry(allProviders);
    expect(registry.match(pattern({ provider: 'syscall', name: 'tick-17s' }))).toEqual([]);
    expect(registry.match(pattern({ name: 'tick-17x' }))).toEqual([]);
  });
});

describe('the arguments of probes', () => {
  const types = (probe: Probe): readonly DType[] | undefined =>
    ({ two: [integerTypes.int, pointerTo(integerTypes.char)], one: [integerTypes.int] })[probe.name];
  const provider: Provider = {
    name: 'typed',
    probes: () =>
      ['one', 'two', 'none', 'two'].map((name, index) => ({
        provider: 'typed',
        module: '',
        function: `f${index}`,
        name,
      })),
    argumentTypes: (probe) => types({ id: 0, ...probe }) ?? [],
    instead: ({ name }) => (name === 'none' ? 'use arg0' : undefined),
    plan: () => [],
  };
  const untyped: Provider = { name: 'untyped', probes: () => [{ ...emptyName, provider: 'untyped' }], plan: () => [] };
  const registry = createProbeRegistry([provider, untyped]);

  it('are those that their provider declares, and none where it declares none', () => {
    const all = registry.match(pattern({}));
    expect(all.map((probe) => registry.argumentTypes(probe).map(typeName).join(' '))).toEqual([
      'int',
      'int char *',
      '',
      'int char *',
      '',
    ]);
  });

  it('are told to the checker once each, with a probe that has them', () => {
    const { arguments: known = [] } = matchDescription(registry, pattern({ provider: 'typed' }));
    expect(known.map(({ probe, types: list, instead }) => [probe, list.length, instead])).toEqual([
      ['typed::f0:one', 1, undefined],
      ['typed::f1:two', 2, undefined],
      ['typed::f2:none', 0, 'use arg0'],
    ]);
    expect(matchDescription(registry, pattern({ provider: 'nobody' })).arguments).toBeUndefined();
  });
});
