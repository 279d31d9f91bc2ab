/** A session in the process of the benchmarks, for what cannot be seen from outside. */

import { enableText, openSession, runningKernel, type Session } from '../src/index.js';

/** Opens a session for a D program that uses no macro variables. */
export function openForBench(text: string): Session {
  const kernel = runningKernel();
  return openSession(enableText(text, kernel), kernel);
}
