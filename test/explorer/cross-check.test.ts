/** The search and the brute-force enumerator, two readings of docs/machine.md, count the same and judge the same; folding too. */

import { describe, expect, it } from 'vitest';
import { explore } from '../../src/explorer/explore.js';
import { mechanisms } from '../../src/explorer/mechanisms/index.js';
import { type Answer, bothReadings } from './both-readings.js';
import { interruptTests } from './litmus/interrupts.js';
import { mechanismOf, nothingElse } from './litmus/litmus.js';
import { maskTests } from './litmus/masks.js';
import { memoryTests } from './litmus/memory.js';
import { nestingTests } from './litmus/nesting.js';
import { schedulingTests } from './litmus/scheduling.js';

/** No variant may have more with two CPUs: the enumerator would take too long. */
const maxStates = 1_000_000;

/** What is written down of an answer. */
const wordsOf = ({ verdict, scope, property, states, contract }: Answer): string =>
  [
    [verdict, ...(scope === undefined ? [] : [scope])].join(' '),
    ...(property === null ? [] : [`"${property}"`]),
    `${states} states`,
    ...contract.map(({ rule, step }) => `${rule} broken in ${step}`),
  ].join(', ');

describe('search and enumerator agree on', () => {
  for (const mechanism of mechanisms) {
    for (const options of mechanism.variants) {
      for (const memory of mechanism.memories ?? ['sc']) {
        it(`${mechanism.name} --with ${options.join(',') || '(nothing)'} --memory ${memory}`, {
          timeout: 600_000,
        }, async () => {
          const answers = await bothReadings({ mechanism, options, memory }, maxStates);
          if (answers === undefined) throw new Error(`more than ${maxStates} states: make the model smaller`);
          expect(answers.search).toEqual(answers.bruteForce);
          expect(wordsOf(answers.search)).toMatchSnapshot();
          const { verdict, scope, property } = answers.search;
          expect(await explore(mechanism, { options, memory })).toMatchObject({ verdict, scope, property });
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
