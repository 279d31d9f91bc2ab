/** The files that go into the guest: node with its libraries, and the project as it is here. */

import { spawnSync } from 'node:child_process';
import { lstatSync, readdirSync, readFileSync, readlinkSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import type { CpioEntry } from './cpio.js';
import { LabError } from './lab-error.js';

/**
 * Files, folders and links at and below `from`, as `to` and below in the archive, except those that `keep` says no to (it
 * is given paths of this machine). What is neither, sockets and the like, is left out.
 */
export function* filesBelow(
  from: string,
  to: string,
  keep: (path: string) => boolean = () => true,
): Generator<CpioEntry> {
  if (!keep(from)) return;
  const status = lstatSync(from);
  if (status.isSymbolicLink()) {
    yield { kind: 'link', path: to, target: readlinkSync(from) };
  } else if (status.isDirectory()) {
    yield { kind: 'folder', path: to };
    for (const name of readdirSync(from).sort()) yield* filesBelow(join(from, name), `${to}/${name}`, keep);
  } else if (status.isFile()) {
    yield { kind: 'file', path: to, contents: readFileSync(from), executable: (status.mode & 0o111) !== 0 };
  }
}

/**
 * The libraries in what ldd(1) prints: `libm.so.6 => /lib/x86_64-linux-gnu/libm.so.6 (0x…)`, or the path alone for the
 * loader.
 */
export const librariesOf = (printed: string): string[] =>
  [...printed.matchAll(/(?:^\s*|=> )(\/\S+) \(0x[0-9a-f]+\)$/gm)].map(([, path]) => path ?? '');

/** Those that the file needs. Throws LabError where ldd(1) cannot say. */
function librariesFor(file: string): string[] {
  const { status, stdout, stderr, error } = spawnSync('ldd', [file], {
    encoding: 'utf8',
    env: { ...process.env, LC_ALL: 'C' },
  });
  // A program that is linked statically ends ldd in an error.
  if (status === 0 || /not a dynamic executable|statically linked/.test(stdout + stderr)) return librariesOf(stdout);
  throw new LabError(`ldd ${file} failed: ${error?.message ?? stderr.trim()}`);
}

/** Native parts of npm packages, for the C library that Debian has. */
function nativeAddons(packages: string): string[] {
  const names = readdirSync(packages, { recursive: true, encoding: 'utf8' });
  return names.filter((name) => name.endsWith('.node') && !name.includes('musl')).map((name) => join(packages, name));
}

/** Node as /usr/bin/node, and the libraries that it and the project's packages need, where the loader looks for them. */
export function* nodeFiles(root: string): Generator<CpioEntry> {
  const node = realpathSync(process.execPath);
  yield { kind: 'file', path: 'usr/bin/node', contents: readFileSync(node), executable: true };
  const users = [node, ...nativeAddons(join(root, 'node_modules'))];
  for (const path of new Set(users.flatMap(librariesFor))) {
    yield { kind: 'file', path: path.slice(1), contents: readFileSync(path), executable: true };
  }
}

/** Packages that are large and of no use in the guest: compilers, linters, and what belongs to them. */
const leftOut = ['@biomejs', '@typescript', 'typescript', '@types', '.cache'];

/** The parts of the project that the guest needs. */
const parts = [
  'package.json',
  'vitest.config.ts',
  'tsconfig.base.json',
  'bin',
  'dist',
  'lab',
  'scripts',
  'src',
  'test',
];

/** Where the project lies in the guest. */
export const projectFolder = '/project';

/** The project's files: what is built, the tests, and the packages that these need. */
export function* projectFiles(root: string): Generator<CpioEntry> {
  const packages = join(root, 'node_modules');
  const without = new Set(leftOut.map((name) => join(packages, name)));
  for (const part of [...parts, 'node_modules']) {
    yield* filesBelow(join(root, part), `${projectFolder.slice(1)}/${part}`, (path) => !without.has(path));
  }
}
