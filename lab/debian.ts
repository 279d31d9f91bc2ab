/**
 * What the lab takes from Debian: qemu is installed, where it is missing; kernels and busybox are downloaded and unpacked
 * into a cache folder, never installed. Everything is asked of apt-get and dpkg-deb, so the machine's own sources decide.
 */

import { spawnSync } from 'node:child_process';
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { LabError } from './lab-error.js';

/** Where packages are kept unpacked. */
export const cacheFolder = (environment: NodeJS.ProcessEnv = process.env): string =>
  join(environment['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'dtrace-linux', 'lab');

/** Whether a command of the name is on the path. */
export const onPath = (command: string, path = process.env['PATH'] ?? ''): boolean =>
  path.split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, command), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });

/** Runs a command to its end and gives what it printed. Throws LabError with the end of its errors. */
function run(command: string, words: readonly string[], cwd?: string): string {
  const { status, stdout, stderr, error } = spawnSync(command, words, {
    encoding: 'utf8',
    env: { ...process.env, LC_ALL: 'C', DEBIAN_FRONTEND: 'noninteractive' },
    ...(cwd === undefined ? {} : { cwd }),
    timeout: 900_000,
    maxBuffer: 2 ** 26,
  });
  if (error === undefined && status === 0) return stdout;
  const last = error?.message ?? stderr.trim().split('\n').slice(-3).join('; ');
  throw new LabError(`${command} ${words.join(' ')} failed: ${last || `status ${status}`}`);
}

/** Where packages come from: the machine's own sources, or a suite of Debian that the machine does not use. */
export type Suite = string | undefined;

const keyring = '/usr/share/keyrings/debian-archive-keyring.gpg';

/**
 * What to tell apt for a suite: a list of sources and a state of its own, below the cache folder, so that the machine's
 * own are left alone. Throws LabError where Debian's keys are missing.
 */
export function suiteOptions(suite: Suite, folder = cacheFolder()): readonly string[] {
  if (suite === undefined) return [];
  if (!existsSync(keyring)) throw new LabError(`there is no ${keyring}`, 'apt-get install debian-archive-keyring');
  const home = join(folder, 'apt', suite);
  mkdirSync(join(home, 'lists/partial'), { recursive: true });
  mkdirSync(join(home, 'cache/archives/partial'), { recursive: true });
  writeFileSync(join(home, 'sources'), `deb [signed-by=${keyring}] http://deb.debian.org/debian ${suite} main\n`);
  const settings = {
    'Dir::Etc::SourceList': join(home, 'sources'),
    'Dir::Etc::SourceParts': '/dev/null',
    'Dir::State::Lists': join(home, 'lists'),
    'Dir::Cache': join(home, 'cache'),
    'APT::Sandbox::User': 'root',
  };
  return Object.entries(settings).flatMap(([name, value]) => ['-o', `${name}=${value}`]);
}

const updated = new Set<Suite>();

/** Runs `attempt`; where it fails the lists of packages are brought up to date, once, and it is run again. */
function withLists<T>(suite: Suite, attempt: (options: readonly string[]) => T): T {
  const options = suiteOptions(suite);
  try {
    return attempt(options);
  } catch (error) {
    if (!(error instanceof LabError) || updated.has(suite)) throw error;
    updated.add(suite);
    try {
      run('apt-get', ['-q', ...options, 'update']);
    } catch {
      // What matters is whether the package is found now.
    }
    return attempt(options);
  }
}

/**
 * The package that one leads to, from what `apt-cache depends` prints: `linux-image-amd64` depends on
 * `linux-image-6.1.0-56-amd64`, and of newer kernels that one on `linux-binary-...`, which has the image. `name` itself
 * where it leads to none.
 */
export const kernelBehind = (name: string, depends: string): string => {
  const found = [...depends.matchAll(/^ *Depends: (linux-(?:image|binary)-\d\S*)$/gm)].map(([, one]) => one ?? name);
  return found.find((one) => one !== name) ?? name;
};

/** Says which package has the image of kernel `name`. Throws LabError where apt knows no such package. */
export function kernelPackage(name: string, suite: Suite): string {
  const dependsOf = (one: string): string =>
    withLists(suite, (options) => run('apt-cache', [...options, 'depends', one]));
  let found = name;
  for (let last = ''; last !== found; ) {
    last = found;
    found = kernelBehind(found, dependsOf(found));
  }
  return found;
}

/** Throws LabError where the system's package tools are not Debian's. */
export function requireDebian(): void {
  const missing = ['apt-get', 'apt-cache', 'dpkg-deb'].filter((command) => !onPath(command));
  if (missing.length === 0) return;
  throw new LabError(
    `the lab takes its kernels from Debian, and there is no ${missing.join(', no ')} here`,
    'run it on Debian or a derivative of it',
  );
}

/** Installs qemu where it is missing. Throws LabError where that cannot be done. */
export function requireQemu(report: (line: string) => void): void {
  const command = 'qemu-system-x86_64';
  if (onPath(command)) return;
  const words = ['install', '-q', '-y', '--no-install-recommends', 'qemu-system-x86'];
  if (process.getuid?.() !== 0) {
    throw new LabError(`${command} is missing`, `as root: apt-get ${words.join(' ')}`);
  }
  report('installing qemu-system-x86');
  withLists(undefined, () => run('apt-get', words));
  if (!onPath(command)) throw new LabError(`apt-get has installed qemu-system-x86, but there is no ${command}`);
}

/** The folder of a package's files, downloaded and unpacked where it is not there yet. Throws LabError. */
export function unpacked(name: string, suite: Suite, report: (line: string) => void): string {
  const folder = join(cacheFolder(), name);
  if (existsSync(folder)) return folder;
  mkdirSync(cacheFolder(), { recursive: true });
  // What is interrupted leaves no folder of the package's name.
  const work = mkdtempSync(join(cacheFolder(), '.unpacking-'));
  try {
    report(`downloading ${name}`);
    withLists(suite, (options) => run('apt-get', ['-q', ...options, 'download', name], work));
    const file = readdirSync(work).find((each) => each.endsWith('.deb'));
    if (file === undefined) throw new LabError(`apt-get download ${name} has left no package`);
    run('dpkg-deb', ['-x', join(work, file), join(work, 'files')]);
    renameSync(join(work, 'files'), folder);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  return folder;
}

/** The kernel's image in the unpacked package. Throws LabError where it has none. */
export function kernelImage(folder: string): string {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  const name = names.find((each) => /^boot\/vmlinuz-|\/modules\/[^/]+\/vmlinuz$/.test(each));
  if (name === undefined) throw new LabError(`there is no kernel image in ${folder}`);
  return join(folder, name);
}
