/** Programs of the lab that run in the guest: each bundled into one file, so that nothing is translated there. */

import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import type { CpioEntry } from './cpio.js';
import { projectFolder } from './tree.js';

/** lab/guest/NAME.ts of the project, as lab/guest/NAME.mjs in the guest's copy of it. */
export async function guestPrograms(root: string): Promise<CpioEntry[]> {
  const folder = join(root, 'lab/guest');
  const { outputFiles } = await build({
    entryPoints: readdirSync(folder)
      .filter((name) => name.endsWith('.ts'))
      .map((name) => join(folder, name)),
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    ...{ bundle: true, platform: 'node', format: 'esm', target: 'node20', external: ['koffi'], write: false },
    logLevel: 'silent',
  });
  return outputFiles.map(({ path, contents }) => ({
    kind: 'file',
    path: `${projectFolder.slice(1)}${path.slice(root.length)}`,
    contents,
  }));
}
