/**
 * When generated code asks for the cleaning of an array, and which cause it gives for an assignment that finds nothing
 * clean, in the eBPF interpreter.
 */

import { describe, expect, it } from 'vitest';
import { arrayBytes, type SharedMemory } from '../../../../src/bpf/interpreter/index.js';
import { dynamicHeader, dynamicRing, ringAt } from '../../../../src/d/codegen/memory/dynamic-layout.js';
import { boxCapacity, mailboxBox, mailboxWords } from '../../../../src/d/codegen/memory/mailbox-layout.js';
import { mapNames } from '../../../../src/d/codegen/memory/memory.js';
import { controlOf } from '../../../../src/session/control.js';
import { countDrops } from '../../../../src/session/drops.js';
import { createBoxes } from '../../../../src/xcall/mailbox/boxes.js';
import { createCleaner } from '../../../../src/xcall/mailbox/cleaner.js';
import { createRounds } from '../../../../src/xcall/mailbox/rounds.js';
import { atomicWords, inBox } from '../../../../src/xcall/mailbox/words.js';
import { viewsOf } from '../backend.js';
import { atEachStop, finish, firing, type Prepared, prepare } from '../overlap.js';

/** Two arrays on a machine with some slots; the firings are on the CPU of slot 0. */
function arrays(dynamicEntries: number, slots: number) {
  const prepared = prepare(
    `long a[long], b[long, long]; syscall::read:entry { a[arg0] = arg1; } syscall::write:entry { b[arg0, arg0] = arg1; }`,
    { slots, cpus: slots, dynamicEntries },
  );
  const { memory, enabling } = prepared;
  const wordsOf = (name: string) => {
    const bytes = arrayBytes(memory, name);
    return atomicWords(new BigUint64Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 8));
  };
  const layouts = [...enabling.memory.associative.values()].map(({ dynamic }) => dynamic);
  const cleaned = layouts.map((layout) => ({ layout, words: wordsOf(layout.map) }));
  const mailbox = wordsOf(mapNames.mailbox);
  const assign = (array: 'a' | 'b', key: number, value: number): void => {
    const each = firing(prepared, 'syscall_entry', array === 'a' ? 'read' : 'write', [BigInt(key), BigInt(value)]);
    finish(each, each.start(), memory);
  };
  const boxes = createBoxes(mailbox, slots);
  const cleaner = createCleaner(cleaned);
  const rounds = createRounds({
    ...{ words: mailbox, slots, now: () => 1n },
    serve: () => cleaner.clean(() => {}),
  });
  return {
    assign,
    /** Makes an element and frees it. */
    cycle: (key: number): void => {
      assign('a', key, 1);
      assign('a', key, 0);
    },
    /** Requests of the session, those that joined another one too, and those without room. */
    asked: () => boxes.statistics().cyclic + boxes.statistics().postponed,
    posted: () => boxes.statistics().posted,
    serve: () => rounds.round(),
    patient: () => boxes.statistics().patient,
    /** With -8 as `completed`, the box is full. */
    setBox: (field: number, to: bigint): void => mailbox.store(inBox(0, field), BigInt.asUintN(64, to)),
    setWord: (offset: number, to: bigint): void => mailbox.store(offset, to),
    pass: (nanoseconds: bigint): void => {
      memory.clock.now += nanoseconds;
    },
    capacity: layouts.map(({ capacity }) => capacity),
    /** A word of an array's ring or header. */
    ring: (array: 0 | 1, ring: number, field: number) => {
      const { layout, words } = cleaned[array] ?? expect.unreachable('there are two arrays');
      const at = ringAt(layout, ring) + field;
      return { add: (value: bigint) => words.add(at, value), load: () => words.load(at) };
    },
    setRinsing: (array: 0 | 1, value: bigint): void => cleaned[array]?.words.store(dynamicHeader.rinsing, value),
    rings: layouts[0]?.rings ?? 0,
    drops: () =>
      Object.fromEntries(
        countDrops({
          control: controlOf(viewsOf(arrayBytes(memory, mapNames.control))),
          cpuOfSlot: Array.from({ length: slots }, (_, slot) => slot),
          shape: enabling.memory.shape,
          mailbox: undefined,
          programs: [],
          arrays: layouts.map(({ map }) => viewsOf(arrayBytes(memory, map))),
          speculations: undefined,
        }).map(({ kind, count }) => [kind, count]),
      ),
  };
}

describe('cleaning', () => {
  it.each([2, 3, 8, 15, 16, 64, 100])(
    'of %i elements is asked for once for each cleaning, however many are freed',
    (entries) => {
      const one = arrays(entries, 1);
      for (let round = 1; round <= 8; round += 1) {
        for (let key = 0; key < 3 * entries; key += 1) one.cycle(key);
        expect([one.asked(), one.posted()]).toEqual([round, round]);
        expect(one.serve()).toBe(true);
        // All of it has come back.
        for (const field of [dynamicRing.clean, dynamicRing.tail] as const) {
          expect(one.ring(0, 0, field).load() - one.ring(0, 0, dynamicRing.head).load()).toBe(
            BigInt(one.capacity[0] ?? 0),
          );
        }
        expect(one.serve()).toBe(false);
      }
    },
  );

  it('is asked for by an assignment that finds nothing clean, where too little is dirty for who frees to ask', () => {
    const one = arrays(64, 1);
    for (let key = 0; key < 64; key += 1) one.assign('a', key, 1);
    for (let key = 0; key < 3; key += 1) one.assign('a', key, 0);
    expect(one.asked()).toBe(0);
    one.assign('a', 100, 1);
    one.assign('a', 101, 1);
    expect([one.asked(), one.drops()]).toEqual([1, { dirtyDrops: 2 }]);
    one.serve();
    for (const key of [100, 101, 102]) one.assign('a', key, 1);
    expect([one.asked(), one.drops()]).toEqual([1, { dirtyDrops: 2 }]);
    // Nothing is on its way: there is nothing to clean.
    one.assign('a', 103, 1);
    expect([one.asked(), one.drops()]).toEqual([1, { dirtyDrops: 2, dynamicDrops: 1 }]);
  });

  it('is asked for again a little later where the box had no room', () => {
    const one = arrays(2, 1);
    one.setBox(mailboxBox.completed, -BigInt(boxCapacity));
    for (let key = 0; key < 100; key += 1) one.cycle(key);
    expect([one.asked(), one.posted()]).toEqual([1, 0]);
    one.setBox(mailboxBox.completed, 0n);
    one.pass(100_000n);
    for (let key = 0; key < 100; key += 1) one.cycle(key);
    expect([one.asked(), one.posted()]).toEqual([2, 1]);
  });

  it('is asked for again a little later where the request can wait: one that cannot is not kept from asking', () => {
    const one = arrays(2, 1);
    // The server is calling the CPU, so that it may have caused what is freed there.
    one.setBox(mailboxBox.calledUntil, 1n << 60n);
    one.setWord(mailboxWords.heartbeat, 1n);
    for (let round = 1; round <= 5; round += 1) {
      for (let key = 0; key < 100; key += 1) one.cycle(key);
      expect([one.asked(), one.patient()]).toEqual([round, round]);
      one.pass(100_000n);
    }
    one.setBox(mailboxBox.calledUntil, 0n);
    for (let round = 1; round <= 5; round += 1) {
      for (let key = 0; key < 100; key += 1) one.cycle(key);
      expect([one.asked(), one.patient()]).toEqual([6, 5]);
      one.pass(100_000n);
    }
  });
});

describe('an element that is freed while the cleaner is at work', () => {
  const text = `long a[long]; syscall::read:entry { a[arg0] = arg1; } syscall::write:entry { a[arg0] = arg1; a[arg0] = 0; }`;

  /** The cleaner's server at work: its sync waits for the firing that `rest` ends. */
  const serve = ({ enabling }: Prepared, memory: SharedMemory, rest: () => void): void => {
    const wordsOf = (name: string) => {
      const bytes = arrayBytes(memory, name);
      return atomicWords(new BigUint64Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 8));
    };
    const layouts = [...enabling.memory.associative.values()].map(({ dynamic }) => dynamic);
    const cleaner = createCleaner(layouts.map((layout) => ({ layout, words: wordsOf(layout.map) })));
    createRounds({
      ...{ words: wordsOf(mapNames.mailbox), slots: 1, now: () => 1n },
      serve: () => cleaner.clean(rest),
    }).round();
  };

  it.each([
    ['nobody has asked before', 0],
    ['another element was freed before', 1],
  ])('is cleaned, or its cleaning is asked for, at whatever stop that comes: %s', (_what, freed) => {
    const prepared = prepare(text, { slots: 1, cpus: 1, dynamicEntries: 4 });
    const fire = (fn: string, key: number, value: number) =>
      firing(prepared, 'syscall_entry', fn, [BigInt(key), BigInt(value)]);
    for (let key = 0; key < freed; key += 1) {
      const each = fire('write', 10 + key, 1);
      finish(each, each.start(), prepared.memory);
    }
    const first = fire('read', 1, 1);
    finish(first, first.start(), prepared.memory);
    const array = prepared.enabling.memory.associative.get(0) ?? expect.unreachable('there is an array');
    const freeing = fire('read', 1, 0);
    const seen = new Set<string>();
    atEachStop(freeing, prepared.memory, (state, memory, stop) => {
      let ended = stop.kind === 'exit';
      const rest = (): void => {
        if (!ended) finish(freeing, state, memory);
        ended = true;
      };
      serve(prepared, memory, rest);
      rest();
      const bytes = arrayBytes(memory, array.dynamic.map);
      const words = new BigUint64Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 8);
      const ring = ringAt(array.dynamic, 0) / 8;
      const dirty = words[ring + dynamicRing.tail / 8] !== words[ring + dynamicRing.clean / 8];
      const mailbox = arrayBytes(memory, mapNames.mailbox);
      const { posted, completed } = createBoxes(
        atomicWords(new BigUint64Array(mailbox.buffer, mailbox.byteOffset, mailbox.byteLength / 8)),
        1,
      ).statistics();
      const asked = posted > completed;
      if (dirty) expect(asked).toBe(true);
      seen.add(`${dirty ? 'dirty' : 'clean'}${asked ? ', asked for' : ''}`);
    });
    expect(seen).toContain('dirty, asked for');
    expect(seen).toContain('clean');
  });
});

describe('an assignment that finds nothing clean in the rings of all CPUs', () => {
  const cases: readonly (readonly [string, (of: ReturnType<typeof arrays>) => void, Record<string, number>])[] = [
    ['is a drop of its CPU', () => {}, { dynamicDrops: 1 }],
    [
      'is one of the dirty list, where another CPU has freed',
      (of) => of.ring(0, 3, dynamicRing.tail).add(1n),
      { dirtyDrops: 1 },
    ],
    [
      'is one of the rinsing list, while the cleaner syncs',
      (of) => {
        of.ring(0, 2, dynamicRing.tail).add(1n);
        of.setRinsing(0, 1n);
      },
      { rinsingDrops: 1 },
    ],
    [
      'is a drop of its CPU, where the cleaner syncs for another array',
      (of) => of.setRinsing(0, 1n),
      { dynamicDrops: 1 },
    ],
    [
      'is a drop of its CPU, where only elements of another array were freed',
      (of) => of.ring(1, 0, dynamicRing.tail).add(1n),
      { dynamicDrops: 1 },
    ],
  ];
  it.each(cases)('%s', (_what, setUp, expected) => {
    const machine = arrays(16, 4);
    const [capacity = 0] = machine.capacity;
    // Those of other CPUs are taken before there is a drop.
    for (let key = 0; key < capacity; key += 1) machine.assign('a', key, 1);
    expect([machine.rings, machine.drops()]).toEqual([4, {}]);
    setUp(machine);
    machine.assign('a', 1000, 1);
    expect(machine.drops()).toEqual(expected);
  });

  it('is counted for all arrays together', () => {
    const machine = arrays(16, 4);
    for (const [array, more] of [
      ['a', 2],
      ['b', 3],
    ] as const) {
      const capacity = machine.capacity[array === 'a' ? 0 : 1] ?? 0;
      for (let key = 0; key < capacity; key += 1) machine.assign(array, key, 1);
      machine.ring(array === 'a' ? 0 : 1, 1, dynamicRing.tail).add(1n);
      for (let key = 0; key < more; key += 1) machine.assign(array, 1000 + key, 1);
    }
    expect(machine.drops()).toEqual({ dirtyDrops: 5 });
  });
});
