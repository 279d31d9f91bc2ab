/** Standard output and error, which a process shares with those that it starts. */

import { systemCall } from '../ffi.js';
import { callNumber } from './system-calls.js';

/** F_GETFL and F_SETFL (linux/fcntl.h). */
const flags = { get: 3, set: 4 } as const;

/**
 * Has Node open `process.stdout` and `process.stderr` now, and puts their descriptors back to how they were. Node makes
 * them non-blocking where they are pipes or sockets, sooner or later, whether it writes to them or not; a command that
 * shares them would then lose what a slow reader has no room for. Throws NativeCallError.
 */
export function openStandardStreams(): void {
  for (const [fd, name] of [
    [1, 'stdout'],
    [2, 'stderr'],
  ] as const) {
    const before = systemCall(callNumber.fcntl, fd, flags.get);
    void process[name];
    if (before >= 0) systemCall(callNumber.fcntl, fd, flags.set, before);
  }
}
