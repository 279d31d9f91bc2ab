import { describe, expect, it } from 'vitest';
import { explore } from '../../../../src/explorer/explore.js';
import { aggregationUpdate } from '../../../../src/explorer/mechanisms/ours/aggregation-update.js';
import { MechanismError } from '../../../../src/explorer/model/error.js';
import { and, equal, greater } from '../../../../src/explorer/model/expression.js';
import { at } from '../../../../src/explorer/model/variable.js';
import { reachable } from './reachable.js';

const settled = 'from the end of the sync on, the half that was left adds up to the firings that chose it, key by key';
const inTheEnd = 'in the end the halves together hold every firing under its key';

const find = (options: string, properties?: readonly string[]) =>
  explore(aggregationUpdate, {
    options: options === '' ? [] : options.split(','),
    ...(properties === undefined ? {} : { properties }),
  });

describe('aggregation-update', () => {
  it('has the variants of the report, the default first', () => {
    expect(aggregationUpdate.variants.map((options) => options.join(','))).toEqual([
      ...['', 'plain', 'atomic', 'preemptible', 'plain,preemptible', 'atomic,preemptible'],
      ...['half-claimed', 'half-claimed,preemptible'],
    ]);
  });

  it.each(['', 'atomic', 'half-claimed', 'preemptible', 'atomic,preemptible', 'half-claimed,preemptible'])(
    'counts every firing once, under its key (%s)',
    async (options) => {
      const { verdict, property, properties, contract } = await find(options);
      expect({ verdict, property, contract }).toEqual({ verdict: 'safe', property: null, contract: [] });
      expect(properties).toEqual([settled, inTheEnd]);
    },
  );

  it.each(['few-levels', 'preemptible,few-levels'])(
    'counts firings that find no level as dropped (%s)',
    async (options) => {
      expect((await find(options)).verdict).toBe('safe');
      expect(
        await reachable(aggregationUpdate, options.split(','), (named) => greater(named('nesting drops'), 0)),
      ).toBe(true);
    },
  );

  it('makes a duplicate of an entry that is only half there, which the consumer merges', async () => {
    // The task and the softirq have one key, and each has an entry of its own with a count of 1 in the first half.
    const duplicates = await reachable(aggregationUpdate, ['half-claimed'], (named) =>
      and(
        ...['first words', 'second words', 'data'].flatMap((name) =>
          [0, 1].map((entry) => equal(at(named(name), entry), 1)),
        ),
      ),
    );
    expect(duplicates).toBe(true);
  });

  it.each(
    [
      'plain',
      'plain,preemptible',
      'preemptible,depth-level',
      'half-claimed,trust-key',
      'half-claimed,preemptible,trust-key',
    ].flatMap((options) => [settled, inTheEnd].map((property) => [options, property] as const)),
  )('is violated with %s: "%s" does not hold', async (options, property) => {
    const found = await find(options, [property]);
    expect({ verdict: found.verdict, property: found.property }).toEqual({ verdict: 'violated', property });
  });

  it('shows the plain update that is lost between a load and a store', async () => {
    const { trace } = await find('plain', [inTheEnd]);
    const writes = trace.flatMap(({ writes, depth }) =>
      Object.entries(writes)
        .filter(([place]) => /^(data|count|keys)\[/.test(place))
        .map(([place, wrote]) => ({ place, wrote, depth })),
    );
    // Two firings write the same value to the same place.
    const doubled = writes.filter((a) =>
      writes.some((b) => a !== b && a.place === b.place && a.wrote === b.wrote && a.depth !== b.depth),
    );
    expect(doubled.length).toBeGreaterThan(0);
  });

  it('shows the interrupt that takes a half-written key for its own', async () => {
    const { trace } = await find('half-claimed,trust-key', [inTheEnd]);
    const firstWord = trace.findIndex(({ step }) => step === 'write the first word');
    const added = trace.findIndex(({ step }) => step === 'add to the data');
    const secondWord = trace.findIndex(
      ({ step, writes }, i) => i > added && step === 'write the second word' && Object.values(writes).includes(1),
    );
    expect(firstWord).toBeGreaterThan(-1);
    expect(added).toBeGreaterThan(firstWord);
    expect(secondWord).toBeGreaterThan(added);
    expect(trace[added]?.depth).toBeGreaterThan(trace[secondWord]?.depth ?? 9);
  });

  it('hangs where an interrupt waits for the key that the interrupted firing has yet to write', async () => {
    const { verdict, scope, end } = await find('half-claimed,await-key');
    expect({ verdict, scope }).toEqual({ verdict: 'deadlock', scope: 'total' });
    expect(end?.cpus[1]?.frames.at(-1)?.step).toBe('wait until the key is written');
    expect(end?.cpus[1]?.frames.at(-2)?.step).toBe('write the first word');
  });

  it('does not hang so where only tasks wait: the scheduler lets the other write its key', async () => {
    expect((await find('half-claimed,preemptible,await-key')).verdict).toBe('safe');
  });

  it.each(['', 'preemptible'])(
    'holds under TSO, with every store in the buffer until the firing has ended (%s)',
    async (options) => {
      const told = options === '' ? [] : [options];
      expect((await explore(aggregationUpdate, { options: told, memory: 'tso' })).verdict).toBe('safe');
    },
  );

  it('refuses an option without those that it belongs to', async () => {
    await expect(find('trust-key')).rejects.toThrow(MechanismError);
    await expect(find('preemptible,plain,depth-level')).rejects.toThrow('goes with per-level only');
  });
});
