/**
 * Programs of the lab that run in the guest, each translated into one file. The project is what they find there as built:
 * what they import from src/ is imported from dist/, which has its workers beside it.
 */

import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { build, type Plugin } from 'esbuild';
import type { CpioEntry } from './cpio.js';
import { projectFolder } from './tree.js';

const builtProject: Plugin = {
  name: 'built-project',
  setup: ({ onResolve }) => {
    onResolve({ filter: /^\.\.\/\.\.\/src\// }, ({ path }) => ({
      path: path.replace('/src/', '/dist/'),
      external: true,
    }));
  },
};

/** lab/guest/NAME.ts of the project, as lab/guest/NAME.mjs in the guest's copy of it. */
export async function guestPrograms(root: string): Promise<CpioEntry[]> {
  const folder = join(root, 'lab/guest');
  const { outputFiles } = await build({
    entryPoints: readdirSync(folder)
      .filter((name) => name.endsWith('.ts'))
      .map((name) => join(folder, name)),
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    ...{ bundle: true, platform: 'node', format: 'esm', target: 'node20', write: false },
    plugins: [builtProject],
    logLevel: 'silent',
  });
  return outputFiles.map(({ path, contents }) => ({
    kind: 'file',
    path: `${projectFolder.slice(1)}${path.slice(root.length)}`,
    contents,
  }));
}
