/** A thread of this process that keeps another CPU busy: without one, membarrier(2) would find nobody to interrupt. */

import { Worker } from 'node:worker_threads';
import { getAffinity, setAffinity } from '../../../sys/index.js';
import { MeasurementError } from './measurement-error.js';
import { pin } from './pin.js';

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

/**
 * Keeps `cpu` busy until it is disposed of. Throws SystemCallError; MeasurementError where the CPU is offline
 * or the thread does not start.
 */
export function occupy(cpu: number): Neighbour {
  const words = new Int32Array(new SharedArrayBuffer(12));
  const before = getAffinity();
  try {
    // A thread starts with the affinity of the one that creates it.
    if (!pin(cpu)) throw new MeasurementError(`CPU ${cpu} went offline`, 'run it again');
    new Worker(text, { eval: true, workerData: words, execArgv: [] });
  } finally {
    setAffinity(before);
  }
  const stop = (): void => {
    Atomics.store(words, word.stopped, 1);
  };
  if (Atomics.wait(words, word.started, 0, patience) === 'timed-out') {
    stop();
    throw new MeasurementError(
      `a thread on CPU ${cpu} has not started within ${patience / 1000} s`,
      'the machine may have too much to do: run it again when it has less',
    );
  }
  return { turns: () => Atomics.load(words, word.turns), [Symbol.dispose]: stop };
}
