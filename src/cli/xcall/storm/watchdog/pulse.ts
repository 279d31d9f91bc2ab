/** What the watchdog watches: a count that grows while the storm goes on, and what the storm is doing. */

/** The words of the shared memory. */
export const pulseWords = { beat: 0, stage: 1, over: 2, size: 3 } as const;

/** What the storm can be doing when it hangs. */
export const stages = [
  'starts its workers',
  'compiles its programs',
  'starts another tracer',
  'waits for what runs beside it',
  'opens a session',
  'starts tracing',
  'switches the buffers: sync()',
  'reads the aggregations: sync()',
  'looks after CPUs',
  'waits',
  'stops tracing, and drains the mailbox',
  'closes the session',
  'ends',
] as const;

/** One of them. */
export type Stage = (typeof stages)[number];

/** The storm's side. */
export interface Pulse {
  readonly buffer: SharedArrayBuffer;
  /** It is alive, and at this. */
  at(stage: Stage): void;
  /** There is nothing to watch any more. */
  end(): void;
}

/** A pulse that beats as often as `at` is called. */
export function createPulse(): Pulse {
  const words = new Int32Array(new SharedArrayBuffer(4 * pulseWords.size));
  return {
    buffer: words.buffer,
    at: (stage) => {
      Atomics.store(words, pulseWords.stage, stages.indexOf(stage));
      Atomics.add(words, pulseWords.beat, 1);
    },
    end: () => {
      Atomics.store(words, pulseWords.over, 1);
      Atomics.notify(words, pulseWords.over);
    },
  };
}
