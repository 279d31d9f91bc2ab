/** The load of the storm: a process on every CPU whose system calls carry running numbers. */

import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { createSharedFile, type MemoryPlace, mapShared, onlineCpus, placeOf } from '../../../../sys/index.js';
import { loadBytes, type SeriesName, seriesNames, type WorkerOrders, wordsOf, workerWords } from './load-memory.js';

/** The running number of one worker's calls of a kind. */
export interface Series {
  readonly name: SeriesName;
  readonly cpu: number;
  readonly pid: number;
  /** The last number that was begun, and the last whose call has returned. */
  readonly begun: number;
  readonly done: number;
  /** Lets it go on up to this number. */
  allow(number: number): void;
}

/** Workers that run. */
export interface Load extends Disposable {
  readonly series: readonly Series[];
  /** By which their calls are known: the second argument of getppid(2), the length of datagrams. */
  readonly tag: number;
  readonly length: number;
  /** Sends each worker to its CPU again. */
  pin(): void;
  /** A worker that has ended, and how; undefined: all run. */
  readonly lost: string | undefined;
  /** Where its words lie, for the watchdog. */
  readonly place: MemoryPlace;
  readonly cpus: readonly number[];
}

/** ms. */
const patience = 60_000;

/** A worker of the storm does not start. */
export class LoadError extends Error {
  override readonly name = 'LoadError';
}

const workerFile = fileURLToPath(new URL('./storm-worker.js', import.meta.url));

/** Starts a worker on every CPU that is online; settled when all are at work. Throws LoadError, SystemCallError. */
export async function startLoad(): Promise<Load> {
  const cpus = onlineCpus();
  const file = createSharedFile('xcall storm', loadBytes(cpus.length));
  const memory = mapShared(file.fd, loadBytes(cpus.length));
  const tag = 1 + Math.floor(Math.random() * 2 ** 30);
  const length = 64 + Math.floor(Math.random() * 1024);
  const words = cpus.map((_, worker) => wordsOf(memory.buffer, worker));
  const children: ChildProcess[] = [];
  let lost: string | undefined;
  let closing = false;
  const close = (): void => {
    if (closing) return;
    closing = true;
    for (const each of words) each[workerWords.stop] = 1;
    for (const child of children) child.kill('SIGKILL');
    memory.close();
    file.close();
  };
  const start = (cpu: number, worker: number): ChildProcess => {
    const orders: WorkerOrders = { parent: process.pid, worker, workers: cpus.length, cpu, tag, length };
    const child = spawn(process.execPath, [workerFile, JSON.stringify(orders)], {
      stdio: ['ignore', 'ignore', 'inherit', file.fd],
      // Of a group of its own, so that Ctrl-C is the storm's alone.
      detached: true,
    });
    const note = (how: string): void => {
      if (!closing) lost ??= `the worker on CPU ${cpu} ${how}`;
    };
    child.on('error', (error) => note(`does not start: ${error.message}`));
    child.on('exit', (status, signal) => note(`has ended: ${signal ?? `status ${status}`}`));
    return child;
  };
  try {
    for (const [worker, cpu] of cpus.entries()) children.push(start(cpu, worker));
    const deadline = performance.now() + patience;
    while (words.some((each) => each[workerWords.ready] !== 1)) {
      if (lost !== undefined) throw new LoadError(lost);
      if (performance.now() > deadline) throw new LoadError(`a worker has not started within ${patience / 1000} s`);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  } catch (error) {
    close();
    throw error;
  }
  return {
    tag,
    length,
    series: cpus.flatMap((cpu, worker) =>
      seriesNames.map((name, index) => seriesOf(name, cpu, children[worker]?.pid ?? -1, index, words[worker])),
    ),
    pin: () => {
      for (const each of words) each[workerWords.pin] = (each[workerWords.pin] ?? 0) + 1;
    },
    get lost() {
      return lost;
    },
    place: placeOf(memory),
    cpus,
    [Symbol.dispose]: close,
  };
}

function seriesOf(name: SeriesName, cpu: number, pid: number, index: number, words = new Float64Array(0)): Series {
  const read = (field: number): number => words[field + index] ?? 0;
  return {
    ...{ name, cpu, pid },
    get begun() {
      return read(workerWords.begun);
    },
    get done() {
      return read(workerWords.done);
    },
    allow: (number) => {
      words[workerWords.allowed + index] = number;
    },
  };
}
