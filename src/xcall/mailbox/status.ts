/** What the server's thread and the thread that started it tell one another: a few shared words and a text. */

/** Where the server stands. */
export const serverState = { starting: 0, serving: 1, stopped: 2, failed: 3 } as const;

/** Name of a state. */
export type ServerState = keyof typeof serverState;

const word = { state: 0, stop: 1, textLength: 2, straggler: 3 } as const;

/** What the thread is told. */
const order = { none: 0, stop: 1, die: 2 } as const;
const textStart = 16;
const size = 2048;

/** Shared by both threads. */
export interface Status {
  /** To be given to the other thread. */
  readonly buffer: SharedArrayBuffer;
  readonly state: ServerState;
  /** Changes the state and wakes who waits for that. */
  become(state: Exclude<ServerState, 'failed'>): void;
  /** Fails for good; the CPU is the one that did not leave its probe, if that is why. */
  fail(text: string, cpu?: number): void;
  readonly failure: { readonly text: string; readonly cpu: number | undefined } | undefined;
  readonly stopping: boolean;
  requestStop(): void;
  /** Whether the thread is to end as if it had crashed. */
  readonly dying: boolean;
  requestDeath(): void;
  /** Blocks until the state is no longer `state`, that many milliseconds at most; whether it changed. */
  awaitChange(state: ServerState, milliseconds: number): boolean;
}

const names = Object.keys(serverState) as ServerState[];

/** The status in `buffer`, or a new one. */
export function createStatus(buffer: SharedArrayBuffer = new SharedArrayBuffer(size)): Status {
  const words = new Int32Array(buffer, 0, textStart / 4);
  const bytes = new Uint8Array(buffer, textStart);
  const stateNow = (): ServerState => names[Atomics.load(words, word.state)] ?? 'failed';
  const become = (state: ServerState): void => {
    Atomics.store(words, word.state, serverState[state]);
    Atomics.notify(words, word.state);
  };
  return {
    buffer,
    get state() {
      return stateNow();
    },
    become,
    fail: (text, cpu) => {
      // The first reason counts.
      if (stateNow() === 'failed') return;
      const encoded = new TextEncoder().encode(text).subarray(0, bytes.length);
      bytes.set(encoded);
      Atomics.store(words, word.textLength, encoded.length);
      Atomics.store(words, word.straggler, cpu === undefined ? 0 : cpu + 1);
      become('failed');
    },
    get failure() {
      if (stateNow() !== 'failed') return undefined;
      const cpu = Atomics.load(words, word.straggler);
      const text = new TextDecoder().decode(bytes.slice(0, Atomics.load(words, word.textLength)));
      return { text, cpu: cpu === 0 ? undefined : cpu - 1 };
    },
    get stopping() {
      return Atomics.load(words, word.stop) !== order.none;
    },
    requestStop: () => {
      Atomics.compareExchange(words, word.stop, order.none, order.stop);
    },
    get dying() {
      return Atomics.load(words, word.stop) === order.die;
    },
    requestDeath: () => {
      Atomics.store(words, word.stop, order.die);
    },
    awaitChange: (state, milliseconds) =>
      Atomics.wait(words, word.state, serverState[state], milliseconds) !== 'timed-out',
  };
}
