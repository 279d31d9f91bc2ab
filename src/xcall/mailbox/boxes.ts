/** A mailbox as its process uses it: it posts to a box of its own, asks, and reads what the boxes count. */

import { quantizeBuckets, quantizeZero } from '../../d/aggregation-data.js';
import {
  boxCapacity,
  cpuBits,
  latencyBuckets,
  mailboxBox,
  mailboxSlot,
  mailboxWords,
  processCpu,
} from '../../d/codegen/memory/mailbox-layout.js';
import { inBox, inSlot, requestWord, type Words } from './words.js';

/** From post to completion, nanoseconds; a request that others joined counts once, from its first post. */
export interface MailboxLatency {
  readonly count: number;
  readonly min: number;
  /** The upper ends of the buckets (four to a power of two) in which these percentiles lie, at most `max`. */
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
  /** As quantize() of D counts them: a word for each of its buckets. */
  readonly buckets: BigInt64Array;
}

/** What has happened in a mailbox so far. */
export interface MailboxStatistics {
  /** Posts that were given a number of their own, and those that joined a request that was there. */
  readonly posted: number;
  readonly coalesced: number;
  /** Of all posts those that the server itself caused, by its own task or in its own cross-call: they did not wake it. */
  readonly patient: number;
  /** Of all posts those that the session itself made: the deadman's, and those that ask for cleaning. */
  readonly cyclic: number;
  /** Posts of the session itself that found no room. It posts again, so that nothing is lost: they are not among the drops. */
  readonly postponed: number;
  /** Posts that were given 0: the box was full, or the CPU had none. */
  readonly drops: number;
  readonly completed: number;
  /** Rounds in which the server served something: one sync each at most. */
  readonly rounds: number;
  /** Times that a post woke the server, and that it could not. */
  readonly rings: number;
  readonly ringFailures: number;
  readonly latency: MailboxLatency;
}

/** Posts that were dropped on a CPU. */
export interface MailboxDrops {
  /** -1: on CPUs without a slot. */
  readonly slot: number;
  readonly count: number;
}

/** The boxes of a mailbox. */
export interface Boxes {
  /** Posts a request of `kind` for the process: its number, or 0 where the box is full. `ring` wakes a sleeping server. */
  post(kind: number, time: bigint, ring: () => void): bigint;
  /** Whether a request of a box is complete; `boxOf` gives the box of a CPU. */
  isComplete(number: bigint, boxOf: (cpu: number) => number | undefined): boolean;
  /** Whether every request that was posted by now is complete. */
  readonly settled: boolean;
  /** Nanoseconds of the monotonic clock when the server last began a look; 0: that look found nothing, or there was none. */
  readonly heartbeat: bigint;
  /** Posts that were dropped, since the start; slots that dropped none are left out. */
  drops(): readonly MailboxDrops[];
  statistics(): MailboxStatistics;
}

/** The boxes in `words`. */
export function createBoxes(words: Words, slots: number): Boxes {
  const own = slots;
  const all = Array.from({ length: slots + 1 }, (_, box) => box);
  const read = (offset: number): number => Number(words.load(offset));
  const total = (field: number): number => all.reduce((sum, box) => sum + read(inBox(box, field)), 0);

  /** The sequence number of the youngest request of the process, if a post may join it. */
  const joinable = (kind: number): number | undefined => {
    const last = read(inBox(own, mailboxBox.posted));
    if (last === 0 || words.load(inSlot(own, last, mailboxSlot.word)) !== requestWord(last, kind)) return undefined;
    if (read(inBox(own, mailboxBox.taken)) >= last) return undefined;
    words.add(inBox(own, mailboxBox.coalesced), 1n);
    return last;
  };
  const claim = (kind: number, time: bigint): number | undefined => {
    for (;;) {
      const last = read(inBox(own, mailboxBox.posted));
      if (last - read(inBox(own, mailboxBox.completed)) >= boxCapacity) break;
      const next = last + 1;
      if (words.compareExchange(inBox(own, mailboxBox.posted), BigInt(last), BigInt(next)) !== BigInt(last)) continue;
      words.store(inSlot(own, next, mailboxSlot.time), time);
      words.store(inSlot(own, next, mailboxSlot.word), requestWord(next, kind));
      return next;
    }
    words.add(inBox(own, mailboxBox.drops), 1n);
    return undefined;
  };

  return {
    post: (kind, time, ring) => {
      const sequence = joinable(kind) ?? claim(kind, time);
      if (sequence === undefined) return 0n;
      words.add(inBox(own, mailboxBox.urgent), 1n);
      if (words.load(mailboxWords.armed) === 1n && words.exchange(mailboxWords.armed, 0n) === 1n) ring();
      return (BigInt(sequence) << BigInt(cpuBits)) | BigInt(processCpu);
    },
    isComplete: (number, boxOf) => {
      const cpu = Number(number & BigInt(processCpu));
      const sequence = number >> BigInt(cpuBits);
      const box = cpu === processCpu ? own : boxOf(cpu);
      return sequence > 0n && box !== undefined && words.load(inBox(box, mailboxBox.completed)) >= sequence;
    },
    get settled() {
      return all.every((box) => {
        const posted = words.load(inBox(box, mailboxBox.posted));
        return words.load(inBox(box, mailboxBox.completed)) >= posted;
      });
    },
    get heartbeat() {
      return words.load(mailboxWords.heartbeat);
    },
    drops: () =>
      [
        ...all.map((slot) => ({ slot, count: read(inBox(slot, mailboxBox.drops)) })),
        { slot: -1, count: read(mailboxWords.slotlessDrops) },
      ].filter(({ count }) => count > 0),
    statistics: () => ({
      posted: total(mailboxBox.posted),
      coalesced: total(mailboxBox.coalesced),
      patient: total(mailboxBox.patient),
      cyclic: read(mailboxWords.cyclicPosts),
      postponed: read(mailboxWords.postponed),
      drops: total(mailboxBox.drops) + read(mailboxWords.slotlessDrops),
      completed: total(mailboxBox.completed),
      rounds: read(mailboxWords.rounds),
      rings: read(mailboxWords.rings),
      ringFailures: read(mailboxWords.ringFailures),
      latency: readLatency(read),
    }),
  };
}

function readLatency(read: (offset: number) => number): MailboxLatency {
  const { octave, count: size } = latencyBuckets;
  const counts = Array.from({ length: size }, (_, bucket) => read(mailboxWords.latencies + 8 * bucket));
  const count = counts.reduce((sum, each) => sum + each, 0);
  const max = read(mailboxWords.greatestLatency);
  const percentile = (share: number): number => {
    let left = Math.ceil(count * share);
    const bucket = counts.findIndex((each) => {
      left -= each;
      return left <= 0;
    });
    return Math.min(max, Math.round(2 ** ((bucket + 1) / octave)));
  };
  const buckets = new BigInt64Array(quantizeBuckets);
  for (const [bucket, each] of counts.entries()) {
    const power = quantizeZero + 1 + Math.floor(bucket / octave);
    buckets[power] = (buckets[power] ?? 0n) + BigInt(each);
  }
  return { count, min: read(mailboxWords.leastLatency), p50: percentile(0.5), p99: percentile(0.99), max, buckets };
}
