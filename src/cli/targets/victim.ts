/**
 * The process that -c starts. It exists before anything is traced, so that $target is known, and waits until tracing
 * has begun: a shell reads from a socket whose other end only dtrace holds, then turns into the command (exec), with
 * the same id. If dtrace dies, SIGKILL included, the read ends and so does the shell.
 *
 * Between the release and the command the shell still makes some system calls of its own: it puts its descriptors back
 * (about five calls of dup2, fcntl and close) and calls execve, once. Who traces all system calls of $target sees them.
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import { Socket } from 'node:net';
import { delimiter } from 'node:path';
import { errno, errnoText, openStandardStreams } from '../../sys/index.js';
import { splitCommand } from '../arguments/split-command.js';
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

/** The socket is descriptor 3. $0 is only the shell's name in its own messages. */
const script = 'echo >&3; read -r go <&3 || exit; exec "$@" 3<&-';

/**
 * Starts the command and leaves it waiting. Its standard input, output and error are those of this process.
 * @throws {VictimError} if there is no such command or it may not be executed, {CommandSyntaxError} for an open quote.
 */
export function startVictim(command: string): TracedProcess {
  const words = splitCommand(command);
  const [name = ''] = words;
  // By its path, so that the shell does not try execve in one folder after the other while that is traced.
  const path = findExecutable(name, process.env['PATH'] ?? '/usr/bin:/bin');
  openStandardStreams();
  const child = spawnShell(name, [path, ...words.slice(1)]);
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

/** The path of a command, looked up as execvp(3) does; throws VictimError. */
function findExecutable(name: string, path: string): string {
  const candidates = name.includes('/')
    ? [name]
    : path.split(delimiter).map((folder) => `${folder === '' ? '.' : folder}/${name}`);
  let failure: unknown;
  for (const candidate of candidates) {
    try {
      accessSync(candidate, constants.X_OK);
      if (statSync(candidate).isFile()) return candidate;
      failure = { errno: errno.EACCES };
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (failure === undefined || code !== 'ENOENT') failure = error;
    }
  }
  throw new VictimError(name, reasonOf(failure));
}
