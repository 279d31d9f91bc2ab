import { expect } from 'vitest';
import { measure } from '../../../../src/cli/xcall/bench/measure.js';
import { getAffinity, onlineCpus } from '../../../../src/sys/index.js';
import { heldObjects } from '../../../kernel-objects.js';
import { kernelTest } from '../../../kernel-test.js';

kernelTest('measuring calls from each CPU on that CPU, tells how far it is, and leaves no trace', () => {
  const before = { affinity: getAffinity(), held: heldObjects() };
  const callers = onlineCpus().filter((cpu) => before.affinity.includes(cpu));
  const pinned: string[] = [];
  const shares: number[] = [];
  const { pairs, notes } = measure(600, (share, what) => {
    shares.push(share);
    const [, from] = /^CPU (\d+) calls CPU \d+$/.exec(what) ?? [];
    if (from !== undefined) pinned.push(`${from} on ${getAffinity().join()}`);
  });
  expect(pinned).toEqual(callers.flatMap((cpu) => onlineCpus().map(() => `${cpu} on ${cpu}`)));
  expect(pairs.map(({ from, to }) => [from, to])).toEqual(
    callers.flatMap((from) => onlineCpus().map((to) => [from, to])),
  );
  expect(shares).toEqual(shares.toSorted((a, b) => a - b));
  expect(shares[0]).toBe(0);
  expect(shares.at(-1)).toBeLessThanOrEqual(1);
  expect(notes.length === 0 || callers.length < 2).toBe(true);
  expect({ affinity: getAffinity(), held: heldObjects() }).toEqual(before);
});
