/** Starting and stopping the server's thread. */

import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { ensureDescriptors } from '../../sys/index.js';
import { stragglerHint } from '../sync.js';
import type { Assignment } from './assignment.js';
import { createStatus, type ServerState } from './status.js';

/** The server of a mailbox cannot start, or has ended: requests that are not complete stay so. */
export class MailboxError extends Error {
  /** The CPU that did not leave its probe, if that is why. */
  readonly cpu: number | undefined;
  /** What to do, where that is why. */
  readonly hint: string | undefined;

  constructor(problem: string, cpu?: number) {
    super(`the server of the mailbox ${problem}`);
    this.name = 'MailboxError';
    this.cpu = cpu;
    this.hint = cpu === undefined ? undefined : stragglerHint;
  }
}

/** A running thread. */
export interface ServerThread {
  readonly state: ServerState;
  /** Why it ended, if nobody had asked it to. */
  readonly failure: MailboxError | undefined;
  /** Whether it has not begun to serve yet, nor failed. */
  readonly starting: boolean;
  /** Blocks until it serves. Throws MailboxError. */
  awaitServing(): void;
  /** Has it serve what is posted, then end, and blocks until then. Stopping again does nothing. */
  stop(): void;
  /** Ends it after the round that it is in, with nothing said, as a crash would; settled when it is gone. */
  kill(): Promise<void>;
}

/** How long a thread may take to start, to end, and to start where the process is about to exit, ms. */
const patience = { start: 30_000, stop: 10_000, exit: 5_000 } as const;

const exits = new Set<() => void>();
const runExits = (): void => {
  for (const run of exits) run();
};

/**
 * Has `run` called when the process exits, until the returned function is. Node ends its threads then, and one that is
 * about to load koffi or to prepare its functions would abort the process: koffi throws where nothing can be thrown.
 */
function atExit(run: () => void): () => void {
  if (exits.size === 0) process.on('exit', runExits);
  exits.add(run);
  return () => {
    exits.delete(run);
    if (exits.size === 0) process.off('exit', runExits);
  };
}

/** What the thread runs: its file beside this one; from source, what esbuild makes of it. */
function sourceOfThread(): { readonly source: string | URL; readonly evaluated: boolean } {
  if (!import.meta.url.endsWith('.ts')) {
    return { source: new URL('./mailbox-worker.js', import.meta.url), evaluated: false };
  }
  bundled ??= bundleThread();
  return { source: bundled, evaluated: true };
}

let bundled: string | undefined;

function bundleThread(): string {
  // Not imported: who installs the package has no esbuild, and needs none.
  const { buildSync } = createRequire(import.meta.url)('esbuild') as {
    buildSync(options: object): { readonly outputFiles: readonly { readonly text: string }[] };
  };
  const { outputFiles } = buildSync({
    entryPoints: [fileURLToPath(new URL('./mailbox-worker.ts', import.meta.url))],
    bundle: true,
    write: false,
    platform: 'node',
    format: 'cjs',
    external: ['koffi'],
    define: { 'import.meta.url': JSON.stringify(import.meta.url) },
  });
  const text = outputFiles[0]?.text ?? '';
  return `((require) => {${text}})(require('node:module').createRequire(${JSON.stringify(import.meta.url)}))`;
}

/** Files that a thread of Node.js opens as it starts: some for its event loop, one after the other for its modules. */
const filesOfThread = 12;

/**
 * Starts a server; `wake` ends its sleep. What the assignment names must stay open until it has ended. It needs nothing
 * of the main event loop, and does not keep the process alive. Throws LimitError where it could open no files.
 */
export function startThread(assignment: Omit<Assignment, 'status'>, wake: () => void): ServerThread {
  // It would end as it starts, and its owner would hear of that from the event loop only, which may stand still.
  ensureDescriptors(filesOfThread);
  const status = createStatus();
  const { source, evaluated } = sourceOfThread();
  const workerData: Assignment = { ...assignment, status: status.buffer };
  const worker = new Worker(source, {
    eval: evaluated,
    workerData,
    name: 'dtrace mailbox',
    // What its owner was started with is not for it: `--input-type`, say, is refused for a file.
    execArgv: [],
    // Not joined to those of the process: Node would open these, and have pipes return EAGAIN to whoever shares them.
    stdout: true,
    stderr: true,
  });
  worker.unref();
  const gone = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
  const forget = atExit(() => {
    status.requestStop();
    status.awaitChange('starting', patience.exit);
  });
  worker.on('error', (error) => status.fail(`has ended: ${error instanceof Error ? error.message : String(error)}`));
  worker.on('exit', () => {
    forget();
    if (status.state !== 'stopped') status.fail('has ended');
  });
  const failure = (): MailboxError | undefined => {
    const found = status.failure;
    return found === undefined ? undefined : new MailboxError(found.text, found.cpu);
  };
  return {
    get state() {
      return status.state;
    },
    get failure() {
      return failure();
    },
    get starting() {
      return status.state === 'starting' && failure() === undefined;
    },
    awaitServing: () => {
      if (!status.awaitChange('starting', patience.start)) {
        throw new MailboxError(`has not started within ${patience.start / 1000} seconds`);
      }
      const found = failure();
      if (found !== undefined) throw found;
    },
    stop: () => {
      const wanted = status.stopping;
      status.requestStop();
      if (!wanted) status.awaitChange('starting', patience.exit);
      if (status.state !== 'serving' || status.dying) return;
      wake();
      status.awaitChange('serving', patience.stop);
    },
    kill: () => {
      status.requestDeath();
      wake();
      worker.ref();
      return gone;
    },
  };
}
