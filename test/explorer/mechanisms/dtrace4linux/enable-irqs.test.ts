import { describe, expect, it } from 'vitest';
import { dtrace4linuxEnableIrqs as mechanism } from '../../../../src/explorer/mechanisms/dtrace4linux/enable-irqs.js';
import { returnsAfterAll } from '../../../../src/explorer/mechanisms/dtrace4linux/sync-contract.js';
import {
  type Expectation,
  expectedOf,
  exploreRow,
  groupOf,
  outcomeOf,
  stepsOf,
  titleOf,
  without,
} from './expectation.js';

const contract = ['task-context'];
const rows: readonly Expectation[] = [
  { options: ['one'], verdict: 'safe', contract },
  { options: ['peers'], verdict: 'safe', contract },
  { options: ['nested'], verdict: 'deadlock', scope: 'partial', contract },
  { options: ['one'], cpus: 3, verdict: 'safe', contract },
  { options: ['nested'], cpus: 3, verdict: 'deadlock', scope: 'partial', contract },
];

describe('dtrace4linux-enable-irqs', () => {
  it.each(rows.map((row) => [titleOf(row), row] as const))('%s', async (_, row) => {
    expect(outcomeOf(await exploreRow(mechanism, row))).toEqual(expectedOf(row));
  });

  it('has one timer interrupt call unless told otherwise', () => {
    expect(groupOf(mechanism, 'timers')).toEqual(['one', 'peers', 'nested']);
  });

  it('would return too early if it did not wait for its targets', async () => {
    const hasty = without(mechanism, 'csd_lock_wait: wait for the target');
    expect(await exploreRow(hasty, { options: ['one'], verdict: 'violated' })).toMatchObject({
      verdict: 'violated',
      property: returnsAfterAll,
    });
  });

  it('hangs a timer interrupt inside another that had taken the descriptor and not yet sent the interrupt', async () => {
    const found = await exploreRow(mechanism, { options: ['nested'], verdict: 'deadlock' });
    const steps = stepsOf(found, 0);
    expect(steps).toContain('timer / csd_lock: take the descriptor');
    expect(steps).not.toContain('timer / send the interrupt');
    const frames = found.end?.cpus[0]?.frames ?? [];
    expect(frames.map(({ frame }) => frame)).toEqual(['hardirq timer', 'hardirq timer']);
    expect(frames.at(-1)?.waitsFor).toEqual({ 'csd[1]': 1 });
  });
});
