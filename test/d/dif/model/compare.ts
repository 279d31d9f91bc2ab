/** Random programs in the interpreter against the oracle. */

import fc from 'fast-check';
import { expect } from 'vitest';
import { quantizeBucket } from '../../../../src/d/aggregation-data.js';
import { fieldsOf } from '../../../../src/d/dif/actions.js';
import { byteString, textOf } from '../../../../src/d/dif/byte-string.js';
import { type ClauseResult, type Firing, interpretFiring } from '../../../../src/d/dif/interpret/interpret-clause.js';
import { createDifStore } from '../../../../src/d/dif/store.js';
import type { DifProgram } from '../../../../src/d/dif.js';
import { Oracle, type OracleBuiltins, type OracleClause, type OracleValue, tupleText } from './oracle.js';
import type { ModelAggregation, ModelProgram } from './program.js';
import { modelText } from './text.js';

/** What BEGIN's variables are in these firings. */
export const builtins: OracleBuiltins = {
  pid: 4242n,
  tid: 4243n,
  uid: 4294967294n,
  id: 1n,
  arg0: -3n,
  probename: 'BEGIN',
  probeprov: 'dtrace',
  probefunc: '',
  execname: 'node',
};

/** A firing of BEGIN. */
export const firing: Firing = {
  probeId: 1,
  thread: 4243n,
  builtin(variable) {
    if (!Object.hasOwn(builtins, variable)) throw new Error(`${variable} has no value`);
    const value = builtins[variable as keyof OracleBuiltins];
    return typeof value === 'string' ? byteString(value) : value;
  },
  load: () => undefined,
  loadString: () => undefined,
};

/** The interpreter's result in the oracle's terms. */
function described(program: DifProgram, result: ClauseResult): OracleClause {
  const clause = program.clauses.find(({ epid }) => epid === result.epid);
  if (clause === undefined) throw new Error(`no clause ${result.epid}`);
  const fields = clause.actions.flatMap(fieldsOf);
  const { epid, ran, record, fault, exit } = result;
  expect(record?.length ?? 0).toBe(ran && fault === undefined ? clause.recordSize : 0);
  const view = record === undefined ? undefined : new DataView(record.buffer);
  if (view !== undefined) expect([view.getUint32(0, true), view.getUint32(4, true)]).toEqual([epid, firing.probeId]);
  const values = fields.map(({ offset, size, difo }): OracleValue => {
    if (record === undefined) return 0n;
    const bytes = Buffer.from(record.subarray(offset, offset + size));
    if (difo.type.kind !== 'integer') return textOf(bytes.subarray(0, bytes.indexOf(0)).toString('latin1'));
    const bits = bytes.reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n);
    return difo.type.signed ? BigInt.asIntN(size * 8, bits) : bits;
  });
  return { epid, ran, values: ran && fault === undefined ? values : undefined, fault: fault?.action, exit };
}

/** The words of an entry that was given `values`. */
function expectedWords({ function: by }: ModelAggregation, values: readonly bigint[]): readonly bigint[] {
  const total = BigInt.asIntN(
    64,
    values.reduce((sum, value) => sum + value, 0n),
  );
  const sorted = [...values].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  switch (by) {
    case 'count':
      return [BigInt(values.length)];
    case 'sum':
      return [total];
    case 'avg':
      return [BigInt(values.length), total];
    case 'min':
      return [1n, sorted[0] ?? 0n];
    case 'max':
      return [1n, sorted.at(-1) ?? 0n];
    case 'quantize': {
      const words = new Array<bigint>(127).fill(0n);
      for (const value of values) words[quantizeBucket(value)] = (words[quantizeBucket(value)] ?? 0n) + 1n;
      return words;
    }
  }
}

/**
 * Fires the program three times in the interpreter and in the oracle, and compares all that can be
 * seen: what each clause recorded, where it faulted, whether it called exit(), and the aggregations.
 */
export function compareWithOracle(model: ModelProgram, program: DifProgram): void {
  const oracle = new Oracle(model, program.stringSize, builtins);
  const store = createDifStore(program);
  for (let i = 0; i < 3; i += 1) {
    const { clauses } = interpretFiring(program.clauses, store, firing);
    expect(clauses.map((result) => described(program, result))).toEqual(oracle.fire());
  }
  for (const { id, name } of program.aggregations) {
    const aggregation = model.aggregations.get(name);
    const seen = [...(store.aggregations[id]?.values() ?? [])].map(({ keys, data }) => {
      const values = keys.map((key) => (typeof key === 'bigint' ? key : textOf(`${key}`)));
      return [tupleText(values), [...data]] as const;
    });
    const expected = [...(oracle.aggregations.get(name) ?? [])].map(
      ([keys, values]) => [keys, aggregation === undefined ? [] : expectedWords(aggregation, values)] as const,
    );
    expect(new Map(seen)).toEqual(new Map(expected));
  }
}

/** Shows the D text of a counterexample: the model itself is too long to read. */
export function reporter<T extends readonly unknown[]>(details: fc.RunDetails<T>): void {
  if (!details.failed) return;
  const values: readonly unknown[] = details.counterexample ?? [];
  const isModel = (each: unknown): each is ModelProgram =>
    typeof each === 'object' && each !== null && 'clauses' in each;
  const texts = values.filter(isModel).map(modelText).join('\n');
  throw new Error(`${texts}\n${fc.defaultReportMessage({ ...details, counterexample: null } as typeof details)}`, {
    cause: details.errorInstance,
  });
}
