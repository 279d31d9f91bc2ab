/**
 * The server against a post on another CPU: the code of both, the post put aside at each of its stops and going on at
 * each of the server's accesses, one way after the other.
 */

import { describe, expect, it } from 'vitest';
import type { MachineState, SharedMemory } from '../../../src/bpf/interpreter/index.js';
import { mailboxBox, mailboxWords, requestKinds } from '../../../src/d/codegen/memory/mailbox-layout.js';
import { createRounds, latencyBucket, type Rounds } from '../../../src/xcall/mailbox/rounds.js';
import { inBox, type Words } from '../../../src/xcall/mailbox/words.js';
import { generatePosts } from './posts.js';

const posts = generatePosts({ slots: 1, cpus: 1, levels: 1 });

/** A server that has slept, and a box with a request that it has not begun. */
interface Scene {
  readonly memory: SharedMemory;
  readonly rounds: Rounds;
  /** Syncs that were begun, and the youngest one that has finished. */
  begun: number;
  finished: number;
}

/** Opens a scene; `before` is called before each access of the server. */
function openScene(earlier: number, before: (scene: Scene) => void): Scene {
  const memory = posts.memory();
  for (let i = 0; i < earlier; i += 1) posts.finish(posts.start(requestKinds.sync), memory);
  const plain = posts.words(memory);
  const scene: { -readonly [K in keyof Scene]: Scene[K] } = {
    memory,
    begun: 0,
    finished: 0,
    rounds: { round: () => false, arm: () => true },
  };
  const watched = <A extends unknown[], R>(access: (...values: A) => R) => {
    return (...values: A): R => {
      before(scene);
      return access(...values);
    };
  };
  const words: Words = {
    load: watched(plain.load),
    store: watched(plain.store),
    exchange: watched(plain.exchange),
    compareExchange: watched(plain.compareExchange),
    add: watched(plain.add),
  };
  scene.rounds = createRounds({
    words,
    slots: 1,
    now: () => 5_000n,
    serve: () => {
      before(scene);
      scene.begun += 1;
      before(scene);
      scene.finished = scene.begun;
    },
  });
  return scene;
}

/** The loop of the server until it sleeps. */
function untilAsleep({ rounds }: Scene): void {
  do rounds.round();
  while (!rounds.arm());
}

/** One post that begins before an access, is put aside, and ends before a later one. */
function meet(earlier: number, begins: number, stops: number, ends: number) {
  let state: MachineState | undefined;
  let number: bigint | undefined;
  let needs = 0;
  let access = 0;
  let early = false;
  const post = (scene: Scene): void => {
    if (access === begins) {
      state = posts.start(requestKinds.sync);
      needs = scene.begun + 1;
      for (let i = 0; i < stops && number === undefined; i += 1) number = posts.step(state, scene.memory);
    }
    if (access === ends && state !== undefined) number ??= posts.finish(state, scene.memory);
    if (number !== undefined && posts.synced(number, scene.memory) && scene.finished < needs) early = true;
    access += 1;
  };
  const scene = openScene(earlier, post);
  untilAsleep(scene);
  const accesses = access;
  // Where the server is asleep before the post goes on, it goes on now.
  if (begins >= accesses || ends >= accesses) {
    access = Math.min(begins, ends) >= accesses ? begins : ends;
    post(scene);
    if (number === undefined) {
      access = ends;
      post(scene);
    }
  }
  const rang = posts.rings(scene.memory) > 0;
  const complete = (): boolean => number !== undefined && posts.synced(number, scene.memory);
  const slept = !complete() && !rang;
  untilAsleep(scene);
  return { accesses, number, early, slept, complete: complete() };
}

describe.each([0, 1])('a post that meets a server with %i posts before', (earlier) => {
  it('is complete in the end, never before a sync that began after it, and never left to a sleeping server', () => {
    const { accesses } = meet(earlier, 1_000, 0, 1_000);
    let ways = 0;
    const state = posts.start(requestKinds.sync);
    const memory = posts.memory();
    let longest = 1;
    while (posts.step(state, memory) === undefined) longest += 1;
    for (let begins = 0; begins <= accesses; begins += 1) {
      for (let stops = 0; stops < longest; stops += 1) {
        // Every second place to go on, the other ones with the next stop.
        for (let ends = begins + ((begins + stops) % 2); ends <= accesses + 1; ends += 2) {
          const { number, early, slept, complete } = meet(earlier, begins, stops, ends);
          if (number === undefined || number === 0n || early || slept || !complete) {
            const what = { begins, stops, ends, number, early, slept, complete };
            expect(what).toEqual({ ...what, early: false, slept: false, complete: true });
          }
          ways += 1;
        }
      }
    }
    expect(ways).toBeGreaterThan(500);
  });
});

describe('a round', () => {
  it('completes nothing where serving fails, and the next one serves it', () => {
    const memory = posts.memory();
    const number = posts.finish(posts.start(requestKinds.sync), memory);
    let failing = true;
    const rounds = createRounds({
      words: posts.words(memory),
      slots: 1,
      now: () => 5_000n,
      serve: () => {
        if (failing) throw new Error('the sync failed');
      },
    });
    expect(() => rounds.round()).toThrow('the sync failed');
    expect(posts.synced(number, memory)).toBe(false);
    failing = false;
    expect(rounds.round()).toBe(true);
    expect(posts.synced(number, memory)).toBe(true);
  });

  it('stops before a request that is not written yet, and serves those behind it once it is', () => {
    const memory = posts.memory();
    const words = posts.words(memory);
    const outer = posts.start(requestKinds.sync);
    while (words.load(inBox(0, mailboxBox.posted)) === 0n) posts.step(outer, memory);
    const inner = posts.finish(posts.start(requestKinds.firstHandler), memory);
    const kinds: number[][] = [];
    const rounds = createRounds({ words, slots: 1, now: () => 5_000n, serve: (each) => kinds.push([...each]) });
    expect(rounds.round()).toBe(false);
    expect(posts.synced(inner, memory)).toBe(false);
    const number = posts.finish(outer, memory);
    expect([rounds.arm(), words.load(mailboxWords.armed)]).toEqual([false, 0n]);
    expect(rounds.round()).toBe(true);
    expect([posts.synced(inner, memory), posts.synced(number, memory)]).toEqual([true, true]);
    expect(kinds).toEqual([[requestKinds.sync, requestKinds.firstHandler]]);
  });

  it('comes before the first sleep: nothing was looked at yet', () => {
    const words = posts.words(posts.memory());
    const rounds = createRounds({ words, slots: 1, now: () => 5_000n, serve: () => undefined });
    expect(rounds.arm()).toBe(false);
    expect([rounds.round(), rounds.arm(), words.load(mailboxWords.rounds)]).toEqual([false, true, 0n]);
  });

  it('counts itself, and keeps the least and the greatest latency', () => {
    const memory = posts.memory();
    const words = posts.words(memory);
    const latencies = [700n, 300n, 900n, 500n];
    let end = 0n;
    const rounds = createRounds({ words, slots: 1, now: () => end, serve: () => undefined });
    for (const latency of latencies) {
      posts.finish(posts.start(requestKinds.sync), memory);
      end = memory.clock.now + latency;
      rounds.round();
    }
    expect(words.load(mailboxWords.rounds)).toBe(4n);
    const [least, greatest] = [words.load(mailboxWords.leastLatency), words.load(mailboxWords.greatestLatency)];
    // The clock goes on by a nanosecond or two while a post is made.
    expect([least / 100n, greatest / 100n]).toEqual([3n, 9n]);
  });

  it('takes a request that seems to come from the future for one of a nanosecond', () => {
    const memory = posts.memory();
    const words = posts.words(memory);
    posts.finish(posts.start(requestKinds.sync), memory);
    createRounds({ words, slots: 1, now: () => 1n, serve: () => undefined }).round();
    expect(words.load(mailboxWords.latencies)).toBe(1n);
    expect([words.load(mailboxWords.leastLatency), words.load(mailboxWords.greatestLatency)]).toEqual([1n, 1n]);
  });

  it('counts each request by its latency', () => {
    const memory = posts.memory();
    const words = posts.words(memory);
    posts.finish(posts.start(requestKinds.sync), memory);
    createRounds({ words, slots: 1, now: () => 1001n + 700n, serve: () => undefined }).round();
    expect(words.load(mailboxWords.latencies + 8 * latencyBucket(700))).toBe(1n);
    expect([words.load(mailboxWords.leastLatency), words.load(mailboxWords.greatestLatency)]).toEqual([700n, 700n]);
  });
});
