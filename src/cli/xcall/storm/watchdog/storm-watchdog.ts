/**
 * The watchdog of `xcall storm`, a thread that nothing imports: where the storm does not get on, or a worker does not
 * come back from a call, it says where and ends the process with status 1.
 */

import { writeSync } from 'node:fs';
import { workerData } from 'node:worker_threads';
import { exitAtOnce, type MemoryPlace, memoryAt } from '../../../../sys/index.js';
import { type SeriesName, seriesNames, wordsOf, workerWords } from '../load/load-memory.js';
import { pulseWords, stages } from './pulse.js';

/** What it watches. */
export interface WatchdogOrders {
  readonly pulse: SharedArrayBuffer;
  readonly load: MemoryPlace;
  readonly cpus: readonly number[];
  /** How long something may take, ms. */
  readonly patience: number;
}

const { pulse, load, cpus, patience } = workerData as WatchdogOrders;
const words = new Int32Array(pulse);
const memory = memoryAt(load);

/** Where a worker is: in a call, or between two. */
const callOf = (worker: number): { readonly series: SeriesName; readonly number: number } | undefined => {
  const own = wordsOf(memory.buffer, worker);
  for (const [index, series] of seriesNames.entries()) {
    const number = own[workerWords.begun + index] ?? 0;
    if (number > (own[workerWords.done + index] ?? 0)) return { series, number };
  }
  return undefined;
};

const describeWorkers = (): string =>
  cpus
    .map((cpu, worker) => {
      const call = callOf(worker);
      return `CPU ${cpu}: its worker is ${call === undefined ? 'between two calls' : `in number ${call.number} of its ${call.series}`}`;
    })
    .join('; ');

function bite(what: string): void {
  writeSync(2, `xcall: the storm hangs: ${what}\n    ${describeWorkers()}\n`);
  exitAtOnce(1);
}

/** Tells since when something has been the same. */
function stillness(): (state: string) => number {
  let last = '';
  let since = performance.now();
  return (state) => {
    const now = performance.now();
    if (state !== last) [last, since] = [state, now];
    return now - since;
  };
}

const beating = stillness();
const calling = cpus.map(() => stillness());
while (Atomics.wait(words, pulseWords.over, 0, 250) === 'timed-out') {
  const beat = Atomics.load(words, pulseWords.beat);
  const stage = stages[Atomics.load(words, pulseWords.stage)] ?? '?';
  if (beating(String(beat)) > patience) bite(`for ${patience / 1000} s it has been at this: ${stage}`);
  for (const [worker, still] of calling.entries()) {
    const call = callOf(worker);
    const state = call === undefined ? String(performance.now()) : `${call.series} ${call.number}`;
    if (still(state) > patience) bite(`the worker on CPU ${cpus[worker]} has not come back from a call`);
  }
}
