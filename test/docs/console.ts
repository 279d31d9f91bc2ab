/** The code and the commands of a document: files that it shows are written, commands are run, and what they print is compared. */

import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The root of the package. */
export const root = fileURLToPath(new URL('../..', import.meta.url));

/** A fenced block of a document, in order. */
export type Block =
  /** The first line of the block names it: `// name.js`. */
  | { readonly kind: 'file'; readonly name: string; readonly text: string }
  /** A part of some file. */
  | { readonly kind: 'fragment'; readonly text: string }
  | { readonly kind: 'command'; readonly command: string; readonly output: string };

/** The blocks that are marked `js` and `console`. In the latter, `$ ` begins a command, and its output follows. */
export function blocksOf(document: string): readonly Block[] {
  return [...document.matchAll(/^```(js|console)\n(.*?)^```$/gms)].flatMap(([, kind, text = '']): readonly Block[] => {
    if (kind === 'console') {
      return text
        .split(/^\$ /m)
        .slice(1)
        .map((part) => {
          const end = part.indexOf('\n');
          return { kind: 'command', command: part.slice(0, end), output: part.slice(end + 1).trimEnd() };
        });
    }
    const name = /^\/\/ (\S+\.m?js)\n/.exec(text)?.[1];
    return [name === undefined ? { kind: 'fragment', text } : { kind: 'file', name, text }];
  });
}

/** What an output must look like: a line `…` stands for any lines, and seconds for any seconds. */
export function patternOf(output: string): RegExp {
  const lines = output.split('\n').map((line) => {
    if (line === '…') return '(?:.*\\n)*?';
    const literal = line.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
    return `${literal.replace(/\d+\\\.\d s$/, '\\d+\\.\\d s')}\\n`;
  });
  return new RegExp(`^${lines.join('')}$`);
}

/** A folder in which the commands of a document run, with the package installed and `xcall` on the path. */
export interface Workplace {
  write(name: string, text: string): void;
  /** Runs a line of shell; gives what it printed, on both channels, without blanks at its end. */
  run(command: string): Promise<string>;
  remove(): void;
}

/** Makes a workplace, with the examples of the package in it. */
export function workplace(): Workplace {
  const folder = mkdtempSync(join(tmpdir(), 'dtrace-docs-'));
  mkdirSync(join(folder, 'bin'));
  mkdirSync(join(folder, 'node_modules'));
  symlinkSync(join(root, 'bin/xcall'), join(folder, 'bin/xcall'));
  symlinkSync(root, join(folder, 'node_modules/dtrace-linux'));
  cpSync(join(root, 'examples'), join(folder, 'examples'), { recursive: true });
  const path = [join(folder, 'bin'), dirname(process.execPath), process.env['PATH'] ?? ''].join(delimiter);
  return {
    write: (name, text) => writeFileSync(join(folder, name), text),
    run: (command) =>
      new Promise((resolve) => {
        const shell = ['-c', `{ ${command}\n} 2>&1`];
        const options = { cwd: folder, env: { ...process.env, PATH: path }, timeout: 50_000 };
        execFile('/bin/sh', shell, options, (_error, output) => resolve(output.trimEnd()));
      }),
    remove: () => rmSync(folder, { recursive: true }),
  };
}
