import { afterEach, describe, expect, it, vi } from 'vitest';
import { parseArguments } from '../../../src/cli/xcall/arguments.js';
import { exploreAll, questionsOf } from '../../../src/cli/xcall/explore/all.js';
import {
  add,
  atomic,
  equal,
  eventually,
  load,
  local,
  type Mechanism,
  mechanism,
  mechanisms,
  routine,
  shared,
  store,
  value,
} from '../../../src/explorer/index.js';

const count = shared('count', { max: 4 });
const seen = local('seen', { max: 4 });

const counting: Mechanism = mechanism({
  name: 'counting',
  summary: 'CPUs add to a count',
  options: [
    { name: 'plain', summary: 'by a load and a store', group: 'how' },
    { name: 'locked', summary: 'in one step', group: 'how' },
  ],
  variants: [[], ['locked']],
  memories: ['sc', 'tso'],
  build: ({ cpus, options }) => {
    const steps = options.has('locked')
      ? [atomic('add', count, add(value, 1))]
      : [load('read', count, seen), store('write', count, add(seen, 1))];
    const adding = routine('adding', '', steps);
    return {
      cpus,
      variables: [count],
      vectors: [],
      sources: [],
      tasks: Array.from({ length: cpus }, (_, cpu) => ({ name: `adder ${cpu}`, cpu, routine: adding })),
      properties: [eventually('each addition counts', equal(count, cpus))],
    };
  },
});

const threeAtLeast: Mechanism = { ...counting, name: 'three', variants: [['locked']], cpus: { least: 3, most: 3 } };

/** What `xcall explore --all` with those words prints of these mechanisms, and its status. */
async function report(...words: string[]) {
  const written = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  const status = await exploreAll([counting, threeAtLeast], parseArguments(['explore', '--all', ...words]));
  const out = written.mock.calls.map(([text]) => text).join('');
  written.mockRestore();
  return { status, out };
}
afterEach(() => vi.restoreAllMocks());

describe('xcall explore --all', () => {
  it('asks each variant under each memory model of its mechanism, with the fewest CPUs', () => {
    const settings = questionsOf([counting, threeAtLeast], {}).map(({ mechanism: { name }, options }) => [
      name,
      ...[options.cpus, options.memory, options.options?.join()],
    ]);
    expect(settings).toEqual([
      ['counting', 2, 'sc', ''],
      ['counting', 2, 'tso', ''],
      ['counting', 2, 'sc', 'locked'],
      ['counting', 2, 'tso', 'locked'],
      ['three', 3, 'sc', 'locked'],
      ['three', 3, 'tso', 'locked'],
    ]);
    expect(questionsOf([counting], { memory: 'tso', cpus: 4 }).map(({ options }) => options)).toEqual([
      { options: [], memory: 'tso', cpus: 4 },
      { options: ['locked'], memory: 'tso', cpus: 4 },
    ]);
  });

  it('reports each, and is content with refutations', async () => {
    const { status, out } = await report('--memory', 'sc');
    expect(status).toBe(0);
    expect(out).toMatch(/^counting --with plain, 2 CPUs, sc: violated \(\d+ states/m);
    expect(out).toMatch(/^counting --with locked, 2 CPUs, sc: safe \(\d+ states/m);
    expect(out).toMatch(/^3 explored, 1 violated, 2 safe$/m);
  });

  it('ends with status 3 where a bound was reached', async () => {
    expect(await report('--max-states', '2')).toMatchObject({
      status: 3,
      out: expect.stringContaining('6 incomplete'),
    });
  });

  it('prints an array as JSON', async () => {
    const { status, out } = await report('--json');
    expect(status).toBe(0);
    expect(JSON.parse(out).map(({ verdict }: { readonly verdict: string }) => verdict)).toEqual([
      'violated',
      'violated',
      ...['safe', 'safe', 'safe', 'safe'],
    ]);
  });

  it('writes a document that is the same at each run', async () => {
    const { status, out } = await report('--markdown');
    expect(status).toBe(0);
    await expect(out).toMatchFileSnapshot('golden/verdicts.md');
    expect((await report('--markdown')).out).toBe(out);
  });

  it('finds a name once in the registry, and variants that are options of their mechanism', () => {
    const names = mechanisms.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    for (const { options, variants } of mechanisms) {
      const known = options.map(({ name }) => name);
      expect(variants.flat().filter((option) => !known.includes(option))).toEqual([]);
      expect(new Set(variants.map((variant) => variant.join())).size).toBe(variants.length);
    }
  });
});
