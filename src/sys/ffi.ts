/**
 * Native calls, and the only file that knows koffi: everything else sees numbers and bytes. koffi is loaded with the
 * first call (8 ms), so that what needs no kernel runs without it.
 *
 * System calls go through libc's `syscall`, declared with fixed arguments: declared as variadic, a call costs twice as
 * much. A result below zero is the negative error number, as the kernel itself returns it.
 */

import { createRequire } from 'node:module';
import type * as Koffi from 'koffi';
import { SystemCallError } from './errno/errno.js';

/** Native calls cannot be made here: koffi is missing, or this is not Linux on x86-64. */
export class NativeCallError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'NativeCallError';
  }
}

interface Native {
  readonly koffi: typeof Koffi;
  readonly library: Koffi.LibraryHandle;
  readonly call3: (number: number, a: number, b: number | bigint, c: number) => number;
}

const loadKoffi = (): typeof Koffi => {
  const require = createRequire(import.meta.url);
  try {
    return require('koffi') as typeof Koffi;
  } catch (cause) {
    throw new NativeCallError('the npm package koffi cannot be loaded, run `npm ci` again with optional packages on', {
      cause,
    });
  }
};

const loadNative = (): Native => {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    throw new NativeCallError(`tracing needs Linux on x86-64, this is ${process.platform} on ${process.arch}`);
  }
  const koffi = loadKoffi();
  const library = koffi.load(null);
  return { koffi, library, call3: library.func('syscall', 'long', ['long', 'long', 'long', 'long']) };
};

let loaded: Native | undefined;

const native = (): Native => {
  loaded ??= loadNative();
  return loaded;
};

type SystemCall6 = (number: number, ...values: (number | bigint)[]) => number;

let call6: SystemCall6 | undefined;

let clock: ((id: number, timespec: number) => number) | undefined;

/**
 * A system call of at most three arguments; addresses are numbers. Returns its result, or the negative error number.
 * Throws NativeCallError where native calls are impossible.
 */
export const systemCall = (number: number, a = 0, b: number | bigint = 0, c = 0): number => {
  const { call3, koffi } = loaded ?? native();
  const result = call3(number, a, b, c);
  return result === -1 ? -koffi.errno() : result;
};

/** As `systemCall`, with six arguments. */
export const systemCall6 = (
  number: number,
  a: number | bigint,
  b: number | bigint,
  c: number | bigint,
  d: number | bigint,
  e: number | bigint,
  f: number | bigint,
): number => {
  const { library, koffi } = native();
  call6 ??= library.func('syscall', 'long', ['long', 'long', 'long', 'long', 'long', 'long', 'long']) as SystemCall6;
  const result = call6(number, a, b, c, d, e, f);
  return result === -1 ? -koffi.errno() : result;
};

/** clock_gettime(2) through the C library, which needs no system call; `timespec` is the address of 16 bytes. */
export const clockGetTime = (id: number, timespec: number): void => {
  const { library, koffi } = native();
  clock ??= library.func('clock_gettime', 'int', ['int', 'long']) as NonNullable<typeof clock>;
  if (clock(id, timespec) !== 0) {
    throw new SystemCallError('clock_gettime', koffi.errno());
  }
};

/**
 * The address of bytes of this process. It holds as long as `bytes` is reachable: keep it so until the kernel is done.
 */
export const addressOf = (bytes: Uint8Array): number => Number(native().koffi.address(bytes));

/** Calls `use` with the address of `bytes`, which stay alive until it returns. */
export const withAddress = (bytes: Uint8Array, use: (address: number) => number): number => {
  const result = use(addressOf(bytes));
  // Read after the call, so that the collector finds the bytes in use.
  return bytes.length >= 0 ? result : 0;
};

/** `length` bytes at `address` as an ArrayBuffer. Touching it after the memory is unmapped ends the process. */
export const viewOf = (address: number, length: number): ArrayBuffer => native().koffi.view(BigInt(address), length);
