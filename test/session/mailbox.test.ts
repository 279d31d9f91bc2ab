/** D programs that ask for syncs from ticks, interrupts and system calls of the live kernel. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect } from 'vitest';
import type { Session } from '../../src/session/session.js';
import { MailboxError } from '../../src/xcall/mailbox/thread.js';
import {
  type HeldObject,
  heldObjects,
  holdingsAtRest,
  holdingsBeyond,
  nothing,
  programExists,
} from '../kernel-objects.js';
import { kernelTest } from '../kernel-test.js';
import { open, tableOf, trace } from '../trace.js';

const sleep = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Keeps the event loop from turning. */
const block = (milliseconds: number): void => {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
};

const statisticsOf = ({ mailbox }: Session) => {
  if (mailbox === undefined) throw new Error('the session has no mailbox');
  return mailbox.statistics;
};

/** Each CPU has one request at a time, and counts those that it sees complete. */
const asking = `
  profile-997 /asked[cpu] && synced(asked[cpu])/ { @["complete"] = count(); asked[cpu] = 0; }
  profile-997 /!asked[cpu]/ { asked[cpu] = sync(); @["asked"] = count(); last = asked[cpu]; }`;

describe('sync() in a timer tick', () => {
  kernelTest('is complete at a later tick, and at END whatever was asked for', async () => {
    let session: Session | undefined;
    const { lines, drops } = await trace(`${asking} END { printf("last %d", synced(last)); }`, {
      meanwhile: async (running) => {
        session = running;
        while (statisticsOf(running).completed < 50) await sleep(20);
      },
    });
    const [end = '', ...table] = lines;
    expect(end).toBe('last 1');
    const { complete = 0, asked = 0 } = tableOf(table);
    expect(asked).toBeGreaterThanOrEqual(complete);
    expect(complete).toBeGreaterThan(10);
    expect(drops.filter(({ kind }) => kind === 'requests')).toEqual([]);
    expect(session?.mailbox?.failure).toBeUndefined();
  });

  kernelTest('posts at each tick are all complete when the session has stopped', () => {
    using session = open('profile-997 { sync(); } tick-100 { sync(); }');
    session.go();
    block(300);
    session.stop(() => {});
    const { posted, coalesced, completed, drops, latency } = statisticsOf(session);
    expect(posted + coalesced).toBeGreaterThan(50);
    expect([completed, latency.count, drops]).toEqual([posted, posted, 0]);
  });

  kernelTest('is served while the event loop stands still for a second', async () => {
    await trace(asking, {
      meanwhile: async (session) => {
        while (statisticsOf(session).completed === 0) await sleep(10);
        const before = statisticsOf(session).completed;
        block(1_000);
        expect(statisticsOf(session).completed - before).toBeGreaterThan(100);
      },
    });
  });
});

describe('sync() elsewhere', () => {
  kernelTest('works in BEGIN and END, and in system calls', async () => {
    const text = `BEGIN { n = sync(); }
      tick-100 /synced(n)/ { printf("BEGIN %d", n > 0); exit(0); }
      syscall::getppid:entry /pid == $pid/ { m = sync(); }
      END { printf(" END %d %d", synced(n), sync() > 0); }`;
    const { lines } = await trace(text, { meanwhile: () => new Promise<void>(() => process.ppid) });
    expect(lines.join('')).toBe('BEGIN 1 END 1 1');
  });

  kernelTest('in the cross-calls that serve it runs at a bounded rate, and does not wake the server', async () => {
    let rounds = 0;
    let longest = 0;
    const { messages } = await trace('xcall::: { sync(); } irq::: { sync(); }', {
      meanwhile: async (session) => {
        const start = performance.now();
        const before = statisticsOf(session);
        session.mailbox?.post(1);
        await sleep(500);
        const after = statisticsOf(session);
        rounds = after.rounds - before.rounds;
        longest = performance.now() - start;
        expect(after.patient - before.patient).toBeGreaterThan(0);
        expect(after.completed).toBeGreaterThan(before.completed);
      },
    });
    // One each half a millisecond, however much is posted.
    expect(rounds).toBeLessThanOrEqual(longest / 0.5 + 1);
    expect(messages.filter((message) => message.includes('request drop'))).toEqual([]);
  });
});

describe('a session with a mailbox', () => {
  kernelTest('ends in an error where the server has ended, and goes on with a successor', async () => {
    using session = open('profile-97 { sync(); }');
    session.go();
    await session.mailbox?.kill();
    expect(session.mailbox?.failure).toBeInstanceOf(MailboxError);
    const waiting = (): boolean => statisticsOf(session).posted > statisticsOf(session).completed;
    while (!waiting()) block(5);
    session.mailbox?.restart();
    session.stop(() => {});
    const { posted, completed } = statisticsOf(session);
    expect([session.mailbox?.failure, completed]).toEqual([undefined, posted]);

    const failing = trace('profile-97 { sync(); }', {
      meanwhile: async (running) => {
        await running.mailbox?.kill();
        await sleep(5_000);
      },
    });
    await expect(failing).rejects.toThrow(MailboxError);
  });

  kernelTest('leaves nothing behind, also where what it traces for fails', async () => {
    const rejected = (): Promise<unknown> =>
      expect(
        trace('profile-997 { sync(); }', {
          meanwhile: () => {
            throw new Error('broken off');
          },
        }),
      ).rejects.toThrow('broken off');
    await rejected();
    const before = await holdingsAtRest();
    await rejected();
    expect(heldObjects()).toEqual([]);
    expect(await holdingsBeyond(before)).toEqual(nothing);
  });

  kernelTest('leaves nothing behind where its process is killed', async () => {
    const child = spawn(process.execPath, ['--import', 'tsx', 'test/tracer.ts', 'profile-997 { sync(); }', 'hold'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    try {
      let text = '';
      for await (const chunk of child.stdout) {
        text += String(chunk);
        if (text.includes('\n')) break;
      }
      const held = JSON.parse(text) as readonly HeldObject[];
      const programs = held.filter(({ kind }) => kind === 'program').map(({ id }) => id);
      expect(programs.filter(programExists)).toEqual(programs);
      const ended = child.exitCode === null ? once(child, 'exit') : undefined;
      child.kill('SIGKILL');
      await ended;
      for (let tries = 0; tries < 400 && programs.some(programExists); tries += 1) await sleep(25);
      expect(programs.filter(programExists)).toEqual([]);
    } finally {
      child.kill('SIGKILL');
    }
  });

  kernelTest('that does not ask for syncs has none', () => {
    using session = open('profile-97 { @ = count(); }');
    expect(session.mailbox).toBeUndefined();
  });
});
