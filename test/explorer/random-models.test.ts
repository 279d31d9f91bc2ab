/** Models at random: search and enumerator agree on them as well, and folding changes no verdict. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { explore } from '../../src/explorer/explore.js';
import type { Model } from '../../src/explorer/model/model.js';
import type { Step, StepList } from '../../src/explorer/model/step.js';
import { bothReadings } from './both-readings.js';
import { randomModel } from './brute-force/random-model.js';
import { only } from './models.js';

/** How many models each test makes; `RANDOM_MODELS` sets another number. */
const runs = Number(process.env['RANDOM_MODELS'] ?? 300);

/** The first step of a list, however deep. */
function firstStep(list: StepList): Step | undefined {
  for (const item of list) {
    const step = 'kind' in item ? item : firstStep(item);
    if (step !== undefined && step.kind !== 'label') return step;
  }
  return undefined;
}

/**
 * Whether some task would compute before its first access. Folded, that is part of the start, though the task may never
 * get the CPU; not folded, the task is ready for ever, which excuses whoever keeps the CPU from it (docs/machine.md: fair).
 */
const computesFirst = ({ tasks }: Model): boolean =>
  tasks.some(({ routine }) => firstStep(routine.steps)?.kind === 'compute');

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

  it('folding refutes a random model if and only if it is refuted without, where tasks start with an access', async () => {
    await fc.assert(
      fc.asyncProperty(randomModel, async (model) => {
        fc.pre(!computesFirst(model));
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
