/** Models at random: search and enumerator agree on them as well, and folding changes no verdict. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { explore } from '../../src/explorer/explore.js';
import { bothReadings } from './both-readings.js';
import { randomModel } from './brute-force/random-model.js';
import { only } from './models.js';

/** How many models each test makes; `RANDOM_MODELS` sets another number. */
const runs = Number(process.env['RANDOM_MODELS'] ?? 300);

describe.each(['sc', 'tso'] as const)('under %s', (memory) => {
  it('search and enumerator count and judge random models alike', async () => {
    await fc.assert(
      fc.asyncProperty(randomModel, async (model) => {
        const answers = await bothReadings({ mechanism: only(model), memory }, 3000);
        expect(answers?.search).toEqual(answers?.bruteForce);
      }),
      { numRuns: runs },
    );
  });

  it('folding refutes a random model if and only if it is refuted without', async () => {
    await fc.assert(
      fc.asyncProperty(randomModel, async (model) => {
        const refuted = async (fold: boolean) => {
          const { verdict } = await explore(only(model), { memory, fold, maxStates: 20_000 });
          return verdict !== 'safe' && verdict !== 'incomplete';
        };
        const unfolded = await refuted(false);
        expect(await refuted(true)).toBe(unfolded);
      }),
      { numRuns: runs },
    );
  });
});
