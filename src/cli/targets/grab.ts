/** The processes of -p: they run already and go on after dtrace has ended. */

import { readProcessStatus } from '../../sys/index.js';
import { type ProcessEnd, processState, type TracedProcess } from './traced-process.js';

/** A process of -p that cannot be traced. The message is dtrace's. */
export class GrabError extends Error {
  override readonly name = 'GrabError';
  readonly pid: number;

  constructor(pid: number, reason: string) {
    super(`failed to grab pid ${pid}: ${reason}`);
    this.pid = pid;
  }
}

/** How often a process is looked for, ms. A look reads one file of /proc. */
const lookEvery = 50;

/** A zombie has ended, although its parent has not asked for its status yet. */
const hasEnded = (state: string): boolean => state === 'Z' || state === 'X';

/**
 * Watches a process of this pid namespace until it ends. Watching alone does not keep dtrace running.
 * @throws {GrabError} if there is no such process, or the number is that of a thread.
 */
export function grabProcess(pid: number): TracedProcess {
  const first = processState(pid);
  const leader = readProcessStatus(pid)?.pid;
  if (first === undefined || leader === undefined || hasEnded(first.state)) throw new GrabError(pid, 'No such process');
  if (leader !== pid) throw new GrabError(pid, `it is a thread of process ${leader}, use -p ${leader}`);
  let timer: NodeJS.Timeout | undefined;
  const close = (): void => clearInterval(timer);
  const ended = new Promise<ProcessEnd>((resolve) => {
    timer = setInterval(() => {
      const now = processState(pid);
      // The number may have passed to another process between two looks.
      if (now !== undefined && now.start === first.start && !hasEnded(now.state)) return;
      close();
      resolve({ status: null, signal: null });
    }, lookEvery).unref();
  });
  return { pid, ready: Promise.resolve(), ended, release: () => {}, close, [Symbol.dispose]: close };
}
