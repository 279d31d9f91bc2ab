/** File descriptors that stand for kernel objects. */

import { callNumber } from './calls/system-calls.js';
import { checked, errno, SystemCallError } from './errno/errno.js';
import { systemCall, withAddress } from './ffi.js';

/** close(2). Throws SystemCallError (EBADF: it was closed before). */
export const closeDescriptor = (descriptor: number): void => {
  checked(`close(${descriptor})`, systemCall(callNumber.close, descriptor));
};

/** ioctl(2) with a number as its argument; returns its result. Throws SystemCallError. */
export const ioctl = (descriptor: number, name: string, request: number, argument = 0): number =>
  checked(`ioctl(${name})`, systemCall(callNumber.ioctl, descriptor, request, argument));

/** read(2) into `bytes`; returns how many bytes came. Throws SystemCallError. */
export const readDescriptor = (descriptor: number, bytes: Uint8Array): number => {
  const read = (address: number) => systemCall(callNumber.read, descriptor, address, bytes.length);
  return checked(`read(${descriptor})`, withAddress(bytes, read));
};

/** A descriptor that is closed once. */
export interface OwnedDescriptor {
  /** Throws SystemCallError (EBADF) once it is closed. */
  readonly fd: number;
  readonly closed: boolean;
  /** Closing again does nothing. */
  close(): void;
  [Symbol.dispose](): void;
}

/** Takes over `descriptor`; `what` names it in errors. */
export const ownDescriptor = (descriptor: number, what: string): OwnedDescriptor => {
  let closed = false;
  const close = () => {
    if (!closed) {
      closed = true;
      closeDescriptor(descriptor);
    }
  };
  return {
    get fd() {
      if (closed) {
        throw new SystemCallError(`use of ${what}, which is closed`, errno.EBADF);
      }
      return descriptor;
    },
    get closed() {
      return closed;
    },
    close,
    [Symbol.dispose]: close,
  };
};
