/** The search and the brute-force enumerator, two readings of docs/machine.md, count the same and judge the same. */

import { describe, expect, it } from 'vitest';
import { mechanisms } from '../../src/explorer/mechanisms/index.js';
import { bothReadings } from './both-readings.js';
import { interruptTests } from './litmus/interrupts.js';
import { mechanismOf, nothingElse } from './litmus/litmus.js';
import { maskTests } from './litmus/masks.js';
import { memoryTests } from './litmus/memory.js';
import { nestingTests } from './litmus/nesting.js';
import { schedulingTests } from './litmus/scheduling.js';

/** More states than this take the enumerator too long for every day; `CROSS_CHECK_STATES` sets another limit. */
const maxStates = Number(process.env['CROSS_CHECK_STATES'] ?? 50_000);

describe('search and enumerator agree on', () => {
  for (const mechanism of mechanisms) {
    for (const options of mechanism.variants) {
      for (const memory of mechanism.memories ?? ['sc']) {
        it(`${mechanism.name} --with ${options.join(',') || '(nothing)'} --memory ${memory}`, {
          timeout: 600_000,
        }, async (test) => {
          const answers = await bothReadings({ mechanism, options, memory }, maxStates);
          if (answers === undefined) return test.skip(`it has more than ${maxStates} states`);
          expect(answers.search).toEqual(answers.bruteForce);
        });
      }
    }
  }

  for (const test of [...memoryTests, ...interruptTests, ...nestingTests, ...maskTests, ...schedulingTests]) {
    for (const memory of ['sc', 'tso'] as const) {
      it(`the litmus test ${test.name} (${memory})`, async () => {
        const mechanism = mechanismOf(test, memory);
        const answers = await bothReadings({ mechanism, memory, properties: [nothingElse] }, maxStates);
        expect(answers?.bruteForce.verdict).toBe('safe');
        expect(answers?.search).toEqual(answers?.bruteForce);
      });
    }
  }
});
