/** What the benchmarks report, and how it is printed. */

import { ratioOf, type Spread, spreadOf } from './spread.js';

/** What a figure is to reach, by its ratio to the peer or by itself. */
export type Target =
  | { readonly of: 'ratio' | 'ours'; readonly atMost: number }
  | { readonly of: 'ratio' | 'ours'; readonly atLeast: number };

/** One line of the table. */
export interface Figure {
  readonly what: string;
  readonly unit: string;
  readonly ours: Spread;
  /** Who it is compared with, and what they need. */
  readonly peer?: { readonly name: string; readonly value: Spread };
  readonly ratio?: Spread;
  readonly target?: Target;
  /** Whether the median (of a loss: the worst) meets the target; undefined: there is none, or nothing to compare with. */
  readonly met?: boolean;
}

/** Makes a figure of samples; those of the peer were taken in turn with ours. An empty sample of a peer means: no peer. */
export function figureOf(
  what: string,
  unit: string,
  ours: readonly number[],
  peer: { readonly name: string; readonly samples: readonly number[] } | undefined,
  target?: Target,
): Figure {
  const compared = peer !== undefined && peer.samples.length > 0 ? peer : undefined;
  const ratio = compared === undefined ? undefined : ratioOf(ours, compared.samples);
  const mine = spreadOf(ours);
  const judged = target === undefined ? undefined : judgedValue(target, target.of === 'ours' ? mine : ratio);
  return {
    what,
    unit,
    ours: mine,
    ...(compared === undefined ? {} : { peer: { name: compared.name, value: spreadOf(compared.samples) } }),
    ...(ratio === undefined ? {} : { ratio }),
    ...(target === undefined ? {} : { target }),
    ...(target === undefined || judged === undefined ? {} : { met: meets(judged, target) }),
  };
}

/** The median; the worst where nothing at all may be lost. */
const judgedValue = (target: Target, spread: Spread | undefined): number | undefined =>
  'atMost' in target && target.atMost === 0 ? spread?.most : spread?.median;

const meets = (value: number, target: Target): boolean =>
  'atMost' in target ? value <= target.atMost : value >= target.atLeast;

function numeral(value: number): string {
  const size = Math.abs(value);
  if (size !== 0 && size < 0.1) return value.toFixed(3);
  if (size < 10) return value.toFixed(2);
  return size < 100 ? value.toFixed(1) : Math.round(value).toLocaleString('en');
}

const range = ({ median, least, most, samples }: Spread): string =>
  samples === 1 || (least === most && most === median)
    ? numeral(median)
    : `${numeral(median)} (${numeral(least)}..${numeral(most)})`;

const targetText = (target: Target): string =>
  `${'atMost' in target ? `<= ${target.atMost}` : `>= ${target.atLeast}`}${target.of === 'ratio' ? ' x' : ''}`;

function verdict({ target, met }: Figure): string {
  if (target === undefined) return '';
  if (met === undefined) return 'not judged';
  return met ? 'met' : 'MISSED';
}

const widths = [44, 7, 28, 40, 22, 9, 10] as const;

const line = (cells: readonly string[]): string =>
  cells
    .map((cell, index) => cell.padEnd(widths[index] ?? 0))
    .join(' ')
    .trimEnd();

/** The head of the table. */
export const tableHead: string = line(['', 'unit', 'dtrace', 'peer', 'ratio', 'target', '']);

/** A figure as a line of the table. */
export function tableLine(figure: Figure): string {
  const { what, unit, ours, peer, ratio, target } = figure;
  return line([
    `  ${what}`,
    unit,
    range(ours),
    peer === undefined ? '-' : `${peer.name} ${range(peer.value)}`,
    ratio === undefined ? '-' : range(ratio),
    target === undefined ? '' : targetText(target),
    verdict(figure),
  ]);
}
