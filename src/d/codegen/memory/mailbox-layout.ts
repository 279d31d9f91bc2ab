/**
 * Where things lie in the memory of the mailbox, by which probes ask for a sync or a call: the mapped array `mailbox`,
 * and the ring buffer `doorbell`, on which the server sleeps.
 *
 * The array has global words, then a box for each CPU slot, then a box for the process that owns the mailbox. Of a box
 * the CPU writes the first cache line and the ring, the server the second line. Words are u64.
 *
 * A request's word in the ring is its sequence number times 256 plus its kind, so that it says by itself which request
 * was written. A request's *number*, which posters are given, is its sequence number times 65536 plus its CPU: whoever
 * has migrated since still asks about the same box. Numbers are positive, and 0 is none.
 */

import type { MapSpec } from '../../../bpf/spec.js';
import type { RuntimeShape } from './layout.js';
import { mapNames } from './memory.js';

/** What the code and the size of a mailbox depend on. */
export type MailboxShape = Pick<RuntimeShape, 'slots' | 'cpus' | 'levels' | 'wrong'>;

/** Buckets of a latency between one power of two and the next, and all of them. */
export const latencyBuckets = { octave: 4, count: 256 } as const;

/** Offsets of the global words, bytes. */
export const mailboxWords = {
  /** 1 while the server sleeps or is about to: a post that wants service soon takes the 1 away and rings. */
  armed: 0,
  /** The server's thread, as the kernel numbers it; 0 before there is one. */
  server: 64,
  /** Nanoseconds of the monotonic clock when the server last began a look; 0 where the next one is far away. */
  heartbeat: 72,
  /** Posts on CPUs without a slot, which are drops. */
  slotlessDrops: 128,
  /** Times that the doorbell was rung, and that it could not be. */
  rings: 136,
  ringFailures: 144,
  /** Posts that the session has made, not a clause; and those of it that found no room, which are no drops. */
  cyclicPosts: 152,
  postponed: 160,
  /** Rounds of the server that served anything. */
  rounds: 192,
  /** From post to completion, ns; the least is 0 where there is none. */
  leastLatency: 200,
  greatestLatency: 208,
  /** How many requests had a latency in each bucket. */
  latencies: 256,
  /** The boxes start here. */
  boxes: 256 + 8 * latencyBuckets.count,
} as const;

/** Requests that a box holds, a power of two: one in service, and one half-written a context that posts. */
export const boxCapacity = 8;

/** Offsets in a box, bytes. */
export const mailboxBox = {
  /** The youngest sequence number that was given out. */
  posted: 0,
  /** Posts that found the box full, or that others overtook again and again. */
  drops: 8,
  /** Posts that want service soon. */
  urgent: 16,
  /** Posts that joined a request that was there. */
  coalesced: 24,
  /** Posts that can wait: the server's own task or its own cross-call made them. */
  patient: 32,
  /** The sequence number up to which the server has begun, and up to which all is complete. */
  taken: 64,
  completed: 72,
  /** Until then (ns of the monotonic clock) what is posted here comes from the server's own cross-call. */
  calledUntil: 80,
  /** The ring: each request's word, written last, and when it was posted. */
  ring: 128,
  size: 256,
} as const;

/** Offsets in an element of the ring. */
export const mailboxSlot = { word: 0, time: 8, size: 16 } as const;

/** How long a request waits for service that nobody is woken for, milliseconds at most. */
export const postPatience = 50;

/** What a request asks for; handlers are numbered from `firstHandler` to `last`. */
export const requestKinds = { sync: 1, firstHandler: 2, last: 254, clean: 255 } as const;

/** Bits of a request's word below its sequence number, and of a request's number. */
export const kindBits = 8;
/** See `kindBits`. */
export const cpuBits = 16;

/** The CPU in the numbers of requests that the owning process posts. */
export const processCpu = 0xffff;

/** Bytes of the map `mailbox`. */
export const mailboxSize = ({ slots }: MailboxShape): number => mailboxWords.boxes + (slots + 1) * mailboxBox.size;

/** Bytes of the ring buffer, a page: the least that there is. */
export const doorbellSize = 4096;

/** The maps of a mailbox. */
export const mailboxMaps = (shape: MailboxShape): readonly MapSpec[] => [
  { name: mapNames.mailbox, type: 'array', keySize: 4, valueSize: mailboxSize(shape), maxEntries: 1, mapped: true },
  { name: mapNames.doorbell, type: 'ring-buffer', keySize: 0, valueSize: 0, maxEntries: doorbellSize },
];
