/** dtrace where few files may be open, or a capability is missing: whatever it is about to open, it says which limit was reached and what to do. */

import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
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
      while (enough < 1024 && run(enough).status !== 0) enough *= 2;
      expect(run(enough)).toMatchObject({ status: 0 });
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

describe('a capability that is missing', () => {
  const dropped = ['--bounding-set', '-all,+bpf', '--inh-caps', '-all'];
  const mayDrop = spawnSync('setpriv', [...dropped, 'true']).status === 0;
  const why = mayDrop ? '' : ' [skipped: setpriv is not there or may not drop capabilities]';
  it.skipIf(!mayDrop)(`is named as one, where maps can be made but no probes: no limit is in the way${why}`, () => {
    const command = [...dropped, process.execPath, 'bin/dtrace', '-qn', 'BEGIN { exit(0); }'];
    const { status, stderr } = spawnSync('setpriv', command, { cwd: root, encoding: 'utf8', timeout: 30_000 });
    expect(status).toBe(1);
    expect(stderr).toMatch(/^dtrace: .*EPERM.*capability/);
    expect(stderr).not.toMatch(/ulimit/);
  });
});
