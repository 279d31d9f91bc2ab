import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { featureNames } from '../../../src/bpf/features.js';
import type { DoctorReport } from '../../../src/cli/doctor/check.js';
import { kernelTest } from '../../kernel-test.js';

const root = join(import.meta.dirname, '../../..');

interface Outcome {
  readonly status: number | null;
  readonly report: DoctorReport;
}

const run = (command: string, ...words: string[]): Outcome => {
  const { status, stdout, stderr } = spawnSync(command, words, { encoding: 'utf8' });
  if (!stdout.startsWith('{')) throw new Error(`no report: ${stdout}${stderr}`);
  return { status, report: JSON.parse(stdout) };
};

/** The schema of --json, written out: the names, types and words that programs may rely on. */
const expectSchema = ({ status, report }: Outcome): void => {
  expect(Object.keys(report)).toEqual(['ok', 'checks']);
  for (const check of report.checks) {
    expect(check).toEqual({
      name: expect.stringMatching(/^\S.*\S$|^\S$/),
      status: expect.stringMatching(/^(ok|limited|missing|unknown)$/),
      detail: expect.stringMatching(/^\S.*\S$|^\S$/),
      ...(check.why === undefined ? {} : { why: expect.stringMatching(/\S/) }),
      ...(check.fix === undefined ? {} : { fix: expect.stringMatching(/\S/) }),
    });
    expect(check.why !== undefined, `${check.name} has a reason exactly if it is not ok`).toBe(check.status !== 'ok');
  }
  const names = report.checks.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  expect(report.ok).toBe(report.checks.every((check) => check.status !== 'missing'));
  expect(status).toBe(report.ok ? 0 : 1);
};

const statusOf = ({ report }: Outcome, name: string) => report.checks.find((check) => check.name === name)?.status;

describe('dtrace --doctor --json', () => {
  it('follows its schema', () => {
    expectSchema(run(process.execPath, join(root, 'bin/dtrace'), '--doctor', '--json'));
  });

  kernelTest('finds what the providers need where eBPF works, and tries every feature', () => {
    const outcome = run(process.execPath, join(root, 'bin/dtrace'), '--doctor', '--json');
    for (const name of ['koffi', 'provider syscall', 'provider profile']) expect(statusOf(outcome, name)).toBe('ok');
    const further = ['provider xcall', 'provider irq'];
    expect(outcome.report.checks.map(({ name }) => name)).toEqual(
      expect.arrayContaining([...featureNames, ...further]),
    );
    expect(outcome.report.ok).toBe(true);
  });

  const noCapabilities = ['--bounding-set', '-all', '--inh-caps', '-all'];
  const mayDrop = spawnSync('setpriv', [...noCapabilities, 'true']).status === 0;
  const why = mayDrop ? '' : ' [skipped: setpriv is not there or may not drop capabilities]';
  it.skipIf(!mayDrop)(`works without privileges, and says which are missing${why}`, () => {
    const outcome = run('setpriv', ...noCapabilities, process.execPath, join(root, 'bin/dtrace'), '--doctor', '--json');
    expectSchema(outcome);
    for (const name of ['CAP_BPF', 'CAP_PERFMON', 'provider syscall']) expect(statusOf(outcome, name)).toBe('missing');
    expect(outcome.status).toBe(1);
  });

  it('works without koffi, and says so', () => {
    const folder = mkdtempSync(join(tmpdir(), 'dtrace-doctor-'));
    try {
      for (const part of ['bin', 'dist', 'package.json'])
        cpSync(join(root, part), join(folder, part), { recursive: true });
      const outcome = run(process.execPath, join(folder, 'bin/dtrace'), '--doctor', '--json');
      expectSchema(outcome);
      expect(statusOf(outcome, 'koffi')).toBe('missing');
      expect(outcome.report.checks.find(({ name }) => name === 'koffi')?.why).toMatch(/koffi cannot be loaded/);
      expect(outcome.status).toBe(1);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe('dtrace --doctor', () => {
  it('prints the same as text, a line a check', () => {
    const { report } = run(process.execPath, join(root, 'bin/dtrace'), '--doctor', '--json');
    const { stdout } = spawnSync(process.execPath, [join(root, 'bin/dtrace'), '--doctor'], { encoding: 'utf8' });
    const lines = stdout.split('\n').filter((line) => /^(ok|limited|missing|unknown) /.test(line));
    expect(lines.map((line) => line.split(/ {2,}/).slice(0, 2))).toEqual(
      report.checks.map(({ status, name }) => [status, name]),
    );
  });
});
