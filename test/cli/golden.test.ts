/**
 * Golden runs of the command: `golden/NAME.d` is run as `dtrace -x errtags -s NAME.d` with _DTRACE_TESTING set and must print
 * its `.out` and `.err` and end with the status of its first line. `tst.` programs of the language's own goldens must
 * print on the kernel what they print when they are interpreted.
 */

import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect } from 'vitest';
import { kernelTest } from '../kernel-test.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const runs = 'test/cli/golden';
const language = 'test/d/golden';

function dtrace(...words: string[]): { readonly status: number | null; readonly out: string; readonly err: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['bin/dtrace', ...words], {
    cwd: root,
    env: { ...process.env, _DTRACE_TESTING: '1' },
    encoding: 'latin1',
    timeout: 30_000,
  });
  // The number of an instruction changes with every change of code generation; its place is tested there.
  return { status, out: stdout, err: stderr.replaceAll(/at BPF pc \d+/g, 'at BPF pc NNN') };
}

const programsOf = (folder: string, prefix: string): readonly string[] =>
  readdirSync(join(root, folder)).filter((name) => name.startsWith(prefix) && name.endsWith('.d'));

const annotation = (path: string, name: string): string | undefined =>
  new RegExp(`^/\\* @${name} (.*) \\*/`).exec(readFileSync(join(root, path), 'utf8'))?.[1];

describe('dtrace -s prints and ends as recorded', () => {
  for (const name of programsOf(runs, '')) {
    kernelTest(basename(name, '.d'), async () => {
      const path = join(runs, name);
      const { status, out, err } = dtrace('-x', 'errtags', '-s', path);
      const golden = join(root, runs, basename(name, '.d'));
      await expect(out).toMatchFileSnapshot(`${golden}.out`);
      await expect(err).toMatchFileSnapshot(`${golden}.err`);
      expect(status).toBe(Number(annotation(path, 'status')));
    });
  }
});

describe('programs of the language print on the kernel what they print when interpreted', () => {
  for (const name of programsOf(language, 'tst.')) {
    kernelTest(basename(name, '.d'), () => {
      const path = join(language, name);
      const { status, out, err } = dtrace('-qs', path, ...(annotation(path, 'arguments')?.split(' ') ?? []));
      expect(err).toBe('');
      expect(out).toBe(readFileSync(join(root, path.replace(/\.d$/, '.r')), 'latin1'));
      expect(status).toBe(0);
    });
  }
});
