/** A thread of this process that keeps another CPU busy: without one, membarrier(2) would find nobody to interrupt. */

import { Worker } from 'node:worker_threads';
import { getAffinity, setAffinity } from '../../../sys/index.js';

/** The words that the two threads share. */
const word = { started: 0, stopped: 1, turns: 2 } as const;

/** ms. */
const patience = 10_000;

const text = `
const { workerData: words } = require('node:worker_threads');
Atomics.store(words, ${word.started}, 1);
Atomics.notify(words, ${word.started});
while (Atomics.load(words, ${word.stopped}) === 0) Atomics.add(words, ${word.turns}, 1);
`;

/** The thread. */
export interface Neighbour extends Disposable {
  /** Grows while it runs, every few nanoseconds; it stands still while the CPU does something else. Wraps. */
  turns(): number;
}

/** Keeps `cpu` busy until it is disposed of. Throws SystemCallError, or Error where the thread does not start. */
export function occupy(cpu: number): Neighbour {
  const words = new Int32Array(new SharedArrayBuffer(12));
  const before = getAffinity();
  // A thread starts with the affinity of the one that creates it.
  setAffinity([cpu]);
  let worker: Worker;
  try {
    worker = new Worker(text, { eval: true, workerData: words, execArgv: [] });
  } finally {
    setAffinity(before);
  }
  worker.unref();
  const stop = (): void => {
    Atomics.store(words, word.stopped, 1);
  };
  if (Atomics.wait(words, word.started, 0, patience) === 'timed-out') {
    stop();
    throw new Error(`a thread on CPU ${cpu} has not started within ${patience / 1000} s: is the machine overloaded?`);
  }
  return { turns: () => Atomics.load(words, word.turns), [Symbol.dispose]: stop };
}
