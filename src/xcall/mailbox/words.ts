/** The words of a mailbox, as the owning process reaches them: by their offset in bytes, each access atomic and in order. */

import { boxCapacity, kindBits, mailboxBox, mailboxSlot, mailboxWords } from '../../d/codegen/memory/mailbox-layout.js';

/** Unsigned 64-bit words that programs change meanwhile. */
export interface Words {
  load(offset: number): bigint;
  store(offset: number, value: bigint): void;
  /** Stores, and gives what was there. Nothing moves across it. */
  exchange(offset: number, value: bigint): bigint;
  /** Stores if `expected` is there, and gives what was. */
  compareExchange(offset: number, expected: bigint, value: bigint): bigint;
  /** Adds, and gives what was there. Nothing moves across it. */
  add(offset: number, value: bigint): bigint;
}

/** The words of mapped memory. */
export const atomicWords = (u64: BigUint64Array): Words => ({
  load: (offset) => Atomics.load(u64, offset / 8),
  store: (offset, value) => {
    Atomics.store(u64, offset / 8, value);
  },
  exchange: (offset, value) => Atomics.exchange(u64, offset / 8, value),
  compareExchange: (offset, expected, value) => Atomics.compareExchange(u64, offset / 8, expected, value),
  add: (offset, value) => Atomics.add(u64, offset / 8, value),
});

/** Where a field of a box lies; box `slots` is the process's. */
export const inBox = (box: number, field: number): number => mailboxWords.boxes + box * mailboxBox.size + field;

/** Where the request with a sequence number lies. */
export const inSlot = (box: number, sequence: number, field: number): number =>
  inBox(box, mailboxBox.ring + ((sequence - 1) % boxCapacity) * mailboxSlot.size + field);

/** The word of a request. */
export const requestWord = (sequence: number, kind: number): bigint =>
  (BigInt(sequence) << BigInt(kindBits)) | BigInt(kind);

/** The sequence number in the word of a request, 0 where none was ever written. */
export const sequenceIn = (word: bigint): number => Number(word >> BigInt(kindBits));

/** The kind in the word of a request. */
export const kindIn = (word: bigint): number => Number(word & ((1n << BigInt(kindBits)) - 1n));
