import { describe, expect, it } from 'vitest';
import { returnsAfterAll, runsOnce } from '../../../../src/explorer/mechanisms/dtrace4linux/sync-contract.js';
import { dtrace4linuxXcallNew as mechanism } from '../../../../src/explorer/mechanisms/dtrace4linux/xcall-new.js';
import { type Expectation, expectedOf, exploreRow, groupOf, outcomeOf, stepsOf, titleOf } from './expectation.js';

const rows: readonly Expectation[] = [
  { options: ['one-call'], verdict: 'safe' },
  { options: ['one-call'], memory: 'tso', verdict: 'safe' },
  { options: ['two-calls'], verdict: 'deadlock', scope: 'total' },
  { options: ['two-calls'], memory: 'tso', verdict: 'deadlock', scope: 'total' },
  { options: ['two-calls'], cpus: 3, verdict: 'deadlock', scope: 'partial' },
  { options: ['two-calls', 'serve'], verdict: 'safe' },
  { options: ['nested'], verdict: 'deadlock', scope: 'partial' },
  { options: ['nested', 'serve'], verdict: 'deadlock', scope: 'partial' },
  { options: ['nested', 'slots'], verdict: 'safe' },
  { options: ['repaired'], verdict: 'safe' },
  { options: ['repaired'], memory: 'tso', verdict: 'safe' },
  { options: ['repaired', 'again'], verdict: 'safe' },
];

/** Parts of the two repairs, each with all of the work: all parts are safe together, and with any one left out are not. */
const repairs: readonly Expectation[] = [
  { options: ['mixed', 'serve', 'masked'], verdict: 'safe' },
  { options: ['mixed', 'masked'], verdict: 'deadlock', scope: 'total' },
  { options: ['mixed', 'serve'], verdict: 'violated', property: runsOnce },
  { options: ['mixed', 'serve', 'slots', 'claim'], verdict: 'safe' },
  { options: ['mixed', 'slots', 'claim'], verdict: 'deadlock', scope: 'total' },
  { options: ['mixed', 'serve', 'claim'], verdict: 'deadlock', scope: 'partial' },
  { options: ['mixed', 'serve', 'slots'], verdict: 'violated', property: runsOnce },
  {
    options: ['mixed', 'serve', 'slots', 'again'],
    properties: [returnsAfterAll],
    verdict: 'violated',
    property: returnsAfterAll,
  },
];

describe('dtrace4linux-xcall-new', () => {
  it.each([...rows, ...repairs].map((row) => [titleOf(row), row] as const))(
    '%s',
    async (_, row) => {
      expect(outcomeOf(await exploreRow(mechanism, row))).toEqual(expectedOf(row));
    },
    60_000,
  );

  it('has two calls at once unless told otherwise', () => {
    expect(groupOf(mechanism, 'calls')[0]).toBe('two-calls');
    expect(mechanism.variants).toEqual([['two-calls'], ['one-call'], ['nested'], ['repaired']]);
  });

  it('repairs by serving and masking, with nothing else changed', async () => {
    const [repaired, parts] = await Promise.all(
      [['repaired'], ['mixed', 'serve', 'masked']].map((options) =>
        exploreRow(mechanism, { options, verdict: 'safe' }),
      ),
    );
    expect(repaired?.states).toBe(parts?.states);
  });

  it('hangs two callers that poll their own rows with interrupts off', async () => {
    const { end } = await exploreRow(mechanism, { options: ['two-calls'], verdict: 'deadlock' });
    expect(end?.cpus.map(({ interrupts, pending }) => ({ interrupts, pending }))).toEqual(
      Array(2).fill({ interrupts: false, pending: ['xcall'] }),
    );
    expect(end?.memory).toMatchObject({ 'xc_state[1]': 1, 'xc_state[2]': 1 });
  });

  it('hangs a nested call on a request of its own CPU that was never sent', async () => {
    const found = await exploreRow(mechanism, { options: ['nested'], verdict: 'deadlock' });
    expect(stepsOf(found, 0)).toContain('consumer / set the slot working');
    expect(found.trace.some(({ step }) => step === 'send_ipi_interrupt')).toBe(false);
    expect(found.end?.cpus[0]?.frames.at(-1)?.step).toBe('wait until the slot is not working');
  });

  it('runs a function twice where a task that serves is interrupted before it sets the slot idle', async () => {
    const found = await exploreRow(mechanism, { options: ['mixed', 'serve', 'slots'], verdict: 'violated' });
    const runs = found.trace.filter(({ step }) => step === 'xcall_slave2: run the function');
    expect(runs.map(({ frame }) => frame.split(' ')[0])).toEqual(['task', 'hardirq']);
  });
});
