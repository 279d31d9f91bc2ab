/** Posts that meet on one CPU: one at each possible stop of another, and a third one inside that. */

import { describe, expect, it } from 'vitest';
import { cloneMemory, cloneState, type MachineState, type SharedMemory } from '../../../src/bpf/interpreter/index.js';
import { spontaneous, unasked } from '../../../src/d/codegen/mailbox.js';
import {
  boxCapacity,
  mailboxBox,
  mailboxWords,
  processCpu,
  requestKinds,
} from '../../../src/d/codegen/memory/mailbox-layout.js';
import { createBoxes } from '../../../src/xcall/mailbox/boxes.js';
import { createRounds } from '../../../src/xcall/mailbox/rounds.js';
import { inBox } from '../../../src/xcall/mailbox/words.js';
import { generatePosts, serverThread } from './posts.js';

const posts = generatePosts({ slots: 2, cpus: 4, levels: 4 });
const sync = requestKinds.sync;
const other = requestKinds.firstHandler;
const clean = requestKinds.clean;

const statistics = (memory: SharedMemory) => createBoxes(posts.words(memory), 2).statistics();

/** Serves until all is complete; which kinds were served. */
function serveAll(memory: SharedMemory): Set<number> {
  const served = new Set<number>();
  const rounds = createRounds({
    words: posts.words(memory),
    slots: 2,
    now: () => 2_000_000n,
    serve: (kinds) => {
      for (const kind of kinds) served.add(kind);
    },
  });
  while (rounds.round());
  return served;
}

/** Calls `at` with copies at every stop of a post before its end. */
function atEachStop(
  begun: MachineState,
  initial: SharedMemory,
  at: (state: MachineState, memory: SharedMemory) => void,
) {
  const state = cloneState(begun);
  const memory = cloneMemory(initial);
  let count = 0;
  do {
    count += 1;
    at(cloneState(state), cloneMemory(memory));
  } while (posts.step(state, memory) === undefined);
  return count;
}

describe('a post', () => {
  it('is given numbers that grow and carry the CPU, and joins an equal request that is not begun', () => {
    const memory = posts.memory();
    const number = (request: number, cpu = 0) => posts.finish(posts.start(request, { cpu }), memory);
    expect(number(sync)).toBe(1n << 16n);
    expect(number(sync)).toBe(1n << 16n);
    expect(number(other)).toBe(2n << 16n);
    expect(number(sync)).toBe(3n << 16n);
    expect(number(sync, 1)).toBe((1n << 16n) | 1n);
    expect(statistics(memory)).toMatchObject({ posted: 4, coalesced: 1, drops: 0, completed: 0 });
    expect(serveAll(memory)).toEqual(new Set([sync, other]));
    expect(number(sync)).toBe(4n << 16n);
    expect(statistics(memory)).toMatchObject({ posted: 5, completed: 4, latency: { count: 4 } });
  });

  it('gets 0 where the box is full, and where the CPU has none, and both are counted', () => {
    const memory = posts.memory();
    const numbers = Array.from({ length: boxCapacity + 2 }, (_, index) =>
      posts.finish(posts.start(index % 2 === 0 ? sync : other), memory),
    );
    // The last one can join the youngest that is there.
    expect(numbers.map((number) => Number(number >> 16n))).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 0, 8]);
    expect(posts.finish(posts.start(sync, { cpu: 3 }), memory)).toBe(0n);
    const boxes = createBoxes(posts.words(memory), 2);
    expect(boxes.drops()).toEqual([
      { slot: 0, count: 1 },
      { slot: -1, count: 1 },
    ]);
    expect(boxes.statistics().drops).toBe(2);
    serveAll(memory);
    expect(numbers.every((number) => posts.synced(number, memory) === (number !== 0n))).toBe(true);
  });

  it('of the session itself that finds no room is postponed: no drop, since it will ask again', () => {
    const memory = posts.memory();
    const post = (request: number, cpu = 0) => posts.finish(posts.start(request, { cpu }), memory);
    for (let index = 0; index < boxCapacity; index += 1) post(index % 2 === 0 ? sync : other);
    expect([post(clean | unasked), post(sync | unasked | spontaneous), post(clean | unasked, 3)]).toEqual([0n, 0n, 0n]);
    const boxes = createBoxes(posts.words(memory), 2);
    expect(boxes.drops()).toEqual([]);
    expect(boxes.statistics()).toMatchObject({ posted: boxCapacity, cyclic: 0, postponed: 3, drops: 0 });
    // What a clause has asked for is one, as ever.
    expect([post(clean), post(sync, 3)]).toEqual([0n, 0n]);
    expect(boxes.statistics()).toMatchObject({ cyclic: 0, postponed: 3, drops: 2 });
    serveAll(memory);
    expect([post(clean | unasked), post(clean | unasked)]).toEqual([9n << 16n, 9n << 16n]);
    expect(boxes.statistics()).toMatchObject({ posted: boxCapacity + 1, coalesced: 1, cyclic: 2, postponed: 3 });
    expect(serveAll(memory)).toEqual(new Set([clean]));
  });

  it.each<[string, number, number, bigint, string, bigint]>([
    ['a task', sync, 42, 0n, 'urgent', 0n],
    ['the server', sync, serverThread, 0n, 'patient', 0n],
    ['a task on a CPU that the server is calling', sync, 42, 1n << 60n, 'patient', 0n],
    ['a task on a CPU that the server has called', sync, 42, 900n, 'urgent', 0n],
    ['the server, which was not about for long', sync, serverThread, 0n, 'urgent', 60_000_000n],
    [
      'a task on a CPU that a server is calling that was not about for long',
      sync,
      42,
      1n << 60n,
      'urgent',
      60_000_000n,
    ],
    ['a clock of its own on such a CPU', sync | spontaneous, 42, 1n << 60n, 'urgent', 0n],
    ['a clock of its own in the server', sync | spontaneous, serverThread, 0n, 'urgent', 0n],
  ])('of %s wakes the server once, or can wait', (_who, request, thread, calledUntil, kind, now) => {
    const memory = posts.memory();
    memory.clock.now += now;
    const words = posts.words(memory);
    // Not the first request of its box: the flag and the lowest bit of the number lie in the same place.
    posts.finish(posts.start(sync, { thread: 42 }), memory);
    serveAll(memory);
    const urgentBefore = words.load(inBox(0, mailboxBox.urgent));
    words.store(mailboxWords.server, BigInt(serverThread));
    words.store(mailboxWords.armed, 1n);
    words.store(mailboxWords.heartbeat, 900n);
    words.store(inBox(0, mailboxBox.calledUntil), calledUntil);
    const first = posts.finish(posts.start(request, { thread }), memory);
    const second = posts.finish(posts.start(request, { thread }), memory);
    expect([first, second]).toEqual([2n << 16n, 2n << 16n]);
    const urgent = kind === 'urgent';
    expect(posts.rings(memory)).toBe(urgent ? 1 : 0);
    expect(words.load(mailboxWords.armed)).toBe(urgent ? 0n : 1n);
    expect(words.load(inBox(0, mailboxBox.urgent)) - urgentBefore).toBe(urgent ? 2n : 0n);
    expect(statistics(memory)).toMatchObject({ patient: urgent ? 0 : 2, rings: urgent ? 1 : 0 });
    serveAll(memory);
    expect(posts.synced(first, memory)).toBe(true);
  });

  it('leaves the doorbell to the next post where it cannot be rung', () => {
    const memory = posts.memory();
    const words = posts.words(memory);
    const post = () => {
      words.store(mailboxWords.armed, 1n);
      return posts.finish(posts.start(sync), memory);
    };
    while (statistics(memory).ringFailures === 0) expect(post()).toBe(1n << 16n);
    expect(words.load(mailboxWords.armed)).toBe(1n);
  });
});

describe('a question', () => {
  it.each([
    ['no number', 0n],
    ['a number that was never given', 7n << 16n],
    ['a CPU without a slot', (1n << 16n) | 3n],
    ['a CPU that cannot be', (1n << 16n) | 900n],
    ['a negative number', -1n],
    ['a request of the process that is not complete', (1n << 16n) | BigInt(processCpu)],
  ])('about %s is answered no', (_what, number) => {
    const memory = posts.memory();
    posts.finish(posts.start(sync), memory);
    serveAll(memory);
    expect(posts.synced(1n << 16n, memory)).toBe(true);
    expect(posts.synced(number, memory)).toBe(false);
  });

  it('about a request of the process is answered by its own box', () => {
    const memory = posts.memory();
    const boxes = createBoxes(posts.words(memory), 2);
    const number = boxes.post(sync, 1n, () => undefined);
    expect(boxes.post(sync, 2n, () => undefined)).toBe(number);
    expect([posts.synced(number, memory), boxes.isComplete(number, () => 0)]).toEqual([false, false]);
    serveAll(memory);
    expect([posts.synced(number, memory), boxes.isComplete(number, () => 0)]).toEqual([true, true]);
  });
});

describe('a post inside which another one rings', () => {
  it('rings no second time: the server is woken once, at whatever stop that is', () => {
    const memory = posts.memory();
    posts.words(memory).store(mailboxWords.armed, 1n);
    const stops = atEachStop(posts.start(sync), memory, (outer, copy) => {
      posts.finish(posts.start(other), copy);
      posts.finish(outer, copy);
      expect([posts.rings(copy), statistics(copy).rings]).toEqual([1, 1]);
    });
    expect(stops).toBeGreaterThan(12);
  });
});

describe('a post that another overtakes', () => {
  /** A post into which `times` others come, each just before it would take a number: its number, and the drops. */
  const overtaken = (levels: number, times: number): readonly bigint[] => {
    const nested = generatePosts({ slots: 1, cpus: 1, levels });
    const postedIn = (memory: SharedMemory): bigint => nested.words(memory).load(inBox(0, mailboxBox.posted));
    let memory = nested.memory();
    let state = nested.start(sync);
    for (let left = times; ; ) {
      const before = { memory: cloneMemory(memory), state: cloneState(state) };
      const number = nested.step(state, memory);
      if (number !== undefined) return [number, nested.words(memory).load(inBox(0, mailboxBox.drops))];
      if (left === 0 || postedIn(memory) === postedIn(before.memory)) continue;
      ({ memory, state } = before);
      nested.finish(nested.start(other + left), memory);
      left -= 1;
    }
  };

  it.each([1, 2, 4])('tries again as often as contexts nest, with %d levels, and then counts a drop', (levels) => {
    for (let times = 0; times <= levels; times += 1) {
      expect(overtaken(levels, times)).toEqual([BigInt(times + 1) << 16n, 0n]);
    }
    expect(overtaken(levels, levels + 1)).toEqual([0n, 1n]);
  });
});

describe('a post of the process', () => {
  it('joins an equal request that the server has not begun, and no other', () => {
    const memory = posts.memory();
    const words = posts.words(memory);
    const boxes = createBoxes(words, 2);
    const number = (kind: number) => Number(boxes.post(kind, 1n, () => undefined) >> 16n);
    expect([number(sync), number(sync), number(other), number(other)]).toEqual([1, 1, 2, 2]);
    words.store(inBox(2, mailboxBox.taken), 2n);
    expect([number(other), number(other), number(sync)]).toEqual([3, 3, 4]);
    expect(boxes.statistics()).toMatchObject({ posted: 4, coalesced: 3, drops: 0 });
  });

  it('is refused and counted where its box is full, unless it joins', () => {
    const words = posts.words(posts.memory());
    const boxes = createBoxes(words, 2);
    const number = (kind: number) => Number(boxes.post(kind, 7n, () => undefined) >> 16n);
    const numbers = Array.from({ length: boxCapacity + 2 }, (_, index) => number(index % 2 === 0 ? sync : other));
    expect(numbers).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 0, 8]);
    expect(boxes.drops()).toEqual([{ slot: 2, count: 1 }]);
    expect(boxes.settled).toBe(false);
  });

  it('is complete by its own number only, and of boxes that there are', () => {
    const memory = posts.memory();
    const boxes = createBoxes(posts.words(memory), 2);
    const number = boxes.post(sync, 1_999_000n, () => undefined);
    posts.finish(posts.start(sync), memory);
    serveAll(memory);
    expect([boxes.settled, boxes.statistics().latency.min]).toEqual([true, 1000]);
    const slotOf = (cpu: number) => (cpu < 2 ? cpu : undefined);
    expect(boxes.isComplete(number, slotOf)).toBe(true);
    for (const none of [0n, BigInt(processCpu), number + (1n << 16n), (1n << 16n) | 3n, (1n << 16n) | 1n]) {
      expect(boxes.isComplete(none, slotOf), String(none)).toBe(false);
    }
    expect(boxes.isComplete(1n << 16n, slotOf)).toBe(true);
  });

  it('rings only where the server sleeps, and once', () => {
    const words = posts.words(posts.memory());
    const boxes = createBoxes(words, 2);
    let rings = 0;
    const post = () =>
      boxes.post(sync, 1n, () => {
        rings += 1;
      });
    post();
    expect([rings, words.load(inBox(2, mailboxBox.urgent))]).toEqual([0, 1n]);
    words.store(mailboxWords.armed, 1n);
    post();
    post();
    expect([rings, words.load(mailboxWords.armed), words.load(inBox(2, mailboxBox.urgent))]).toEqual([1, 0n, 3n]);
  });
});

describe.each([
  ['equal requests', [sync, sync, sync]],
  ['different requests', [sync, other, sync]],
  ['different requests outside', [other, sync, sync]],
] as const)('%s, each posted inside the one before, at every stop', (_what, [outer, middle, inner]) => {
  const check = (memory: SharedMemory, numbers: readonly bigint[]): void => {
    const { posted, coalesced, drops } = statistics(memory);
    expect([numbers.includes(0n), posted + coalesced, drops]).toEqual([false, numbers.length, 0]);
    expect(new Set(numbers).size).toBe(posted);
    expect(numbers.some((number) => posts.synced(number, memory))).toBe(false);
    serveAll(memory);
    expect(numbers.every((number) => posts.synced(number, memory))).toBe(true);
    expect(statistics(memory).completed).toBe(posted);
  };

  it('are all given numbers, and are all complete after they were served', () => {
    const joins = new Set<number>();
    const stops = atEachStop(posts.start(outer), posts.memory(), (first, memory) => {
      atEachStop(posts.start(middle), memory, (second, deeper) => {
        const numbers = [posts.finish(posts.start(inner), deeper)];
        numbers.push(posts.finish(second, deeper));
        numbers.push(posts.finish(cloneState(first), deeper));
        joins.add(statistics(deeper).coalesced);
        check(deeper, numbers);
      });
    });
    expect(stops).toBeGreaterThan(12);
    expect(joins.size).toBeGreaterThan(1);
  });

  it('and so where a round is served while the innermost one is under way', () => {
    const words = (memory: SharedMemory) => posts.words(memory);
    atEachStop(posts.start(outer), posts.memory(), (first, memory) => {
      atEachStop(posts.start(middle), memory, (second, deeper) => {
        // The server runs on another CPU: both posts stand still where they are.
        const before = Number(words(deeper).load(inBox(0, mailboxBox.posted)));
        serveAll(deeper);
        const numbers = [posts.finish(second, deeper), posts.finish(cloneState(first), deeper)];
        for (const number of numbers) {
          if (posts.synced(number, deeper)) expect(Number(number >> 16n)).toBeLessThanOrEqual(before);
        }
        serveAll(deeper);
        expect(numbers.every((number) => posts.synced(number, deeper))).toBe(true);
      });
    });
  });
});
