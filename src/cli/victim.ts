/**
 * The process that -c starts. It exists before anything is traced, so that $target is known, and waits until tracing
 * has begun: a shell reads from a socket whose other end only dtrace holds, then turns into the command (exec), with
 * the same id. If dtrace dies, SIGKILL included, the read ends and so does the shell.
 *
 * Between the release and the command the shell makes three system calls: dup2 (the real standard input), close and
 * execve. Who traces system calls of $target sees those, and the return of the read that it waited in.
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import { Socket } from 'node:net';
import { delimiter } from 'node:path';
import { errno, errnoText } from '../sys/index.js';
import { splitCommand } from './split-command.js';
import { type ProcessEnd, processState, type TracedProcess } from './traced-process.js';

/** A command that cannot be run. The message is dtrace's. */
export class VictimError extends Error {
  override readonly name = 'VictimError';
  readonly command: string;

  constructor(command: string, reason: string) {
    super(`failed to execute ${command}: ${reason}`);
    this.command = command;
  }
}

/** The socket comes as descriptor 3. It becomes standard input, so that nothing is left to put back after the read. */
const script = 'exec 4<&0 <&3 3<&-; echo >&0; read -r go || exit; exec "$@" <&4 4<&-';

/**
 * Starts the command and leaves it waiting. Its standard input, output and error are those of this process.
 * @throws {VictimError} if there is no such command or it may not be executed, {CommandSyntaxError} for an open quote.
 */
export function startVictim(command: string): TracedProcess {
  const words = splitCommand(command);
  const [name = ''] = words;
  findExecutable(name, process.env['PATH'] ?? '/usr/bin:/bin');
  const child = spawnShell(name, words);
  const { pid, stdio } = child;
  const door = stdio[3];
  // Why the shell did not start comes as an event later; that it did not shows now.
  child.on('error', () => {});
  if (pid === undefined || !(door instanceof Socket)) throw new VictimError(name, '/bin/sh cannot be started');
  // Writing to a shell that has been killed is no error: `ended` tells.
  door.on('error', () => {});
  const ended = new Promise<ProcessEnd>((resolve) => {
    child.once('exit', (status, signal) => resolve({ status, signal }));
  });
  const announced = new Promise<void>((resolve) => {
    door.once('data', () => resolve());
  });
  const close = (): void => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
    door.destroy();
  };
  return {
    pid,
    ready: Promise.race([announced.then(() => untilAsleep(pid)), ended.then(() => {})]),
    ended,
    release: () => {
      if (!door.writableEnded) door.end('\n');
    },
    close,
    [Symbol.dispose]: close,
  };
}

function spawnShell(name: string, words: readonly string[]): ChildProcess {
  try {
    return spawn('/bin/sh', ['-c', script, 'dtrace', ...words], { stdio: ['inherit', 'inherit', 'inherit', 'pipe'] });
  } catch (error) {
    throw new VictimError(name, reasonOf(error));
  }
}

/** Having announced itself, the shell sleeps in nothing but the read. */
async function untilAsleep(pid: number): Promise<void> {
  while (processState(pid)?.state === 'R') await new Promise((resolve) => setTimeout(resolve, 1));
}

const reasonOf = (error: unknown): string => errnoText((error as NodeJS.ErrnoException).errno ?? errno.ENOENT);

/** Looks a command up as execvp(3) does; throws VictimError. */
function findExecutable(name: string, path: string): void {
  const candidates = name.includes('/')
    ? [name]
    : path.split(delimiter).map((folder) => `${folder === '' ? '.' : folder}/${name}`);
  let failure: unknown;
  for (const candidate of candidates) {
    try {
      accessSync(candidate, constants.X_OK);
      if (statSync(candidate).isFile()) return;
      failure = { errno: errno.EACCES };
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (failure === undefined || code !== 'ENOENT') failure = error;
    }
  }
  throw new VictimError(name, reasonOf(failure));
}
