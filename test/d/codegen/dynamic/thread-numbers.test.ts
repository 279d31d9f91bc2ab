/**
 * `self->` variables of several threads, in the DIF interpreter and in the eBPF interpreter: what each thread sees is its
 * own. Threads that have the same id, as one that ended and its successor, or the idle threads of all CPUs, are others.
 */

import { describe, expect, it } from 'vitest';
import { interpretClause, openFiring } from '../../../../src/d/dif/interpret/interpret-clause.js';
import { createDifStore } from '../../../../src/d/dif/store.js';
import { atEachStop, collect, finish, firing, prepare } from '../overlap.js';

const text = `
  syscall::read:entry { self->a[arg0] = arg1; self->pair[arg0, "x"] = arg1; self->scalar = arg1; }
  syscall::write:entry { trace(self->a[arg0]); trace(self->pair[arg0, "x"]); trace(self->scalar); }
  syscall::write:return { trace(self->a[arg0]); }
  profile:::tick-1s { self->a[2] = 8; }`;

/** An assignment of a value to the element with a key, or a look at that. */
type Step = readonly [thread: number, key: number, value?: number];

/** What threads see in their looks, one after the other. */
const histories: readonly (readonly [string, readonly Step[], readonly number[]])[] = [
  [
    'a thread sees what it has assigned',
    [
      [1, 5, 7],
      [1, 5],
    ],
    [7],
  ],
  [
    'a thread without variables sees none',
    [
      [1, 5, 7],
      [2, 5],
    ],
    [0],
  ],
  [
    'each has its own',
    [
      [1, 5, 7],
      [2, 5, 8],
      [1, 5],
      [2, 5],
    ],
    [7, 8],
  ],
  [
    'one that frees frees its own',
    [
      [1, 5, 7],
      [2, 5, 8],
      [2, 5, 0],
      [1, 5],
      [2, 5],
    ],
    [7, 0],
  ],
  [
    'one without any frees nothing of others',
    [
      [1, 5, 7],
      [2, 5, 0],
      [1, 5],
    ],
    [7],
  ],
  [
    'many threads have as many',
    [...[1, 2, 3, 4, 5].map((n): Step => [n, 1, n]), ...[5, 3, 1].map((n): Step => [n, 1])],
    [5, 3, 1],
  ],
];

/** The values of a look, which must be the same in arrays and scalar. */
function seen(data: Uint8Array): number {
  const values = [0, 8, 16].map((at) => Number(Buffer.from(data).readBigInt64LE(at)));
  expect(new Set(values).size).toBe(1);
  return values[0] ?? 0;
}

/** The records of such looks, as they are collected: EPID and data in hex, sorted. */
const recorded = (values: readonly number[]): readonly string[] =>
  values
    .map((value) => `3 ${Buffer.from(BigInt64Array.from([value, value, value], BigInt).buffer).toString('hex')}`)
    .sort();

const lastWord = (record: string): bigint => Buffer.from(record.split(' ').at(-1) ?? '', 'hex').readBigInt64LE();

/** Where the structure of a thread lies. */
const threadAt = (thread: number): bigint => 0xffff_8880_1000_0000n + BigInt(thread) * 8192n;

const unreadable = { load: () => undefined, loadString: () => undefined };

describe('self-> variables of threads with one id', () => {
  it.each(histories)('%s', (_what, steps, expected) => {
    const prepared = prepare(text);
    const { program } = prepared.enabling;
    const store = createDifStore(program);
    const looks: number[] = [];
    for (const [thread, key, value] of steps) {
      const args = [BigInt(key), BigInt(value ?? 0)];
      const looking = value === undefined;
      const fire = firing(prepared, 'syscall_entry', looking ? 'write' : 'read', args, threadAt(thread));
      finish(fire, fire.start(), prepared.memory);
      const clause = program.clauses[looking ? 1 : 0] ?? expect.unreachable('there are two clauses');
      const builtin = (name: string): bigint => args[name === 'arg0' ? 0 : 1] ?? 0n;
      const open = openFiring(store, { probeId: 1, thread: BigInt(thread), builtin, ...unreadable });
      const { record } = interpretClause(clause, open);
      if (record !== undefined) looks.push(seen(record.subarray(8)));
    }
    const { records, drops } = collect(prepared, prepared.memory);
    expect(looks).toEqual(expected);
    expect(records).toEqual(recorded(expected));
    expect(drops).toBe(0);
  });

  it('get one number where a tick assigns in the midst of an assignment: both are there afterwards', () => {
    const prepared = prepare(text);
    const assigning = firing(prepared, 'syscall_entry', 'read', [1n, 7n]);
    const tick = firing(prepared, 'profile_tick_1s', '', [0n, 0n]);
    const stops = atEachStop(assigning, prepared.memory, (state, memory, stop) => {
      finish(tick, tick.start(), memory);
      if (stop.kind !== 'exit') finish(assigning, state, memory);
      for (const key of [1n, 2n]) {
        const look = firing(prepared, 'syscall_return', 'write', [key, 0n]);
        finish(look, look.start(), memory);
      }
      const { records, drops } = collect(prepared, memory);
      expect(records.map(lastWord).sort()).toEqual([7n, 8n]);
      expect(drops).toBe(0);
    });
    expect(stops).toBeGreaterThan(20);
  });
});
