import { describe, expect, it } from 'vitest';
import { interpretFiring } from '../../../src/d/dif/interpret/interpret-clause.js';
import { createDifStore, forgetThread } from '../../../src/d/dif/store.js';
import type { DifVariable } from '../../../src/d/dif.js';
import {
  adding,
  clause,
  constant,
  difo,
  faulting,
  firingOf,
  int16,
  int32,
  int64,
  literal,
  program,
  uint32,
  uint64,
} from './build.js';

const variable = (scope: DifVariable['scope']): DifVariable => ({ id: 0, name: 'x', scope, type: int64 });

/** A clause that adds 1 to the variable 0 and traces the sum. */
const counting = (epid: number) =>
  clause(epid, [{ kind: 'trace', field: { difo: adding(1n), offset: 8, size: 8 } }], { recordSize: 16 });

/** The last 8 bytes of a record as a number. */
const traced = (record: Uint8Array | undefined) =>
  record === undefined ? undefined : new DataView(record.buffer).getBigInt64(record.length - 8, true);

describe('interpretFiring', () => {
  it('lays out a record: header, fields where they belong, zeros between', () => {
    const one = clause(
      5,
      [
        { kind: 'trace', field: { difo: constant(-2n, int16), offset: 8, size: 2 } },
        { kind: 'printf', format: '', fields: [{ difo: literal('hé', 6), offset: 16, size: 6 }] },
        { kind: 'trace', field: { difo: constant(0x01020304n, uint32), offset: 24, size: 4 } },
      ],
      { recordSize: 32 },
    );
    const { clauses } = interpretFiring([one], createDifStore(program({ clauses: [one] })), firingOf());
    expect(Buffer.from(clauses[0]?.record ?? []).toString('hex')).toBe(
      ['05000000', '07000000', 'feff000000000000', '68c3a90000000000', '0403020100000000'].join(''),
    );
  });

  it('asks for syncs where the provider says, and gets no number where it says nothing', () => {
    const posting = clause(
      2,
      [
        {
          kind: 'printf',
          format: '',
          fields: [
            {
              difo: difo(
                [int64],
                [
                  { op: 'sync', dst: 0 },
                  { op: 'ret', src: 0 },
                ],
              ),
              offset: 8,
              size: 8,
            },
            {
              difo: difo(
                [int64, int32],
                [
                  { op: 'setx', dst: 0, value: 7n },
                  { op: 'synced', dst: 1, src: 0 },
                  { op: 'ret', src: 1 },
                ],
              ),
              offset: 16,
              size: 4,
            },
          ],
        },
      ],
      { recordSize: 24 },
    );
    const store = createDifStore(program({ clauses: [posting] }));
    const fieldsOf = (firing: ReturnType<typeof firingOf>): readonly (bigint | number)[] => {
      const { record } = interpretFiring([posting], store, firing).clauses[0] ?? {};
      const view = new DataView((record ?? new Uint8Array(24)).buffer);
      return [view.getBigInt64(8, true), view.getInt32(16, true)];
    };
    const requests = { post: () => 9n, isComplete: (number: bigint) => number === 7n };
    expect(fieldsOf({ ...firingOf(), requests })).toEqual([9n, 1]);
    expect(fieldsOf(firingOf())).toEqual([0n, 0]);
  });

  it('runs nothing behind a false predicate', () => {
    const store = createDifStore(program({ variables: [variable('global')] }));
    const one = { ...counting(2), predicate: constant(0n) };
    expect(interpretFiring([one], store, firingOf()).clauses).toEqual([
      { epid: 2, ran: false, record: undefined, committed: new Uint8Array(), fault: undefined, exit: undefined },
    ]);
    expect(store.globals.scalars.size).toBe(0);
  });

  it('a fault voids its clause only, keeps what was done before it, and is told before the next clause', () => {
    const store = createDifStore(program({ variables: [variable('global')] }));
    const bad = clause(
      2,
      [
        { kind: 'evaluate', difo: adding(10n) },
        { kind: 'trace', field: { difo: faulting, offset: 8, size: 8 } },
        { kind: 'evaluate', difo: adding(100n) },
      ],
      { recordSize: 16 },
    );
    const told: unknown[] = [];
    const { clauses } = interpretFiring([bad, counting(3)], store, firingOf(), (fault) =>
      told.push([fault, store.globals.scalars.get(0)]),
    );
    const fault = { epid: 2, kind: 'divide-by-zero', action: 2, pc: 2, value: 0n };
    expect(told).toEqual([[fault, 10n]]);
    expect(clauses.map(({ ran, record, fault }) => [ran, traced(record), fault])).toEqual([
      [true, undefined, fault],
      [true, 11n, undefined],
    ]);
  });

  it('a fault in a predicate is action 0', () => {
    const one = { ...counting(2), predicate: faulting };
    const store = createDifStore(program({ variables: [variable('global')] }));
    const [result] = interpretFiring([one], store, firingOf()).clauses;
    expect([result?.ran, result?.fault?.action]).toEqual([false, 0]);
  });

  it('after exit() its clause goes on and no later clause runs', () => {
    const store = createDifStore(program({ variables: [variable('global')] }));
    const leaving = clause(
      2,
      [
        { kind: 'exit', field: { difo: constant(-3n, int32), offset: 8, size: 4 } },
        { kind: 'trace', field: { difo: adding(1n), offset: 16, size: 8 } },
      ],
      { recordSize: 24 },
    );
    const { clauses, exit } = interpretFiring([leaving, counting(3)], store, firingOf());
    expect([exit, clauses.length, traced(clauses[0]?.record)]).toEqual([-3n, 1, 1n]);
  });

  it('a fault behind exit() does not undo it', () => {
    const leaving = clause(
      2,
      [
        { kind: 'exit', field: { difo: constant(4n, int32), offset: 8, size: 4 } },
        { kind: 'evaluate', difo: faulting },
      ],
      { recordSize: 16 },
    );
    const { clauses, exit } = interpretFiring([leaving, counting(3)], createDifStore(program({})), firingOf());
    expect([exit, clauses.length, clauses[0]?.record]).toEqual([4n, 1, undefined]);
  });

  it.each<[DifVariable['scope'], readonly (bigint | undefined)[]]>([
    ['global', [1n, 2n, 3n, 4n, 5n, 6n]],
    ['thread', [1n, 2n, 1n, 2n, 3n, 4n]],
    ['clause', [1n, 2n, 1n, 2n, 1n, 2n]],
  ])('%s variables last as long as they must', (scope, expected) => {
    const store = createDifStore(program({ variables: [variable(scope)] }));
    const seen = [100n, 200n, 100n].flatMap((thread) =>
      interpretFiring([counting(2), counting(3)], store, { ...firingOf(), thread }).clauses.map(({ record }) =>
        traced(record),
      ),
    );
    expect(seen).toEqual(expected);
  });

  it('knows id and epid itself and reads a clock once a firing', () => {
    let now = 0n;
    const firing = {
      ...firingOf(),
      builtin: () => {
        now += 1n;
        return now;
      },
    };
    const reading = (name: 'id' | 'epid' | 'timestamp' | 'cpu', epid: number) =>
      clause(
        epid,
        [
          {
            kind: 'trace',
            field: {
              difo: difo(
                [uint64],
                [
                  { op: 'builtin', dst: 0, variable: name },
                  { op: 'ret', src: 0 },
                ],
              ),
              offset: 8,
              size: 8,
            },
          },
        ],
        { recordSize: 16 },
      );
    const names = ['id', 'epid', 'timestamp', 'timestamp', 'cpu', 'cpu'] as const;
    const clauses = names.map((name, i) => reading(name, i + 2));
    const fire = () =>
      interpretFiring(clauses, createDifStore(program({})), firing).clauses.map(({ record }) => traced(record));
    expect(fire()).toEqual([7n, 3n, 1n, 1n, 2n, 3n]);
    expect(fire()).toEqual([7n, 3n, 4n, 4n, 5n, 6n]);
  });

  it('printa() and clear() leave a record and nothing else', () => {
    const one = clause(
      2,
      [
        { kind: 'aggregate', aggregation: 0, keys: [literal('k')], argument: undefined },
        { kind: 'printa', format: undefined, aggregations: [0] },
        { kind: 'clear', aggregation: 0 },
      ],
      { recordSize: 8 },
    );
    const aggregation = { id: 0, name: 'a', function: 'count', keys: [literal('k').type], signed: false } as const;
    const store = createDifStore(program({ aggregations: [aggregation] }));
    const { clauses } = interpretFiring([one], store, firingOf());
    expect(clauses[0]?.record?.length).toBe(8);
    expect([...(store.aggregations[0]?.values() ?? [])]).toEqual([{ keys: ['k'], data: new BigInt64Array([1n]) }]);
  });
});

describe('dynamic variables', () => {
  const array: DifVariable = { id: 0, name: 'a', scope: 'global', type: int64, keys: [int64] };
  const own: DifVariable = { id: 1, name: 'x', scope: 'thread', type: int64 };
  const assign = (key: bigint, value: bigint) =>
    clause(2, [
      {
        kind: 'evaluate',
        difo: difo(
          [int64, int64],
          [
            { op: 'setx', dst: 0, value: key },
            { op: 'setx', dst: 1, value },
            { op: 'set-element', variable: 0, keys: [0], src: 1 },
            { op: 'set', variable: 1, src: 1 },
            { op: 'ret', src: 1 },
          ],
        ),
      },
    ]);

  it('are counted, given back by 0, and lost with a drop where there is no room', () => {
    const store = createDifStore(program({ variables: [array, own] }), { dynamicLimit: 2 });
    const run = (key: bigint, value: bigint) => {
      interpretFiring([assign(key, value)], store, firingOf());
      return [store.dynamicCount, store.dynamicDrops, store.threads.size];
    };
    expect(run(1n, 5n)).toEqual([2, 0, 1]);
    expect(run(1n, 6n)).toEqual([2, 0, 1]);
    expect(run(2n, 5n)).toEqual([2, 1, 1]);
    expect(run(1n, 0n)).toEqual([0, 1, 0]);
    expect(store.globals.arrays.size).toBe(0);
    expect(run(2n, 5n)).toEqual([2, 1, 1]);
    forgetThread(store, 100n);
    expect([store.dynamicCount, store.threads.size]).toEqual([1, 0]);
  });
});
