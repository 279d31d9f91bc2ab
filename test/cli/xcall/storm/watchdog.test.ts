import { spawnSync } from 'node:child_process';
import { describe, expect } from 'vitest';
import { kernelTest } from '../../../kernel-test.js';
import { root } from '../xcall.js';

const hang = (who: string) => {
  const words = ['--import', 'tsx', `${root}/test/cli/xcall/storm/hanging.ts`, who];
  const { status, stderr } = spawnSync(process.execPath, words, { cwd: root, encoding: 'utf8', timeout: 40_000 });
  return { status, lines: stderr.trimEnd().split('\n') };
};

describe('the watchdog of the storm', () => {
  kernelTest('says at what the storm hangs, and ends it with status 1', () => {
    expect(hang('storm')).toEqual({
      status: 1,
      lines: [
        'xcall: the storm hangs: for 0.5 s it has been at this: switches the buffers: sync()',
        '    CPU 3: its worker is between two calls; CPU 5: its worker is between two calls',
      ],
    });
  });

  kernelTest('says which worker does not come back from which call', () => {
    expect(hang('worker')).toEqual({
      status: 1,
      lines: [
        'xcall: the storm hangs: the worker on CPU 5 has not come back from a call',
        '    CPU 3: its worker is between two calls; CPU 5: its worker is in number 42 of its datagrams',
      ],
    });
  });
});
