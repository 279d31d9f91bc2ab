/** Child processes of the benchmarks: one that answers orders line by line, and tracers that run until stopped. */

import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/** A program that reads orders and answers each with a line. */
export interface Answerer {
  readonly pid: number;
  ask(order: string): Promise<string>;
  signal(name: NodeJS.Signals): void;
  close(): Promise<void>;
}

const ended = (child: ChildProcess): Promise<void> =>
  child.exitCode !== null || child.signalCode !== null
    ? Promise.resolve()
    : new Promise((resolve) => child.once('exit', () => resolve()));

/** Starts a program that answers orders. */
export function startAnswerer(path: string, ...given: readonly string[]): Answerer {
  const child = spawn(path, given, { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    pid: child.pid ?? 0,
    ask: async (order) => {
      child.stdin.write(`${order}\n`);
      const { value, done } = await lines.next();
      if (done === true) throw new Error(`${path} ended before it answered '${order}'`);
      return value;
    },
    signal: (name) => child.kill(name),
    close: async () => {
      child.stdin.end();
      await ended(child);
    },
  };
}

/** A tracer that is running. */
export interface RunningTracer {
  readonly pid: number;
  /** What it has written to standard output so far. */
  output(): string;
  errors(): string;
  /** Interrupts it and waits for its end; false: it did not come (bpftrace 0.17 hangs now and then), so it was killed. */
  stop(): Promise<boolean>;
  /** Waits for an end of its own. */
  ended(): Promise<void>;
}

/** A tracer did not do what it was started for. */
export class TracerError extends Error {
  constructor(command: readonly string[], problem: string, errors: string) {
    super(`${command.join(' ')}: ${problem}\n${errors}`);
    this.name = 'TracerError';
  }
}

/** The line that a program of ours prints in its BEGIN clause. */
export const readyMark = 'ready';

/** ms to be ready, and to end. */
const patience = 120_000;
const stopPatience = 30_000;

/** Starts a tracer and waits until it has printed `readyMark`: its probes are on then. `isReady` looks elsewhere for it. */
export async function startTracer(
  command: readonly string[],
  isReady?: (pid: number) => boolean,
): Promise<RunningTracer> {
  const [file = '', ...given] = command;
  const child = spawn(file, given, { stdio: ['ignore', 'pipe', 'pipe'] });
  const pid = child.pid ?? 0;
  let output = '';
  let errors = '';
  child.stdout.setEncoding('latin1').on('data', (text: string) => {
    output += text;
  });
  child.stderr.setEncoding('latin1').on('data', (text: string) => {
    errors += text;
  });
  const closed = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const ready = isReady ?? (() => output.includes(readyMark));
  const deadline = performance.now() + patience;
  while (!ready(pid)) {
    if (child.exitCode !== null || performance.now() > deadline) {
      child.kill('SIGKILL');
      throw new TracerError(command, 'was not ready', errors);
    }
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  return {
    pid,
    output: () => output,
    errors: () => errors,
    stop: async () => {
      child.kill('SIGINT');
      const killer = setTimeout(() => child.kill('SIGKILL'), stopPatience);
      await closed;
      clearTimeout(killer);
      return child.signalCode !== 'SIGKILL';
    },
    ended: () => closed,
  };
}
