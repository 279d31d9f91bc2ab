/**
 * D on the live kernel, in this process: compiles, enables, consumes, and gives what was printed and counted. Whatever
 * happens, the session is closed and the programs are ended.
 */

import { createConsumer } from '../src/consumer/consumer.js';
import type { TargetKernel } from '../src/d/codegen/target.js';
import type { DropCount } from '../src/session/drops.js';
import { type EnableOptions, enableText } from '../src/session/enable-text.js';
import type { Enabling } from '../src/session/enabling.js';
import { defaultOptions } from '../src/session/options/options.js';
import { openSession, type Session } from '../src/session/session.js';
import { runningKernel } from '../src/session/target-kernel.js';
import type { TickCount } from '../src/session/ticks.js';
import type { WaitingProgram } from './programs.js';

let known: TargetKernel | undefined;

/** The running kernel, its BTF read once for all tests of a file. */
export const kernel = (): TargetKernel => {
  known ??= runningKernel();
  return known;
};

/** Compiles `text` and plans its enabling. */
export const enable = (text: string, options: EnableOptions = {}): Enabling => enableText(text, kernel(), options);

/** Opens a session for `text`; the caller closes it. */
export const open = (text: string, options: EnableOptions = {}): Session =>
  openSession(enable(text, options), kernel(), {
    cleanrate: (options.options ?? defaultOptions).cleanrate ?? defaultOptions.cleanrate,
  });

/** What to trace, and when to end beside exit(). */
export interface TraceOptions extends EnableOptions {
  /** Programs that are released once tracing has begun; the first is $target. Tracing ends with the last of them. */
  readonly programs?: readonly WaitingProgram[];
  /** Done while tracing; tracing ends with it. */
  readonly meanwhile?: (session: Session) => Promise<void> | void;
  /** Between two looks of the consumer, ms; left out, what it asks for. */
  readonly pause?: number;
  /** Tracing that has not ended by then is an error, ms. */
  readonly patience?: number;
}

/** What came of it. */
export interface Trace {
  /** Standard output, a byte string. */
  readonly output: string;
  /** Its lines without blanks at their ends, those that are empty left out. */
  readonly lines: readonly string[];
  /** Standard error, a line each. */
  readonly messages: readonly string[];
  readonly status: number;
  readonly drops: readonly DropCount[];
  readonly ticks: readonly TickCount[];
  /** How often sync() was called, and how often it found a CPU inside a probe. */
  readonly syncs: number;
  readonly retries: number;
}

const sleep = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Runs `text` to its end. Throws where it does not end. */
export async function trace(text: string, setup: TraceOptions = {}): Promise<Trace> {
  const { programs = [], meanwhile, patience = 30_000, options = {} } = setup;
  const target = programs[0]?.pid ?? process.pid;
  const macros = { pid: BigInt(process.pid), target: BigInt(target), ...setup.macros };
  let output = '';
  const messages: string[] = [];
  try {
    using session = open(text, { ...setup, macros });
    session.go();
    const consumer = createConsumer(
      session,
      { ...defaultOptions, quiet: true, testing: false, ...options },
      {
        append: (bytes) => {
          output += bytes;
        },
        flush: () => {},
        message: (line) => messages.push(line),
      },
    );
    for (const program of programs) program.release();
    const ends: Promise<unknown>[] = programs.map(({ ended }) => ended);
    if (meanwhile !== undefined) ends.push(Promise.resolve(meanwhile(session)));
    let ended = false;
    let failure: unknown;
    if (ends.length > 0) {
      Promise.all(ends).then(
        () => {
          ended = true;
        },
        (error: unknown) => {
          failure = error;
          ended = true;
        },
      );
    }
    const deadline = Date.now() + patience;
    let pause = consumer.work();
    while (!session.draining && !ended) {
      if (Date.now() > deadline) throw new Error(`tracing did not end; it printed: ${output.slice(0, 1000)}`);
      await sleep(setup.pause ?? pause);
      pause = consumer.work();
    }
    if (failure !== undefined) throw failure;
    consumer.finish();
    const lines = output.split('\n').map((line) => line.trimEnd());
    return {
      output,
      lines: lines.filter((line) => line !== ''),
      messages,
      status: session.control.exitStatus(),
      drops: session.drops(),
      ticks: session.ticks(),
      syncs: session.sync.statistics.calls,
      retries: session.sync.statistics.retries,
    };
  } finally {
    for (const program of programs) program.close();
  }
}

/** The lines of an aggregation with one number a key: key (its words, joined by a blank) to value. */
export const tableOf = (lines: readonly string[]): Readonly<Record<string, number>> =>
  Object.fromEntries(
    lines.map((line) => {
      const words = line.trim().split(/\s+/);
      return [words.slice(0, -1).join(' '), Number(words.at(-1))];
    }),
  );
