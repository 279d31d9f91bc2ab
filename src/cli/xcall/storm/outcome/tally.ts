/** What the epochs of a storm come to. */

import type { EpochResult } from '../epoch.js';
import { sum, type Violation, violationsOf } from './checks.js';
import { addTicks, noTicks, type TickTotals, ticksOf } from './tick-totals.js';

/** What ran beside the tracer in an epoch. */
export type Company = 'alone' | 'dtrace' | 'bpftrace' | 'hotplug';

/** When the request that took longest was complete. */
export interface LongestPlace {
  readonly company: Company;
  /** The session, from 1. */
  readonly session: number;
  /** Of its tracing; undefined: while it stopped. */
  readonly second: number | undefined;
}

/** The sums of all epochs. */
export interface Totals {
  readonly seconds: number;
  readonly sessions: number;
  readonly cpus: number;
  /** Ticks that were due a second and CPU. */
  readonly tickRate: number;
  /** Posts that probes made, requests that these became, and those that are complete. */
  readonly posts: number;
  readonly posted: number;
  readonly coalesced: number;
  readonly completed: number;
  readonly refused: number;
  readonly rounds: number;
  /** Ticks, and those of them that found the request of the tick before complete. */
  readonly polled: number;
  readonly complete: number;
  /** From post to completion, ns: the worst of the epochs' percentiles, and the longest of all. */
  readonly latency: {
    readonly p50: number;
    readonly p99: number;
    readonly max: number;
    readonly longest: LongestPlace | undefined;
  };
  readonly switches: number;
  readonly readings: number;
  readonly syncs: number;
  readonly retries: number;
  readonly records: number;
  readonly missing: number;
  readonly doubled: number;
  readonly late: number;
  readonly torn: number;
  readonly noRoom: number;
  /** What aggregations say of calls, datagrams and ticks, and how many there were. */
  readonly counted: number;
  readonly countable: number;
  readonly events: number;
  readonly ticks: TickTotals;
  readonly ticksBeside: Readonly<Partial<Record<Company, TickTotals>>>;
  /** Firings that the kernel left out because the same program was running on the CPU: it counts them. */
  readonly skipped: number;
  readonly arrivals: number;
  readonly gap: number;
}

/** Gathers epochs. */
export interface Tally {
  add(epoch: EpochResult, company: Company): void;
  report(violation: Violation): void;
  readonly violations: readonly Violation[];
  readonly totals: Totals;
}

const nothing: Totals = {
  ...{
    seconds: 0,
    sessions: 0,
    cpus: 0,
    tickRate: 0,
    posts: 0,
    posted: 0,
    coalesced: 0,
    completed: 0,
    refused: 0,
    rounds: 0,
  },
  ...{ polled: 0, complete: 0, switches: 0, readings: 0, syncs: 0, retries: 0 },
  ...{ records: 0, missing: 0, doubled: 0, late: 0, torn: 0, noRoom: 0, counted: 0, countable: 0, events: 0 },
  ...{ skipped: 0, arrivals: 0, gap: 0 },
  latency: { p50: 0, p99: 0, max: 0, longest: undefined },
  ticks: noTicks,
  ticksBeside: {},
};

/** Makes an empty tally. */
export function createTally(): Tally {
  const violations: Violation[] = [];
  let totals = nothing;
  return {
    add: (epoch, company) => {
      violations.push(...violationsOf(epoch));
      totals = plus(totals, epoch, company);
    },
    report: (violation) => {
      violations.push(violation);
    },
    violations,
    get totals() {
      return totals;
    },
  };
}

function plus(totals: Totals, epoch: EpochResult, company: Company): Totals {
  const { series, sums, mailbox, drops } = epoch;
  const ticks = ticksOf(epoch);
  const records = sum(series, (each) => each.records);
  const { latency } = mailbox;
  return {
    seconds: totals.seconds + epoch.seconds,
    sessions: totals.sessions + 1,
    cpus: Math.max(totals.cpus, new Set(series.map(({ cpu }) => cpu)).size),
    tickRate: epoch.tickRate,
    posts: totals.posts + sums.posts,
    posted: totals.posted + mailbox.posted,
    coalesced: totals.coalesced + mailbox.coalesced,
    completed: totals.completed + mailbox.completed,
    refused: totals.refused + mailbox.drops,
    rounds: totals.rounds + mailbox.rounds,
    polled: totals.polled + sums.polled,
    complete: totals.complete + sums.complete,
    latency: {
      p50: Math.max(totals.latency.p50, latency.p50),
      p99: Math.max(totals.latency.p99, latency.p99),
      ...(latency.max > totals.latency.max
        ? { max: latency.max, longest: { company, session: totals.sessions + 1, second: epoch.longestAt } }
        : { max: totals.latency.max, longest: totals.latency.longest }),
    },
    switches: totals.switches + epoch.switches,
    readings: totals.readings + epoch.readings,
    syncs: totals.syncs + epoch.syncs,
    retries: totals.retries + epoch.retries,
    records: totals.records + records,
    missing: totals.missing + sum(series, (each) => each.missing),
    doubled: totals.doubled + sum(series, (each) => each.doubled),
    late: totals.late + sum(series, (each) => each.late),
    torn: totals.torn + epoch.torn,
    noRoom: totals.noRoom + epoch.noRoom,
    counted: totals.counted + sum(series, (each) => each.counted) + sums.ticks + sums.shared,
    countable: totals.countable + 2 * (records + ticks.fired),
    events: totals.events + sums.events,
    ticks: addTicks(totals.ticks, ticks),
    ticksBeside: { ...totals.ticksBeside, [company]: addTicks(totals.ticksBeside[company] ?? noTicks, ticks) },
    skipped: totals.skipped + sum(drops, ({ kind, count }) => (kind === 'recursion' ? count : 0)),
    arrivals: totals.arrivals + epoch.arrivals,
    gap: totals.gap + epoch.gap,
  };
}
