/** What a long computation owes the rest of the program: a turn now and then, and a clear end where memory is at its end. */

/** Milliseconds that the search holds the thread. */
const turn = 50;

/** Makes the function that gives others a turn, if the last one is long enough ago. */
export function createRest(): () => Promise<void> {
  let last = performance.now();
  return async () => {
    if (performance.now() - last < turn) return;
    await new Promise((resume) => setTimeout(resume, 0));
    last = performance.now();
  };
}

/** Whether a typed array could not be allocated. A stack that overflows is a RangeError too, and is something else. */
export const isOutOfMemory = (error: unknown): boolean =>
  error instanceof RangeError && !/call stack/i.test(error.message);
