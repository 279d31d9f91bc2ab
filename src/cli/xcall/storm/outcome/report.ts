/** The report of a storm: a table with a last line that sums up, or JSON. */

import type { BreakName } from '../../flags.js';
import type { PeerOutcome } from '../beside/peers.js';
import type { Violation } from './checks.js';
import { exerciseOf, minimum } from './exercise.js';
import type { Totals } from './tally.js';
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
  /** Posts that probes made; the requests that they became (`posted`), and those that are complete. */
  readonly posts: number;
  readonly posted: number;
  readonly completed: number;
  readonly latency: { readonly p50_ns: number; readonly p99_ns: number; readonly max_ns: number };
  readonly switches: number;
  readonly readings: number;
  readonly records: {
    readonly taken: number;
    readonly missing: number;
    readonly doubled: number;
    readonly late: number;
    readonly torn: number;
    readonly no_room: number;
  };
  readonly counts: { readonly expected: number; readonly counted: number };
  readonly ticks: JsonTicks;
  /** Firings that the kernel left out and counted. */
  readonly skipped_firings: number;
  readonly peers: readonly PeerOutcome[];
  readonly hotplug: { readonly times: number; readonly reason: string | null };
  readonly minimum: Readonly<Record<keyof typeof minimum, { readonly needed: number; readonly reached: number }>>;
  readonly notes: readonly string[];
  readonly violations: readonly Violation[];
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

/** Plain data for `JSON.stringify`. */
export function stormJson(storm: Storm): StormJson {
  const { totals, violations, peers, hotplug, notes, broken, interrupted } = storm;
  const { missing, doubled, late, torn, latency } = totals;
  const reached = exerciseOf(totals);
  const needed = (name: keyof typeof minimum) => ({ needed: minimum[name].rate, reached: Math.floor(reached[name]) });
  return {
    seconds: Math.round(totals.seconds * 1000) / 1000,
    cpus: totals.cpus,
    sessions: totals.sessions,
    break: broken ?? null,
    interrupted,
    posts: totals.posts,
    posted: totals.posted,
    completed: totals.completed,
    latency: { p50_ns: latency.p50, p99_ns: latency.p99, max_ns: latency.max },
    switches: totals.switches,
    readings: totals.readings,
    records: { taken: totals.records, missing, doubled, late, torn, no_room: totals.noRoom },
    counts: { expected: totals.countable, counted: totals.counted },
    ticks: jsonTicks(totals.ticks),
    skipped_firings: totals.skipped,
    peers,
    hotplug: typeof hotplug === 'number' ? { times: hotplug, reason: null } : { times: 0, reason: hotplug },
    minimum: {
      ticks: needed('ticks'),
      posts: needed('posts'),
      records: needed('records'),
      switches: needed('switches'),
      readings: needed('readings'),
    },
    notes,
    violations,
  };
}

const grouped = (count: number): string => Math.round(count).toLocaleString('en-GB');

const microseconds = (nanoseconds: number): string => `${grouped(nanoseconds / 1000)} µs`;

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
      `${grouped(totals.posts)} posts, ${grouped(totals.posted)} requests, ${grouped(totals.completed)} complete, ${grouped(totals.refused)} refused`,
    ],
    [
      '',
      `served in ${grouped(totals.rounds)} rounds; p50 ${microseconds(latency.p50)}, p99 ${microseconds(latency.p99)}, longest ${microseconds(latency.max)} (of the worst session)`,
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
      `${company === 'alone' ? 'alone' : company === 'hotplug' ? 'while a CPU went' : `beside ${company}`}: ${ticksText(ticks)}`,
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
        .map((name) => `${grouped(reached[name])} ${minimum[name].text} (least ${minimum[name].rate})`)
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
