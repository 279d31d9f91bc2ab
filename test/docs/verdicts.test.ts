import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const root = new URL('../..', import.meta.url);

it('docs/verdicts.md is what xcall explore --all --markdown prints, and leaves nothing undecided', {
  timeout: 900_000,
}, async () => {
  const { stdout } = await promisify(execFile)('bin/xcall', ['explore', '--all', '--markdown'], {
    cwd: root,
    maxBuffer: 2 ** 24,
  });
  expect(stdout).toBe(readFileSync(new URL('docs/verdicts.md', root), 'utf8'));
  expect(stdout).not.toContain('incomplete');
});
