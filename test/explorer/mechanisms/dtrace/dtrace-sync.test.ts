import { describe, expect, it } from 'vitest';
import { explore } from '../../../../src/explorer/explore.js';
import {
  dtraceSync,
  noneOpen,
  noUseAfterFree,
  storesVisible,
} from '../../../../src/explorer/mechanisms/dtrace/dtrace-sync.js';

const properties = [noneOpen, storesVisible, noUseAfterFree];
const memories = ['sc', 'tso'] as const;

describe('dtrace-sync', () => {
  it('has the variants of the table, the default first', () => {
    expect(dtraceSync.variants.map((options) => options.join(','))).toEqual([
      'irqs-off',
      'irqs-on',
      'nmi-probes',
      'nmi-delivery',
    ]);
  });

  it.each(
    ['irqs-off', 'nmi-probes'].flatMap((option) => [
      ...memories.map((memory) => ({ option, memory, cpus: 2 })),
      { option, memory: 'sc' as const, cpus: 3 },
    ]),
  )('is safe with $option, $memory, $cpus CPUs', async ({ option, memory, cpus }) => {
    const { verdict, property, contract } = await explore(dtraceSync, { options: [option], memory, cpus });
    expect({ verdict, property, contract }).toEqual({ verdict: 'safe', property: null, contract: [] });
  });

  it('asks all three properties', async () => {
    expect((await explore(dtraceSync)).properties).toEqual(properties);
  });

  // Under SC a store is visible as soon as it is made, so a firing that goes on can hide none that it has made.
  it.each([
    { option: 'irqs-on', memory: 'sc', broken: [noneOpen, noUseAfterFree] },
    { option: 'irqs-on', memory: 'tso', broken: [noneOpen, storesVisible, noUseAfterFree] },
    { option: 'nmi-delivery', memory: 'sc', broken: [noneOpen, noUseAfterFree] },
    { option: 'nmi-delivery', memory: 'tso', broken: [noneOpen, storesVisible, noUseAfterFree] },
  ] as const)('$option under $memory breaks $broken', async ({ option, memory, broken }) => {
    const found: string[] = [];
    for (const property of properties) {
      const { verdict } = await explore(dtraceSync, { options: [option], memory, properties: [property] });
      if (verdict === 'violated') found.push(property);
    }
    expect(found).toEqual(broken);
  });

  it.each([
    { option: 'irqs-on', frame: 'hardirq cross-call' },
    { option: 'nmi-delivery', frame: 'nmi cross-call' },
  ])('$option lets the cross-call land inside a firing that goes on after the free', async ({ option, frame }) => {
    const { trace } = await explore(dtraceSync, { options: [option], properties: [noUseAfterFree] });
    const found = trace.findIndex(({ step }) => step === 'find the object');
    const answered = trace.findIndex((entry) => entry.frame === frame && entry.step === 'answer');
    const freed = trace.findIndex(({ step }) => step === 'kmem_free: free the object');
    expect([found >= 0, found < answered, answered < freed]).toEqual([true, true, true]);
    expect(trace.at(-1)).toMatchObject({
      cpu: 1,
      frame: 'task probes 1',
      step: 'store a record in the object',
      broken: [noUseAfterFree],
    });
  });

  it('is refuted by an NMI that is delivered into a firing with interrupts off, even where others fire in NMIs', async () => {
    const { verdict, property } = await explore(dtraceSync, { options: ['nmi-probes', 'nmi-delivery'] });
    expect({ verdict, property }).toEqual({ verdict: 'violated', property: noneOpen });
  });
});
