/** sync(): back to back, and cold (one each 5 ms), against the bare cross-calls made from C under the same condition. */

import { type Bench, pairs, type Row } from '../bench.js';
import { startAnswerer } from '../child.js';
import { figureOf } from '../figure.js';
import { openForBench } from '../session.js';
import { quantile } from '../spread.js';
import { apart } from '../tracers.js';

const sleeper = new Int32Array(new SharedArrayBuffer(4));

/** Microseconds of each of `rounds` calls, with a pause (ms) before each. */
function timeRounds(sync: () => void, rounds: number, pause: number): number[] {
  const times = new Float64Array(rounds);
  for (let round = 0; round < rounds; round += 1) {
    if (pause > 0) Atomics.wait(sleeper, 0, 0, pause);
    const start = process.hrtime.bigint();
    sync();
    times[round] = Number(process.hrtime.bigint() - start) / 1e3;
  }
  return [...times];
}

const conditions = [
  { name: 'back to back', rounds: 5000, pause: 0, target: { of: 'ours', atMost: 20 } },
  { name: 'cold, each 5 ms', rounds: 100, pause: 5, target: undefined },
] as const;

/** Issue 2: <= 20 us back to back on 2 CPUs. */
export const syncRow: Row = {
  name: 'sync',
  title: 'sync(): every CPU called once, none of them in a probe',
  run: (bench: Bench) =>
    apart(async () => {
      const bare = startAnswerer(bench.native('sync'));
      using session = openForBench('BEGIN { }');
      const { sync } = session.sync;
      try {
        timeRounds(sync, 5000, 0);
        await bare.ask('rounds 1000 0');
        for (const { name, rounds, pause, target } of conditions) {
          const ours: number[][] = [];
          const theirs: number[][] = [];
          for (let pair = 0; pair < pairs; pair += 1) {
            ours.push(timeRounds(sync, rounds, pause));
            const answer = await bare.ask(`rounds ${rounds} ${pause * 1000}`);
            theirs.push(
              answer
                .trim()
                .split(' ')
                .map((text) => Number(text) / 1e3),
            );
          }
          const at = (share: number, runs: readonly number[][]) =>
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
      } finally {
        await bare.close();
      }
    }),
};
