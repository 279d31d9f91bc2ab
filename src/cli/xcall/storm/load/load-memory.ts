/**
 * The memory that the storm shares with its workers, 64-bit floating-point words: whole numbers up to 2^53 in one store
 * each, which x86 makes visible in their order.
 */

/** The running numbers that a worker's calls carry. */
export const seriesNames = ['calls', 'datagrams'] as const;

/** One of them. */
export type SeriesName = (typeof seriesNames)[number];

/** Words of a worker: cache lines that it writes, and one that the storm writes. */
export const workerWords = {
  /** The number of the call that it makes now or makes next, for each series. */
  begun: 0,
  /** The number of the last call that has returned. */
  done: 8,
  /** 1 once it is at work. */
  ready: 15,
  /** It makes no call with a greater number, for each series: the storm's. */
  allowed: 16,
  /** Counts up when it is to go to its CPU again: the storm's. */
  pin: 24,
  /** 1: it is to end: the storm's. */
  stop: 25,
  size: 32,
} as const;

/** Bytes of the memory for so many workers. */
export const loadBytes = (workers: number): number => workers * workerWords.size * Float64Array.BYTES_PER_ELEMENT;

/** The words of one worker. */
export const wordsOf = (buffer: ArrayBuffer, worker: number): Float64Array<ArrayBuffer> =>
  new Float64Array(buffer, worker * workerWords.size * Float64Array.BYTES_PER_ELEMENT, workerWords.size);

/** What a worker is told on its command line, as JSON. */
export interface WorkerOrders {
  readonly parent: number;
  readonly worker: number;
  readonly workers: number;
  readonly cpu: number;
  /** The second argument of its calls, and the length of its datagrams. */
  readonly tag: number;
  readonly length: number;
}

/** The descriptor of the shared memory in a worker. */
export const memoryDescriptor = 3;
