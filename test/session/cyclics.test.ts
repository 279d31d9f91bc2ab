/** The deadman on the live kernel: with short times here, with its own in a dtrace that is stopped. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { exit, functionStart, move } from '../../src/bpf/instruction.js';
import { loadProgram } from '../../src/bpf/loader.js';
import type { Program } from '../../src/bpf/program.js';
import { createConsumer } from '../../src/consumer/consumer.js';
import type { Control } from '../../src/session/control.js';
import { type CyclicsOptions, cleanPeriod, createCyclics, UnresponsiveError } from '../../src/session/cyclics.js';
import { defaultOptions } from '../../src/session/options/options.js';
import { openSession, type SessionOptions } from '../../src/session/session.js';
import { kernelTest } from '../kernel-test.js';
import { enable, kernel } from '../trace.js';

const sleep = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Keeps the event loop from turning. */
const block = (milliseconds: number): void => {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
};

const millisecond = 1_000_000n;
/** Long enough for an event loop that the machine keeps waiting. */
const quick = { interval: 50n * millisecond, timeout: 3_000n * millisecond, consumer: 2_000n * millisecond };

/** A session that has gone, its consumer, and what that has written. */
function start(text: string, options: SessionOptions) {
  const session = openSession(enable(text), kernel(), options);
  let output = '';
  const sink = {
    append: (bytes: string) => {
      output += bytes;
    },
    flush: () => {},
    message: (line: string) => {
      output += `${line}\n`;
    },
  };
  session.go();
  const consumer = createConsumer(session, { ...defaultOptions, quiet: true, testing: false }, sink);
  return { session, consumer, output: () => output, [Symbol.dispose]: () => session.close() };
}

const text = 'profile-97 { @ = count(); } BEGIN { printf("begun\\n"); } END { printf("ended\\n"); }';

describe('the deadman', () => {
  kernelTest('leaves a session alone whose event loop goes round', async () => {
    using running = start(text, { deadman: quick });
    await sleep(6_500);
    expect(running.session.killed).toBe(false);
    running.consumer.finish();
    expect(running.output()).toMatch(/ended/);
  });

  kernelTest(
    'ends one whose event loop stands still: nothing fires any more, END neither, and no record is lost',
    async () => {
      using running = start(text, { deadman: quick });
      await sleep(200);
      block(6_500);
      expect([running.session.killed, running.session.draining]).toEqual([true, true]);
      const fired = running.session.ticks().map((each) => each.fired);
      block(200);
      expect(running.session.ticks().map((each) => each.fired)).toEqual(fired);
      expect(() => running.consumer.finish()).toThrow(UnresponsiveError);
      const [begun, count, ...rest] = running
        .output()
        .split('\n')
        .filter((line) => line.trim() !== '' && !line.includes('lost'));
      expect([begun, Number(count), rest]).toEqual(['begun', fired.reduce((sum, each) => sum + each, 0), []]);
    },
  );

  /** The cyclics by themselves, with a program that does nothing, closed at the end. */
  async function withCyclics(
    options: Pick<CyclicsOptions, 'serve' | 'onFailure'>,
    use: (signs: () => number) => Promise<void>,
  ): Promise<void> {
    let signs = 0;
    const control: Pick<Control, 'noteAlive' | 'noteStatus'> = {
      noteStatus: () => {},
      noteAlive: () => {
        signs += 1;
      },
    };
    const items = [functionStart('nothing', 1, 'static'), move('r0', 0), exit()];
    const programs: Program[] = [];
    const cyclics = createCyclics({
      ...{ deadman: { ...quick, interval: 10n * millisecond }, arrays: [], speculations: false, cleanrate: 0n },
      ...{ shape: enable(text).memory.shape, kernel: kernel(), control: control as Control, cpuOfSlot: [0] },
      load: ({ kind }) => {
        const program = loadProgram({ name: 'nothing', kind, items });
        programs.push(program);
        return program;
      },
      ...options,
    });
    try {
      cyclics.start();
      await use(() => signs);
    } finally {
      cyclics.close();
      for (const program of programs) program.close();
    }
  }

  kernelTest('takes a server that is still starting for a sign of life, and one that has ended for none', async () => {
    let starting = true;
    const onFailure = (error: unknown): void => expect.unreachable(String(error));
    await withCyclics({ serve: () => starting, onFailure }, async (signs) => {
      while (signs() < 4) await sleep(10);
      starting = false;
      const before = signs();
      await sleep(100);
      expect(signs()).toBe(before);
    });
  });

  kernelTest('says once why no server could be started', async () => {
    const failures: unknown[] = [];
    const serve = (): never => {
      throw new Error('too many open files');
    };
    await withCyclics({ serve, onFailure: (error) => failures.push(error) }, async (signs) => {
      while (failures.length === 0) await sleep(10);
      await sleep(100);
      expect([failures.length, String(failures[0]), signs()]).toEqual([1, 'Error: too many open files', 1]);
    });
  });

  kernelTest('is not there where it is off', async () => {
    using running = start(text, { deadman: 'off' });
    await sleep(200);
    block(6_500);
    expect(running.session.killed).toBe(false);
  });
});

/** Stops a dtrace for longer than the deadman bears, has it go on, and gives what came of it. */
async function stopped(...words: readonly string[]) {
  const child = spawn(process.execPath, ['bin/dtrace', '-b', '4k', '-q', ...words]);
  const closed = once(child, 'close');
  try {
    let out = '';
    let err = '';
    child.stdout.on('data', (data) => {
      out += data;
    });
    child.stderr.on('data', (data) => {
      err += data;
    });
    while (!out.includes('begun') && child.exitCode === null) await sleep(20);
    await sleep(2_000);
    child.kill('SIGSTOP');
    await sleep(14_000);
    child.kill('SIGCONT');
    await sleep(1_500);
    child.kill('SIGINT');
    const [status] = await closed;
    return { out, err, status };
  } finally {
    child.kill('SIGKILL');
  }
}

const program = 'BEGIN { printf("begun\\n"); } profile-997 { printf("%d\\n", timestamp); } END { printf("ended\\n"); }';

/** How often its timer has fired: what it has recorded, and what found no room while nobody read. */
const firingsOf = ({ out, err }: { readonly out: string; readonly err: string }): number =>
  [...err.matchAll(/^dtrace: (\d+) drops? on CPU/gm)].reduce(
    (sum, [, count]) => sum + Number(count),
    (out.match(/^\d+$/gm) ?? []).length,
  );

describe('a dtrace that is stopped', () => {
  kernelTest(
    'is aborted with the message and status of DTrace, its drops counted, and inert before it goes on; with -w it lasts',
    async () => {
      const [usual, destructive] = await Promise.all([stopped('-n', program), stopped('-w', '-n', program)]);
      expect(usual.err).toMatch(/^dtrace: processing aborted: Abort due to systemic unresponsiveness$/m);
      expect(usual.err).toMatch(/^dtrace: \d+ drops on CPU \d+$/m);
      expect(usual.out).not.toMatch(/ended/);
      expect(usual.status).toBe(1);
      expect(destructive.err).not.toMatch(/aborted/);
      expect(destructive.out).toMatch(/ended/);
      expect(destructive.status).toBe(0);
      // Some 12.5 s of firing against 17.5; a probe that is inert from SIGCONT on only would have had 16.
      expect(firingsOf(usual)).toBeGreaterThan(0);
      expect(firingsOf(usual) / firingsOf(destructive)).toBeLessThan(0.85);
    },
    60_000,
  );
});

describe('cleanrate', () => {
  const second = 1_000_000_000n;
  it.each([
    [1n, 200_000n],
    [199_999n, 200_000n],
    [200_000n, 200_000n],
    [200_001n, 200_001n],
    [9_900_990n, 9_900_990n],
    [60n * second, 60n * second],
    [60n * second + 1n, 60n * second],
    [3_600n * second, 60n * second],
  ])('of %i ns is a tick each %i ns: 200 us at the least, a minute at the most', (cleanrate, period) => {
    expect(cleanPeriod(cleanrate)).toBe(period);
  });
});
