/** Every command of the README and every script of scripts/ runs on the live kernel and prints something. */

import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { kernelTest } from '../kernel-test.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const readme = readFileSync(join(root, 'README.md'), 'utf8');

/** The lines of the README's shell blocks that run dtrace, without the installation before it. */
const commands = [...readme.matchAll(/^```sh\n(.*?)^```$/gms)]
  .flatMap(([, block = '']) => block.split('\n'))
  .map((line) => line.replace(/^npm ci && /, ''))
  .filter((line) => line.includes('bin/dtrace'));

/** The scripts with the flags of their first line and the command that their header gives to -c. */
const scripts = readdirSync(join(root, 'scripts'))
  .filter((name) => name.endsWith('.d'))
  .map((name) => {
    const text = readFileSync(join(root, 'scripts', name), 'utf8');
    return {
      name,
      text,
      flags: /^#!\/usr\/bin\/env -S dtrace (-q?s)\n/.exec(text)?.[1],
      command: /^ \* {3}dtrace .* -c '(.*)'$/m.exec(text)?.[1],
    };
  });

interface Outcome {
  readonly status: number | null;
  readonly output: string;
  readonly messages: string;
}

/** Runs a shell command in the project's folder; after `limit` ms the whole group of processes is ended. */
function runShell(command: string, limit: number): Promise<Outcome> {
  const path = [dirname(process.execPath), process.env['PATH'] ?? ''].join(delimiter);
  const child = spawn('/bin/sh', ['-c', command], {
    cwd: root,
    detached: true,
    env: { ...process.env, PATH: path },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  let messages = '';
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString('latin1');
  });
  child.stderr.on('data', (chunk: Buffer) => {
    messages += chunk.toString('latin1');
  });
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    }, limit);
    child.once('error', reject);
    child.once('close', (status) => {
      clearTimeout(timer);
      resolve({ status, output, messages });
    });
  });
}

const limit = 40_000;

/** What dtrace says of programs that do not compile, of faults and of what it could not do. */
const complaint = /failed to|invalid probe specifier|internal error|not available|error on enabled probe/;

const folder = mkdtempSync(join(tmpdir(), 'dtrace-docs-'));
let files = 0;

afterAll(() => rmSync(folder, { recursive: true }));

/**
 * What dtrace prints for a command, without what the traced process prints: where it traces, its output goes to a file.
 * `complaints`: it is to complain.
 */
async function printed(command: string, complaints = false): Promise<string> {
  files += 1;
  const file = join(folder, String(files));
  const traces = / -[a-z]*[ns] /.test(command) && !/ -(?:S|ln) /.test(command);
  const line = traces ? command.replace('bin/dtrace', `bin/dtrace -o ${file}`) : command;
  const { status, output, messages } = await runShell(line, limit);
  if (complaints) expect(messages).toMatch(complaint);
  else expect(messages).not.toMatch(complaint);
  expect(status, messages).toBe(0);
  return traces ? readFileSync(file, 'latin1') : output;
}

describe('the README', () => {
  it('has the command of the main job, and that of the tests', () => {
    expect(commands.length).toBeGreaterThan(10);
    expect(readme).toContain(
      `npm ci && bin/dtrace -n 'syscall:::entry /pid == $target/ { @[probefunc] = count(); }' -c 'ls -lR /usr/share/doc'`,
    );
    expect(readme).toContain('npm ci && npm test');
  });

  for (const command of commands) {
    kernelTest(`runs: ${command}`, async () => {
      expect((await printed(command)).trim()).not.toBe('');
    });
  }
});

describe('scripts', () => {
  for (const { name, text, flags, command } of scripts) {
    it(`${name} is short, and says how it is run`, () => {
      // The header may show what the script prints.
      const program = text.replace(/\/\*[\s\S]*?\*\//, '');
      expect(program.split('\n').length).toBeLessThan(40);
      expect(text.split('\n').length).toBeLessThan(80);
      expect(text).toContain(` * ${name}: `);
      expect(text).toContain(` *   dtrace ${flags} scripts/${name}`);
    });

    kernelTest(`${name} compiles and prints`, async () => {
      const target = command === undefined ? '' : ` -c '${command}'`;
      // faults.d is about a fault: dtrace complains of it, and the script shows what ERROR can do.
      const output = await printed(`bin/dtrace ${flags} scripts/${name}${target}`, name === 'faults.d');
      expect(output.trim()).not.toBe('');
    });
  }
});
