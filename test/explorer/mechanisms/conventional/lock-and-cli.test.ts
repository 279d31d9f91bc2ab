/** One lock with interrupts disabled, instead of any cross-call. */

import { describe, expect, it } from 'vitest';
import type { Verdict } from '../../../../src/explorer/exploration.js';
import { explore } from '../../../../src/explorer/explore.js';
import { lockAndCli, lockProperties } from '../../../../src/explorer/mechanisms/conventional/lock-and-cli.js';
import { without } from '../linux/mutate.js';

interface Row {
  readonly with: string;
  readonly verdict: Verdict;
  readonly scope?: 'total' | 'partial';
  readonly property?: string;
}

const rows: readonly Row[] = [
  { with: 'cli', verdict: 'safe' },
  { with: 'no-cli', verdict: 'deadlock', scope: 'total' },
  { with: 'nmi-probe', verdict: 'deadlock', scope: 'total' },
  { with: 'trylock', verdict: 'violated', property: lockProperties.nothingDropped },
  { with: 'trylock,nmi-probe', verdict: 'violated', property: lockProperties.nothingDropped },
];

describe('lock-and-cli', () => {
  it('has each variant of the table', () => {
    expect(lockAndCli.variants.map((variant) => variant.join(','))).toEqual(rows.map((row) => row.with));
  });

  describe.each([
    [2, 'sc'],
    [2, 'tso'],
    [3, 'sc'],
  ] as const)('with %i CPUs under %s', (cpus, memory) => {
    it.each(rows)('with $with gives $verdict', async (row) => {
      const found = await explore(lockAndCli, { cpus, memory, options: row.with.split(',') });
      expect({ verdict: found.verdict, scope: found.scope, property: found.property }).toEqual({
        verdict: row.verdict,
        scope: row.scope,
        property: row.property ?? null,
      });
    });

    it.each(['trylock', 'trylock,nmi-probe'])('with %s never hangs, and counts what it drops', async (text) => {
      const properties = [lockProperties.whole, lockProperties.accounted];
      const found = await explore(lockAndCli, { cpus, memory, options: text.split(','), properties });
      expect(found.verdict).toBe('safe');
    });
  });

  it('hangs the tick on the lock that the probe under it holds, where interrupts stay enabled', async () => {
    const { end } = await explore(lockAndCli, { options: ['no-cli'] });
    expect(end?.cpus[0]?.frames.map(({ frame }) => frame)).toEqual(['task probe 0', 'hardirq tick']);
    expect(end?.cpus[0]?.frames.at(-1)?.waitsFor).toEqual({ lock: 1 });
  });

  it('hangs the NMI on the lock of its own CPU, though interrupts are disabled', async () => {
    const { end } = await explore(lockAndCli, { options: ['nmi-probe'] });
    expect(end?.cpus[0]?.frames.at(-1)).toMatchObject({ frame: 'nmi nmi', waitsFor: { lock: 1 } });
    expect(end?.cpus[0]?.interrupts).toBe(false);
  });

  it('drops a record because another CPU holds the lock, without any nesting', async () => {
    const { trace } = await explore(lockAndCli, { options: ['trylock'] });
    expect(new Set(trace.map(({ cpu }) => cpu))).toEqual(new Set([0, 1]));
    expect(trace.at(-1)).toMatchObject({ step: 'count a drop', broken: [lockProperties.nothingDropped] });
  });

  it('lets the consumer see half a record without the lock', async () => {
    const { verdict, property } = await explore(without(lockAndCli, 'spin for the lock'), { options: ['cli'] });
    expect({ verdict, property }).toEqual({ verdict: 'violated', property: lockProperties.whole });
  });

  it('loses records unseen where drops are not counted', async () => {
    const { verdict, property } = await explore(without(lockAndCli, 'count a drop'), { options: ['trylock'] });
    expect({ verdict, property }).toEqual({ verdict: 'violated', property: lockProperties.accounted });
  });
});
