/** Boxes that nobody serves: the server is dead, and posters go on. */

import { describe, expect } from 'vitest';
import { exit, move } from '../../../src/bpf/instruction.js';
import { boxCapacity, requestKinds } from '../../../src/d/codegen/memory/mailbox-layout.js';
import { onlineCpus } from '../../../src/sys/index.js';
import { kernelTest } from '../../kernel-test.js';
import { type LiveMailbox, openLive } from './serve.js';

const { sync, firstHandler } = requestKinds;

/** A mailbox whose server has ended, until it is restarted. */
async function withDeadServer(run: (live: LiveMailbox) => void): Promise<void> {
  const live = openLive([{ items: [move('r0', 7), exit()], cpu: 'all' }]);
  try {
    await live.mailbox.kill();
    run(live);
  } finally {
    live.close();
  }
}

describe('a box that is full', () => {
  const cpus = onlineCpus();
  const [first = 0] = cpus;
  const other = cpus.at(-1) ?? first;

  kernelTest('gives 0 to posts in interrupts and counts them, and has room again once it was served', async () => {
    await withDeadServer((live) => {
      const { mailbox } = live;
      // No two in a row are equal: none joins another.
      const post = (index: number) => live.postOn(other, index % 2 === 0 ? sync : firstHandler);
      const numbers = Array.from({ length: boxCapacity }, (_, index) => post(index));
      expect(numbers).toEqual(numbers.map((_, index) => (BigInt(index + 1) << 16n) | BigInt(other)));
      expect([post(0), post(0), post(0)]).toEqual([0n, 0n, 0n]);
      expect(mailbox.statistics).toMatchObject({ posted: boxCapacity, drops: 3, coalesced: 0, completed: 0 });
      expect(mailbox.boxes.drops()).toEqual([{ slot: cpus.indexOf(other), count: 3 }]);
      expect(live.syncedOn(first, 0n)).toBe(false);
      mailbox.restart();
      mailbox.drain();
      expect(numbers.every((number) => live.syncedOn(first, number))).toBe(true);
      expect(post(0)).toBe((BigInt(boxCapacity + 1) << 16n) | BigInt(other));
      mailbox.drain();
      expect(mailbox.statistics).toMatchObject({ posted: boxCapacity + 1, completed: boxCapacity + 1, drops: 3 });
    });
  });

  kernelTest('is full for its CPU or process only, and still takes posts that join its youngest request', async () => {
    await withDeadServer((live) => {
      const { mailbox } = live;
      const fill = (post: (request: number) => bigint): readonly bigint[] =>
        Array.from({ length: boxCapacity + 1 }, (_, index) => post(index % 2 === 0 ? firstHandler : sync));
      expect(fill((request) => live.postOn(first, request)).at(-1)).toBe(0n);
      expect(live.postOn(first, sync)).toBe((BigInt(boxCapacity) << 16n) | BigInt(first));
      expect(mailbox.statistics).toMatchObject({ coalesced: 1, drops: 1 });
      if (other !== first) expect(live.postOn(other, sync)).toBe((1n << 16n) | BigInt(other));
      const own = fill((request) => mailbox.post(request));
      expect([own.at(0), own.at(-1)]).toEqual([(1n << 16n) | 0xffffn, 0n]);
      expect(mailbox.boxes.drops()).toContainEqual({ slot: 64, count: 1 });
      expect(mailbox.post(sync)).toBe((BigInt(boxCapacity) << 16n) | 0xffffn);
      mailbox.restart();
      mailbox.drain();
      expect(own.slice(0, -1).every((number) => live.syncedOn(first, number))).toBe(true);
    });
  });
});

describe('equal posts on several CPUs', () => {
  kernelTest('are one request a CPU, each with the number of its own', async () => {
    await withDeadServer((live) => {
      const cpus = onlineCpus();
      for (const cpu of cpus) {
        const number = (1n << 16n) | BigInt(cpu);
        expect([1, 2, 3].map(() => live.postOn(cpu, sync))).toEqual([number, number, number]);
      }
      expect(live.mailbox.statistics).toMatchObject({ posted: cpus.length, coalesced: 2 * cpus.length, drops: 0 });
      live.mailbox.restart();
      live.mailbox.drain();
      // What was begun is not joined: the next post is a request of its own.
      expect(live.postOn(cpus[0] ?? 0, sync)).toBe((2n << 16n) | BigInt(cpus[0] ?? 0));
    });
  });
});
