/** The tables that quantize(), lquantize() and llquantize() print. Every line keeps its trailing blanks. */

import { quantizeBuckets, quantizeZero } from '../../d/aggregation-data.js';
import {
  type AggregatingFunction,
  type AggregationData,
  type Linear,
  quantizeLabel,
} from '../aggregation/functions.js';
import { type LogLinear, llquantizeBound, llquantizeMiddle } from '../aggregation/llquantize.js';

const header = `\n${'value'.padStart(16)} ${'------------- Distribution -------------'.padStart(41)} ${'count'.padEnd(9)}\n`;

const barColumns = 40;

/** The table of a distribution, its counts divided by `normal`; the empty string for other functions. */
export function formatDistribution(aggregating: AggregatingFunction, data: AggregationData, normal = 1n): string {
  switch (aggregating.function) {
    case 'quantize':
      return formatQuantize(data, normal);
    case 'lquantize':
      return formatLquantize(aggregating, data, normal);
    case 'llquantize':
      return formatLlquantize(aggregating, data, normal);
    default:
      return '';
  }
}

/** Buckets that are printed, both included. */
interface Range {
  readonly first: number;
  readonly last: number;
}

/** The buckets with something in them and an empty one on either side; undefined if there is nothing. */
function occupied(data: AggregationData): Range | undefined {
  const first = data.findIndex((count) => count !== 0n);
  if (first < 0) return undefined;
  const last = data.findLastIndex((count) => count !== 0n);
  return { first: Math.max(first - 1, 0), last: Math.min(last + 1, data.length - 1) };
}

function formatQuantize(data: AggregationData, normal: bigint): string {
  const range = occupied(data.subarray(0, quantizeBuckets)) ?? { first: quantizeZero - 1, last: quantizeZero + 1 };
  return formatRows(data, range, normal, (bucket) => String(quantizeLabel(bucket)));
}

function formatLquantize({ base, step, levels }: Linear, data: AggregationData, normal: bigint): string {
  const range = occupied(data) ?? { first: 0, last: Math.min(2, levels + 1) };
  return formatRows(data, range, normal, (bucket) => {
    if (bucket === 0) return `< ${base}`;
    return bucket > levels ? `>= ${base + levels * step}` : String(base + (bucket - 1) * step);
  });
}

function formatLlquantize(shape: LogLinear, data: AggregationData, normal: bigint): string {
  const middle = llquantizeMiddle(shape);
  const hasBound = (bucket: number): boolean =>
    bucket === middle || llquantizeBound(shape, Math.abs(bucket - middle)) !== undefined;
  let { first, last } = occupied(data) ?? { first: middle, last: Math.min(middle + 2, data.length - 1) };
  // The empty bucket on either side must be one that can be labelled.
  while (first > 0 && !hasBound(first)) first -= 1;
  while (last < data.length - 1 && !hasBound(last)) last += 1;
  const least = BigInt(shape.factor) ** BigInt(shape.low);
  const label = (bucket: number): string | undefined => {
    if (bucket === middle) {
      if (least === 1n) return '0';
      // Where nothing negative is shown, "nearer to zero than" is plainly "less than".
      return first >= middle ? `< ${least}` : `abs() < ${least}`;
    }
    const bound = llquantizeBound(shape, Math.abs(bucket - middle));
    if (bound === undefined) return undefined;
    if (bucket === 0) return `<= -${bound}`;
    if (bucket === 2 * middle) return `>= ${bound}`;
    return bucket < middle ? `-${bound}` : String(bound);
  };
  return formatRows(data, { first, last }, normal, label);
}

function formatRows(
  data: AggregationData,
  { first, last }: Range,
  normal: bigint,
  label: (bucket: number) => string | undefined,
): string {
  let total = 0n;
  let positive = false;
  let negative = false;
  for (const count of data) {
    total += magnitude(count);
    positive ||= count > 0n;
    negative ||= count < 0n;
  }
  let out = header;
  for (let bucket = first; bucket <= last; bucket += 1) {
    const name = label(bucket);
    if (name === undefined) continue;
    const count = data[bucket] ?? 0n;
    out += `${name.padStart(16)} ${formatBar(count, total, positive, negative)} ${String(count / normal).padEnd(9)}\n`;
  }
  return out;
}

const magnitude = (count: bigint): bigint => (count < 0n ? -count : count);

/** The bar of a count: to the right of `|` for positive counts, to its left for negative, in halves for both. */
function formatBar(count: bigint, total: bigint, positive: boolean, negative: boolean): string {
  const both = positive && negative;
  const columns = both ? barColumns / 2 : barColumns;
  // |count| * columns / total, rounded half up.
  const filled = total === 0n ? 0 : Number((2n * magnitude(count) * BigInt(columns) + total) / (2n * total));
  const bar = '@'.repeat(filled);
  const right = `|${bar.padEnd(columns)}`;
  const left = `${bar.padStart(columns)}|`;
  if (!both) return negative ? left : right;
  return count > 0n ? ' '.repeat(columns) + right : left + ' '.repeat(columns);
}
