/**
 * Waiting for descriptors: eventfd(2), which another thread signals, and poll(2).
 *
 * struct pollfd is 8 bytes: fd (4) | events (2) | revents (2).
 */

import { callNumber } from './calls/system-calls.js';
import { type OwnedDescriptor, ownDescriptor } from './descriptor.js';
import { checked, errno } from './errno/errno.js';
import { addressOf, systemCall, withAddress } from './ffi.js';

const closeOnExec = 0x80000;
const nonBlocking = 0x800;

/** An eventfd(2) that is not signalled. Throws SystemCallError. */
export const createEvent = (): OwnedDescriptor =>
  ownDescriptor(checked('eventfd2', systemCall(callNumber.eventfd2, 0, closeOnExec | nonBlocking)), 'event');

/** Makes sure that `count` more files can be open. Throws LimitError. */
export const ensureDescriptors = (count: number): void => {
  const opened: OwnedDescriptor[] = [];
  try {
    while (opened.length < count) opened.push(createEvent());
  } finally {
    for (const event of opened) event.close();
  }
};

/** Signals an event, from any thread. Throws SystemCallError (EBADF: it is closed). */
export const signalEvent = (descriptor: number): void => {
  const one = new Uint8Array(BigUint64Array.of(1n).buffer);
  const write = (address: number) => systemCall(callNumber.write, descriptor, address, one.length);
  const result = withAddress(one, write);
  // Signalled 2^64 - 1 times and never cleared: signalled it is.
  if (result !== -errno.EAGAIN) checked(`write(${descriptor})`, result);
};

/** Clears an event; whether it was signalled. Throws SystemCallError. */
export const clearEvent = (descriptor: number): boolean => {
  const count = new Uint8Array(new ArrayBuffer(8));
  const read = (address: number) => systemCall(callNumber.read, descriptor, address, count.length);
  const result = withAddress(count, read);
  return result !== -errno.EAGAIN && checked(`read(${descriptor})`, result) > 0;
};

const readable = 1;

/**
 * Prepares waiting until one of the descriptors can be read: a function that waits for that many milliseconds at most and
 * tells whether one can be. It blocks the thread. A signal ends the wait. Throws SystemCallError.
 */
export const preparePoll = (descriptors: readonly number[]): ((milliseconds: number) => boolean) => {
  const bytes = new Uint8Array(new ArrayBuffer(8 * descriptors.length));
  const view = new DataView(bytes.buffer);
  for (const [index, descriptor] of descriptors.entries()) {
    view.setInt32(8 * index, descriptor, true);
    view.setInt16(8 * index + 4, readable, true);
  }
  const address = addressOf(bytes);
  return (milliseconds) => {
    const result = systemCall(callNumber.poll, address, bytes.length / 8, milliseconds);
    return result !== -errno.EINTR && checked('poll', result) > 0;
  };
};
