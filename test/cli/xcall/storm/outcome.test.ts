import { describe, expect, it } from 'vitest';
import type { SeriesResult } from '../../../../src/cli/xcall/storm/consumer.js';
import type { EpochResult } from '../../../../src/cli/xcall/storm/epoch.js';
import { violationsOf } from '../../../../src/cli/xcall/storm/outcome/checks.js';
import { minimum, tooLittle } from '../../../../src/cli/xcall/storm/outcome/exercise.js';
import { stormJson, stormText } from '../../../../src/cli/xcall/storm/outcome/report.js';
import { createTally } from '../../../../src/cli/xcall/storm/outcome/tally.js';
import { commandUsageText } from '../../../../src/cli/xcall/usage.js';

const series: SeriesResult = {
  ...{ name: 'calls', cpu: 0, records: 9000, missing: 0, doubled: 0, late: 0, first: 101, last: 9100, counted: 9000 },
  ...{ begunAtStart: 100, doneAtStop: 9090 },
};

const tick = { row: 1, cpu: 0, expected: 5000, delivered: 4990, fired: 4988, late: 4, missed: 6 };

const mailbox: EpochResult['mailbox'] = {
  ...{
    posted: 100,
    coalesced: 6002,
    patient: 5,
    cyclic: 2,
    postponed: 0,
    drops: 3,
    completed: 100,
    rounds: 90,
    rings: 8,
    ringFailures: 0,
  },
  latency: { count: 100, min: 5, p50: 1000, p99: 2000, max: 3000, buckets: new BigInt64Array(127) },
};

/** A second on one CPU in which nothing is wrong. Two ticks came while it stopped. */
const epoch: EpochResult = {
  ...{ seconds: 1, torn: 0, noRoom: 0, switches: 1000, readings: 100, arrivals: 0, gap: 0, syncs: 1100, retries: 3 },
  series: [series],
  sums: {
    calls: 9000,
    datagrams: 0,
    ticks: 4988,
    shared: 13_988,
    posts: 6103,
    polled: 4988,
    events: 7,
    asked: 300,
    complete: 4000,
    hasty: 0,
  },
  ticks: [tick],
  tickRate: 4999,
  drops: [
    { cpu: -1, kind: 'recursion', count: 2 },
    { cpu: 0, kind: 'requests', count: 3 },
    { cpu: -1, kind: 'stacks', count: 1 },
  ],
  mailbox,
  longestAt: 0.25,
  stopping: 0.5,
};

const withSeries = (change: Partial<SeriesResult>): Partial<EpochResult> => ({ series: [{ ...series, ...change }] });
const withSums = (change: Partial<EpochResult['sums']>): Partial<EpochResult> => ({
  sums: { ...epoch.sums, ...change },
});

const wrong: readonly (readonly [string, Partial<EpochResult>, string])[] = [
  ['a missing record', withSeries({ missing: 1 }), 'records: calls of CPU 0: 1 missing'],
  ['a doubled record', withSeries({ doubled: 2 }), 'records: calls of CPU 0: 2 doubled'],
  ['a late record', withSeries({ late: 1 }), 'records: calls of CPU 0: 1 later than their successors'],
  [
    'a call after the start that is not recorded',
    withSeries({ first: 102 }),
    'records: calls of CPU 0: 1 missing after the start',
  ],
  [
    'a call before the stop that is not recorded',
    withSeries({ last: 9089 }),
    'records: calls of CPU 0: 1 missing before the stop',
  ],
  ['a torn record', { torn: 1 }, 'records: 1 torn: read before they were written'],
  ['a record without room', { noRoom: 4 }, 'records: 4 found no room in the buffer'],
  ['a count that is lost', withSeries({ counted: 8999 }), 'counts: calls of CPU 0: 9000 records, and 8999 counted'],
  ['a tick that is counted twice', withSums({ ticks: 4989 }), 'counts: 4988 ticks fired, 4989 counted'],
  [
    'a shared count that is lost',
    withSums({ shared: 13_987 }),
    'counts: 13988 calls and ticks under shared keys, 13987 counted',
  ],
  [
    'a request that is not complete',
    { mailbox: { ...mailbox, completed: 99 } },
    'posts: 100 requests, of which 99 are complete',
  ],
  [
    'a request that was complete too soon',
    withSums({ hasty: 2 }),
    'posts: 2 were complete while the probe that had posted them was still open',
  ],
  ['a post that is not counted', withSums({ posts: 6102 }), 'counts: 6103 posts, of which 6102 are counted'],
  ['a post that is lost', withSums({ posts: 6104 }), 'posts: 6104 posts, of which the mailbox knows 6103'],
  [
    'a tick that is lost',
    { ticks: [{ ...tick, delivered: 4993 }] },
    'ticks: 1 found the tracer at work and did not fire',
  ],
  [
    'probes nested too deep',
    { drops: [{ cpu: 1, kind: 'nestingDrops', count: 5 }] },
    'drops: 5 drops on CPU 1 of probes nested too deep',
  ],
  [
    'counts without room',
    { drops: [{ cpu: 0, kind: 'aggregationDrops', count: 1 }] },
    'drops: 1 aggregation drop on CPU 0',
  ],
  [
    'variables without room',
    { drops: [{ cpu: 0, kind: 'dynamicDrops', count: 2 }] },
    'drops: 2 dynamic variable drops',
  ],
  [
    'a CPU without a slot',
    { drops: [{ cpu: -1, kind: 'slotless', count: 3 }] },
    'drops: 3 drops on CPUs that came online while tracing',
  ],
];

describe('an epoch', () => {
  it('is sound where all was recorded, counted and completed', () => {
    expect(violationsOf(epoch)).toEqual([]);
  });

  it.each(wrong)('is not sound with %s', (_, change, expected) => {
    const found = violationsOf({ ...epoch, ...change }).map(({ check, text }) => `${check}: ${text}`);
    expect(found).toEqual([expected]);
  });

  it('need not have records where its worker made no call', () => {
    const idle = { records: 0, counted: 0, first: undefined, last: undefined, begunAtStart: 5, doneAtStop: 5 };
    const sums = { shared: 4988, calls: 0 };
    expect(violationsOf({ ...epoch, ...withSeries(idle), ...withSums(sums) })).toEqual([]);
  });
});

const stormOf = (epochs: readonly EpochResult[]) => {
  const tally = createTally();
  for (const each of epochs) tally.add(each, 'alone');
  const { totals, violations } = tally;
  return {
    ...{ totals, violations, peers: [], hotplug: 'there is one CPU only', notes: [], broken: undefined },
    interrupted: false,
  };
};

describe('a storm', () => {
  it('adds its epochs up, and its last line says that nothing was violated', () => {
    const storm = stormOf([epoch, epoch]);
    expect(stormJson(storm)).toMatchObject({
      ...{
        seconds: 2,
        cpus: 1,
        sessions: 2,
        posted: 200,
        completed: 200,
        posts: 12_206,
        joined: 12_004,
        refused: 6,
        switches: 2000,
        readings: 200,
      },
      latency: {
        p50_at_most_ns: 1000,
        p99_at_most_ns: 2000,
        longest_ns: 3000,
        longest_at: { beside: 'alone', session: 1, second: 0.25 },
      },
      records: 18_000,
      record_faults: { missing: 0, doubled: 0, late: 0, torn: 0, no_room: 0 },
      counts: 2 * 27_976,
      counts_expected: 2 * 27_976,
      ticks: { expected: 10_000, fired: 9976, skipped: 20, late: 8, missed: 12, at_stop: 4, lost: 0 },
      violations: [],
    });
    const lines = stormText(storm).trimEnd().split('\n');
    expect(lines[0]).toBe('2.0 s on 1 CPUs');
    expect(lines.at(-1)).toMatch(
      /^nothing violated: 200 requests complete, 18,000 records and 55,952 counts exact, 20 ticks/,
    );
  });

  it('shows the sums of its epochs, what ran beside them, and what they were disturbed by', () => {
    const one = { ...epoch, ...{ torn: 1, noRoom: 2, arrivals: 1, gap: 3_000_000 } };
    const faulty = { ...series, ...{ missing: 3, doubled: 4, late: 5, cpu: 1 } };
    const two = { ...epoch, seconds: 2, series: [series, faulty], ticks: [{ ...tick, delivered: 5000, cpu: 1 }] };
    const tally = createTally();
    tally.add(one, 'dtrace');
    tally.add(two, 'hotplug');
    tally.add(epoch, 'hotplug');
    const peer = { name: 'dtrace', ran: true, calls: 8000, ticks: 990, due: 1000, said: 'so' } as const;
    const absent = { ...peer, name: 'bpftrace', ran: false, said: 'it has ended: status 1' } as const;
    const text = stormText({
      ...{ totals: tally.totals, violations: [], peers: [peer, absent], hotplug: 2, notes: ['a note'] },
      ...{ broken: undefined, interrupted: true },
    });
    expect(text).toMatchInlineSnapshot(`
      "4.0 s on 2 CPUs
      requests  300 posted, 300 completed, in 270 rounds of the server
                in the worst session p50 at most 1 µs, p99 at most 2 µs; the longest 3 µs (beside dtrace, 0.3 s into session 1)
      posts     18,309 by probes, of which 18,006 joined a request that was there; 9 refused
                12,000 of 14,964 ticks found the request of the one before complete
      records   36,000 taken; 3 missing, 4 doubled, 5 late, 1 torn, 2 without room
      counts    92,928 counted of 101,928; 21 interrupts, cross-calls, wakeups and packets besides
      ticks     15,000 expected, 14,964 fired; skipped by the kernel: 12 late, 18 not run; 8 at a stop; 8 lost
                beside dtrace: 5,000 expected, 4,988 fired; skipped by the kernel: 4 late, 6 not run; 2 at a stop; 0 lost
                while a CPU went: 10,000 expected, 9,976 fired; skipped by the kernel: 8 late, 12 not run; 6 at a stop; 8 lost
      switches  3,000 of buffers, 300 readings of aggregations; 3,300 syncs, 9 retries
      restarts  3 sessions, each stopped in mid-storm
      firings   6 left out by the kernel, and counted by it, where a tracepoint fired inside its own program
      hotplug   2 times a CPU was offline; timers stood still there for 3 ms at most, all together
      dtrace    counted 8,000 calls of the workers and 990 of its 1,000 ticks; it lost 1.0 % of its own ticks
      bpftrace  left out: it has ended: status 1
      note      a note
      exercise  1,871 ticks a CPU and second (least 1000), 2,289 posts a CPU and second (least 1000), 4,500 records a CPU and second (least 1000), 3,000 ticks a second that saw a request complete (least 10), 750 switches a second (least 100), 75 readings of aggregations a second (least 10)
      nothing violated (interrupted): 300 requests complete, 36,000 records and 101,928 counts exact, 30 ticks skipped by the kernel and counted
      "
    `);
  });

  it('has in its JSON what its --help names', () => {
    const told = /^With --json[^\n]*\n((?: {2}.*\n)+)/m.exec(commandUsageText('storm'))?.[1] ?? '';
    const named = told.split('\n').flatMap((line) => line.slice(2, 22).split(', '));
    const names = named.map((name) => name.trim()).filter((name) => name !== '');
    const json = stormJson(stormOf([epoch]));
    expect(names.length).toBeGreaterThan(8);
    expect(names.filter((name) => !Object.hasOwn(json, name))).toEqual([]);
  });

  it('gives requests, switches, records and counts as plain numbers, ticks by what became of them', () => {
    const { posted, completed, switches, records, counts, ticks } = stormJson(stormOf([epoch]));
    expect([posted, completed, switches, records, counts]).toEqual([100, 100, 1000, 9000, 27_976]);
    expect(ticks).toMatchObject({ expected: 5000, fired: 4988, skipped: 10 });
  });

  const slow = { ...epoch, mailbox: { ...mailbox, latency: { ...mailbox.latency, max: 2_000_000_000 } } };
  it.each([
    ['in tracing', { ...slow, longestAt: 3.21 }, 'while a CPU went, 3.2 s into session 2', 3.21],
    ['at a stop', { ...slow, longestAt: undefined }, 'while a CPU went, at the stop of session 2', null],
  ] as const)('says what ran beside the longest request, %s', (_, longest, expected, second) => {
    const tally = createTally();
    tally.add(epoch, 'alone');
    tally.add(longest, 'hotplug');
    tally.add(epoch, 'bpftrace');
    const storm = { ...stormOf([]), totals: tally.totals };
    expect(stormText(storm)).toContain(`p99 at most 2 µs; the longest 2,000,000 µs (${expected})\n`);
    expect(stormJson(storm).latency).toMatchObject({
      longest_ns: 2_000_000_000,
      longest_at: { beside: 'hotplug', session: 2, second },
    });
  });

  it('says why no CPU went, and sums up a single violation', () => {
    const lines = stormText(stormOf([{ ...epoch, torn: 1 }])).split('\n');
    expect(lines).toContain('hotplug   left out: there is one CPU only');
    expect(lines.at(-2)).toBe('violated: records');
  });

  it('shows each violation, and sums them up in its last line', () => {
    const lines = stormText(
      stormOf([
        { ...epoch, torn: 1 },
        { ...epoch, ...withSums({ ticks: 4987 }) },
      ]),
    ).split('\n');
    expect(lines).toContain('VIOLATED  records: 1 torn: read before they were written');
    expect(lines).toContain('VIOLATED  counts: 4988 ticks fired, 4987 counted');
    expect(lines.at(-2)).toBe('violated: records, counts');
  });

  it.each(Object.entries(minimum))('has exercised too little with too few %s', (name, { rate, text }) => {
    const { totals } = stormOf([epoch]);
    const less = {
      ticks: { ...totals, ticks: { ...totals.ticks, fired: 5 } },
      posts: { ...totals, posts: 5 },
      records: { ...totals, records: 5 },
      seen: { ...totals, complete: 5 },
      switches: { ...totals, switches: 5 },
      readings: { ...totals, readings: 5 },
    };
    expect(tooLittle(totals)).toEqual([]);
    const slow = { ...totals, tickRate: 10, ticks: { ...totals.ticks, fired: 0 }, complete: 0 };
    expect(tooLittle(slow)).toEqual([
      { check: 'exercise', text: '0 ticks a CPU and second, at least 2 are needed' },
      { check: 'exercise', text: '0 ticks a second that saw a request complete, at least 2 are needed' },
    ]);
    expect(tooLittle({ ...slow, ticks: { ...totals.ticks, fired: 40 * totals.cpus }, complete: 40 })).toEqual([]);
    expect(tooLittle(less[name as keyof typeof less])).toEqual([
      { check: 'exercise', text: `5 ${text}, at least ${rate} are needed` },
    ]);
  });
});
