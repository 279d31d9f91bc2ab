/**
 * Models at random: search and enumerator agree on them as well, and folding changes no verdict.
 *
 * The models are the same in each run, so that what fails here failed because of a change. To search on, set
 *
 * - `RANDOM_MODELS`: how many models each test makes (300 unless told; 10,000 take some minutes),
 * - `RANDOM_MODELS_SEED`: a whole number that other models come from, or `new` for one that is drawn.
 *
 * A test that fails prints the model, shrunk, and the seed: write the model down as a test of its own.
 */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bothFoldings } from './both-foldings.js';
import { bothReadings } from './both-readings.js';
import { computingModel, randomModel } from './brute-force/random-model.js';
import { only } from './models.js';

const runs = wholeNumber('RANDOM_MODELS', 300);
const seed = process.env['RANDOM_MODELS_SEED'] === 'new' ? Date.now() | 0 : wholeNumber('RANDOM_MODELS_SEED', 2011);

function wholeNumber(name: string, usual: number): number {
  const told = process.env[name] ?? '';
  if (told === '') return usual;
  if (!/^-?\d+$/.test(told)) throw new Error(`${name} is "${told}"; a whole number is needed`);
  return Number(told);
}

describe.each(['sc', 'tso'] as const)(`under %s, ${runs} models from seed ${seed}`, (memory) => {
  // Long enough for whoever searches on: the bound that counts is that of the models.
  const timeout = 60_000 + runs * 200;

  it('search and enumerator count and judge random models alike', { timeout }, async () => {
    await fc.assert(
      fc.asyncProperty(randomModel, async (model) => {
        const answers = await bothReadings({ mechanism: only(model), memory }, 3000);
        fc.pre(answers !== undefined);
        expect(answers.search).toEqual(answers.bruteForce);
      }),
      { numRuns: runs, seed },
    );
  });

  it.each([
    ['a random model', randomModel],
    ['a random model with much to fold', computingModel],
  ] as const)('folding refutes %s if and only if it is refuted without', { timeout }, async (_, models) => {
    await fc.assert(
      fc.asyncProperty(models, async (model) => {
        const judgements = await bothFoldings(only(model), memory, 20_000);
        fc.pre(judgements !== undefined);
        expect(judgements.folded).toEqual(judgements.unfolded);
      }),
      { numRuns: runs, seed },
    );
  });
});
