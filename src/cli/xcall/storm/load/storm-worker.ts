/**
 * A worker of `xcall storm`, a process of its own that nothing imports: on its CPU it makes system calls that carry
 * running numbers, and ends with the storm, however that ends.
 */

import {
  endWithParent,
  errno,
  mapShared,
  openNumberedCalls,
  SystemCallError,
  setAffinity,
} from '../../../../sys/index.js';
import { loadBytes, memoryDescriptor, type WorkerOrders, wordsOf, workerWords } from './load-memory.js';

/** Calls between two datagrams, and datagrams between two naps: the CPU is left to others now and then. */
const rhythm = { calls: 32, datagrams: 8, nap: 50_000 } as const;

/** How long to wait for the consumer before looking again, ns. */
const patience = 100_000;

/** How long to wait for the first epoch before looking again, ns: until then the machine has enough to do. */
const rest = 5_000_000;

function work({ parent, worker, workers, cpu, tag, length }: WorkerOrders): void {
  if (!endWithParent(parent)) return;
  const memory = mapShared(memoryDescriptor, loadBytes(workers));
  const words = wordsOf(memory.buffer, worker);
  const calls = openNumberedCalls();
  const stopped = (): boolean => words[workerWords.stop] === 1;
  const one = (series: number, call: (number: number) => void): void => {
    const number = (words[workerWords.done + series] ?? 0) + 1;
    while (number > (words[workerWords.allowed + series] ?? 0)) {
      if (stopped()) return;
      calls.nap(patience);
    }
    words[workerWords.begun + series] = number;
    call(number);
    words[workerWords.done + series] = number;
  };
  const ask = (number: number): void => calls.ask(number, tag);
  const send = (number: number): void => calls.send(number, length);
  let pinned = -1;
  words[workerWords.ready] = 1;
  while (!stopped() && (words[workerWords.allowed] ?? 0) === 0) calls.nap(rest);
  while (!stopped()) {
    const wanted = words[workerWords.pin] ?? 0;
    if (wanted !== pinned) {
      pinned = wanted;
      pin(cpu);
    }
    for (let round = 0; round < rhythm.datagrams; round += 1) {
      for (let call = 0; call < rhythm.calls; call += 1) one(0, ask);
      one(1, send);
    }
    calls.nap(rhythm.nap);
  }
}

/** Goes to the CPU; where that is offline it stays where it is, until it is told again. */
function pin(cpu: number): void {
  try {
    setAffinity([cpu]);
  } catch (error) {
    if (!(error instanceof SystemCallError && error.errno === errno.EINVAL)) throw error;
  }
}

// A signal to the whole group is the storm's to answer.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});
work(JSON.parse(process.argv[2] ?? '') as WorkerOrders);
process.exit(0);
