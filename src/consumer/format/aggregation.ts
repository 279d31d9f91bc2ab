/** How aggregations print: the default table, and printa() with a format. Results are byte strings. */

import type { DifType } from '../../d/dif.js';
import type { PrintfConversion, PrintfFormat } from '../../d/printf-format.js';
import {
  type AggregatingFunction,
  type AggregationData,
  aggregationValue,
  isDistribution,
} from '../aggregation/functions.js';
import { type AggregationEntry, type AggregationOrder, sortAggregation } from '../aggregation/order.js';
import { toByteString } from './bytes.js';
import { formatDistribution } from './distribution.js';
import { compileConversion, compilePrintf, type FormatEnvironment } from './printf.js';
import { formatStack } from './trace.js';
import { type FormatValue, framesOf, integerOf, unsignedOf } from './value.js';

/** An aggregation as it is printed: its function, the types of its keys and the factor of normalize(), 1 without it. */
export interface PrintedAggregation {
  readonly aggregating: AggregatingFunction;
  readonly keys: readonly DifType[];
  readonly normal: bigint;
}

const keyColumns = { 1: 3, 2: 5, 4: 8, 8: 16 } as const;

/** One key of the default form. Integers of 4 and 8 bytes print as signed, of 1 and 2 as unsigned, as dtrace has it. */
function formatKey(type: DifType, value: FormatValue | undefined, stackIndent: number | undefined): string {
  if (type.kind === 'stack') return formatStack(framesOf(value), stackIndent);
  if (type.kind === 'string') return `  ${`${value ?? ''}`.padEnd(50)}`;
  const number = integerOf(value);
  const shown = type.size >= 4 ? BigInt.asIntN(type.size * 8, BigInt(number)) : unsignedOf(number, type.size);
  return ` ${`${shown}`.padStart(keyColumns[type.size])}`;
}

/** The value of the default form: sixteen columns, or the table of a distribution. */
function formatValue({ aggregating, normal }: PrintedAggregation, data: AggregationData): string {
  if (isDistribution(aggregating)) return formatDistribution(aggregating, data, normal);
  return ` ${String(BigInt.asIntN(64, aggregationValue(aggregating, data, normal))).padStart(16)}`;
}

/** One line of the default form: the keys, the value of each aggregation, a newline. */
export function formatAggregationRow(
  aggregations: readonly PrintedAggregation[],
  keys: readonly FormatValue[],
  data: readonly AggregationData[],
  stackIndent?: number,
): string {
  const types = aggregations[0]?.keys ?? [];
  let row = '';
  for (const [i, type] of types.entries()) row += formatKey(type, keys[i], stackIndent);
  for (const [i, aggregation] of aggregations.entries())
    row += formatValue(aggregation, data[i] ?? new BigInt64Array(1));
  return `${row}\n`;
}

/** An aggregation in the default form, sorted. printa(@a) writes a newline before it; what is left at the end has none. */
export function formatAggregation(
  aggregation: PrintedAggregation,
  entries: readonly AggregationEntry[],
  order: AggregationOrder = {},
  stackIndent?: number,
): string {
  let out = '';
  for (const { keys, data } of sortAggregation(aggregation.aggregating, aggregation.keys, entries, order)) {
    out += formatAggregationRow([aggregation], keys, [data], stackIndent);
  }
  return out;
}

/** Formats one key of printa() with a format: its keys, and its data in each aggregation. */
export type CompiledPrinta = (keys: readonly FormatValue[], data: readonly AggregationData[]) => string;

/**
 * Compiles the format of printa(). Conversions take the keys in their order; each `%@` takes the value of the next
 * aggregation, the last one again once they are used up. A distribution prints as its table whatever the conversion.
 */
export function compilePrinta(
  format: PrintfFormat,
  aggregations: readonly PrintedAggregation[],
  environment: FormatEnvironment = {},
): CompiledPrinta {
  const types = aggregations[0]?.keys ?? [];
  const steps: CompiledPrinta[] = [];
  let nextKey = 0;
  let nextAggregation = 0;
  for (const piece of format.pieces) {
    if (typeof piece === 'string') {
      const text = toByteString(piece);
      steps.push(() => text);
      continue;
    }
    const stars = (piece.width === 'argument' ? 1 : 0) + (piece.precision === 'argument' ? 1 : 0);
    if (!piece.aggregation) {
      const from = nextKey;
      nextKey += stars + 1;
      const print = compilePrintf({ text: '', pieces: [piece] }, types.slice(from, nextKey), environment);
      steps.push((keys) => print(keys.slice(from, from + stars + 1)));
      continue;
    }
    const starsAt = nextKey;
    nextKey += stars;
    const at = Math.min(nextAggregation, aggregations.length - 1);
    nextAggregation += 1;
    const aggregation = aggregations[at];
    if (aggregation !== undefined) steps.push(compileValue(piece, aggregation, at, starsAt, environment));
  }
  return (keys, data) => {
    let out = '';
    for (const step of steps) out += step(keys, data);
    return out;
  };
}

/** `%@`: `at` is the aggregation's place, `starsAt` the key that its first `*` takes. */
function compileValue(
  piece: PrintfConversion,
  { aggregating, normal }: PrintedAggregation,
  at: number,
  starsAt: number,
  environment: FormatEnvironment,
): CompiledPrinta {
  const none = new BigInt64Array(1);
  if (isDistribution(aggregating)) return (_, data) => formatDistribution(aggregating, data[at] ?? none, normal);
  const signed = aggregating.function !== 'count' && aggregating.function !== 'stddev';
  const type = { kind: 'integer', size: 8, signed } as const;
  if (piece.width !== 'argument' && piece.precision !== 'argument') {
    const convert = compileConversion(piece, type, environment);
    return (_, data) => convert(aggregationValue(aggregating, data[at] ?? none, normal));
  }
  return (keys, data) => {
    let next = starsAt;
    const width = piece.width === 'argument' ? Number(integerOf(keys[next++])) : piece.width;
    const precision = piece.precision === 'argument' ? Number(integerOf(keys[next])) : piece.precision;
    const convert = compileConversion({ ...piece, width, precision }, type, environment);
    return convert(aggregationValue(aggregating, data[at] ?? none, normal));
  };
}
