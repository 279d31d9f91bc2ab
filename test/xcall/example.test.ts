/** The example prints what its comment promises. */

import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import { onlineCpus, possibleCpus } from '../../src/sys/index.js';
import { kernelTest } from '../kernel-test.js';

const root = fileURLToPath(new URL('../..', import.meta.url));

kernelTest('examples/xcall.js runs its handler once on every CPU for each call', () => {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['examples/xcall.js'], {
    cwd: root,
    encoding: 'utf8',
  });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  const online = onlineCpus();
  const lines = [40, 42].flatMap((counter) =>
    possibleCpus().map((cpu) =>
      online.includes(cpu)
        ? `CPU ${cpu}: I am CPU ${cpu}; its counter is ${counter}`
        : `CPU ${cpu}: it is offline; its counter is 0`,
    ),
  );
  expect(stdout).toBe(`${lines.join('\n')}\n`);
});
