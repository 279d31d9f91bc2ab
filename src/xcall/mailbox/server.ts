/**
 * The server of a mailbox: the loop of a thread that does nothing else. It sleeps on the doorbell, so that what delays
 * the main event loop delays no request, and serves at a bounded rate. Rounds begin at least `interval` apart; a thread
 * that is woken too early waits before it looks, so that what its own wake-up has posted is in that look.
 *
 * What the server causes itself, by serving or by going to sleep, rings no bell: after a round that served something it
 * looks again after `postPatience` milliseconds. A look that finds nothing says that there is no such post, and the next
 * one is later: waking up costs 0.2 ms of a CPU on a virtual machine, whatever is done then. What it causes after such a
 * look does ring (`heartbeat` is 0), or it would wait for too long; the look that this brings about serves something.
 */

import { mailboxWords, postPatience } from '../../d/codegen/memory/mailbox-layout.js';
import type { Rounds } from './rounds.js';
import type { Words } from './words.js';

/** How often the server serves, milliseconds. */
export const serverTimes = {
  /** From the beginning of a round to that of the next, at least. */
  interval: 0.5,
  /** From one look to the next where nothing happens: for a doorbell that could not be rung. */
  idle: 250,
} as const;

/** What the loop works on. */
export interface ServerLoop {
  readonly words: Words;
  readonly rounds: Rounds;
  /** Nanoseconds of the monotonic clock. */
  readonly now: () => bigint;
  /** Waits until somebody rings, or that many milliseconds. */
  readonly sleep: (milliseconds: number) => void;
  /** Forgets who has rung so far. */
  readonly clearBell: () => void;
  /** Blocks the thread. */
  readonly pause: (milliseconds: number) => void;
  /** Whether the server is to end, and whether all that was posted is complete. */
  readonly stopping: () => boolean;
  readonly settled: () => boolean;
}

/** How long a server that is to end waits for requests that are being written, milliseconds. */
const farewell = 2_000;

/** Serves until it is told to stop and all is complete. Throws what serving throws. */
export function serveUntilStopped(loop: ServerLoop): void {
  const { words, rounds, now, sleep, clearBell, pause, stopping, settled } = loop;
  let earliest = 0n;
  let told: bigint | undefined;
  let first = true;
  for (;;) {
    const left = Number(earliest - now()) / 1e6;
    if (left > 0) pause(left);
    clearBell();
    const start = now();
    words.store(mailboxWords.heartbeat, start);
    const served = rounds.round();
    if (served) earliest = start + BigInt(serverTimes.interval * 1e6);
    const calm = served || first;
    first = false;
    if (!calm) words.store(mailboxWords.heartbeat, 0n);
    if (stopping()) {
      told ??= start;
      if (settled() || start - told > BigInt(farewell * 1e6)) return;
    }
    if (rounds.arm()) sleep(told !== undefined ? 1 : calm ? postPatience : serverTimes.idle);
  }
}
