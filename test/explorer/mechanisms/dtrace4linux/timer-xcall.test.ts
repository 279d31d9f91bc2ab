import { describe, expect, it } from 'vitest';
import { returnsAfterAll } from '../../../../src/explorer/mechanisms/dtrace4linux/sync-contract.js';
import { dtrace4linuxTimerXcall as mechanism } from '../../../../src/explorer/mechanisms/dtrace4linux/timer-xcall.js';
import { type Expectation, expectedOf, exploreRow, groupOf, outcomeOf, stepsOf, titleOf } from './expectation.js';

const rows: readonly Expectation[] = [
  { options: ['process'], verdict: 'safe' },
  { options: ['process'], memory: 'tso', verdict: 'safe' },
  { options: ['interrupt'], verdict: 'deadlock', scope: 'total' },
  { options: ['interrupt', 'second-wait'], verdict: 'deadlock', scope: 'total' },
  { options: ['give-up'], verdict: 'violated', property: returnsAfterAll },
  { options: ['give-up'], properties: [], verdict: 'safe' },
  { options: ['process', 'unlocked'], verdict: 'deadlock', scope: 'total' },
  { options: ['process'], cpus: 3, verdict: 'deadlock', scope: 'total' },
  { options: ['process', 'second-wait'], cpus: 3, verdict: 'safe' },
];

describe('dtrace4linux-timer-xcall', () => {
  it.each(rows.map((row) => [titleOf(row), row] as const))('%s', async (_, row) => {
    expect(outcomeOf(await exploreRow(mechanism, row))).toEqual(expectedOf(row));
  });

  it('calls from process context unless told otherwise', () => {
    expect(groupOf(mechanism, 'caller')).toEqual(['process', 'interrupt', 'give-up']);
  });

  it('hangs two interrupts whose timers wait for one another, both with interrupts off', async () => {
    const { end } = await exploreRow(mechanism, { options: ['interrupt'], verdict: 'deadlock' });
    const cpus = end?.cpus ?? [];
    expect(cpus.map(({ interrupts }) => interrupts)).toEqual([false, false]);
    expect(cpus.map(({ pending }) => pending)).toEqual([['timers'], ['timers']]);
    expect(cpus.map(({ frames }) => frames.at(-1)?.step)).toEqual(Array(2).fill('ack_wait: wait for the target'));
  });

  it('lets a caller that gives up return before its target has run the function', async () => {
    const found = await exploreRow(mechanism, { options: ['give-up'], verdict: 'violated' });
    const all = [...stepsOf(found, 0), ...stepsOf(found, 1)];
    expect(all.some((step) => step.endsWith('/ ack_wait: give up'))).toBe(true);
    expect(all).not.toContain('slave / run the function');
    expect(found.trace.at(-1)).toMatchObject({ step: 'dtrace_xcall: return', broken: [returnsAfterAll] });
  });

  it('hangs on 3 CPUs because a target that was let go is made to wait again before it has left', async () => {
    const found = await exploreRow(mechanism, { options: ['process'], cpus: 3, verdict: 'deadlock' });
    const returned = found.trace.filter(({ step }) => step === 'dtrace_xcall: return');
    expect(returned.length).toBeGreaterThan(0);
    const stuck = found.end?.cpus.find(({ pending }) => pending.includes('timers'));
    expect(stuck?.frames.at(-1)).toMatchObject({ routine: 'slave', step: 'wait to be let go' });
  });
});
