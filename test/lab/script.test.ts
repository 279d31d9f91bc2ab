import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Check } from '../../lab/checks.js';
import { checks } from '../../lab/checks.js';
import { type CheckResult, readChecks, scriptFor } from '../../lab/script.js';

const check = (name: string, script: string, seconds = 10): Check => ({ name, title: name, script, seconds });

const nonce = `n${process.pid}`;

/** Runs the guest's command here. */
function run(list: readonly Check[]): readonly CheckResult[] {
  const folder = mkdtempSync(join(tmpdir(), 'dtrace-lab-test-'));
  try {
    const text = scriptFor(list, nonce).replaceAll('/tmp/', `${folder}/`);
    const { stdout } = spawnSync('sh', ['-c', text], { encoding: 'utf8', timeout: 30_000 });
    const reader = readChecks(
      nonce,
      () => 0,
      () => {},
    );
    for (const line of stdout.split('\n')) reader.line(line);
    return reader.results;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe('the checks of a run', () => {
  it.each<[string, string, number, string[]]>([
    ['that holds', 'echo fine', 0, ['fine']],
    ['that fails', 'echo bad >&2; exit 3', 3, ['bad']],
    ['whose last line does not end', 'printf "half a line"; exit 1', 1, ['half a line']],
    ['with quotes, variables and lines', 'word="it\'s"\necho "$word" \'$word\'', 0, ["it's $word"]],
    ['that runs too long', 'echo begun; exec sleep 20', 137, ['begun']],
  ])('one %s gives its status and what it printed', (_, script, status, lines) => {
    const [result] = run([check('one', script, script.includes('sleep') ? 1 : 10)]);
    expect(result).toMatchObject({ name: 'one', status });
    expect(result?.lines.slice(0, lines.length)).toEqual(lines);
  });

  it('go on after one that fails, each with its own lines', () => {
    const results = run([check('first', 'echo 1; exit 1'), check('second', 'echo 2')]);
    expect(results.map(({ name, status, lines }) => [name, status, lines])).toEqual([
      ['first', 1, ['1']],
      ['second', 0, ['2']],
    ]);
  });

  it('one that the guest did not live to end has no status', () => {
    const reader = readChecks(
      'x',
      () => 0,
      () => {},
    );
    for (const line of ['dtrace-lab-check x begin one', 'some line', 'dtrace-lab-check other end one 0'])
      reader.line(line);
    expect(reader.results).toMatchObject([
      { name: 'one', status: undefined, lines: ['some line', expect.any(String)] },
    ]);
  });

  it('are all text that the shell can read', () => {
    for (const { name, script } of checks) {
      expect(spawnSync('sh', ['-n'], { input: script, encoding: 'utf8' }), name).toMatchObject({
        status: 0,
        stderr: '',
      });
    }
  });
});
