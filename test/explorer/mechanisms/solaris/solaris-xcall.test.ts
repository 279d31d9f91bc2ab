/** Solaris' cross-calls: safe as they are, and what each of their parts is for. */

import { describe, expect, it } from 'vitest';
import type { Verdict } from '../../../../src/explorer/exploration.js';
import { explore } from '../../../../src/explorer/explore.js';
import { solarisXcall } from '../../../../src/explorer/mechanisms/solaris/solaris-xcall.js';
import { crossCallProperties } from '../../../../src/explorer/mechanisms/solaris/x-call.js';
import { MechanismError } from '../../../../src/explorer/model/error.js';
import { without } from '../linux/mutate.js';

interface Row {
  readonly with: string;
  readonly verdict: Verdict;
  readonly scope?: 'total' | 'partial';
  readonly property?: string;
}

const rows: readonly Row[] = [
  { with: 'call', verdict: 'safe' },
  { with: 'sync', verdict: 'safe' },
  { with: 'nested', verdict: 'safe' },
  { with: 'sync,nested', verdict: 'safe' },
  { with: 'no-raise', verdict: 'deadlock', scope: 'total' },
  { with: 'nested,no-raise', verdict: 'violated', property: crossCallProperties.pool },
  { with: 'no-serve', verdict: 'deadlock', scope: 'total' },
  { with: 'no-serve,no-raise', verdict: 'safe' },
  { with: 'deaf', verdict: 'deadlock', scope: 'total' },
  { with: 'deaf,briefly', verdict: 'safe' },
];

const ask = (text: string, cpus = 2, memory: 'sc' | 'tso' = 'sc') =>
  explore(solarisXcall, { cpus, memory, options: text.split(',') });

describe('solaris-xcall', () => {
  it('has each variant of the table', () => {
    expect(solarisXcall.variants.map((variant) => variant.join(','))).toEqual(rows.map((row) => row.with));
  });

  it.each(rows)('with $with gives $verdict', async (row) => {
    const { verdict, scope, property } = await ask(row.with);
    expect({ verdict, scope, property }).toEqual({
      verdict: row.verdict,
      scope: row.scope,
      property: row.property ?? null,
    });
  });

  it('needs no fence under TSO, as its comment claims', async () => {
    expect((await ask('call', 2, 'tso')).verdict).toBe('safe');
    expect((await ask('sync', 2, 'tso')).verdict).toBe('safe');
  });

  it('hangs without serving with three CPUs too, where the third is only called', async () => {
    const { verdict, scope } = await ask('no-serve', 3);
    expect({ verdict, scope }).toEqual({ verdict: 'deadlock', scope: 'partial' });
  });

  it('has a handler wait for a message that the caller under it counted but did not post, without the raise', async () => {
    const { end } = await ask('no-raise');
    const interrupted = end?.cpus.find(({ frames }) => frames.length === 2);
    expect(interrupted?.frames.map(({ step }) => step)).toEqual(['insert CALL', 'extract a message']);
    expect(interrupted?.level).toBe(15);
  });

  it('has both callers wait at level 15 with the interrupt of the other pending, without serving', async () => {
    const { end } = await ask('no-serve');
    for (const cpu of end?.cpus ?? []) {
      expect(cpu).toMatchObject({ level: 15, interrupts: true, pending: ['xcall'] });
      expect(cpu.frames.at(-1)?.step).toBe('wait for the messages to be free');
    }
    expect(end?.cpus).toHaveLength(2);
  });

  it('lets a target spin at level 11 for what the caller holds, but not with interrupts disabled', async () => {
    const { end } = await ask('deaf');
    expect(end?.cpus[0]).toMatchObject({ interrupts: false, pending: ['xcall'] });
    expect(end?.cpus[0]?.frames.at(-1)?.waitsFor).toEqual({ mutex: 1 });
  });

  it('hangs a cyclic on the message that its own process has taken, where neither raises nor serves', async () => {
    const options = ['nested', 'no-serve', 'no-raise'];
    const { verdict, end } = await explore(solarisXcall, { options, properties: [crossCallProperties.pool] });
    expect(verdict).toBe('deadlock');
    expect(end?.cpus[0]?.frames.at(-1)).toMatchObject({
      frame: 'hardirq cyclic',
      step: 'wait for the messages to be free',
    });
  });

  it('runs the wrong function where a cyclic overwrites that of its process', async () => {
    const options = ['nested', 'no-serve', 'no-raise'];
    const { verdict, property } = await explore(solarisXcall, { options, fold: false });
    expect({ verdict, property }).toEqual({ verdict: 'violated', property: crossCallProperties.complete });
  });

  it('runs out of messages when a cyclic calls in the midst of a call', async () => {
    const { trace } = await ask('nested,no-raise');
    expect(trace.at(-1)).toMatchObject({ frame: 'hardirq cyclic', broken: [crossCallProperties.pool] });
  });

  it.each([
    ['complete', 'run the function of its master', 'call', crossCallProperties.complete],
    ['together', 'do all wait?', 'sync', crossCallProperties.together],
    ['at rest', 'free the message', 'call', 'at the end no message and no work is left over'],
  ])('is found not to be %s without "%s"', async (_, step, option, property) => {
    const found = await explore(without(solarisXcall, step), { options: [option] });
    expect({ verdict: found.verdict, property: found.property }).toEqual({ verdict: 'violated', property });
  });

  it.each(['sync,no-serve', 'briefly', 'deaf,nested'])('refuses %s, and says what to ask', async (text) => {
    const refusal: unknown = await ask(text).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(MechanismError);
    expect(refusal).toMatchObject({ hint: expect.stringMatching(/ask|add/) });
  });
});
