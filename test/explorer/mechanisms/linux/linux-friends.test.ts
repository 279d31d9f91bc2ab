/** What may be called with interrupts off never waits, and completes; what may be concluded from it, and when. */

import { describe, expect, it } from 'vitest';
import { explore } from '../../../../src/explorer/explore.js';
import { settledAtOnce } from '../../../../src/explorer/mechanisms/linux/call-rcu.js';
import {
  conclusionTrue,
  everyRequestSeen,
  linuxFriends,
} from '../../../../src/explorer/mechanisms/linux/linux-friends.js';
import { MechanismError } from '../../../../src/explorer/model/error.js';
import type { MemoryModel } from '../../../../src/explorer/model/model.js';
import { routinesOf, stepsOf, without } from './mutate.js';

/** The property that is violated, or nothing where the variant is safe. */
const rows: readonly { readonly with: string; readonly sc?: string; readonly tso?: string }[] = [
  { with: '', tso: everyRequestSeen },
  { with: 'irq-work-on' },
  { with: 'call-rcu' },
  { with: 'fence', tso: everyRequestSeen },
  { with: 'at-once', sc: conclusionTrue, tso: conclusionTrue },
  { with: 'irq-work-on,at-once', sc: conclusionTrue, tso: conclusionTrue },
  { with: 'call-rcu,at-once', sc: settledAtOnce, tso: settledAtOnce },
  { with: 'when-free', sc: conclusionTrue, tso: conclusionTrue },
  { with: 'irq-work-on,when-free', sc: conclusionTrue, tso: conclusionTrue },
  { with: 'irq-work-on,when-idle' },
];

const optionsOf = (text: string): readonly string[] => (text === '' ? [] : text.split(','));

describe('linux-friends', () => {
  it('has each variant of the table', () => {
    expect(linuxFriends.variants.map((variant) => variant.join(','))).toEqual(rows.map((row) => row.with));
  });

  describe.each<MemoryModel>(['sc', 'tso'])('with 2 CPUs under %s', (memory) => {
    it.each(rows)('finds what is true with options "$with", and no breach of the contract', async (row) => {
      const property = row[memory] ?? null;
      const found = await explore(linuxFriends, { memory, options: optionsOf(row.with) });
      expect(found).toMatchObject({ verdict: property === null ? 'safe' : 'violated', property, contract: [] });
    });
  });

  it.each(['single-async', 'irq-work-on', 'call-rcu'])('completes with three CPUs: %s', async (option) => {
    const found = await explore(linuxFriends, { cpus: 3, options: [option] });
    expect(found).toMatchObject({ verdict: 'safe', contract: [] });
  });

  it.each(['single-async', 'irq-work-on', 'call-rcu'])('never makes the interrupt wait: %s', (option) => {
    const options = new Set([option, 'when-told']);
    const model = linuxFriends.build({ cpus: 2, memory: 'sc', options });
    const timer = routinesOf(model).find(({ name }) => name === 'timer');
    const steps = stepsOf(timer?.steps ?? []);
    expect(steps.length).toBeGreaterThan(3);
    for (const step of steps) {
      expect(step.kind).not.toBe('wait');
      expect('until' in step ? step.until : undefined).toBeUndefined();
    }
  });

  it('frees an async descriptor before its function runs', async () => {
    const { trace } = await explore(linuxFriends, { options: ['when-free'] });
    const steps = trace.map(({ step, writes }) => ({ step, writes }));
    const freed = steps.findIndex(({ writes }) => writes['csd[5]'] === 0);
    expect(steps[freed]?.step).toBe('csd_unlock: release the descriptor');
    expect(steps.at(-1)?.step).toBe('conclude that the function has run');
    expect(steps.map(({ step }) => step)).not.toContain('the function reads the request');
  });

  it('loses a request that was refused by a descriptor whose release is in the store buffer of the target', async () => {
    const { trace } = await explore(linuxFriends, { memory: 'tso', options: ['fence'] });
    const seen = trace.findLastIndex(({ step }) => step === 'the function reads the request');
    const refused = trace.findLastIndex(({ step }) => step.startsWith('smp_call_function_single_async: look'));
    const released = trace.findLastIndex(({ kind, writes }) => kind === 'drain' && writes['csd[5]'] === 0);
    expect(trace[refused]?.reads['csd[5]']).toBe(1);
    expect([seen < refused, refused < released]).toEqual([true, true]);
  });

  it('needs the fence of irq_work_single() for the same reason', async () => {
    const unfenced = without(linuxFriends, 'irq_work_single: smp_mb');
    const found = await explore(unfenced, { memory: 'tso', options: ['irq-work-on'] });
    expect(found).toMatchObject({ verdict: 'violated', property: everyRequestSeen });
  });

  it.each(['when-idle', 'call-rcu,when-idle', 'call-rcu,when-free', 'call-rcu,fence'])(
    'refuses the options %s',
    async (options) => {
      await expect(explore(linuxFriends, { options: optionsOf(options) })).rejects.toThrow(MechanismError);
    },
  );
});
