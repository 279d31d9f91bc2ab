/** Principal buffers on the consumer's side: a settled half becomes records. */

import { type RuntimeShape, recordHeader } from '../d/codegen/memory/layout.js';
import type { MappedMemory } from '../sys/index.js';
import type { Control } from './control.js';

/** What one CPU recorded since the last switch. */
export interface PrincipalBatch {
  readonly cpu: number;
  /** A copy of the records, each at a multiple of 8 from the start; ends behind the last valid one. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Records that found no room. */
  readonly drops: number;
}

/** Copies what lies in a settled half of a slot's buffer, and empties it. */
export function takeHalf(
  memory: MappedMemory,
  control: Control,
  shape: RuntimeShape,
  slot: number,
  half: 0 | 1,
): Omit<PrincipalBatch, 'cpu'> {
  const used = control.principalUsed(slot, half);
  const drops = control.principalDrops(slot, half);
  const start = (half * shape.slots + slot) * shape.bufferSize;
  const bytes = memory.bytes.slice(start, start + Math.min(used, shape.bufferSize)) as Uint8Array<ArrayBuffer>;
  // Records larger than the buffer are dropped without reserving anything.
  if (used > 0 || drops > 0) control.resetPrincipal(slot, half);
  return { bytes, drops };
}

/** One record of a batch. */
export interface RawRecord {
  readonly epid: number;
  readonly probeId: number;
  /** Where it starts in the batch's bytes. */
  readonly offset: number;
}

/**
 * The records of a batch in their order, without those that a fault voided. `sizeOf` gives the bytes of a record by its
 * EPID. A batch whose buffer was full ends with a marker or at the end of the buffer.
 */
export function* recordsOf(
  bytes: Uint8Array<ArrayBuffer>,
  sizeOf: (epid: number) => number,
): IterableIterator<RawRecord> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let offset = 0;
  while (offset + recordHeader.size <= bytes.length) {
    const word = view.getUint32(offset + recordHeader.epid, true);
    const epid = word & ~recordHeader.voidFlag;
    if (epid === 0) return;
    const size = sizeOf(epid);
    if (offset + size > bytes.length) return;
    if (word === epid) yield { epid, probeId: view.getUint32(offset + recordHeader.probeId, true), offset };
    offset += size;
  }
}
