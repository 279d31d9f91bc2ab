import { describe, expect, it } from 'vitest';
import { createAggregationStore } from '../../src/consumer/aggregations.js';
import { compileClause } from '../../src/consumer/clause-printer.js';
import { type ConsumerOptions, createConsumer } from '../../src/consumer/consumer.js';
import { hexAddress } from '../../src/consumer/format/symbol.js';
import { createLossReport } from '../../src/consumer/losses.js';
import { errorRecord, faultKinds, recordHeader } from '../../src/d/codegen/memory/layout.js';
import { fieldsOf } from '../../src/d/dif/actions.js';
import type { DifClause } from '../../src/d/dif.js';
import { defaultOptions } from '../../src/session/options/options.js';
import type { PrincipalBatch } from '../../src/session/principal.js';
import { compileText, emptyState, type FakeState, fakeSession } from './fake-session.js';

/** The record of a clause with these values for its fields. */
function recordOf(clause: DifClause, probeId: number, values: readonly (bigint | string)[]): Uint8Array<ArrayBuffer> {
  const bytes = Buffer.from(new ArrayBuffer(clause.recordSize));
  bytes.writeUInt32LE(clause.epid, recordHeader.epid);
  bytes.writeUInt32LE(probeId, recordHeader.probeId);
  for (const [index, { offset, size }] of clause.actions.flatMap((action) => fieldsOf(action)).entries()) {
    const value = values[index] ?? 0n;
    if (typeof value === 'string') bytes.write(`${value}\0`, offset, size, 'latin1');
    else for (let i = 0; i < size; i += 1) bytes[offset + i] = Number((value >> BigInt(8 * i)) & 0xffn);
  }
  return new Uint8Array(bytes.buffer);
}

const joined = (parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> => new Uint8Array(Buffer.concat(parts));
const batch = (cpu: number, parts: readonly Uint8Array[], drops = 0): PrincipalBatch => ({
  ...{ cpu, bytes: joined(parts), drops },
});

/** Runs a consumer over a state to its end. */
function consume(
  text: string,
  fill: (state: FakeState, clauses: readonly DifClause[]) => void,
  options: Partial<ConsumerOptions> = {},
) {
  const program = compileText(text);
  const state = emptyState();
  fill(state, program.clauses);
  let output = '';
  const messages: string[] = [];
  const consumer = createConsumer(
    fakeSession(program, state),
    { ...defaultOptions, testing: false, ...options },
    {
      append: (bytes) => {
        output += bytes;
      },
      flush: () => {},
      message: (line) => messages.push(line),
    },
  );
  consumer.finish();
  return { output, messages, log: state.log };
}

const clauseAt = (clauses: readonly DifClause[], index: number): DifClause =>
  clauses[index] ?? expect.unreachable(`there is no clause ${index}`);

describe('the consumer', () => {
  it('writes the header before the first record, a row each, and a newline at the end', () => {
    const { output } = consume('BEGIN { trace(1); }', (state, clauses) => {
      state.batches = [batch(1, [recordOf(clauseAt(clauses, 0), 1, [7n])])];
    });
    const header = `CPU     ID                    FUNCTION:NAME\n`;
    expect(output).toBe(`${header}  1      1                           :BEGIN ${' 7'.padStart(11)}\n\n`);
  });

  it('writes no header where there is no record', () => {
    expect(consume('BEGIN { i = 1; }', () => {}).output).toBe('\n');
  });

  it('is bare when quiet', () => {
    const { output } = consume(
      'BEGIN { trace(1); trace(probename); }',
      (state, clauses) => {
        state.batches = [batch(0, [recordOf(clauseAt(clauses, 0), 1, [7n, 'BEGIN'])])];
      },
      { quiet: true },
    );
    expect(output).toBe('7BEGIN\n');
  });

  it("prints BEGIN's CPU first and END's records last", () => {
    const text = 'BEGIN { printf("B%d ", 1); } tick-1 { printf("t%d ", 1); } END { printf("E%d ", 1); }';
    const { output, log } = consume(
      text,
      (state, clauses) => {
        const record = (index: number, probe: number, value: bigint) =>
          recordOf(clauseAt(clauses, index), probe, [value]);
        state.batches = [batch(0, [record(1, tick, 1n)]), batch(1, [record(0, 1, 1n), record(1, tick, 2n)])];
        state.last = [batch(0, [record(2, 2, 1n)])];
      },
      { quiet: true },
    );
    expect(output).toBe('B1 t2 t1 E1 \n');
    expect(log.indexOf('END')).toBeGreaterThan(log.indexOf('principal'));
  });

  it('prints a fault as a message, and goes on with the records behind it', () => {
    const { output, messages } = consume(
      'BEGIN { printf("%d ", 1); }',
      (state, clauses) => {
        const fault = Buffer.alloc(errorRecord.size);
        fault.writeUInt32LE(1, recordHeader.epid);
        fault.writeUInt32LE(1, recordHeader.probeId);
        for (const [offset, value] of [
          [errorRecord.epid, 2],
          [errorRecord.action, 1],
          [errorRecord.pc, 33],
          [errorRecord.kind, faultKinds['divide-by-zero']],
        ] as const) {
          fault.writeBigUInt64LE(BigInt(value), offset);
        }
        state.batches = [batch(0, [fault, recordOf(clauseAt(clauses, 0), 1, [5n])])];
      },
      { quiet: true },
    );
    expect(output).toBe('5 \n');
    expect(messages).toEqual([
      'dtrace: error on enabled probe ID 2 (ID 1: dtrace:::BEGIN): divide-by-zero in action #1 at BPF pc 33',
    ]);
  });

  it('prints aggregations that no printa() has printed, after the last record', () => {
    const { output } = consume(
      'tick-1 { @a = count(); @b = count(); } END { printa("%@d;", @a); }',
      (state, clauses) => {
        state.entries = [
          { aggregation: 0, key: [], data: [3n] },
          { aggregation: 1, key: [], data: [4n] },
          { aggregation: 1, key: [], data: [5n] },
        ];
        state.last = [batch(0, [recordOf(clauseAt(clauses, 1), 2, [])])];
      },
      { quiet: true },
    );
    expect(output).toBe(`3;\n${' '.repeat(16)}9\n`);
  });

  it('reads the aggregations before it prints or clears them, and what is cleared counts from nothing', () => {
    const { output, log } = consume(
      'tick-1 { @ = count(); } tick-1 { printa("%@d;", @); clear(@); }',
      (state, clauses) => {
        const print = recordOf(clauseAt(clauses, 1), tick, []);
        state.entries = [{ aggregation: 0, key: [], data: [3n] }];
        state.batches = [batch(0, [print, print])];
      },
      { quiet: true },
    );
    expect(output).toBe('3;0;\n');
    expect(log.slice(0, 2)).toEqual(['principal', 'aggregations']);
  });

  it('says which records were dropped, once', () => {
    const { messages } = consume('BEGIN { trace(1); }', (state) => {
      state.batches = [batch(0, [], 2), batch(1, [], 1)];
    });
    expect(messages).toEqual(['dtrace: 2 drops on CPU 0', 'dtrace: 1 drop on CPU 1']);
  });
});

/** The number of tick-1 in the registry of the fake session. */
const tick = ((): number => {
  const { enabling } = fakeSession(compileText('tick-1 { trace(1); }'), emptyState());
  return enabling.probes.find(({ name }) => name === 'tick-1')?.id ?? 0;
})();

describe('clause printers', () => {
  it.each([
    ['trace(arg0)', [-5n], '-5'],
    ['trace((char)1); trace((unsigned short)2)', [0xffn, 0xffffn], '-165535'],
    ['printf("%d|%s|%x\\n", arg0, probename, arg1)', [7n, 'tick-1', 255n], '7|tick-1|ff\n'],
    ['printf("none\\n")', [], 'none\n'],
    ['exit(3)', [3n], ''],
  ] as const)('print %s', (statements, values, expected) => {
    const program = compileText(`tick-1 { ${statements}; }`);
    const clause = clauseAt(program.clauses, 0);
    const printers = compileClause(clause, {
      ...{ program, quiet: true, order: {}, store: createAggregationStore(), printed: () => {} },
      ...{ symbol: hexAddress, stackIndent: 14 },
    });
    const record = recordOf(clause, tick, values);
    const view = new DataView(record.buffer);
    // Where a record starts in its batch makes no difference.
    expect(printers.map((print) => print(view, Buffer.from(record.buffer), 0)).join('')).toBe(expected);
    const shifted = joined([new Uint8Array(24), record]);
    const shiftedView = new DataView(shifted.buffer);
    expect(printers.map((print) => print(shiftedView, Buffer.from(shifted.buffer), 24)).join('')).toBe(expected);
  });
});

describe('the aggregation store', () => {
  it('merges what several CPUs have for a key, and keeps the key when it is cleared', () => {
    const { aggregations } = compileText('tick-1 { @[cpu] = sum(arg0); }');
    const aggregation = aggregations[0] ?? expect.unreachable('there is one');
    const store = createAggregationStore();
    const key = (value: bigint): Uint8Array => new Uint8Array(BigUint64Array.of(value).buffer);
    const table = { aggregation } as Parameters<typeof store.add>[0];
    store.add(table, key(1n), BigUint64Array.of(5n));
    store.add(table, key(2n), BigUint64Array.of(7n));
    store.add(table, key(1n), BigUint64Array.of(BigInt.asUintN(64, -8n)));
    const sums = (): unknown[] => store.entries(0).map(({ keys, data }) => [keys[0], data[0]]);
    expect(sums()).toEqual([
      [1, -3n],
      [2, 7n],
    ]);
    store.clear(0);
    expect(sums()).toEqual([
      [1, 0n],
      [2, 0n],
    ]);
    expect(store.entries(5)).toEqual([]);
  });
});

describe('losses', () => {
  it('are reported once each, those of no CPU together', () => {
    const state = emptyState();
    const messages: string[] = [];
    const report = createLossReport(fakeSession(compileText('BEGIN { trace(1); }'), state), false, {
      message: (text) => messages.push(text),
    });
    state.drops = [
      { cpu: 0, kind: 'aggregationDrops', count: 3 },
      { cpu: 0, kind: 'dynamicDrops', count: 1 },
      { cpu: 1, kind: 'dynamicDrops', count: 4 },
      { cpu: -1, kind: 'slotless', count: 2 },
    ];
    report.report();
    report.report();
    state.drops = [{ cpu: 0, kind: 'aggregationDrops', count: 4 }];
    report.report();
    expect(messages).toEqual([
      'dtrace: 3 aggregation drops on CPU 0',
      'dtrace: 5 dynamic variable drops',
      'dtrace: 2 drops on CPUs that came online while tracing',
      'dtrace: 1 aggregation drop on CPU 0',
    ]);
  });
});
