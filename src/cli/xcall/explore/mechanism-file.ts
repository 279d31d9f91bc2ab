/** Mechanisms from files of the user: JavaScript modules that export one, made with `dtrace-linux/explorer`. */

import { spawnSync } from 'node:child_process';
import { statSync } from 'node:fs';
import * as modules from 'node:module';
import { resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Mechanism, Setting } from '../../../explorer/index.js';
import { packageFile } from '../../package-file.js';
import { UsageError } from '../usage-error.js';
import { mechanismProblem, modelProblem } from './mechanism-shape.js';

/** Whether what was told names a file rather than a mechanism that xcall has. */
export const looksLikeFile = (target: string): boolean => target.includes('/') || /\.[cm]?[jt]s$/.test(target);

/**
 * The mechanism that a file exports: its default export, the export `mechanism`, or its only one that is a mechanism.
 * What its `build` throws, other than a MechanismError, becomes an error that names the file.
 * @throws {UsageError}
 */
export async function loadMechanismFile(path: string): Promise<Mechanism> {
  const file = resolve(path);
  if (!statSync(file, { throwIfNoEntry: false })?.isFile()) throw new UsageError(`${path}: there is no such file`);
  serveExplorer();
  let exported: Readonly<Record<string, unknown>>;
  try {
    exported = (await import(pathToFileURL(file).href)) as Readonly<Record<string, unknown>>;
  } catch (error) {
    throw cannotLoad(path, file, error);
  }
  const mechanism = exportedMechanism(path, exported);
  const build = (setting: Setting) => {
    try {
      const model = mechanism.build(setting);
      const problem = modelProblem(model);
      if (problem !== undefined) throw new UsageError(`${path}: build gives a model of which ${problem}`);
      return model;
    } catch (error) {
      if (error instanceof UsageError || nameOf(error) === 'MechanismError') throw error;
      throw new UsageError(`${placeIn(path, file, error)}: build throws: ${messageOf(error)}`);
    }
  };
  return { ...mechanism, build };
}

function exportedMechanism(path: string, exported: Readonly<Record<string, unknown>>): Mechanism {
  const named = exported['default'] ?? exported['mechanism'];
  const found = Object.entries(exported).filter(([, value]) => mechanismProblem(value) === undefined);
  const [only] = found;
  const chosen = named ?? (found.length === 1 ? only?.[1] : undefined);
  if (chosen === undefined) {
    throw new UsageError(
      found.length === 0
        ? `${path}: exports no mechanism`
        : `${path}: exports several mechanisms: ${found.map(([name]) => name).join(', ')}`,
      'write: export default mechanism({ … }), with mechanism from dtrace-linux/explorer',
    );
  }
  const problem = mechanismProblem(chosen);
  if (problem !== undefined) {
    throw new UsageError(
      `${path}: what it exports is no mechanism: ${problem}`,
      'mechanism({ … }) of dtrace-linux/explorer makes one',
    );
  }
  return chosen as Mechanism;
}

let serving = false;

/** Lets `dtrace-linux/explorer` be imported from anywhere, installed or not: it is always the explorer of this xcall. */
function serveExplorer(): void {
  if (serving) return;
  serving = true;
  const url = packageFile('dist/explorer/index.js').href;
  const hook = `
    export const resolve = (specifier, context, next) =>
      specifier === 'dtrace-linux/explorer' ? { url: ${JSON.stringify(url)}, shortCircuit: true } : next(specifier, context);`;
  // Since Node 22.15 hooks can run in this thread, and the older way is on its way out.
  const { registerHooks } = modules as { readonly registerHooks?: (hooks: { readonly resolve: ResolveHook }) => void };
  if (registerHooks === undefined) modules.register(`data:text/javascript,${encodeURIComponent(hook)}`);
  else {
    registerHooks({
      resolve: (specifier, context, next) =>
        specifier === 'dtrace-linux/explorer' ? { url, shortCircuit: true } : next(specifier, context),
    });
  }
}

type ResolveHook = (
  specifier: string,
  context: unknown,
  next: (specifier: string, context: unknown) => unknown,
) => unknown;

function cannotLoad(path: string, file: string, error: unknown): UsageError {
  const place = placeIn(path, file, error);
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  if (code === 'ERR_UNKNOWN_FILE_EXTENSION') {
    return new UsageError(`${path}: this Node.js runs no files of that kind`, 'compile it to JavaScript, a .js file');
  }
  if (nameOf(error) === 'SyntaxError') {
    const isScript = /import statement outside a module|Unexpected token 'export'/.test(messageOf(error));
    return new UsageError(
      `${syntaxPlace(path, file)}: syntax error: ${messageOf(error)}`,
      isScript ? 'Node.js takes it for a script: name it .mjs' : undefined,
    );
  }
  const required = code === 'MODULE_NOT_FOUND' && messageOf(error).includes("'dtrace-linux/explorer'");
  return new UsageError(
    `${place}: cannot be loaded: ${messageOf(error)}`,
    required ? 'import it: this Node.js finds it for require only where the package is installed' : undefined,
  );
}

/** The user's path with the line of a syntax error, which Node tells to nobody but a terminal. */
function syntaxPlace(path: string, file: string): string {
  const { stderr } = spawnSync(process.execPath, ['--check', file], { encoding: 'utf8', timeout: 10_000 });
  const line = /^\S+:(\d+)$/m.exec(stderr ?? '')?.[1];
  return line === undefined ? path : `${path}:${line}`;
}

/** The user's path with the line that an error comes from, as far as its stack says. */
function placeIn(path: string, file: string, error: unknown): string {
  const stack = error instanceof Error ? (error.stack ?? '') : '';
  const found = /(file:\/\/[^\s:]+|\/[^\s:()]+):(\d+)/g;
  for (const [, where = '', line] of stack.matchAll(found)) {
    const name = where.startsWith('file://') ? fileURLToPath(where) : where;
    if (name === file) return `${path}:${line}`;
  }
  return path;
}

/** Of what was thrown, the first line. */
export function messageOf(error: unknown): string {
  const text = typeof error === 'object' && error !== null && 'message' in error ? error.message : error;
  return String(text).split('\n')[0] ?? '';
}

/** By its name, because a user's file may have made it with another copy of the explorer. */
const nameOf = (error: unknown): string | undefined =>
  typeof error === 'object' && error !== null && 'name' in error ? String(error.name) : undefined;
