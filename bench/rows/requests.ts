/**
 * From a request in a timer tick to its completion: by an idle server, by one that is asked by every CPU a thousand times
 * a second, and while the main event loop is blocked.
 */

import { readdirSync, readFileSync } from 'node:fs';
import type { Session } from '../../src/index.js';
import type { Bench, Row } from '../bench.js';
import { figureOf } from '../figure.js';
import { openForBench } from '../session.js';

const pairs = 5;
const seconds = 4;

/** How the time of a run passes. */
type Pass = (session: Session) => Promise<void> | void;

const waiting: Pass = () => new Promise((resolve) => setTimeout(resolve, seconds * 1000));

/** The event loop does not turn, and its thread keeps a CPU busy. */
const blocked: Pass = () => {
  for (const end = performance.now() + seconds * 1000; performance.now() < end; );
};

/** Microseconds. */
interface Latency {
  readonly p50: number;
  readonly p99: number;
}

async function measure(text: string, pass: Pass): Promise<Latency> {
  using session = openForBench(text);
  session.go();
  await pass(session);
  session.stop(() => undefined);
  const statistics = session.mailbox?.statistics;
  if (statistics === undefined || statistics.drops > 0) throw new Error('requests were lost');
  const { count, p50, p99 } = statistics.latency;
  if (count < 50 * seconds) throw new Error(`${count} requests only`);
  return { p50: p50 / 1e3, p99: p99 / 1e3 };
}

const threads = (): readonly string[] => readdirSync('/proc/self/task');

const pause = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** How much of a CPU the server takes that nobody asks but the deadman, %. */
async function idleShare(): Promise<number> {
  const known = new Set(threads());
  using session = openForBench('BEGIN { n = sync(); }');
  session.go();
  await pause(1_000);
  const own = threads().filter((thread) => !known.has(thread));
  if (own.length === 0) throw new Error('there is no server');
  // Of schedstat the first number: nanoseconds on a CPU.
  const ran = (): number =>
    own.reduce(
      (sum, thread) => sum + Number.parseInt(readFileSync(`/proc/self/task/${thread}/schedstat`, 'latin1'), 10),
      0,
    );
  const [from, start] = [ran(), performance.now()];
  await pause(seconds * 1000);
  return ((ran() - from) / 1e6 / (performance.now() - start)) * 100;
}

/** A hundred requests a second: the server sleeps in between. */
const seldom = 'tick-97 { sync(); }';
const often = 'profile-997 { sync(); }';

async function run(bench: Bench): Promise<void> {
  const idle: Latency[] = [];
  const standing: Latency[] = [];
  const busy: Latency[] = [];
  const shares: number[] = [];
  for (let pair = 0; pair < pairs; pair += 1) {
    idle.push(await measure(seldom, waiting));
    standing.push(await measure(seldom, blocked));
    busy.push(await measure(often, waiting));
    shares.push(await idleShare());
  }
  const of = (which: keyof Latency, runs: readonly Latency[]): readonly number[] => runs.map((each) => each[which]);
  bench.report(figureOf('idle server: median', 'us', of('p50', idle), undefined));
  bench.report(figureOf('idle server: p99', 'us', of('p99', idle), undefined, { of: 'ours', atMost: 1000 }));
  bench.report(figureOf('idle server: share of a CPU', '%', shares, undefined, { of: 'ours', atMost: 0.5 }));
  const turning = { name: 'loop turning', samples: of('p99', idle) };
  bench.report(figureOf('event loop blocked: p99', 'us', of('p99', standing), turning, { of: 'ratio', atMost: 2 }));
  bench.report(figureOf('997 a second and CPU: median', 'us', of('p50', busy), undefined));
  bench.report(figureOf('997 a second and CPU: p99', 'us', of('p99', busy), undefined));
}

/** Issue 4: p99 <= 1 ms idle; with the main event loop blocked, within 2 x; an idle server takes 0.5 % of a CPU at most. */
export const requestsRow: Row = {
  name: 'requests',
  title: 'sync() in a timer tick, from the request to its completion',
  run,
};
