/** What `xcall watch` prints: a table, or JSON. */

import { type CallRow, totalOf, type Watched } from './calls.js';

/** What `xcall watch --json` prints for each table: names that programs may rely on. */
export interface WatchJson {
  readonly seconds: number;
  /** All cross-calls, own ones included. */
  readonly calls: number;
  readonly calls_per_second: number;
  /** Those that this xcall made itself, mostly to read its counters. */
  readonly own: { readonly calls: number; readonly calls_per_second: number };
  readonly rows: readonly JsonRow[];
  /** Firings and counts that were lost: the figures are that much too low at most. */
  readonly lost: number;
}

/** A row in JSON. `latency` is from queue to handler entry; null: no call was seen to begin. */
export interface JsonRow {
  readonly sender: string;
  readonly function: string;
  readonly target: number;
  readonly own: boolean;
  readonly calls: number;
  readonly calls_per_second: number;
  readonly latency: {
    readonly calls: number;
    readonly p50_ns: number;
    readonly p90_ns: number;
    readonly p99_ns: number;
  } | null;
}

const rounded = (value: number): number => Math.round(value * 1000) / 1000;

/** Plain data for `JSON.stringify`. */
export function watchJson({ seconds, rows, lost }: Watched): WatchJson {
  const counted = (calls: number) => ({ calls, calls_per_second: rounded(calls / seconds) });
  return {
    seconds: rounded(seconds),
    ...counted(totalOf(rows)),
    own: counted(totalOf(rows, true)),
    rows: rows.map(({ calls, latency, ...identity }) => ({
      ...identity,
      ...counted(calls),
      latency:
        latency === undefined
          ? null
          : { calls: latency.calls, p50_ns: latency.p50, p90_ns: latency.p90, p99_ns: latency.p99 },
    })),
    lost,
  };
}

/** Room for a table, in characters and lines. */
export interface Room {
  readonly width: number;
  /** Undefined: as many as there are. */
  readonly height?: number;
}

const figureWidth = 10;
const figureNames = ['CALLS/S', 'P50 µs', 'P90 µs', 'P99 µs'] as const;

/** Columns that are not names: the CPU, the figures, the mark of own calls, and blanks between. */
const fixedWidth = 2 + 4 + figureWidth * figureNames.length + 2;

const cut = (text: string, width: number): string =>
  (text.length > width ? `${text.slice(0, width - 1)}…` : text).padEnd(width);

/** A table as lines, as wide and high as there is room; at least one row and 72 columns. */
export function watchLines(watched: Watched, { width, height }: Room): readonly string[] {
  const { seconds, rows, lost } = watched;
  const names = Math.min(40, Math.max(12, Math.floor((width - fixedWidth) / 2)));
  const line = (sender: string, called: string, cpu: string, figures: readonly string[], mark = ''): string =>
    `${cut(sender, names)} ${cut(called, names)} ${cpu.padStart(4)}${figures
      .map((figure) => figure.padStart(figureWidth))
      .join('')}${mark}`;
  const rate = (calls: number): string => (calls / seconds).toFixed(1);
  const row = ({ sender, function: called, target, own, calls, latency }: CallRow): string =>
    line(
      sender,
      called,
      String(target),
      [
        rate(calls),
        ...[latency?.p50, latency?.p90, latency?.p99].map((time) =>
          time === undefined ? '-' : (time / 1000).toFixed(1),
        ),
      ],
      own ? ' *' : '',
    );
  const all = totalOf(rows);
  const own = totalOf(rows, true);
  const before = [
    `${all} cross-calls in ${seconds.toFixed(1)} s, ${rate(all)} a second; * ${own} by this xcall itself, ${rate(own)} a second`,
    ...(lost === 0 ? [] : [`${lost} lost: the figures may be too low by as many`]),
    line('SENDER', 'FUNCTION', 'CPU', figureNames),
  ];
  // A line for what is left out.
  const most = height === undefined ? rows.length : Math.max(1, height - before.length - 1);
  const left = rows.length - most;
  return [...before, ...rows.slice(0, most).map(row), ...(left > 0 ? [`${left} more`] : [])];
}
