/** Signals that end the work in order; a second one ends the command at once. */

const endingSignals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Watches for them until closed. */
export interface Interrupts {
  readonly seen: boolean;
  /** Ends the current sleep. */
  wake(): void;
  /** Waits, until a signal at the latest. */
  sleep(milliseconds: number): Promise<void>;
  close(): void;
}

/** Starts watching; the first signal is also told to `onFirst`. */
export function watchInterrupts(onFirst: () => void = () => {}): Interrupts {
  let seen = false;
  let wake: () => void = () => {};
  const onSignal = (_: NodeJS.Signals, number: number): void => {
    if (seen) process.exit(128 + number);
    seen = true;
    onFirst();
    wake();
  };
  for (const signal of endingSignals) process.on(signal, onSignal);
  return {
    get seen() {
      return seen;
    },
    wake: () => wake(),
    sleep: (milliseconds) =>
      new Promise((resolve) => {
        const timer = setTimeout(resolve, seen ? 0 : milliseconds);
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      }),
    close: () => {
      for (const signal of endingSignals) process.off(signal, onSignal);
    },
  };
}
