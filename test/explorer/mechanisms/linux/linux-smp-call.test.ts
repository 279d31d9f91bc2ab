/** smp_call_function() as today's Linux has it: what holds where it may be called, and what follows where it may not. */

import { describe, expect, it } from 'vitest';
import type { Verdict } from '../../../../src/explorer/exploration.js';
import { explore } from '../../../../src/explorer/explore.js';
import {
  everyCallReturns,
  linuxSmpCall,
  returnsAfter,
  runsOnce,
} from '../../../../src/explorer/mechanisms/linux/linux-smp-call.js';
import { MechanismError } from '../../../../src/explorer/model/error.js';
import type { Rule } from '../../../../src/explorer/model/step.js';
import { impatient, without } from './mutate.js';

const masked: readonly Rule[] = ['interrupts-enabled'];
const interrupting: readonly Rule[] = ['interrupts-enabled', 'task-context'];

interface Row {
  readonly with: string;
  readonly verdict: Verdict;
  /** Of a deadlock, with two CPUs and with three. */
  readonly scopes?: readonly ['total' | 'partial', 'total' | 'partial'];
  readonly breaches: readonly Rule[];
}

const rows: readonly Row[] = [
  { with: '', verdict: 'safe', breaches: [] },
  { with: 'irqs-off', verdict: 'deadlock', scopes: ['total', 'total'], breaches: masked },
  { with: 'irqs-off,alone', verdict: 'safe', breaches: masked },
  { with: 'timer-over-process', verdict: 'deadlock', scopes: ['total', 'partial'], breaches: interrupting },
  { with: 'own-descriptor', verdict: 'deadlock', scopes: ['total', 'partial'], breaches: interrupting },
  { with: 'own-descriptor,always-ipi', verdict: 'safe', breaches: interrupting },
  { with: 'peers', verdict: 'deadlock', scopes: ['total', 'partial'], breaches: interrupting },
  { with: 'under-lock', verdict: 'deadlock', scopes: ['total', 'total'], breaches: [] },
];

const optionsOf = (text: string): readonly string[] => (text === '' ? [] : text.split(','));

describe('linux-smp-call', () => {
  it('has each variant of the table', () => {
    expect(linuxSmpCall.variants.map((variant) => variant.join(','))).toEqual(rows.map((row) => row.with));
  });

  describe.each([
    [2, 'sc'],
    [2, 'tso'],
    [3, 'sc'],
  ] as const)('with %i CPUs under %s', (cpus, memory) => {
    it.each(rows)('gives $verdict with options "$with"', async (row) => {
      const found = await explore(linuxSmpCall, { cpus, memory, options: optionsOf(row.with) });
      expect({ verdict: found.verdict, scope: found.scope, property: found.property }).toEqual({
        verdict: row.verdict,
        scope: row.scopes?.[cpus === 2 ? 0 : 1],
        property: null,
      });
      expect(new Set(found.contract.map(({ rule }) => rule))).toEqual(new Set(row.breaches));
    });
  });

  it('ends with the first breach of the contract where that is asked', async () => {
    const { verdict, contract } = await explore(linuxSmpCall, { options: ['irqs-off'], stopAtContract: true });
    expect(verdict).toBe('contract');
    expect(contract).toMatchObject([{ rule: 'interrupts-enabled' }]);
  });

  it('hangs two callers with interrupts off, each with the interrupt of the other pending', async () => {
    const { end } = await explore(linuxSmpCall, { options: ['irqs-off'] });
    for (const cpu of end?.cpus ?? []) {
      expect(cpu).toMatchObject({ interrupts: false, pending: ['call-function'] });
      expect(cpu.frames.at(-1)?.step).toBe('csd_lock_wait: wait for the target');
    }
    expect(end?.cpus).toHaveLength(2);
  });

  it('hangs the timer on the descriptor that the process under it has taken', async () => {
    const { end } = await explore(linuxSmpCall, { options: ['timer-over-process'] });
    const [process, timer] = end?.cpus[0]?.frames ?? [];
    expect(process).toMatchObject({ frame: 'task process 0', step: 'llist_add: queue the descriptor' });
    expect(timer).toMatchObject({
      frame: 'hardirq timer',
      step: 'csd_lock: wait until the descriptor is free',
      waitsFor: { 'csd[1]': 1 },
    });
  });

  it('hangs a descriptor of its own in a queue whose interrupt the process under it has yet to send', async () => {
    const { end, trace } = await explore(linuxSmpCall, { options: ['own-descriptor'] });
    const [process, timer] = end?.cpus[0]?.frames ?? [];
    expect(process?.step).toBe('send the interrupt');
    expect(timer).toMatchObject({ frame: 'hardirq timer', step: 'csd_lock_wait: wait for the target' });
    expect(end?.cpus[1]).toMatchObject({ interrupts: true, pending: [] });
    const queued = trace.filter(({ cpu, step }) => cpu === 0 && step.startsWith('llist_add'));
    expect(queued.map(({ reads }) => reads['call_single_queue[1]'] === 0)).toEqual([true, false]);
  });

  it('hangs the lock and the call on each other without a breach of any rule', async () => {
    const { end } = await explore(linuxSmpCall, { options: ['under-lock'] });
    expect(end?.cpus[0]?.frames.at(-1)?.step).toBe('csd_lock_wait: wait for the target');
    expect(end?.cpus[1]?.frames.at(-1)).toMatchObject({ step: 'spin_lock_irqsave', waitsFor: { lock: 1 } });
    expect(end?.cpus[1]).toMatchObject({ interrupts: false, pending: ['call-function'] });
  });

  it.each([
    {
      what: 'a caller that does not wait',
      broken: impatient(linuxSmpCall, 'csd_lock_wait'),
      options: [],
      property: returnsAfter,
    },
    {
      what: 'a timer that takes a descriptor which is in use',
      broken: impatient(linuxSmpCall, 'csd_lock: wait'),
      options: ['timer-over-process', 'always-ipi'],
      property: runsOnce,
    },
    {
      what: 'a call that does not return',
      broken: without(linuxSmpCall, 'smp_call_function_many: return'),
      options: [],
      property: everyCallReturns,
    },
  ])('refutes $what: $property', async ({ broken, options, property }) => {
    const found = await explore(broken, { options, properties: [property] });
    expect(found).toMatchObject({ verdict: 'violated', property });
  });

  it.each(['peers,own-descriptor', 'irqs-off,own-descriptor', 'under-lock,alone', 'alone'])(
    'refuses the options %s',
    async (options) => {
      await expect(explore(linuxSmpCall, { options: optionsOf(options) })).rejects.toThrow(MechanismError);
    },
  );
});
