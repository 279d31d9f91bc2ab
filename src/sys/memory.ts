/**
 * Kernel memory mapped into this process: the mapped arrays of eBPF and files of sysfs.
 *
 * A view outlives `close()` if somebody still holds it, and touching unmapped memory would end the process. So closing
 * puts anonymous pages over the range (a stale view then reads zeros), and the range itself is given back when the
 * views are gone.
 */

import { checked } from './errno.js';
import { systemCall, systemCall6, viewOf } from './ffi.js';
import { callNumber } from './system-calls.js';

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
  const close = () => {
    if (!closed) {
      closed = true;
      coverWithAnonymousPages(range);
      released.register(buffer, range);
    }
  };
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

const map = (descriptor: number, byteLength: number, access: number, sharing: number): MappedMemory => {
  if (byteLength > mappedLimit) {
    throw new RangeError(`${byteLength} bytes cannot be mapped at once, ${mappedLimit} is the limit`);
  }
  const length = Math.ceil(byteLength / pageSize) * pageSize;
  const address = checked('mmap', systemCall6(callNumber.mmap, 0, length, access, sharing, descriptor, 0));
  return open({ address, length }, byteLength);
};

/** Maps the first `byteLength` bytes of an eBPF array map, to read and write. Throws SystemCallError. */
export const mapShared = (descriptor: number, byteLength: number): MappedMemory =>
  map(descriptor, byteLength, protection.read | protection.write, shared);

/**
 * Maps a file to read: a store ends the process, so hand the bytes to nobody who stores. Throws SystemCallError
 * (ENODEV: the file cannot be mapped).
 */
export const mapFile = (descriptor: number, byteLength: number): MappedMemory =>
  map(descriptor, byteLength, protection.read, privateCopy);
