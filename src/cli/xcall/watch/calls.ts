/** What was counted as rows: cross-calls by sender, function and CPU, with their latencies. */

import type { AggregationEntry } from '../../../consumer/aggregation/order.js';
import { integerOf } from '../../../consumer/format/value.js';
import type { KernelSymbols } from '../../../sys/index.js';

/** Counts as the kernel gives them. Keys: return address into the sender (0: unknown), function, target CPU, own (1 or 0), bucket. */
export interface Counted {
  readonly calls: readonly AggregationEntry[];
  /** Counts by latency: the last key is the bucket. */
  readonly latencies: readonly AggregationEntry[];
  /** Calls that were not counted. */
  readonly lost: number;
}

/** Percentiles of the time from a call's queueing to the entry of its handler, ns. */
export interface Latency {
  /** How many calls were seen to begin. */
  readonly calls: number;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
}

/** The cross-calls of one sender that have one CPU run one function. */
export interface CallRow {
  /**
   * The kernel function that asks, on whose behalf the kernel's cross-call code runs; or its return address in
   * hexadecimal, or `unknown`, where the kernel could not walk the stack.
   */
  readonly sender: string;
  /** The kernel function that is to run, or its address. */
  readonly function: string;
  /** The CPU that is to run it. */
  readonly target: number;
  /** Whether this process made the calls. */
  readonly own: boolean;
  readonly calls: number;
  /** Undefined: none was seen to begin. */
  readonly latency: Latency | undefined;
}

/** Some time of watching. */
export interface Watched {
  /** How long. */
  readonly seconds: number;
  /** The most frequent first. */
  readonly rows: readonly CallRow[];
  readonly lost: number;
}

/** Who asks, where that could not be found out. */
const unknownSender = 'unknown';

/** Turns counts into rows: calls from several places in a function are one row. `middle` gives the ns of a bucket. */
export function callRows(
  { calls, latencies }: Counted,
  symbols: KernelSymbols | undefined,
  middle: (bucket: number) => number,
): readonly CallRow[] {
  const nameOf = (address: bigint, within: bigint): string =>
    symbols?.nameOf(within) ?? `0x${address.toString(16).padStart(16, '0')}`;
  const identify = ({ keys }: AggregationEntry): Omit<CallRow, 'calls' | 'latency'> => {
    const [sender = 0n, called = 0n, target = 0n, own = 0n] = keys.map((key) => BigInt(integerOf(key)));
    const from = BigInt.asUintN(64, sender);
    const to = BigInt.asUintN(64, called);
    // A call at the end of a function returns to the first byte of the next one.
    return {
      sender: from === 0n ? unknownSender : nameOf(from, from - 1n),
      function: nameOf(to, to),
      target: Number(target),
      own: own !== 0n,
    };
  };
  const rows = new Map<string, { row: Omit<CallRow, 'latency'>; buckets: Map<number, number> }>();
  const rowOf = (entry: AggregationEntry) => {
    const identity = identify(entry);
    const key = JSON.stringify(Object.values(identity));
    const known = rows.get(key) ?? { row: { ...identity, calls: 0 }, buckets: new Map<number, number>() };
    rows.set(key, known);
    return known;
  };
  for (const entry of calls) {
    const known = rowOf(entry);
    known.row = { ...known.row, calls: known.row.calls + countOf(entry) };
  }
  for (const entry of latencies) {
    const { buckets } = rowOf(entry);
    const bucket = Number(integerOf(entry.keys.at(-1)));
    buckets.set(bucket, (buckets.get(bucket) ?? 0) + countOf(entry));
  }
  return [...rows.values()]
    .map(({ row, buckets }) => ({ ...row, latency: latencyOf(buckets, middle) }))
    .sort((a, b) => b.calls - a.calls || a.sender.localeCompare(b.sender) || a.target - b.target);
}

const countOf = ({ data }: AggregationEntry): number => Number(data[0] ?? 0n);

function latencyOf(buckets: ReadonlyMap<number, number>, middle: (bucket: number) => number): Latency | undefined {
  const sorted = [...buckets].sort(([a], [b]) => a - b);
  const calls = sorted.reduce((sum, [, count]) => sum + count, 0);
  if (calls === 0) return undefined;
  const percentile = (share: number): number => {
    let passed = 0;
    for (const [bucket, count] of sorted) {
      passed += count;
      if (passed >= share * calls) return Math.round(middle(bucket));
    }
    return Number.NaN;
  };
  return { calls, p50: percentile(0.5), p90: percentile(0.9), p99: percentile(0.99) };
}

/** How many calls all rows have, or those of this process only. */
export const totalOf = (rows: readonly CallRow[], ownOnly = false): number =>
  rows.reduce((sum, { calls, own }) => (ownOnly && !own ? sum : sum + calls), 0);
