/**
 * What the server of a mailbox does in its rounds, and before it sleeps. This is the server of the explorer's mechanism
 * `mailbox`, step by step:
 *
 * - It clears its wake word, reads how many urgent posts there were, and only then looks at the boxes. A post that comes
 *   after that look is seen by `arm()`, or rings.
 * - It serves what is written by then. A request whose poster was interrupted before it wrote it waits, with those
 *   behind it, for the next round: its poster wakes the server when it goes on.
 * - It says which requests it has begun before its sync begins, so that later posts do not join them.
 * - It needs nothing but the boxes to go on where another server died: what is not marked complete is not.
 */

import { latencyBuckets, mailboxBox, mailboxSlot, mailboxWords } from '../../d/codegen/memory/mailbox-layout.js';
import { inBox, inSlot, kindIn, sequenceIn, type Words } from './words.js';

/** What rounds are made of. */
export interface RoundsOptions {
  readonly words: Words;
  /** CPU slots; the process's box comes behind them. */
  readonly slots: number;
  /** Nanoseconds of the monotonic clock. */
  readonly now: () => bigint;
  /** Does what requests of these kinds ask for, once each. Where it throws, nothing is complete. */
  readonly serve: (kinds: ReadonlySet<number>) => void;
}

/** The rounds of a server. */
export interface Rounds {
  /** Serves what is posted by now; whether there was anything. Throws what `serve` throws. */
  round(): boolean;
  /** Arms the doorbell; false if the server must not sleep, since an urgent post came after it had looked. */
  arm(): boolean;
}

/** What one round serves of a box. */
interface Snapshot {
  readonly box: number;
  /** The last sequence number. */
  readonly upTo: number;
  /** When each request was posted. */
  readonly times: readonly bigint[];
}

/** The bucket of a latency of a nanosecond or more: quarters of powers of two. */
export const latencyBucket = (nanoseconds: number): number =>
  Math.floor(Math.log2(nanoseconds) * latencyBuckets.octave);

/** Makes the rounds of a server. */
export function createRounds({ words, slots, now, serve }: RoundsOptions): Rounds {
  const boxes = Array.from({ length: slots + 1 }, (_, box) => box);
  let seen = -1n;

  const urgentPosts = (): bigint => boxes.reduce((sum, box) => sum + words.load(inBox(box, mailboxBox.urgent)), 0n);

  const look = (box: number, kinds: Set<number>): Snapshot | undefined => {
    const posted = Number(words.load(inBox(box, mailboxBox.posted)));
    const completed = Number(words.load(inBox(box, mailboxBox.completed)));
    const times: bigint[] = [];
    for (let next = completed + 1; next <= posted; next += 1) {
      const word = words.load(inSlot(box, next, mailboxSlot.word));
      if (sequenceIn(word) !== next) break;
      kinds.add(kindIn(word));
      times.push(words.load(inSlot(box, next, mailboxSlot.time)));
    }
    return times.length === 0 ? undefined : { box, upTo: completed + times.length, times };
  };

  const increase = (offset: number): void => words.store(offset, words.load(offset) + 1n);

  /** Only the server writes these, so that plain sums are right. */
  const count = (latency: bigint): void => {
    const least = words.load(mailboxWords.leastLatency);
    if (least === 0n || latency < least) words.store(mailboxWords.leastLatency, latency);
    if (latency > words.load(mailboxWords.greatestLatency)) words.store(mailboxWords.greatestLatency, latency);
    increase(mailboxWords.latencies + 8 * latencyBucket(Number(latency)));
  };

  return {
    round: () => {
      words.exchange(mailboxWords.armed, 0n);
      seen = urgentPosts();
      const kinds = new Set<number>();
      const snapshots = boxes.flatMap((box) => look(box, kinds) ?? []);
      if (snapshots.length === 0) return false;
      for (const { box, upTo } of snapshots) words.exchange(inBox(box, mailboxBox.taken), BigInt(upTo));
      serve(kinds);
      for (const { box, upTo } of snapshots) words.store(inBox(box, mailboxBox.completed), BigInt(upTo));
      const end = now();
      for (const { times } of snapshots) for (const time of times) count(end > time ? end - time : 1n);
      increase(mailboxWords.rounds);
      return true;
    },
    arm: () => {
      words.exchange(mailboxWords.armed, 1n);
      if (urgentPosts() === seen) return true;
      words.exchange(mailboxWords.armed, 0n);
      return false;
    },
  };
}
