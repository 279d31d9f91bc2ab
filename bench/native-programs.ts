/** The small C programs of the benchmarks: compiled into a temporary directory when a row wants them. */

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The sources in `bench/native`. */
export type NativeProgram = 'measure' | 'caller' | 'sync';

/** There is no C compiler, or it refused the source. */
export class MissingCompilerError extends Error {
  constructor(reason: string) {
    super(`no C compiler (${reason}): install gcc or clang, or set CC`);
    this.name = 'MissingCompilerError';
  }
}

/** Compiled programs, until `close()` removes them. */
export interface NativePrograms {
  path(program: NativeProgram): string;
  close(): void;
}

/** Programs to compile on demand. */
export function openNativePrograms(): NativePrograms {
  const directory = mkdtempSync(join(tmpdir(), 'dtrace-bench-'));
  const compiled = new Map<NativeProgram, string>();
  return {
    path: (program) => {
      const known = compiled.get(program);
      if (known !== undefined) return known;
      const source = fileURLToPath(new URL(`native/${program}.c`, import.meta.url));
      const path = join(directory, program);
      const compiler = process.env['CC'] ?? 'cc';
      const { status, error, stderr } = spawnSync(compiler, ['-O2', '-o', path, source], { encoding: 'utf8' });
      if (status !== 0) throw new MissingCompilerError(error?.message ?? stderr.trim());
      compiled.set(program, path);
      return path;
    },
    close: () => rmSync(directory, { recursive: true, force: true }),
  };
}
