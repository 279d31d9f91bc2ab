/** Error numbers of system calls: their names, their texts, and the error that carries one. */

import { errnoTable } from './errno-table.generated.js';

/** The error numbers that the program itself tells apart. */
export const errno = {
  EPERM: 1,
  ENOENT: 2,
  ESRCH: 3,
  EINTR: 4,
  ENXIO: 6,
  E2BIG: 7,
  EBADF: 9,
  EAGAIN: 11,
  ENOMEM: 12,
  EACCES: 13,
  EFAULT: 14,
  EBUSY: 16,
  EEXIST: 17,
  ENODEV: 19,
  EINVAL: 22,
  ENFILE: 23,
  EMFILE: 24,
  ENOSPC: 28,
  EOPNOTSUPP: 95,
  ENOTSUPP: 524,
} as const;

const entry = (number: number) => errnoTable.find(([candidate]) => candidate === Math.abs(number));

/** The name of an error number (either sign): `EPERM`, or `errno 4095` for one without a name. */
export const errnoName = (number: number): string => entry(number)?.[1] ?? `errno ${Math.abs(number)}`;

/** The text of an error number (either sign) as strerror(3) has it: `Operation not permitted`. */
export const errnoText = (number: number): string => entry(number)?.[2] ?? `Unknown error ${Math.abs(number)}`;

/** A system call that failed. The message is `CALL: text (NAME)`. */
export class SystemCallError extends Error {
  /** What was called, with what it was for: `bpf(BPF_MAP_CREATE)`. */
  readonly call: string;
  /** The positive error number. */
  readonly errno: number;
  /** Its name: `EPERM`. */
  readonly code: string;

  constructor(call: string, number: number) {
    super(`${call}: ${errnoText(number)} (${errnoName(number)})`);
    this.name = 'SystemCallError';
    this.call = call;
    this.errno = Math.abs(number);
    this.code = errnoName(number);
  }
}

/** What to do where a limit was reached, by the name of the error; undefined for errors that mean something else. */
export const limitHint = (code: string | undefined): string | undefined =>
  ({
    EMFILE: 'each map, program and timer is an open file: `ulimit -n 4096`, in the shell that starts this command',
    ENFILE: 'the system has as many files open as it may: raise `sysctl fs.file-max`, or end what holds them',
    ENOMEM: 'lower bufsize, aggsize or dynvarsize, or raise the limit on the memory of this process or container',
  })[code ?? ''];

/** A limit was reached: of open files, of memory. What was asked for is in order. */
export class LimitError extends SystemCallError {
  /** What to do. */
  readonly hint: string;

  constructor(call: string, number: number, hint: string) {
    super(call, number);
    this.name = 'LimitError';
    this.hint = hint;
  }
}

/** The error for a call that failed with an error number of either sign: LimitError where a limit was reached. */
export const callError = (call: string, number: number): SystemCallError => {
  const hint = limitHint(errnoName(number));
  return hint === undefined ? new SystemCallError(call, number) : new LimitError(call, number, hint);
};

/** The LimitError for an error of Node's own calls, undefined for errors that mean something else. */
export const limitOf = (error: unknown, call: string): LimitError | undefined => {
  const { code, errno: number = 0 } = error as { readonly code?: string; readonly errno?: number };
  const hint = limitHint(code);
  return hint === undefined ? undefined : new LimitError(call, number, hint);
};

/** The result of a system call if it succeeded; throws SystemCallError if it is a negative error number. */
export const checked = (call: string, result: number): number => {
  if (result < 0) {
    throw callError(call, result);
  }
  return result;
};
