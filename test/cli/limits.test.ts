/** dtrace where few files may be open: whatever it is about to open, it says which limit was reached and what to do. */

import { spawnSync } from 'node:child_process';
import { describe, expect } from 'vitest';
import { kernelTest } from '../kernel-test.js';
import { root } from './xcall/xcall.js';

const text = 'BEGIN { self->a[1] = 1; n = sync(); @ = count(); exit(0); } tick-100 { }';

/** Runs it with a limit on open files. */
const run = (limit: number) => {
  const command = `ulimit -n ${limit} && exec "$0" bin/dtrace -qn "$1"`;
  const { status, stderr } = spawnSync('/bin/sh', ['-c', command, process.execPath, text], {
    cwd: root,
    encoding: 'utf8',
    timeout: 30_000,
  });
  return { limit, status, stderr };
};

describe('a limit on open files', () => {
  kernelTest(
    'is named with what to do, by whatever reaches it: no verifier, and no thread that never starts',
    () => {
      let enough = 32;
      while (run(enough).status !== 0) enough *= 2;
      const limits = Array.from({ length: 16 }, (_, index) => Math.floor(20 + ((enough - 20) * index) / 16));
      const refused = limits.map(run).filter(({ status }) => status !== 0);
      // With less than that Node.js itself does not get as far as our code.
      const ours = refused.filter(({ stderr }) => stderr.startsWith('dtrace: '));
      expect(ours.length).toBeGreaterThan(2);
      for (const { limit, stderr } of ours) {
        const [message, hint, ...rest] = stderr.trimEnd().split('\n');
        expect(`${limit}: ${message}`).toMatch(/: dtrace: (?!internal error).*EMFILE/);
        expect([hint, rest]).toEqual([expect.stringMatching(/^ {4}hint: .*`ulimit -n 4096`/), []]);
      }
    },
    120_000,
  );
});
