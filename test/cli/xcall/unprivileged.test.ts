import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { root } from './xcall.js';

/** The user nobody. */
const nobody = 65_534;

describe('without privileges, and without koffi', () => {
  const folder = mkdtempSync(join(tmpdir(), 'xcall-nobody-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  for (const part of ['bin', 'dist', 'package.json']) cpSync(join(root, part), join(folder, part), { recursive: true });
  chmodSync(folder, 0o755);
  writeFileSync(
    join(folder, 'mine.mjs'),
    "import { mechanisms } from 'dtrace-linux/explorer'; export default mechanisms[0];",
  );

  // Whoever is no root cannot change the user, and need not.
  const user = process.getuid?.() === 0 ? { uid: nobody, gid: nobody } : {};
  const run = (words: readonly string[]) =>
    spawnSync(process.execPath, [join(folder, 'bin/xcall'), ...words], {
      ...user,
      cwd: folder,
      env: {},
      encoding: 'utf8',
      timeout: 50_000,
    });

  it('there is no koffi, and the user is nobody', () => {
    expect(existsSync(join(folder, 'node_modules'))).toBe(false);
    const script = "import('koffi').then(() => 'koffi', () => process.getuid()).then(console.log)";
    const { stdout } = spawnSync(process.execPath, ['-e', script], { ...user, cwd: folder, encoding: 'utf8' });
    expect(stdout.trim()).toBe(String(user.uid ?? process.getuid?.()));
  });

  it.each([
    ['explore', ['explore', 'linux-smp-call', '--with', 'irqs-off'], 1, 'verdict: deadlock (total)'],
    ["explore of a user's file", ['explore', './mine.mjs'], 0, 'verdict: safe'],
    ['run', ['run', 'linux-smp-call'], 0, 'every CPU has finished'],
    ['demo', ['demo'], 0, 'Scene 6 of 6'],
  ] as const)('%s works', (_, words, status, text) => {
    const { status: ended, stdout, stderr } = run(words);
    expect({ status: ended, stderr }).toEqual({ status, stderr: '' });
    expect(stdout).toContain(text);
  });

  it.each(['bench', 'watch', 'storm'])('%s says that it needs koffi, with status 1 and a hint', (command) => {
    const { status, stdout, stderr } = run([command]);
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toMatch(/^xcall: .*koffi cannot be loaded.*\n {4}hint: .*\n$/);
  });
});

/** The files that a module of dist imports, itself included; not those that it loads on demand, by `import()`. */
function modulesOf(entry: string, seen = new Set<string>()): ReadonlySet<string> {
  if (seen.has(entry)) return seen;
  seen.add(entry);
  const text = readFileSync(entry, 'utf8');
  for (const [, name = ''] of text.matchAll(/(?:\bfrom|\bimport)\s*["']([^"'\n]+)["']/g)) {
    if (name.startsWith('.')) modulesOf(resolve(dirname(entry), name), seen);
    else seen.add(name);
  }
  return seen;
}

describe('the modules that xcall loads', () => {
  const loaded = [...modulesOf(join(root, 'dist/cli/xcall.js'))].map((name) => name.replace(join(root, 'dist/'), ''));

  it('are the explorer and parts of the command, and no koffi, system call or loader', () => {
    expect(loaded.length).toBeGreaterThan(50);
    const outer = loaded.filter((name) => !/^(explorer|cli)\//.test(name)).sort();
    expect(outer.filter((name) => !name.startsWith('node:'))).toEqual(['d/nearest.js']);
    expect(loaded.filter((name) => name.startsWith('cli/') && !name.startsWith('cli/xcall')).sort()).toEqual([
      'cli/interrupts.js',
      'cli/package-file.js',
      'cli/version.js',
    ]);
  });

  it('on demand are those of bench, watch and storm', () => {
    const onDemand = loaded
      .filter((name) => name.startsWith('cli/'))
      .flatMap((name) =>
        [...readFileSync(join(root, 'dist', name), 'utf8').matchAll(/\bimport\(\s*["'](\.[^"'\n]+)["']/g)].map(
          ([, to]) => to,
        ),
      );
    expect(onDemand).toEqual(['bench', 'watch', 'storm'].map((name) => `./xcall/${name}/command.js`));
  });

  it('of the bundle name no koffi either', () => {
    const bundle = [...modulesOf(join(root, 'dist/bundle/xcall.js'))];
    expect(bundle.length).toBeGreaterThan(1);
    expect(bundle.filter((name) => /koffi/.test(name))).toEqual([]);
    for (const name of bundle.filter((each) => each.startsWith('/'))) {
      expect(readFileSync(name, 'utf8')).not.toMatch(/src\/(sys|bpf)|dist\/(sys|bpf)/);
    }
  });

  it('of the explorer are its own only, and none of Node', () => {
    const own = [...modulesOf(join(root, 'dist/explorer/index.js'))].map((name) =>
      name.replace(join(root, 'dist/'), ''),
    );
    expect(own.filter((name) => !name.startsWith('explorer/'))).toEqual([]);
  });
});
