/** What xlatency.d makes of cross-calls whose every step is given. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { formatDistribution } from '../../src/consumer/format/distribution.js';
import { afterSteps, csd, entry, exit, queue, type Step } from './xcall-steps.js';

const text = readFileSync(join(import.meta.dirname, '../../scripts/xlatency.d'), 'utf8').replace(/^#!.*\n/, '');
const { waiting, going, late } = csd;

/** The distributions after these steps: by event, CPUs from and to, the bucket and how many are in it. */
function distributions(steps: readonly Step[]): readonly string[] {
  const { aggregations, elements } = afterSteps(text, steps);
  // Every call has ended: nothing of it is kept.
  expect(elements).toBe(0);
  return [...aggregations.values()]
    .flat()
    .map(({ keys, data }) => {
      const rows = formatDistribution({ function: 'quantize' }, data).matchAll(/^ *(\d+) \|@+ +([1-9]\d*) *$/gm);
      return `${keys.join(' ')}: ${[...rows].map(([, value, count]) => `${count} at ${value}`).join(', ')}`;
    })
    .sort();
}

it.each<[string, readonly Step[], readonly string[]]>([
  [
    'a call that waits begins and is acknowledged, by the CPUs that it goes from and to',
    [queue(1_000n, 1, 2n, waiting), entry(3_500n, 2, waiting), exit(9_500n, 2, waiting)],
    ['acknowledged 1 2: 1 at 8192', 'begun 1 2: 1 at 2048'],
  ],
  [
    'a call that does not wait begins, and nobody is told that it has ended',
    [queue(1_000n, 3, 0n, going), entry(1_600n, 0, going), exit(9_000n, 0, going)],
    ['begun 3 0: 1 at 512'],
  ],
  [
    'calls of several CPUs at once do not mix',
    [
      ...[queue(1_000n, 1, 2n, waiting), queue(2_000n, 3, 2n, going)],
      ...[entry(5_100n, 2, going), exit(5_200n, 2, going), entry(5_300n, 2, waiting), exit(9_200n, 2, waiting)],
    ],
    ['acknowledged 1 2: 1 at 8192', 'begun 1 2: 1 at 4096', 'begun 3 2: 1 at 2048'],
  ],
  [
    'data that are used again start anew',
    [
      ...[queue(1_000n, 1, 2n, waiting), entry(2_100n, 2, waiting), exit(2_200n, 2, waiting)],
      ...[queue(1_000_000n, 2, 1n, waiting), entry(1_001_100n, 1, waiting), exit(1_001_200n, 1, waiting)],
    ],
    ['acknowledged 1 2: 1 at 1024', 'acknowledged 2 1: 1 at 1024', 'begun 1 2: 1 at 1024', 'begun 2 1: 1 at 1024'],
  ],
  [
    'a call that was on its way before, or whose data are used again unseen, counts nowhere',
    [
      ...[entry(500n, 2, late), exit(600n, 2, late)],
      ...[queue(1_000n, 1, 2n, going), entry(1_600n, 2, going), exit(1_700n, 2, going)],
      ...[entry(900_000n, 2, going), exit(900_100n, 2, going)],
    ],
    ['begun 1 2: 1 at 512'],
  ],
])('xlatency.d: %s', (_, steps, expected) => {
  expect(distributions(steps)).toEqual(expected);
});
