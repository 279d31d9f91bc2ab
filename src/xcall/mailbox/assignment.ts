/** What a mailbox's owner gives the server's thread: numbers and shared memory, all of it the owner's to close. */

import type { DynamicLayout } from '../../d/codegen/memory/dynamic-layout.js';
import type { SpeculationShape } from '../../d/codegen/memory/speculation-layout.js';
import type { MemoryPlace } from '../../sys/index.js';

/** A handler that requests of one kind call. */
export interface AssignedHandler {
  readonly kind: number;
  readonly name: string;
  /** Descriptor of its program. */
  readonly program: number;
  readonly cpu: number | 'all';
}

/** The work of a server. */
export interface Assignment {
  /** `Status.buffer`. */
  readonly status: SharedArrayBuffer;
  /** What the handlers answered: a u64 for each handler, in their order, and possible CPU: 2^32 plus the value, or 0. */
  readonly answers: SharedArrayBuffer;
  /** The maps `mailbox` and `slots`, and the pages of the ring buffer that its reader writes and its writer writes. */
  readonly mailbox: MemoryPlace;
  readonly slotOfCpu: MemoryPlace;
  readonly consumed: MemoryPlace;
  readonly produced: MemoryPlace;
  /** Descriptors of the ring buffer, and of the event by which the owner wakes the server. */
  readonly doorbell: number;
  readonly event: number;
  /** Programs: the depth handler, and one that returns the thread that runs it. */
  readonly depth: number;
  readonly identify: number;
  readonly handlers: readonly AssignedHandler[];
  /** Arrays whose freed elements requests of the kind `clean` make clean. */
  readonly arrays: readonly { readonly layout: DynamicLayout; readonly place: MemoryPlace }[];
  /** Speculations that they clean, too, and the descriptors of the programs for that. */
  readonly speculations:
    | {
        readonly shape: SpeculationShape;
        readonly place: MemoryPlace;
        readonly here: number;
        readonly stranded: number;
        readonly finish: number;
      }
    | undefined;
  readonly slots: number;
  readonly possibleCpus: readonly number[];
  /** How long a CPU may stay inside a probe, ms. */
  readonly patience: number;
}
