/** Linux's interrupt entries wrapped like Solaris': in which design may a timer call, and under which promise. */

import { describe, expect, it } from 'vitest';
import type { Verdict } from '../../../../src/explorer/exploration.js';
import { explore } from '../../../../src/explorer/explore.js';
import { apicWrap } from '../../../../src/explorer/mechanisms/apic-wrap/apic-wrap.js';
import { wrappedProperties } from '../../../../src/explorer/mechanisms/apic-wrap/wrapped-call.js';
import { MechanismError } from '../../../../src/explorer/model/error.js';
import { impatient, without } from '../linux/mutate.js';

const { quiet, synchronous } = wrappedProperties;

interface Row {
  readonly with: string;
  readonly verdict: Verdict;
  /** Of a deadlock, with two CPUs; of more, the others may go on. */
  readonly scope?: 'total' | 'partial';
  readonly property?: string;
}

const rows: readonly Row[] = [
  { with: 'track-level', verdict: 'violated', property: synchronous },
  { with: 'track-level,brief-cli', verdict: 'violated', property: synchronous },
  { with: 'own-vector', verdict: 'deadlock', scope: 'total' },
  { with: 'own-vector,brief-cli', verdict: 'deadlock', scope: 'total' },
  { with: 'own-vector,brief-cli,one-caller', verdict: 'safe' },
  { with: 'soft-mask', verdict: 'violated', property: quiet },
  { with: 'soft-mask,hard-probes', verdict: 'safe' },
  { with: 'nmi', verdict: 'violated', property: quiet },
  { with: 'nmi,answer-at-exit', verdict: 'safe' },
  { with: 'serve', verdict: 'deadlock', scope: 'total' },
  { with: 'serve,brief-cli', verdict: 'safe' },
];

const ask = (text: string, properties: readonly string[] = [quiet, synchronous], cpus = 2) =>
  explore(apicWrap, { cpus, options: text.split(','), properties });

describe('apic-wrap', () => {
  it('has each variant of the table', () => {
    expect(apicWrap.variants.map((variant) => variant.join(','))).toEqual(rows.map((row) => row.with));
  });

  it.each(rows)('with $with gives $verdict', async (row) => {
    const { verdict, scope, property } = await ask(row.with);
    expect({ verdict, scope, property }).toEqual({
      verdict: row.verdict,
      scope: row.scope,
      property: row.property ?? null,
    });
  });

  // Three CPUs of nmi,answer-at-exit have eleven million states.
  it.each(rows.filter((row) => row.with !== 'nmi,answer-at-exit'))(
    'with $with gives $verdict with three CPUs too',
    async (row) => {
      const { verdict, property } = await ask(row.with, [quiet, synchronous], 3);
      expect({ verdict, property }).toEqual({ verdict: row.verdict, property: row.property ?? null });
    },
  );

  it('still hangs where the wrapper defers the call to its exit, unless cli is brief', async () => {
    const deferred = await ask('track-level', [quiet]);
    expect({ verdict: deferred.verdict, scope: deferred.scope }).toEqual({ verdict: 'deadlock', scope: 'total' });
    expect(deferred.end?.cpus[0]).toMatchObject({ interrupts: true });
    expect((await ask('track-level,brief-cli', [quiet])).verdict).toBe('safe');
  });

  it.each(['own-vector', 'serve'])(
    'hangs %s on who spins with cli for what the task under the timer holds',
    async (design) => {
      const { end } = await ask(design);
      const spinning = end?.cpus.find(({ frames }) => frames.at(-1)?.step === 'spin for the lock');
      expect(spinning).toMatchObject({ interrupts: false, pending: ['xcall'] });
      const calling = end?.cpus.find(({ cpu }) => cpu !== spinning?.cpu);
      expect(calling?.frames.map(({ frame }) => frame)).toEqual(['task task 0', 'hardirq timer']);
      expect(calling?.frames[0]?.step).toBe('release the lock');
    },
  );

  it('hangs two timers on one another with a vector of its own', async () => {
    const { end } = await ask('own-vector,brief-cli');
    for (const cpu of end?.cpus ?? []) {
      expect(cpu).toMatchObject({ interrupts: false, pending: ['xcall'] });
      expect(cpu.frames.at(-1)?.frame).toBe('hardirq timer');
    }
    expect(end?.cpus).toHaveLength(2);
  });

  it.each([
    ['soft-mask', 'hardirq xcall'],
    ['nmi', 'nmi nmi'],
  ])('with %s answers in the midst of a probe', async (design, frame) => {
    const { trace } = await ask(design);
    const opens = trace.findLastIndex(({ step }) => step === 'the probe opens');
    expect(trace.slice(opens).map((entry) => entry.step)).not.toContain('the probe closes');
    expect(trace.slice(opens)).toContainEqual(expect.objectContaining({ frame, step: 'answer a caller' }));
  });

  it('with nmi never hangs, whatever its answer is worth', async () => {
    expect((await ask('nmi', [synchronous])).verdict).toBe('safe');
  });

  it('with soft-mask may also answer at the exit of the probe, instead of hard probes', async () => {
    expect((await ask('soft-mask,answer-at-exit')).verdict).toBe('safe');
  });

  it('means nothing again where a target inside a probe answers at once', async () => {
    const hasty = without(apicWrap, 'leave the answer to the probe');
    const { verdict, property } = await explore(hasty, { options: ['nmi', 'answer-at-exit'] });
    expect({ verdict, property }).toEqual({ verdict: 'violated', property: quiet });
  });

  it('is found not to be quiet where the caller does not wait', async () => {
    const hasty = impatient(apicWrap, 'wait for the answers');
    const { verdict, property } = await explore(hasty, { options: ['own-vector'] });
    expect({ verdict, property }).toEqual({ verdict: 'violated', property: quiet });
  });

  it('refuses hard-probes where probes are hard anyway', async () => {
    await expect(ask('nmi,hard-probes')).rejects.toThrow(MechanismError);
  });
});
