/** Cross-calls that say in the boxes of the CPUs that they are under way: what is posted meanwhile is the server's doing. */

import type { CrossCall } from '../../bpf/run.js';
import { mailboxBox } from '../../d/codegen/memory/mailbox-layout.js';
import { inBox, type Words } from './words.js';

/** For how long after its own call of a CPU the server takes posts there for its own doing, ns. */
const afterglow = 5_000n;

/** Later than any time. */
const always = 2n ** 63n;

/** What announcing a call takes. */
export interface Announcement {
  readonly words: Words;
  /** Slot by CPU; `slots` or more: it has none, and nothing to be announced in. */
  readonly slotOfCpu: Uint8Array;
  readonly slots: number;
  /** Nanoseconds of the monotonic clock. */
  readonly now: () => bigint;
}

/** The call, announced in the box of its CPU while it lasts and for a moment after that. Throws what it throws. */
export function announcing(call: CrossCall, { words, slotOfCpu, slots, now }: Announcement): CrossCall {
  return (cpu) => {
    const slot = slotOfCpu[cpu] ?? slots;
    if (slot >= slots) return call(cpu);
    const until = inBox(slot, mailboxBox.calledUntil);
    words.store(until, always);
    try {
      return call(cpu);
    } finally {
      words.store(until, now() + afterglow);
    }
  };
}
