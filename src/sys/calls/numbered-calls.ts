/**
 * System calls that carry a number which the kernel does not look at: who traces their arguments can tell whether each of
 * them was seen, once. getppid(2) takes no argument, and sendto(2) reads the length of no address.
 */

import { checked, errno } from '../errno/errno.js';
import { addressOf, systemCall, systemCall6, withAddress } from '../ffi.js';
import { callNumber } from './system-calls.js';

/** Calls of one thread. Numbers are whole, from 0 to 2^53. */
export interface NumberedCalls {
  /** getppid(2) with the number as its first argument, and `tag` as its second. */
  ask(number: number, tag: number): void;
  /**
   * Sends a datagram of `length` bytes over the loopback to this thread itself, by sendto(2) with the number as its sixth
   * argument, and takes it. One that has got lost on the way is none of our business.
   */
  send(number: number, length: number): void;
  /** Sleeps, by nanosleep(2). A signal ends it. */
  nap(nanoseconds: number): void;
}

const internet = 2;
const datagram = 2;
const closeOnExec = 0x80000;
const doNotWait = 0x40;
const addressSize = 16;
const largest = 2048;

/** A socket on 127.0.0.1 that is connected to itself. */
function openLoopback(): number {
  const socket = checked('socket', systemCall(callNumber.socket, internet, datagram | closeOnExec, 0));
  const address = new Uint8Array(new ArrayBuffer(addressSize));
  // struct sockaddr_in: the family in the machine's order, the port and the address in the network's.
  address.set([internet, 0, 0, 0, 127, 0, 0, 1]);
  const size = new Uint8Array(Int32Array.of(addressSize).buffer);
  withAddress(address, (at) => checked('bind', systemCall(callNumber.bind, socket, at, addressSize)));
  withAddress(address, (at) =>
    withAddress(size, (sizeAt) => checked('getsockname', systemCall(callNumber.getsockname, socket, at, sizeAt))),
  );
  withAddress(address, (at) => checked('connect', systemCall(callNumber.connect, socket, at, addressSize)));
  return socket;
}

/** Prepares them; the socket goes with the process. Throws SystemCallError. */
export function openNumberedCalls(): NumberedCalls {
  const socket = openLoopback();
  const bytes = new Uint8Array(new ArrayBuffer(largest));
  const data = addressOf(bytes);
  const time = new BigInt64Array(2);
  const timeAt = addressOf(new Uint8Array(time.buffer));
  return {
    ask: (number, tag) => {
      systemCall(callNumber.getppid, number, tag);
    },
    send: (number, length) => {
      const sent = systemCall6(callNumber.sendto, socket, data, Math.min(length, bytes.length), 0, 0, number);
      if (sent < 0 && sent !== -errno.EAGAIN) checked('sendto', sent);
      systemCall6(callNumber.recvfrom, socket, data, bytes.length, doNotWait, 0, 0);
    },
    nap: (nanoseconds) => {
      time[1] = BigInt(nanoseconds);
      systemCall(callNumber.nanosleep, timeAt, 0);
    },
  };
}
