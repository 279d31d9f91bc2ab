/** Keeping a thread on a CPU. */

import { errno, SystemCallError, setAffinity } from '../../../sys/index.js';

/** Runs the calling thread on one CPU; false: it has gone offline. Throws SystemCallError. */
export function pin(cpu: number): boolean {
  try {
    setAffinity([cpu]);
    return true;
  } catch (error) {
    if (error instanceof SystemCallError && error.errno === errno.EINVAL) return false;
    throw error;
  }
}
