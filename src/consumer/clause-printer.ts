/** How the records of a clause print: each clause is compiled once into functions over its records' bytes. */

import type { DifAction, DifClause, DifProgram } from '../d/dif.js';
import { parsePrintf } from '../d/printf-format.js';
import { type AggregationOrder, joinAggregations, sortAggregation } from './aggregation/order.js';
import type { AggregationStore } from './aggregations.js';
import { compilePrinta, formatAggregation, type PrintedAggregation } from './format/aggregation.js';
import { compilePrintf } from './format/printf.js';
import { compileTrace } from './format/trace.js';
import { compileField } from './record.js';

/** Gives what one action of a record prints, as a byte string. */
export type ActionPrinter = (view: DataView, bytes: Buffer, offset: number) => string;

/** What printing a clause needs beside it. */
export interface PrinterEnvironment {
  readonly program: DifProgram;
  readonly quiet: boolean;
  readonly store: AggregationStore;
  readonly order: AggregationOrder;
  /** The name of an address of the kernel. */
  readonly symbol: (address: bigint) => string;
  /** The option `stackindent`. */
  readonly stackIndent: number;
  /** Told of every aggregation that printa() prints: those are not printed again at the end. */
  readonly printed: (aggregation: number) => void;
}

/** The aggregation with an id as the formats take it. */
export function printedAggregation(program: DifProgram, id: number): PrintedAggregation {
  const aggregation = program.aggregations[id];
  if (aggregation === undefined) throw new Error(`the program has no aggregation ${id}`);
  return { aggregating: aggregation, keys: aggregation.keys, normal: 1n };
}

/** Compiles the printing actions of a clause, in their order. */
export function compileClause(clause: DifClause, environment: PrinterEnvironment): readonly ActionPrinter[] {
  return clause.actions.flatMap((action) => {
    const printer = compileAction(action, environment);
    return printer === undefined ? [] : [printer];
  });
}

function compileAction(action: DifAction, environment: PrinterEnvironment): ActionPrinter | undefined {
  const { quiet, store, symbol, stackIndent } = environment;
  switch (action.kind) {
    case 'trace': {
      const read = compileField(action.field, symbol);
      const format = compileTrace(action.field.difo.type, quiet, stackIndent);
      return (view, bytes, offset) => format(read(view, bytes, offset));
    }
    case 'printf': {
      const readers = action.fields.map((field) => compileField(field, symbol));
      const types = action.fields.map((field) => field.difo.type);
      const format = compilePrintf(parsePrintf(action.format), types, { symbol });
      return (view, bytes, offset) => format(readers.map((read) => read(view, bytes, offset)));
    }
    case 'printa':
      return compilePrintaAction(action, environment);
    case 'clear':
      return () => {
        store.clear(action.aggregation);
        return '';
      };
    case 'evaluate':
    case 'speculate':
    case 'commit':
    case 'discard':
    case 'exit':
    case 'aggregate':
      return undefined;
  }
}

function compilePrintaAction(
  action: Extract<DifAction, { kind: 'printa' }>,
  { program, store, printed, order, symbol, stackIndent }: PrinterEnvironment,
): ActionPrinter {
  const aggregations = action.aggregations.map((id) => printedAggregation(program, id));
  const first = aggregations[0];
  if (first === undefined) return () => '';
  const format =
    action.format === undefined
      ? undefined
      : compilePrinta(parsePrintf(action.format, 'printa'), aggregations, { symbol });
  return () => {
    for (const id of action.aggregations) printed(id);
    const all = action.aggregations.map((id) => store.entries(id));
    if (format === undefined) {
      const tables = aggregations.map((aggregation, index) =>
        formatAggregation(aggregation, all[index] ?? [], order, stackIndent),
      );
      return `\n${tables.join('')}`;
    }
    if (aggregations.length === 1) {
      const sorted = sortAggregation(first.aggregating, first.keys, all[0] ?? [], order);
      return sorted.map(({ keys, data }) => format(keys, [data])).join('');
    }
    const joined = aggregations.map(({ aggregating }, index) => ({ aggregating, entries: all[index] ?? [] }));
    return joinAggregations(joined, first.keys, order)
      .map(({ keys, data }) => format(keys, data))
      .join('');
  };
}
