/** The report of a storm: a table with a last line that sums up, or JSON. */

import type { BreakName } from '../../flags.js';
import type { PeerOutcome } from '../beside/peers.js';
import type { Violation } from './checks.js';
import { exerciseOf, leastOf, minimum } from './exercise.js';
import type { Company, LongestPlace, Totals } from './tally.js';
import type { TickTotals } from './tick-totals.js';

/** A storm that is over. */
export interface Storm {
  readonly totals: Totals;
  readonly violations: readonly Violation[];
  readonly peers: readonly PeerOutcome[];
  /** How often CPUs were taken offline; a text: why that cannot be done here. */
  readonly hotplug: number | string;
  /** What was left out besides, and why. */
  readonly notes: readonly string[];
  readonly broken: BreakName | undefined;
  /** Ended by a signal before its time. */
  readonly interrupted: boolean;
}

/** What `xcall storm --json` prints: names that programs may rely on. */
export interface StormJson {
  readonly seconds: number;
  readonly cpus: number;
  readonly sessions: number;
  readonly break: BreakName | null;
  readonly interrupted: boolean;
  /** Requests that were posted, and those of them that are complete. */
  readonly posted: number;
  readonly completed: number;
  /** Calls of `sync()` by probes: most join a request that is there, and those that found no room are refused. */
  readonly posts: number;
  readonly joined: number;
  readonly refused: number;
  /** From post to completion, of the worst session; p50 and p99 are the upper ends of buckets, four to a power of two. */
  readonly latency: {
    readonly p50_at_most_ns: number;
    readonly p99_at_most_ns: number;
    readonly longest_ns: number;
    /** Where the longest was: what ran beside the tracer, which session, and when; null: there was no request. */
    readonly longest_at: JsonPlace | null;
  };
  readonly switches: number;
  readonly readings: number;
  /** Records that were taken, and what was wrong with them. */
  readonly records: number;
  readonly record_faults: {
    readonly missing: number;
    readonly doubled: number;
    readonly late: number;
    readonly torn: number;
    readonly no_room: number;
  };
  /** What aggregations counted, and how much they should have. */
  readonly counts: number;
  readonly counts_expected: number;
  readonly ticks: JsonTicks;
  /** Firings that the kernel left out and counted. */
  readonly skipped_firings: number;
  readonly peers: readonly PeerOutcome[];
  readonly hotplug: { readonly times: number; readonly reason: string | null };
  readonly minimum: Readonly<Record<keyof typeof minimum, { readonly needed: number; readonly reached: number }>>;
  readonly notes: readonly string[];
  readonly violations: readonly Violation[];
}

/** When the longest request was complete; `second`: of the session's tracing, null: while that stopped. */
export interface JsonPlace {
  readonly beside: Company;
  readonly session: number;
  readonly second: number | null;
}

/** Ticks in JSON; `skipped` is `late` and `missed` together. */
export interface JsonTicks {
  readonly expected: number;
  readonly fired: number;
  readonly skipped: number;
  readonly late: number;
  readonly missed: number;
  readonly at_stop: number;
  readonly lost: number;
}

const jsonTicks = ({ expected, fired, late, missed, atStop, lost }: TickTotals): JsonTicks => ({
  ...{ expected, fired, skipped: late + missed, late, missed, at_stop: atStop, lost },
});

const jsonPlace = (place: LongestPlace | undefined): JsonPlace | null =>
  place === undefined
    ? null
    : {
        beside: place.company,
        session: place.session,
        second: place.second === undefined ? null : Math.round(place.second * 100) / 100,
      };

/** Plain data for `JSON.stringify`. */
export function stormJson(storm: Storm): StormJson {
  const { totals, violations, peers, hotplug, notes, broken, interrupted } = storm;
  const { missing, doubled, late, torn, latency } = totals;
  const reached = exerciseOf(totals);
  const needed = (name: keyof typeof minimum) => ({
    needed: leastOf(name, totals),
    reached: Math.floor(reached[name]),
  });
  return {
    seconds: Math.round(totals.seconds * 1000) / 1000,
    cpus: totals.cpus,
    sessions: totals.sessions,
    break: broken ?? null,
    interrupted,
    posted: totals.posted,
    completed: totals.completed,
    posts: totals.posts,
    joined: totals.coalesced,
    refused: totals.refused,
    latency: {
      p50_at_most_ns: latency.p50,
      p99_at_most_ns: latency.p99,
      longest_ns: latency.max,
      longest_at: jsonPlace(latency.longest),
    },
    switches: totals.switches,
    readings: totals.readings,
    records: totals.records,
    record_faults: { missing, doubled, late, torn, no_room: totals.noRoom },
    counts: totals.counted,
    counts_expected: totals.countable,
    ticks: jsonTicks(totals.ticks),
    skipped_firings: totals.skipped,
    peers,
    hotplug: typeof hotplug === 'number' ? { times: hotplug, reason: null } : { times: 0, reason: hotplug },
    minimum: {
      ticks: needed('ticks'),
      posts: needed('posts'),
      records: needed('records'),
      seen: needed('seen'),
      switches: needed('switches'),
      readings: needed('readings'),
    },
    notes,
    violations,
  };
}

const grouped = (count: number): string => Math.round(count).toLocaleString('en-GB');

const microseconds = (nanoseconds: number): string => `${grouped(nanoseconds / 1000)} µs`;

const companyText: Readonly<Record<Company, string>> = {
  alone: 'alone',
  dtrace: 'beside dtrace',
  bpftrace: 'beside bpftrace',
  hotplug: 'while a CPU went',
};

/** When that was, in words. */
function placeText(place: LongestPlace | undefined): string {
  if (place === undefined) return '';
  const { company, session, second } = place;
  const when = second === undefined ? 'at the stop of' : `${second.toFixed(1)} s into`;
  return ` (${companyText[company]}, ${when} session ${session})`;
}

/** What becomes of the ticks, in words. */
const ticksText = ({ expected, fired, late, missed, atStop, lost }: TickTotals): string =>
  `${grouped(expected)} expected, ${grouped(fired)} fired; skipped by the kernel: ${grouped(late)} late, ${grouped(missed)} not run; ${grouped(atStop)} at a stop; ${grouped(lost)} lost`;

/** The report; every line ends with a newline. */
export function stormText(storm: Storm): string {
  const { totals, violations, peers, hotplug, notes, broken } = storm;
  const { latency } = totals;
  const reached = exerciseOf(totals);
  const rows: [string, string][] = [
    [
      'requests',
      `${grouped(totals.posted)} posted, ${grouped(totals.completed)} completed, in ${grouped(totals.rounds)} rounds of the server`,
    ],
    [
      '',
      `in the worst session p50 at most ${microseconds(latency.p50)}, p99 at most ${microseconds(latency.p99)}; the longest ${microseconds(latency.max)}${placeText(latency.longest)}`,
    ],
    [
      'posts',
      `${grouped(totals.posts)} by probes, of which ${grouped(totals.coalesced)} joined a request that was there; ${grouped(totals.refused)} refused`,
    ],
    ['', `${grouped(totals.complete)} of ${grouped(totals.polled)} ticks found the request of the one before complete`],
    [
      'records',
      `${grouped(totals.records)} taken; ${grouped(totals.missing)} missing, ${grouped(totals.doubled)} doubled, ${grouped(totals.late)} late, ${grouped(totals.torn)} torn, ${grouped(totals.noRoom)} without room`,
    ],
    [
      'counts',
      `${grouped(totals.counted)} counted of ${grouped(totals.countable)}; ${grouped(totals.events)} interrupts, cross-calls, wakeups and packets besides`,
    ],
    ['ticks', ticksText(totals.ticks)],
    ...Object.entries(totals.ticksBeside).map(([company, ticks]): [string, string] => [
      '',
      `${companyText[company as Company]}: ${ticksText(ticks)}`,
    ]),
    [
      'switches',
      `${grouped(totals.switches)} of buffers, ${grouped(totals.readings)} readings of aggregations; ${grouped(totals.syncs)} syncs, ${grouped(totals.retries)} retries`,
    ],
    ['restarts', `${grouped(totals.sessions)} sessions, each stopped in mid-storm`],
    [
      'firings',
      `${grouped(totals.skipped)} left out by the kernel, and counted by it, where a tracepoint fired inside its own program`,
    ],
    [
      'hotplug',
      typeof hotplug === 'number'
        ? `${grouped(hotplug)} times a CPU was offline; timers stood still there for ${(totals.gap / 1e6).toFixed(0)} ms at most, all together`
        : `left out: ${hotplug}`,
    ],
    ...peers.map((peer): [string, string] => [peer.name, peerText(peer)]),
    ...notes.map((note): [string, string] => ['note', note]),
    [
      'exercise',
      (Object.keys(minimum) as (keyof typeof minimum)[])
        .map((name) => `${grouped(reached[name])} ${minimum[name].text} (least ${leastOf(name, totals)})`)
        .join(', '),
    ],
    ...violations.slice(0, mostShown).map(({ check, text }): [string, string] => ['VIOLATED', `${check}: ${text}`]),
  ];
  const lines = rows.map(([name, text]) => `${name.padEnd(10)}${text}`);
  const head = `${totals.seconds.toFixed(1)} s on ${totals.cpus} CPUs${broken === undefined ? '' : `, with --break ${broken}`}`;
  return `${[head, ...lines, summary(storm)].join('\n')}\n`;
}

/** Violations that are shown one by one. */
const mostShown = 20;

function peerText({ ran, calls, ticks, due, said }: PeerOutcome): string {
  if (!ran) return `left out: ${said}`;
  const lost = due > ticks ? `; it lost ${(100 * (1 - ticks / due)).toFixed(1)} % of its own ticks` : '';
  return `counted ${grouped(calls)} calls of the workers and ${grouped(ticks)} of its ${grouped(due)} ticks${lost}`;
}

/** The last line. */
function summary({ totals, violations, broken, interrupted }: Storm): string {
  const when = interrupted ? ' (interrupted)' : '';
  if (violations.length > 0) {
    const checks = [...new Set(violations.map(({ check }) => check))].join(', ');
    const cost =
      broken === 'drop-tick' && totals.ticks.lost > 0
        ? `: the workaround cost ${grouped(totals.ticks.lost)} of ${grouped(totals.ticks.expected)} ticks`
        : '';
    return `violated${when}: ${checks}${cost}`;
  }
  const lost = totals.ticks.late + totals.ticks.missed;
  return `nothing violated${when}: ${grouped(totals.completed)} requests complete, ${grouped(totals.records)} records and ${grouped(totals.countable)} counts exact, ${grouped(lost)} ticks skipped by the kernel and counted`;
}
