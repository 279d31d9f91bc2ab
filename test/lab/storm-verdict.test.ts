import { describe, expect, it } from 'vitest';
import { describeStorm, type StormOutcome, stormDefects } from '../../lab/storm-verdict.js';

const sound: StormOutcome = {
  ...{ seconds: 10, cpus: 4, posts: 50, posted: 20, completed: 20, switches: 40, records: 30 },
  ...{ counts: 60, counts_expected: 60, ticks: { fired: 7, skipped: 3, lost: 0 } },
  ...{ hotplug: { times: 1, reason: null }, violations: [] },
};

describe('a storm in the guest', () => {
  it('holds where nothing is violated', () => {
    expect(stormDefects(sound, 4)).toEqual([]);
  });

  it('holds where emulation is too slow to exercise as much as a machine must', () => {
    expect(stormDefects({ ...sound, violations: [{ check: 'exercise', text: '1 switch a second' }] }, 4)).toEqual([]);
  });

  it.each<[string, Partial<StormOutcome>, string]>([
    ['a violation', { violations: [{ check: 'records', text: '1 missing' }] }, 'records: 1 missing'],
    ['no posts', { posts: 0 }, 'there were no posts'],
    ['no switch', { switches: 0 }, 'there were no switches of buffers'],
    ['no records', { records: 0 }, 'there were no records'],
    ['no tick', { ticks: { fired: 0, skipped: 3, lost: 0 } }, 'there were no ticks'],
    ['no hotplug', { hotplug: { times: 0, reason: 'refused' } }, 'there were no CPUs that went offline'],
    ['a request too few', { completed: 19 }, '1 requests are not complete'],
    ['a CPU too few', { cpus: 3 }, 'it was raised on 3 CPUs of 4'],
  ])('does not hold with %s', (_, change, defect) => {
    expect(stormDefects({ ...sound, ...change }, 4)).toEqual([defect]);
  });

  it('is described by its counts', () => {
    expect(describeStorm(sound)).toBe(
      '10 s on 4 CPUs: 50 posts, 20 of 20 requests complete, 40 switches, 30 records, ' +
        '60 of 60 counts, 7 ticks (3 skipped, 0 lost)',
    );
  });
});
