/** The cost of a command from start to end. */

import { spawnSync } from 'node:child_process';

/** What a command needed. */
export interface Cost {
  /** ms. */
  readonly wall: number;
  /** ms of CPU time, user and system. */
  readonly cpu: number;
  /** MiB at the peak (ru_maxrss). */
  readonly memory: number;
}

/** Runs a command by `bench/native/measure.c`. Throws if it cannot be run or fails. */
export function measure(program: string, command: readonly string[]): Cost {
  const { stdout, error } = spawnSync(program, command, { encoding: 'utf8' });
  if (error !== undefined) throw error;
  const [wall = 0, user = 0, system = 0, memory = 0, status = 0] = stdout.trim().split(' ').map(Number);
  if (status !== 0) throw new Error(`${command.join(' ')} ended with status ${status}`);
  return { wall: wall / 1e6, cpu: (user + system) / 1e3, memory: memory / 1024 };
}
