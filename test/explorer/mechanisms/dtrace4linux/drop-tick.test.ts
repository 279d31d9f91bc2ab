import { describe, expect, it } from 'vitest';
import {
  dropsCounted,
  kernelTicks,
  dtrace4linuxDropTick as mechanism,
  syncsComplete,
  ticksFire,
} from '../../../../src/explorer/mechanisms/dtrace4linux/drop-tick.js';
import { MechanismError } from '../../../../src/explorer/model/error.js';
import { type Expectation, expectedOf, exploreRow, groupOf, outcomeOf, stepsOf, titleOf } from './expectation.js';

const variants = ['drop', 'retry-next-tick', 'count-drops'];
const broken = ['interrupts-enabled', 'task-context'];
const rows: readonly Expectation[] = [
  ...variants.flatMap((variant): Expectation[] => [
    { options: [variant], verdict: 'violated', property: ticksFire },
    { options: [variant], properties: [], verdict: 'safe' },
    { options: [variant], properties: [kernelTicks], verdict: 'safe' },
    { options: [variant], properties: [ticksFire], verdict: 'violated', property: ticksFire },
    { options: [variant], properties: [syncsComplete], verdict: 'violated', property: syncsComplete },
  ]),
  { options: ['count-drops'], properties: [dropsCounted], verdict: 'safe' },
  { options: ['count-drops', 'plain-count'], properties: [dropsCounted], verdict: 'violated', property: dropsCounted },
  { options: ['drop', 'skip-interrupt'], properties: [kernelTicks], verdict: 'violated', property: kernelTicks },
  { options: ['call-anyway'], verdict: 'deadlock', scope: 'partial', contract: broken },
];

describe('dtrace4linux-drop-tick', () => {
  it.each(rows.map((row) => [titleOf(row), row] as const))('%s', async (_, row) => {
    expect(outcomeOf(await exploreRow(mechanism, row))).toEqual(expectedOf(row));
  });

  it('drops unless told otherwise', () => {
    expect(groupOf(mechanism, 'skipped').slice(0, variants.length)).toEqual(variants);
  });

  it('refuses plain-count where nothing is counted', async () => {
    await expect(exploreRow(mechanism, { options: ['plain-count'], verdict: 'safe' })).rejects.toThrow(MechanismError);
  });

  it('shows the shortest lost tick: an interrupt, something to clean, and nothing done', async () => {
    const found = await exploreRow(mechanism, { options: ['drop'], verdict: 'violated' });
    expect(found.trace.filter(({ kind }) => kind !== 'step').map(({ kind }) => kind)).toEqual(['fire', 'deliver']);
    expect(stepsOf(found, 0)).toEqual([
      'timer / hrtimer_interrupt: enter',
      'timer / dtrace_state_clean: is there anything to clean?',
      'timer / dtrace_sync: a sync is asked for',
      'timer / drop the tick',
    ]);
  });

  it('loses a tick that is to be retried when the next interrupt skips one as well', async () => {
    const { trace } = await exploreRow(mechanism, { options: ['retry-next-tick'], verdict: 'violated' });
    expect(trace.filter(({ kind }) => kind === 'deliver')).toHaveLength(2);
    expect(trace.at(-1)?.reads).toEqual({ 'tick_owed[0]': 1 });
  });

  it('can retry for ever: every next tick is an interrupt as well', async () => {
    const properties = [syncsComplete];
    const { cycle } = await exploreRow(mechanism, { options: ['retry-next-tick'], properties, verdict: 'violated' });
    expect(cycle.some(({ step }) => step === 'remember the tick for the next one')).toBe(true);
    expect(cycle.some(({ step }) => step === 'no tick is owed any more')).toBe(false);
  });
});
