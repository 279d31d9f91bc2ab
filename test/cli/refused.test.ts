/** Commands where cross-calls are not possible, or do not end: what is said, and what to do. */

import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { controlBlock, controlWords } from '../../src/d/codegen/memory/layout.js';
import { mapByName } from '../kernel-objects.js';
import { kernelTest } from '../kernel-test.js';
import { root } from './xcall/xcall.js';

const commands: readonly (readonly [string, readonly string[]])[] = [
  ['xcall bench', ['bin/xcall', 'bench', '--seconds', '1']],
  ['xcall watch', ['bin/xcall', 'watch', '--once']],
  ['xcall storm', ['bin/xcall', 'storm', '--seconds', '1']],
  ['dtrace', ['bin/dtrace', '-qn', 'BEGIN { exit(0); }']],
  ['dtrace with sync()', ['bin/dtrace', '-qn', 'BEGIN { n = sync(); } tick-10 { exit(0); }']],
];

/** Lines of standard error; a refusal is two of them, the second a hint. */
const linesOf = (text: string): readonly string[] => text.trimEnd().split('\n');

describe('on a kernel before 5.10', () => {
  for (const [name, words] of commands) {
    kernelTest(`${name} names what is missing and the first kernel that has it, with status 1`, () => {
      const script = join(root, 'test/old-kernel.ts');
      const { status, stdout, stderr } = spawnSync(
        process.execPath,
        ['--import', 'tsx', script, process.execPath, ...words],
        { cwd: root, encoding: 'utf8', timeout: 50_000 },
      );
      expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
      const [message = '', hint, ...rest] = linesOf(stderr);
      expect(message).toMatch(
        /^(xcall|dtrace): this kernel does not offer BPF_PROG_RUN on a chosen CPU, .* since 5\.10: /,
      );
      expect([hint, rest]).toEqual(['    hint: `dtrace --doctor` shows what is missing', []]);
    });
  }
});

describe('for a user without privileges', () => {
  const nobody = 65_534;
  // A checkout may lie where others cannot read.
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'dtrace-nobody-'));
    chmodSync(folder, 0o755);
    for (const part of ['bin', 'dist', 'package.json', 'node_modules/koffi', 'node_modules/@koromix']) {
      cpSync(join(root, part), join(folder, part), { recursive: true });
    }
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  const root0 = process.getuid?.() === 0;
  for (const [name, words] of commands) {
    const test = root0 ? it : it.skip;
    test(`${name} says which call was refused, and the command to run${root0 ? '' : ' [skipped: not root]'}`, () => {
      const { status, stdout, stderr } = spawnSync(process.execPath, words, {
        ...{ cwd: folder, uid: nobody, gid: nobody, encoding: 'utf8', timeout: 50_000 },
        env: { PATH: process.env['PATH'] },
      });
      expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
      expect(stderr).toMatch(/: bpf\(\w+\).*: Operation not permitted \(EPERM\)/);
      expect(stderr).toMatch(new RegExp(`run as root: sudo '?${process.execPath}`));
      expect(stderr).toMatch(/^ {4}hint: /m);
      expect(stderr).not.toMatch(/^ +at /m);
    });
  }
});

describe('where a CPU never leaves its probe', () => {
  const stuck: readonly (readonly [string, string, RegExp])[] = [
    [
      'ends in an error of its own sync()',
      'BEGIN { printf("ready\\n"); } tick-20 { @ = count(); printf("t\\n"); }',
      /^dtrace: CPU \d+ has been inside a probe for 2000 ms: enabled probe ID \d+, process \d+$/,
    ],
    [
      'ends in an error of the sync() that a probe asked for',
      'BEGIN { printf("ready\\n"); } tick-20 { n = sync(); }',
      /^dtrace: (the server of the mailbox has ended: )?CPU \d+ has been inside a probe for 2000 ms: enabled probe ID \d+, process \d+$/,
    ],
  ];
  for (const [name, text, message] of stuck) {
    kernelTest(`dtrace ${name}, which names CPU, EPID and process, with a hint`, async () => {
      const child = spawn(process.execPath, ['bin/dtrace', '-qn', text, '-x', 'switchrate=20ms'], { cwd: root });
      const ended = once(child, 'exit');
      let errors = '';
      child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
        errors += chunk;
      });
      try {
        await once(child.stdout, 'data');
        using control = mapByName('control', child.pid) ?? expect.unreachable('it has a control map');
        // One firing more than will ever end, on the first slot.
        Atomics.add(control.u64, (controlWords.blocks + controlBlock.inprobe) / 8, 1n);
        const [status] = await ended;
        expect(status).toBe(1);
      } finally {
        child.kill('SIGKILL');
      }
      const [first = '', hint] = linesOf(errors);
      expect(first).toMatch(message);
      expect(hint).toMatch(/^ {4}hint: either that CPU is kept from running/);
    });
  }
});
