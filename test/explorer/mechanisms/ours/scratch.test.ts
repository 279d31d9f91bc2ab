import { describe, expect, it } from 'vitest';
import { explore } from '../../../../src/explorer/explore.js';
import { scratch } from '../../../../src/explorer/mechanisms/ours/scratch.js';
import { MechanismError } from '../../../../src/explorer/model/error.js';
import { greater } from '../../../../src/explorer/model/expression.js';
import { reachable } from './reachable.js';

const own = 'what a firing reads back from its scratch memory is what it wrote';
const counted = 'every firing builds its string, or is counted as dropped';

const find = (options: string) => explore(scratch, { options: options === '' ? [] : options.split(',') });

describe('scratch', () => {
  it('has the variants of the report, the default first', () => {
    expect(scratch.variants.map((options) => options.join(','))).toEqual([
      ...['', 'plain', 'atomic', 'preemptible', 'plain,preemptible', 'atomic,preemptible'],
    ]);
  });

  it.each(['', 'atomic', 'preemptible', 'atomic,preemptible'])(
    'gives each firing memory of its own (%s)',
    async (options) => {
      const { verdict, property, properties } = await find(options);
      expect({ verdict, property, properties }).toEqual({
        verdict: 'safe',
        property: null,
        properties: [own, counted],
      });
    },
  );

  it.each([
    ['few-levels', 'nesting drops'],
    ['preemptible,few-levels', 'nesting drops'],
    ['atomic,few-slots', 'drops'],
    ['atomic,preemptible,few-slots', 'drops'],
  ])('drops a firing that finds no room, and counts it (%s)', async (options, drops) => {
    expect((await find(options)).verdict).toBe('safe');
    expect(await reachable(scratch, options.split(','), (named) => greater(named(drops), 0))).toBe(true);
  });

  it.each([
    'plain',
    'plain,preemptible',
    'preemptible,depth-level',
    'atomic,plain-claim',
    'atomic,preemptible,plain-claim',
  ])('lets a firing read what another wrote (%s)', async (options) => {
    const { verdict, property, trace } = await find(options);
    expect({ verdict, property }).toEqual({ verdict: 'violated', property: own });
    const last = trace.at(-1);
    const [place = '', read] = Object.entries(last?.reads ?? {})[0] ?? [];
    const writers = trace.filter(({ writes }) => place in writes).map(({ frame, writes }) => [frame, writes[place]]);
    // The last to write the word was another firing than the one that reads it.
    expect(writers.at(-1)?.[1]).toBe(read);
    expect(writers.some(([frame, wrote]) => frame === last?.frame && wrote !== read)).toBe(true);
  });

  it('shows the interrupt that nests between the store and the load of a shared area', async () => {
    const { trace } = await find('plain');
    const words = trace.filter(({ step }) => step.startsWith('write the first') || step.startsWith('read the first'));
    expect(words.map(({ depth }) => depth)).toEqual([0, 1, 1, 0]);
  });

  it('shows why the depth is no owner where firings end in another order than they began', async () => {
    const { trace } = await find('preemptible,depth-level');
    const firings = trace.filter(({ step, cpu }) => cpu === 1 && /^(raise|lower) the in-probe/.test(step));
    expect(firings.map(({ frame, step }) => [frame, step.split(' ')[0]])).toEqual([
      ['task probe a', 'raise'],
      ['task probe b', 'raise'],
      ['task probe a', 'lower'],
      ['task probe a', 'raise'],
    ]);
  });

  it.each(['', 'preemptible'])(
    'holds under TSO, with every store in the buffer until the firing has ended (%s)',
    async (options) => {
      const told = options === '' ? [] : [options];
      expect((await explore(scratch, { options: told, memory: 'tso' })).verdict).toBe('safe');
    },
  );

  it('refuses an option without those that it belongs to', async () => {
    await expect(find('depth-level')).rejects.toThrow(MechanismError);
    await expect(find('plain-claim')).rejects.toThrow('goes with atomic only');
  });
});
