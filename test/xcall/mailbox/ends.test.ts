/** How the server's thread ends: koffi aborts the process where Node ends a thread that is just loading it. */

import { spawnSync } from 'node:child_process';
import { describe, expect } from 'vitest';
import { root } from '../../docs/console.js';
import { kernelTest } from '../../kernel-test.js';
import { openLive } from './serve.js';

const library = `${root}/dist/xcall/index.js`;

const node = (...words: string[]) => {
  const { status, signal, stdout, stderr } = spawnSync(process.execPath, words, {
    cwd: root,
    encoding: 'utf8',
    timeout: 30_000,
  });
  return { status, signal, stdout, stderr };
};

describe('the thread of a mailbox', () => {
  kernelTest('can be killed as soon as it serves, again and again', async () => {
    for (let turn = 0; turn < 6; turn += 1) {
      const live = openLive();
      try {
        await live.mailbox.kill();
        expect(live.mailbox.failure?.message).toBe('the server of the mailbox has ended');
      } finally {
        live.close();
      }
    }
  });

  kernelTest('starts whatever options Node was started with', () => {
    const text = `
      import { createMailbox } from ${JSON.stringify(library)};
      const mailbox = createMailbox();
      const number = mailbox.sync();
      mailbox.drain();
      console.log(mailbox.synced(number));
      mailbox.close();`;
    expect(node('--input-type=module', '--eval', text)).toEqual({
      status: 0,
      signal: null,
      stdout: 'true\n',
      stderr: '',
    });
  });

  kernelTest('is no longer starting when a process exits, which would abort it', () => {
    const text = `
      import { enableText, openSession, runningKernel } from ${JSON.stringify(`${root}/dist/index.js`)};
      const kernel = runningKernel();
      const { mailbox } = openSession(enableText('BEGIN { sync(); }', kernel), kernel);
      const { starting } = mailbox;
      process.on('exit', () => console.log(starting, mailbox.starting));
      process.exit(3);`;
    // How far it gets before the process exits is a matter of luck.
    for (let tries = 0, caught = false; !caught; tries += 1) {
      const { stdout, ...end } = node('--input-type=module', '--eval', text);
      expect(end).toEqual({ status: 3, signal: null, stderr: '' });
      expect(stdout).toMatch(/^(true|false) false\n$/);
      caught = stdout.startsWith('true');
      expect(tries).toBeLessThan(20);
    }
  });
});
