import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';

const root = join(import.meta.dirname, '../..');
const folder = mkdtempSync(join(tmpdir(), 'dtrace-package-'));
afterAll(() => rmSync(folder, { recursive: true }));

const run = (command: string, words: readonly string[], cwd = folder) => {
  const { status, stdout, stderr } = spawnSync(command, words, { cwd, encoding: 'utf8', timeout: 100_000 });
  return { status, stdout, stderr };
};

/** What npm says where there is no network, or no way to the registry. */
const unreachable = /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|ENOTCACHED|ERR_SOCKET_TIMEOUT/;

it('the package installs elsewhere from its tarball, and `npx dtrace` and `npx xcall` run from there', {
  timeout: 120_000,
}, (context) => {
  // The tests run after the build, so nothing needs to be built again (--ignore-scripts).
  const packed = run('npm', ['pack', '--ignore-scripts', '--pack-destination', folder], root);
  expect(packed.status, packed.stderr).toBe(0);
  const tarball = readdirSync(folder).find((name) => name.endsWith('.tgz')) ?? '';
  writeFileSync(join(folder, 'package.json'), '{ "private": true }\n');

  const words = ['install', '--prefer-offline', '--no-audit', '--no-fund', '--fetch-retries=0', `./${tarball}`];
  const installed = run('npm', words);
  if (installed.status !== 0 && unreachable.test(installed.stderr)) {
    context.skip(`the npm registry cannot be reached: ${unreachable.exec(installed.stderr)?.[0]}`);
  }
  expect(installed.status, installed.stderr).toBe(0);

  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { readonly version: string };
  const shown = run('npx', ['--no-install', 'dtrace', '--version']);
  expect(shown.stdout, shown.stderr).toBe(`dtrace: dtrace-linux ${version}\n`);
  expect(shown.status).toBe(0);

  // koffi is found and loaded from the package's own dependencies.
  const doctor = run('npx', ['--no-install', 'dtrace', '--doctor']);
  expect(doctor.stdout).toMatch(/^ok +koffi /m);

  // So is the explorer, as a command and as a library, and a user's file that imports it.
  const explored = run('npx', ['--no-install', 'xcall', 'explore', 'linux-smp-call', '--with', 'irqs-off']);
  expect(explored.stdout, explored.stderr).toMatch(/^verdict: deadlock/m);
  expect(explored.status).toBe(1);
  writeFileSync(
    join(folder, 'mine.mjs'),
    "import { explore, mechanisms } from 'dtrace-linux/explorer';\n" +
      'console.log((await explore(mechanisms[0])).verdict);\n' +
      'export default mechanisms[0];\n',
  );
  expect(run(process.execPath, ['mine.mjs'])).toEqual({ status: 0, stdout: 'safe\n', stderr: '' });
  const own = run('npx', ['--no-install', 'xcall', 'run', './mine.mjs']);
  expect(own.status, own.stderr).toBe(0);

  // The libraries are there too, and need no kernel to be imported; a wrong CPU is refused without one.
  for (const name of ['dtrace-linux', 'dtrace-linux/bpf', 'dtrace-linux/xcall']) {
    const library = run(process.execPath, ['--input-type=module', '-e', `await import('${name}')`]);
    expect(library.status, library.stderr).toBe(0);
  }
  writeFileSync(
    join(folder, 'call.mjs'),
    "import { exit, move } from 'dtrace-linux/bpf';\n" +
      "import { NoSuchCpuError, xcall } from 'dtrace-linux/xcall';\n" +
      'try {\n  xcall(-1, [move("r0", 0), exit()]);\n} catch (error) {\n' +
      '  console.log(error instanceof NoSuchCpuError);\n}\n',
  );
  expect(run(process.execPath, ['call.mjs'])).toEqual({ status: 0, stdout: 'true\n', stderr: '' });
});
