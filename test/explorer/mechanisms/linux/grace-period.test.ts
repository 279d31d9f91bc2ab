/** A grace period of RCU keeps the promise of dtrace_sync(); a fence on every CPU does not. */

import { describe, expect, it } from 'vitest';
import { explore } from '../../../../src/explorer/explore.js';
import { everyCallbackRuns, settledInCallback } from '../../../../src/explorer/mechanisms/linux/call-rcu.js';
import {
  gracePeriod,
  recordsVisible,
  settledOnReturn,
} from '../../../../src/explorer/mechanisms/linux/grace-period.js';
import { noFreedObject } from '../../../../src/explorer/mechanisms/linux/readers.js';
import { impatient, without } from './mutate.js';

const settings = [
  [2, 'sc'],
  [2, 'tso'],
  [3, 'sc'],
] as const;

describe.each(settings)('grace-period with %i CPUs under %s', (cpus, memory) => {
  it.each(['process', 'call-rcu-from-irq'])('keeps its promise with %s', async (option) => {
    const found = await explore(gracePeriod, { cpus, memory, options: [option] });
    expect(found).toMatchObject({ verdict: 'safe', contract: [] });
  });

  it.each([settledOnReturn, recordsVisible, noFreedObject])('breaks it by fences alone: %s', async (property) => {
    const options = ['membarrier-fence-only'];
    const found = await explore(gracePeriod, { cpus, memory, options, properties: [property] });
    expect(found).toMatchObject({ verdict: 'violated', property, contract: [] });
  });
});

describe('grace-period', () => {
  it('has each variant of the table', () => {
    expect(gracePeriod.variants).toEqual([[], ['call-rcu-from-irq'], ['membarrier-fence-only']]);
  });

  it('interrupts the open probe with the fence, and returns before the probe closes', async () => {
    const { trace, end } = await explore(gracePeriod, { options: ['membarrier-fence-only'] });
    const steps = trace.map(({ step }) => step);
    const opened = steps.indexOf('open');
    const fenced = steps.indexOf('ipi_mb: smp_mb');
    expect(opened).toBeGreaterThanOrEqual(0);
    expect(fenced).toBeGreaterThan(opened);
    expect(steps).not.toContain('close');
    expect(trace.at(-1)).toMatchObject({ cpu: 0, step: 'membarrier: smp_mb, return' });
    expect(trace.at(-1)?.broken).toContain(settledOnReturn);
    expect(end?.memory['open probes[1]']).toBe(1);
  });

  it.each([
    {
      what: 'a grace period that waits for nobody',
      broken: impatient(gracePeriod, 'rcu_gp_fqs_loop'),
      option: 'process',
      property: settledOnReturn,
    },
    {
      what: 'an interrupt that an idle CPU does not tell of',
      broken: without(gracePeriod, 'ct_irq_enter', 'ct_irq_exit'),
      option: 'process',
      property: noFreedObject,
    },
    {
      what: 'a callback at the end of a grace period that waits for nobody',
      broken: impatient(gracePeriod, 'rcu_gp_fqs_loop'),
      option: 'call-rcu-from-irq',
      property: settledInCallback,
    },
    {
      what: 'a grace period that raises no softirq',
      broken: without(gracePeriod, 'raise the softirq'),
      option: 'call-rcu-from-irq',
      property: everyCallbackRuns,
    },
    {
      what: 'a callback that does not ask for a grace period',
      broken: without(gracePeriod, 'rcu_start_this_gp'),
      option: 'call-rcu-from-irq',
      property: everyCallbackRuns,
    },
  ])('refutes $what: $property', async ({ broken, option, property }) => {
    const found = await explore(broken, { options: [option], properties: [property] });
    expect(found).toMatchObject({ verdict: 'violated', property });
  });

  it('hangs where CPUs neither switch nor become idle', async () => {
    const stuck = without(gracePeriod, 'rcu_note_context_switch', 'ct_kernel_exit');
    const { verdict, scope, end } = await explore(stuck, { options: ['process'] });
    expect({ verdict, scope }).toEqual({ verdict: 'deadlock', scope: 'partial' });
    expect(end?.cpus[0]?.frames[0]?.waitsFor).toEqual({ qsmask: 2, 'watching[1]': 1 });
  });
});
