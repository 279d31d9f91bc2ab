/** The figures of `xcall bench` as text and as JSON. */

import type { Figures } from './figures.js';
import type { Direction, Measured } from './measure.js';

/** Figures in JSON: nanoseconds. */
export interface JsonFigures {
  readonly min_ns: number;
  readonly p50_ns: number;
  readonly p99_ns: number;
  readonly max_ns: number;
}

/** What `xcall bench --json` prints: names that programs may rely on. */
export interface BenchJson {
  /** How many CPUs were online. */
  readonly cpus: number;
  readonly pairs: readonly (Direction & JsonFigures)[];
  readonly sync: JsonFigures;
  /** Null: it could not be measured, `notes` says why. */
  readonly membarrier_private: (Direction & JsonFigures) | null;
  /** One grace period of RCU; null: as above. */
  readonly membarrier_global: JsonFigures | null;
  readonly bare_prog_run: Direction & JsonFigures;
  readonly notes: readonly string[];
}

const jsonFigures = ({ min, p50, p99, max }: Figures): JsonFigures => ({
  min_ns: min,
  p50_ns: p50,
  p99_ns: p99,
  max_ns: max,
});

const jsonDirected = (figures: Direction & Figures): Direction & JsonFigures => ({
  from: figures.from,
  to: figures.to,
  ...jsonFigures(figures),
});

/** Plain data for `JSON.stringify`. */
export function benchJson(measured: Measured): BenchJson {
  const { cpus, pairs, sync, membarrierPrivate, membarrierGlobal, bareProgRun, notes } = measured;
  return {
    cpus: cpus.length,
    pairs: pairs.map(jsonDirected),
    sync: jsonFigures(sync),
    membarrier_private: membarrierPrivate === undefined ? null : jsonDirected(membarrierPrivate),
    membarrier_global: membarrierGlobal === undefined ? null : jsonFigures(membarrierGlobal),
    bare_prog_run: jsonDirected(bareProgRun),
    notes,
  };
}

const columnNames = { min: 'minimum', p50: 'median', p99: 'p99', max: 'maximum' } as const;
const figureNames = Object.keys(columnNames) as readonly (keyof typeof columnNames)[];
const cellWidth = 10;

/** Microseconds, with three digits or all before the point. */
const microseconds = (nanoseconds: number): string => {
  const value = nanoseconds / 1000;
  return value < 99.95 ? value.toFixed(value < 9.995 ? 2 : 1) : Math.round(value).toLocaleString('en-GB');
};

const cells = (texts: readonly string[], width = cellWidth): string =>
  texts.map((text) => text.padStart(width)).join('');

/** A matrix of one figure: a row for each caller, a column for each CPU that is called. */
function matrix({ cpus, pairs }: Measured, name: keyof typeof columnNames): string[] {
  const callers = [...new Set(pairs.map(({ from }) => from))];
  const cell = (from: number, to: number): string => {
    const pair = pairs.find((each) => each.from === from && each.to === to);
    return pair === undefined ? '-' : microseconds(pair[name]);
  };
  return [
    `  ${columnNames[name].padEnd(8)}${cells(cpus.map((to) => `to ${to}`))}`,
    ...callers.map((from) => `  ${`from ${from}`.padEnd(8)}${cells(cpus.map((to) => cell(from, to)))}`),
    '',
  ];
}

const nameWidth = 44;

function table(measured: Measured): string[] {
  const { pairs, sync, cpus, membarrierPrivate, membarrierGlobal, bareProgRun } = measured;
  const row = (name: string, figures: Figures | undefined): string =>
    `${name.padEnd(nameWidth)}${cells(figureNames.map((each) => (figures === undefined ? '-' : microseconds(figures[each]))))}`;
  const others = pairs.filter(({ from, to }) => from !== to).toSorted((a, b) => a.p50 - b.p50);
  const [fastest, slowest] = [others[0], others.at(-1)];
  const direction = ({ from, to }: Direction): string => `CPU ${from} to ${to}`;
  return [
    `${''.padEnd(nameWidth)}${cells(figureNames.map((each) => columnNames[each]))}`,
    ...(fastest === undefined ? [] : [row(`fastest pair, ${direction(fastest)}`, fastest)]),
    ...(slowest === undefined || slowest === fastest ? [] : [row(`slowest pair, ${direction(slowest)}`, slowest)]),
    row(`bare BPF_PROG_RUN, ${direction(bareProgRun)}`, bareProgRun),
    row(`sync(), ${cpus.length} online`, sync),
    row(
      `membarrier private${membarrierPrivate === undefined ? '' : `, ${direction(membarrierPrivate)}`}`,
      membarrierPrivate,
    ),
    row('membarrier global: an RCU grace period', membarrierGlobal),
  ];
}

/** What `xcall bench` prints. The matrices are left out where a line of them is wider than `width`. */
export function benchText(measured: Measured, { width }: { readonly width: number }): string {
  const wide = 10 + cellWidth * measured.cpus.length > width;
  return [
    'A cross-call between CPUs, back to back, in microseconds; to its own CPU it runs inline.',
    '',
    ...(wide
      ? [`The matrix of ${measured.cpus.length} CPUs is too wide for ${width} columns: --json has it.`, '']
      : figureNames.flatMap((name) => matrix(measured, name))),
    ...table(measured),
    ...(measured.notes.length === 0 ? [] : ['', ...measured.notes.map((note) => `note: ${note}`)]),
    '',
  ].join('\n');
}
