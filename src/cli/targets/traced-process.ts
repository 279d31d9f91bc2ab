/** Processes that a trace is about: what is known of them, and how they end. */

import { readFileSync } from 'node:fs';

/** How a process ended: by `exit(status)`, by a signal, or unknown (both null) where it was not started here. */
export interface ProcessEnd {
  readonly status: number | null;
  /** Its name: `SIGKILL`. */
  readonly signal: string | null;
}

/** A process of -c or -p. */
export interface TracedProcess {
  readonly pid: number;
  /** Settles once nothing happens in it before `release()`, or it has ended; at once for a process of -p. */
  readonly ready: Promise<void>;
  readonly ended: Promise<ProcessEnd>;
  /** Lets a process of -c become its command. Does nothing for one that runs or has ended. */
  release(): void;
  /**
   * Ends a process of -c by SIGKILL, whether it waits, runs or is stopped, as libdtrace does with those that it made;
   * lets go of one of -p. Closing again does nothing.
   */
  close(): void;
  [Symbol.dispose](): void;
}

/** What dtrace(1) says of a process that has ended, without `dtrace: `. */
export function describeEnd(pid: number, { status, signal }: ProcessEnd): string {
  if (signal !== null) return `pid ${pid} terminated by ${signal}`;
  return status === null || status === 0 ? `pid ${pid} has exited` : `pid ${pid} exited with status ${status}`;
}

/** What /proc/PID/stat says: the state letter, and the start in clock ticks since boot. Undefined: no such process. */
export function processState(pid: number): { readonly state: string; readonly start: string } | undefined {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/stat`, 'latin1');
  } catch {
    return undefined;
  }
  // The name, in parentheses, may hold blanks and parentheses itself. State and start are the fields 3 and 22.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return { state: fields[0] ?? '', start: fields[19] ?? '' };
}
