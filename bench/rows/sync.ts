/** sync(): back to back (warm), and each 5 ms (cold), against the bare cross-calls made from C under the same condition. */

import type { Bench, Row } from '../bench.js';
import { startAnswerer } from '../child.js';
import { type Condition, compareRounds } from '../rounds.js';
import { openForBench } from '../session.js';
import { apart } from '../tracers.js';

const conditions: readonly Condition[] = [
  { name: 'back to back', rounds: 5000, pause: 0, target: { of: 'ours', atMost: 20 } },
  { name: 'cold, each 5 ms', rounds: 100, pause: 5 },
];

/** Issues 2 and 4: <= 20 us back to back on 2 CPUs. */
export const syncRow: Row = {
  name: 'sync',
  title: 'sync(): every CPU called once, none of them in a probe',
  run: (bench: Bench) =>
    apart(async () => {
      const bare = startAnswerer(bench.native('sync'));
      using session = openForBench('BEGIN { }');
      try {
        await compareRounds(bench, session.sync.sync, bare, () => 'rounds', conditions);
      } finally {
        await bare.close();
      }
    }),
};
