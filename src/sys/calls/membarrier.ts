/** membarrier(2): memory barriers on other CPUs, by interrupts or by waiting for a grace period of RCU. */

import { checked } from '../errno/errno.js';
import { systemCall } from '../ffi.js';
import { callNumber } from './system-calls.js';

/** Commands (linux/membarrier.h, enum membarrier_cmd); each but the query is a bit of what the query returns. */
const commands = {
  query: 0,
  /** Waits for one grace period of RCU, in which every CPU passes a barrier: milliseconds. */
  global: 1,
  /** Interrupts the CPUs that run a thread of this process now: microseconds. Register first. */
  'private-expedited': 8,
  'register-private-expedited': 16,
} as const;

/** What membarrier(2) can be asked for. */
export type MembarrierCommand = Exclude<keyof typeof commands, 'query'>;

/**
 * Whether this kernel offers a command: it may be built without the call (CONFIG_MEMBARRIER), and `global` is not there
 * where CPUs run without a tick (nohz_full).
 */
export const offersMembarrier = (command: MembarrierCommand): boolean => {
  const offered = systemCall(callNumber.membarrier, commands.query);
  return offered > 0 && (offered & commands[command]) !== 0;
};

/** Makes the call. Throws SystemCallError (EINVAL: not offered; EPERM: not registered). */
export const membarrier = (command: MembarrierCommand): void => {
  const result = systemCall(callNumber.membarrier, commands[command]);
  // The text is for errors only: the call itself may take less than a microsecond.
  if (result < 0) checked(`membarrier(${command})`, result);
};
