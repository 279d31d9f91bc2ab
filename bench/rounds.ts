/** Calls timed one by one, of ours and of the C program bench/native/sync.c, in turn and under the same condition. */

import { type Bench, pairs } from './bench.js';
import type { Answerer } from './child.js';
import { figureOf, type Target } from './figure.js';
import { quantile } from './spread.js';

const sleeper = new Int32Array(new SharedArrayBuffer(4));

/** Microseconds of each of `rounds` calls, with a pause (ms) before each, in which this CPU sleeps or is kept busy. */
export function timeRounds(call: () => void, { rounds, pause, spin = false }: Omit<Condition, 'name'>): number[] {
  const times = new Float64Array(rounds);
  for (let round = 0; round < rounds; round += 1) {
    if (spin) for (const end = performance.now() + pause; performance.now() < end; );
    else if (pause > 0) Atomics.wait(sleeper, 0, 0, pause);
    const start = process.hrtime.bigint();
    call();
    times[round] = Number(process.hrtime.bigint() - start) / 1e3;
  }
  return [...times];
}

/** A condition under which both sides are called. */
export interface Condition {
  readonly name: string;
  readonly rounds: number;
  /** ms before each call. */
  readonly pause: number;
  /** Keep the caller's CPU busy in the pause. */
  readonly spin?: boolean;
  /** Of the median. */
  readonly target?: Target;
}

/** Reports median and p99 under each condition. `order` gives what to tell the C program, without the counts. */
export async function compareRounds(
  bench: Bench,
  call: () => void,
  bare: Answerer,
  order: (condition: Condition) => string,
  conditions: readonly Condition[],
): Promise<void> {
  for (const condition of conditions) {
    const { name, rounds, pause, target } = condition;
    timeRounds(call, { rounds: 5000, pause: 0 });
    const ours: number[][] = [];
    const theirs: number[][] = [];
    for (let pair = 0; pair < pairs; pair += 1) {
      ours.push(timeRounds(call, condition));
      const answer = await bare.ask(`${order(condition)} ${rounds} ${pause * 1000}`);
      const times = answer.trim().split(' ');
      theirs.push(times.map((text) => Number(text) / 1e3));
    }
    const at = (share: number, runs: readonly number[][]): number[] =>
      runs.map((times) =>
        quantile(
          times.toSorted((a, b) => a - b),
          share,
        ),
      );
    const peer = (share: number) => ({ name: 'bare, from C', samples: at(share, theirs) });
    bench.report(figureOf(`${name}: median`, 'us', at(0.5, ours), peer(0.5), target));
    bench.report(figureOf(`${name}: p99`, 'us', at(0.99, ours), peer(0.99)));
  }
}
