/** The stability report of `dtrace -v`, which needs no kernel with -e, and `$0`: both through the command. */

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { kernelTest } from '../kernel-test.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'dtrace-stability-'));
afterAll(() => rmSync(folder, { recursive: true }));

function dtrace(...words: string[]): string {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['bin/dtrace', ...words], {
    cwd: root,
    encoding: 'utf8',
  });
  expect(status, stderr).toBe(0);
  return stdout;
}

function script(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

/** The two triplets of each report. */
const triplets = (report: string): readonly string[] =>
  [...report.matchAll(/Names: (\w+)\n\t\tData Semantics: {3}(\w+)\n\t\tDependency Class: (\w+)\n/g)].map((match) =>
    match.slice(1).join('/'),
  );

const stable = 'Stable/Stable/Common';
const evolving = 'Evolving/Evolving/Common';

describe('dtrace -v', () => {
  it('prints the report as dtrace(1) lays it out', () => {
    expect(dtrace('-ev', '-n', 'syscall:::entry { trace(arg0); }')).toBe(
      `
Stability attributes for description syscall:::entry :

\tMinimum Probe Description Attributes
\t\tIdentifier Names: Evolving
\t\tData Semantics:   Evolving
\t\tDependency Class: Common

\tMinimum Statement Attributes
\t\tIdentifier Names: Stable
\t\tData Semantics:   Stable
\t\tDependency Class: Common

`,
    );
  });

  it('reports on each text in its order, a script by its path', () => {
    const path = script('report.d', 'profile:::tick-1s { exit(0); }');
    const report = dtrace('-ev', '-n', 'dtrace:::BEGIN', '-s', path, '-P', 'syscall');
    expect(report.match(/^Stability.*$/gm)).toEqual([
      'Stability attributes for description dtrace:::BEGIN:',
      `Stability attributes for script ${path}:`,
      'Stability attributes for description syscall:',
    ]);
    expect(triplets(report)).toEqual([
      'Stable/Stable/Common',
      'Stable/Stable/Common',
      'Evolving/Evolving/Common',
      'Stable/Stable/Common',
      'Evolving/Evolving/Common',
      'Stable/Stable/Common',
    ]);
  });

  it('is not silenced by -q, and is not printed without -v', () => {
    expect(triplets(dtrace('-qev', '-n', 'dtrace:::BEGIN'))).toHaveLength(2);
    expect(dtrace('-e', '-n', 'dtrace:::BEGIN')).toBe('');
  });

  it.each(['-lv', '-lxverbose'])(
    'prints with %s the attributes of each probe and its arguments, and no report',
    (flags) => {
      const plain = dtrace('-l', '-n', 'dtrace:::BEGIN', '-n', 'profile:::tick-1');
      const verbose = dtrace(flags, '-n', 'dtrace:::BEGIN', '-n', 'profile:::tick-1');
      expect(triplets(verbose)).toEqual([stable, stable, evolving, evolving]);
      expect(verbose.match(/^ +(ID|\d+) .*\n/gm)?.join('')).toBe(plain);
      expect(verbose).not.toContain('Minimum');
    },
  );

  const unstable = 'Unstable/Unstable/Common';
  const isa = 'Private/Private/ISA';

  it.each([
    // The fields that a description gives; an empty one and a pattern say nothing.
    ['syscall::read:entry { }', isa, stable],
    ['syscall::read*:entry { }', evolving, stable],
    ['syscall:vmlinux:read:entry { }', 'Private/Private/Unknown', stable],
    // Without a provider a description can mean a probe of any.
    ['BEGIN { exit(0); }', unstable, stable],
    ['sysc*:::entry { trace(pid); }', unstable, stable],
    // Numbers stand for their probe: 1 is dtrace:::BEGIN.
    ['1 { exit(0); }', stable, stable],
    ['1 { trace(arg0); }', stable, stable],
    // The minimum of several descriptions and clauses.
    ['dtrace:::BEGIN, profile:::tick-1s { exit(0); }', evolving, stable],
    ['dtrace:::BEGIN { } syscall::write:return { }', isa, stable],
    // arg0 to arg9 are as stable as D, whatever the provider says of its arguments.
    ['profile:::tick-1s { trace(arg0); }', evolving, stable],
    ['profile:::tick-1s /arg1/ { exit(0); }', evolving, stable],
    ['syscall:::entry { @[arg2] = count(); }', evolving, stable],
    ['syscall:::entry { @ = sum(arg9); }', evolving, stable],
    ['syscall:::entry { self->x = pid + arg1; }', evolving, stable],
    ['profile:::tick-1s, syscall:::entry { printf("%d", arg0); }', evolving, stable],
    ['syscall:::entry { trace(pid); } profile:::tick-1s { trace(arg0); }', evolving, stable],
    // Other variables are as stable as D.
    ['syscall:::return { printf("%s %d %d", execname, errno, timestamp); }', evolving, stable],
  ])('reports of %s: %s and %s', (text, description, statement) => {
    expect(triplets(dtrace('-ev', '-n', text))).toEqual([description, statement]);
  });

  kernelTest('reports of args[] what it reports of arg0', () => {
    expect(triplets(dtrace('-ev', '-n', 'irq:::softirq-raise { @[args[0]] = count(); }'))).toEqual([evolving, stable]);
  });
});

describe('$0', () => {
  kernelTest('is the own path of each script, and dtrace in other texts', () => {
    const one = script('one.d', 'BEGIN { printf("%s\\n", $$0); }');
    const two = script('two.d', 'BEGIN { printf("%s\\n", $$0); }');
    const printed = dtrace('-q', '-s', one, '-s', two, '-n', 'BEGIN { printf("%s\\n", $$0); exit(0); }');
    expect(printed.trim().split('\n')).toEqual([one, two, 'dtrace']);
  });
});
