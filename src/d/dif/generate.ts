/** Cooked programs to DIF: one DIFO an expression, and the layout of each clause's record. */

import { assertNever } from '../assert-never.js';
import type { CookedClause, CookedExpression, CookedProgram, CookedStatement } from '../cooked.js';
import type { DifAction, DifClause, DifProgram, RecordField } from '../dif.js';
import { compileExpression } from './expression.js';
import { alignmentOf, sizeOf } from './type.js';

/** Bytes before the first field of a record: u32 enabled probe id, u32 probe id. */
export const recordHeaderSize = 8;

/** Options that decide how a program compiles. */
export interface DifOptions {
  /** The option `strsize`, bytes. */
  readonly stringSize: number;
}

/** Compiles a checked program. Refuses nothing that the checker accepts. */
export function generateDif(program: CookedProgram, { stringSize }: DifOptions): DifProgram {
  return {
    clauses: program.clauses.map(generateClause),
    variables: program.variables,
    aggregations: program.aggregations,
    stringSize,
  };
}

/** Where the next field of a clause's record goes. */
interface Layout {
  end: number;
  /** Whether the consumer must see a record of the clause, fields or not. */
  records: boolean;
}

function generateClause(clause: CookedClause): DifClause {
  const layout: Layout = { end: recordHeaderSize, records: clause.records };
  const predicate = clause.predicate === undefined ? undefined : compileExpression(clause.predicate);
  const actions = clause.statements.map((statement) => generateAction(statement, layout));
  const recordSize = layout.records ? alignUp(layout.end, 8) : 0;
  return { epid: clause.epid, probes: clause.probes, predicate, actions, recordSize, span: clause.span };
}

/** Statements that leave nothing for the consumer to act on. */
const recordless: ReadonlySet<CookedStatement['kind']> = new Set([
  'evaluate',
  'aggregate',
  'speculate',
  'commit',
  'discard',
]);

function generateAction(statement: CookedStatement, layout: Layout): DifAction {
  const { span } = statement;
  if (!recordless.has(statement.kind)) layout.records = true;
  switch (statement.kind) {
    case 'evaluate':
      return { kind: 'evaluate', difo: compileExpression(statement.expression), span };
    case 'trace':
      return { kind: 'trace', field: placeField(statement.value, layout), span };
    case 'printf':
      return {
        kind: 'printf',
        format: statement.format,
        fields: statement.values.map((value) => placeField(value, layout)),
        span,
      };
    case 'exit':
      return { kind: 'exit', field: placeField(statement.status, layout), span };
    case 'printa':
      return {
        kind: 'printa',
        format: statement.format,
        aggregations: statement.aggregations.map(({ id }) => id),
        span,
      };
    case 'speculate':
    case 'commit':
    case 'discard':
      return { kind: statement.kind, difo: compileExpression(statement.speculation), span };
    case 'clear':
      return { kind: 'clear', aggregation: statement.aggregation.id, span };
    case 'aggregate':
      return {
        kind: 'aggregate',
        aggregation: statement.aggregation.id,
        keys: statement.keys.map(compileExpression),
        argument: statement.argument === undefined ? undefined : compileExpression(statement.argument),
        span,
      };
    default:
      return assertNever(statement);
  }
}

/** Integers are aligned to their size, all else to 8. */
function placeField(value: CookedExpression, layout: Layout): RecordField {
  const difo = compileExpression(value);
  const size = sizeOf(difo.type);
  const offset = alignUp(layout.end, alignmentOf(difo.type));
  layout.end = offset + size;
  return { difo, offset, size };
}

const alignUp = (value: number, alignment: number) => Math.ceil(value / alignment) * alignment;
