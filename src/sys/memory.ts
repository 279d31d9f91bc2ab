/**
 * Kernel memory mapped into this process: the mapped arrays of eBPF and files of sysfs.
 *
 * A view outlives `close()` if somebody still holds it, and touching unmapped memory would end the process. So closing
 * puts anonymous pages over the range (a stale view then reads zeros), and the range itself is given back when the
 * views are gone.
 */

import { callNumber } from './calls/system-calls.js';
import { checked } from './errno/errno.js';
import { addressOf, systemCall, systemCall6, viewOf } from './ffi.js';

const protection = { read: 1, write: 2 } as const;
const shared = 0x01;
const privateCopy = 0x02;
const fixed = 0x10;
const anonymous = 0x20;
const noReserve = 0x4000;

/** Mapped memory. Words are little endian, as the machine is; use `Atomics` on them where order matters. */
export interface MappedMemory {
  /** Bytes asked for; the mapping itself ends at a page. */
  readonly byteLength: number;
  readonly buffer: ArrayBuffer;
  readonly bytes: Uint8Array;
  /** The whole 32-bit words. */
  readonly u32: Uint32Array;
  readonly i32: Int32Array;
  /** The whole 64-bit words. */
  readonly u64: BigUint64Array;
  readonly i64: BigInt64Array;
  readonly data: DataView;
  /** Lets go of the kernel's memory: the views read zeros from now on. Closing again does nothing. */
  close(): void;
  [Symbol.dispose](): void;
}

interface Range {
  readonly address: number;
  readonly length: number;
}

const pageSize = 4096;

/** The most bytes that can be mapped at once: a longer view would end the process. */
export const mappedLimit: number = 2 ** 31 - pageSize;

// The registry may run while nothing of this file is in use: it must not throw.
const released = new FinalizationRegistry<Range>(({ address, length }) => {
  systemCall(callNumber.munmap, address, length);
});

const coverWithAnonymousPages = ({ address, length }: Range): void => {
  const flags = privateCopy | anonymous | fixed | noReserve;
  checked('mmap', systemCall6(callNumber.mmap, address, length, protection.read | protection.write, flags, -1, 0));
};

const open = (range: Range, byteLength: number): MappedMemory => {
  const buffer = viewOf(range.address, byteLength);
  let closed = false;
  return viewsOf(buffer, () => {
    if (!closed) {
      closed = true;
      coverWithAnonymousPages(range);
      released.register(buffer, range);
    }
  });
};

const viewsOf = (buffer: ArrayBuffer, close: () => void): MappedMemory => {
  const { byteLength } = buffer;
  return {
    byteLength,
    buffer,
    bytes: new Uint8Array(buffer),
    u32: new Uint32Array(buffer, 0, Math.floor(byteLength / 4)),
    i32: new Int32Array(buffer, 0, Math.floor(byteLength / 4)),
    u64: new BigUint64Array(buffer, 0, Math.floor(byteLength / 8)),
    i64: new BigInt64Array(buffer, 0, Math.floor(byteLength / 8)),
    data: new DataView(buffer),
    close,
    [Symbol.dispose]: close,
  };
};

const map = (descriptor: number, byteLength: number, access: number, sharing: number, offset = 0): MappedMemory => {
  if (byteLength > mappedLimit) {
    throw new RangeError(`${byteLength} bytes cannot be mapped at once, ${mappedLimit} is the limit`);
  }
  const length = Math.ceil(byteLength / pageSize) * pageSize;
  const address = checked('mmap', systemCall6(callNumber.mmap, 0, length, access, sharing, descriptor, offset));
  return open({ address, length }, byteLength);
};

/** Maps the first `byteLength` bytes of an eBPF array map, to read and write. Throws SystemCallError. */
export const mapShared = (descriptor: number, byteLength: number): MappedMemory =>
  map(descriptor, byteLength, protection.read | protection.write, shared);

/**
 * Maps `byteLength` bytes from a page on, to read: a store ends the process. For the pages of a ring buffer that only the
 * kernel writes. Throws SystemCallError.
 */
export const mapSharedToRead = (descriptor: number, byteLength: number, offset: number): MappedMemory =>
  map(descriptor, byteLength, protection.read, shared, offset);

/** Where mapped memory lies, for another thread of this process. */
export interface MemoryPlace {
  readonly address: number;
  readonly byteLength: number;
}

/** The place of `memory`. Who gives it away keeps the memory open until the other thread is done with it. */
export const placeOf = (memory: MappedMemory): MemoryPlace => ({
  address: addressOf(memory.bytes),
  byteLength: memory.byteLength,
});

/** Views of memory that another thread of this process has mapped and closes; closing these does nothing. */
export const memoryAt = ({ address, byteLength }: MemoryPlace): MappedMemory =>
  viewsOf(viewOf(address, byteLength), () => undefined);

/**
 * Maps a file to read: a store ends the process, so hand the bytes to nobody who stores. Throws SystemCallError
 * (ENODEV: the file cannot be mapped).
 */
export const mapFile = (descriptor: number, byteLength: number): MappedMemory =>
  map(descriptor, byteLength, protection.read, privateCopy);
