/** The loop of the server, with the generated code of posts, and a clock that stands still between its steps. */

import { describe, expect, it } from 'vitest';
import { mailboxWords, postPatience, requestKinds } from '../../../src/d/codegen/memory/mailbox-layout.js';
import { createBoxes } from '../../../src/xcall/mailbox/boxes.js';
import { createRounds } from '../../../src/xcall/mailbox/rounds.js';
import { serverTimes, serveUntilStopped } from '../../../src/xcall/mailbox/server.js';
import { generatePosts, serverThread } from './posts.js';

const posts = generatePosts({ slots: 1, cpus: 1, levels: 1 });
const millisecond = 1_000_000;

/** What a scene does when the server goes to sleep for the nth time, from 0. */
type Asleep = (turn: number, post: (thread: number) => void) => void;

/** Runs a server that goes to sleep `turns` times; what it did in between, and how long requests took, ms. */
function runServer(turns: number, asleep: Asleep, serving: (post: (thread: number) => void) => void = () => undefined) {
  const memory = posts.memory();
  const words = posts.words(memory);
  const boxes = createBoxes(words, 1);
  words.store(mailboxWords.server, BigInt(serverThread));
  memory.clock.now = 1_000_000_000n;
  const now = (): bigint => memory.clock.now;
  const advance = (milliseconds: number): void => {
    memory.clock.now += BigInt(Math.round(milliseconds * millisecond));
  };
  const post = (thread: number): void => {
    expect(posts.finish(posts.start(requestKinds.sync, { thread }), memory)).not.toBe(0n);
  };
  const sleeps: number[] = [];
  const begins: number[] = [];
  serveUntilStopped({
    words,
    rounds: createRounds({
      words,
      slots: 1,
      now,
      serve: () => {
        begins.push(Number(now()) / millisecond);
        serving(post);
        advance(0.02);
      },
    }),
    now,
    sleep: (milliseconds) => {
      const rings = posts.rings(memory);
      asleep(sleeps.length, post);
      sleeps.push(milliseconds);
      advance(posts.rings(memory) > rings ? 0.001 : milliseconds);
    },
    clearBell: () => undefined,
    pause: advance,
    stopping: () => sleeps.length >= turns,
    settled: () => boxes.settled,
  });
  const { latency, posted, completed, patient } = boxes.statistics();
  expect(completed).toBe(posted);
  return { sleeps, begins, longest: latency.max / millisecond, posted, patient };
}

describe('the server', () => {
  it('looks again soon after it has started or served, then seldom', () => {
    const { sleeps, posted, longest } = runServer(6, (turn, post) => {
      if (turn === 3) post(42);
    });
    const { idle } = serverTimes;
    // A look that found nothing holds up nobody.
    expect(longest).toBeLessThan(serverTimes.interval);
    expect({ sleeps, posted }).toEqual({ sleeps: [postPatience, idle, idle, idle, postPatience, idle], posted: 1 });
  });

  it.each([0, 1, 2, 3])('serves within 50 ms what its own task posts as it goes to sleep for time %d', (posting) => {
    const { longest, posted } = runServer(6, (turn, post) => {
      if (turn === posting) post(serverThread);
    });
    expect(posted).toBe(1);
    expect(longest).toBeLessThanOrEqual(postPatience + 1);
  });

  it('does not wake itself again and again where its task posts each time that it goes to sleep', () => {
    const { sleeps, posted, patient, longest } = runServer(20, (_, post) => post(serverThread));
    expect(sleeps.filter((milliseconds) => milliseconds < postPatience)).toEqual([]);
    expect([posted, longest <= postPatience + 1]).toEqual([20, true]);
    expect(patient).toBeGreaterThanOrEqual(19);
  });

  it('serves within 50 ms what is posted while it serves, and does not serve that at once', () => {
    let left = 3;
    const { begins, longest } = runServer(
      8,
      (turn, post) => {
        if (turn === 2) post(42);
      },
      (post) => {
        if (left > 0) post(serverThread);
        left -= 1;
      },
    );
    expect(begins).toHaveLength(4);
    for (const [index, begin] of begins.entries()) {
      if (index > 0) expect(begin - (begins[index - 1] ?? 0)).toBeGreaterThanOrEqual(postPatience - 1);
    }
    expect(longest).toBeLessThanOrEqual(postPatience + 1);
  });

  it('begins rounds half a millisecond apart, however much is posted', () => {
    const { begins } = runServer(30, (_, post) => post(42));
    expect(begins).toHaveLength(30);
    for (const [index, begin] of begins.entries()) {
      if (index > 0) expect(begin - (begins[index - 1] ?? 0)).toBeGreaterThanOrEqual(serverTimes.interval - 1e-6);
    }
  });

  it('does not sleep where an urgent post came while it served', () => {
    let left = 1;
    const { sleeps, begins, longest } = runServer(
      3,
      (turn, post) => {
        if (turn === 1) post(42);
      },
      (post) => {
        if (left > 0) post(42);
        left -= 1;
      },
    );
    expect([begins.length, sleeps.length]).toEqual([2, 3]);
    expect(longest).toBeLessThan(2 * serverTimes.interval);
  });
});

describe('a server that is told to stop', () => {
  /** Runs it on a clock of its own; how long it sleeps each time, and when it ends, ms. */
  const stop = (settled: () => boolean) => {
    let time = 0n;
    const sleeps: number[] = [];
    serveUntilStopped({
      words: posts.words(posts.memory()),
      rounds: { round: () => false, arm: () => true },
      now: () => time,
      sleep: (milliseconds) => {
        sleeps.push(milliseconds);
        time += BigInt(milliseconds * millisecond);
      },
      clearBell: () => undefined,
      pause: () => undefined,
      stopping: () => true,
      settled,
    });
    return { sleeps, ended: Number(time) / millisecond };
  };

  it('ends at once where all is complete', () => {
    expect(stop(() => true)).toEqual({ sleeps: [], ended: 0 });
  });

  it('waits for requests that are being written, looking each millisecond', () => {
    let looks = 0;
    const settled = (): boolean => {
      looks += 1;
      return looks > 5;
    };
    expect(stop(settled)).toEqual({ sleeps: [1, 1, 1, 1, 1], ended: 5 });
  });

  it('waits for two seconds and no longer', () => {
    const { sleeps, ended } = stop(() => false);
    expect([new Set(sleeps), ended]).toEqual([new Set([1]), 2_001]);
  });
});
