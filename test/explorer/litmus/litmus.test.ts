/** The machine, as two readings of docs/machine.md have it: each litmus test has exactly these outcomes. */

import { describe, expect, it } from 'vitest';
import { explore } from '../../../src/explorer/explore.js';
import { enumerate } from '../brute-force/enumerate.js';
import { interruptTests } from './interrupts.js';
import { expectedOutcomes, type Litmus, mechanismOf, never, nothingElse } from './litmus.js';
import { maskTests } from './masks.js';
import { memoryTests } from './memory.js';
import { nestingTests } from './nesting.js';
import { schedulingTests } from './scheduling.js';

const groups: readonly (readonly [string, readonly Litmus[]])[] = [
  ['memory', memoryTests],
  ['interrupts and memory', interruptTests],
  ['nesting', nestingTests],
  ['masks', maskTests],
  ['scheduling', schedulingTests],
];

describe.each(groups)('%s', (_, tests) => {
  describe.each(['sc', 'tso'] as const)('%s', (memory) => {
    for (const test of tests) {
      it(`by brute force: ${test.name}`, () => {
        const outcomes = new Set<string>();
        const { verdict } = enumerate(test.model, memory, {
          onFinal: (read) =>
            outcomes.add(test.observed.map(({ variable, index }) => read(variable.name, Number(index))).join('')),
        });
        expect([...outcomes].sort()).toEqual(expectedOutcomes(test, memory));
        expect(verdict).toBe('safe');
      });

      it(`by the search: ${test.name}`, async () => {
        const mechanism = mechanismOf(test, memory);
        const ask = (property: string) => explore(mechanism, { cpus: test.model.cpus, memory, properties: [property] });
        expect(await ask(nothingElse)).toMatchObject({ verdict: 'safe', property: null });
        for (const outcome of expectedOutcomes(test, memory)) {
          expect(await ask(never(outcome))).toMatchObject({ verdict: 'violated', property: never(outcome) });
        }
      });
    }
  });
});
