/** Why something of eBPF could not be made, loaded or attached. */

import { release } from 'node:os';
import {
  bpf,
  callError,
  closeDescriptor,
  createAttributes,
  errno,
  errnoText,
  LimitError,
  SystemCallError,
} from '../../sys/index.js';
import type { SourcePosition } from '../instruction.js';

const privilegeHint = (): string =>
  process.geteuid?.() === 0
    ? 'root may not do this here (a container, or lockdown): `dtrace --doctor` shows what is missing'
    : 'tracing needs root, or CAP_BPF and CAP_PERFMON: `dtrace --doctor` shows what is missing';

/** The kernel refused for want of privileges. The message names `dtrace --doctor`. */
export class PrivilegeError extends SystemCallError {
  constructor(call: string, number: number) {
    super(call, number);
    this.name = 'PrivilegeError';
    this.message = `${this.message}; ${privilegeHint()}`;
  }
}

/** Whether Linux of that release counts maps and programs as locked memory: until 5.10 (kernel/bpf/syscall.c). */
export const countsLockedMemory = (kernelRelease: string): boolean => {
  const [major = 0, minor = 0] = kernelRelease.split('.').map((part) => Number.parseInt(part, 10));
  return major < 5 || (major === 5 && minor < 11);
};

/** Whether EPERM can be a limit: the kernel has one, and lets a map of four bytes be made. */
const mayMakeMaps = (): boolean => {
  if (!countsLockedMemory(release())) return false;
  const map = bpf('BPF_MAP_CREATE', createAttributes(72).u32(0, 2).u32(4, 4).u32(8, 4).u32(12, 1));
  if (map >= 0) closeDescriptor(map);
  return map >= 0;
};

const memoryHint =
  'this kernel, older than 5.11, counts maps and programs as locked memory: `ulimit -l unlimited`, in the shell that starts this command';

/**
 * The error for a system call that failed with the negative number `result`: LimitError where a limit was reached, which
 * EPERM can mean where `permitted` says that privileges suffice; PrivilegeError where they do not.
 */
export const failure = (call: string, result: number, permitted: () => boolean = mayMakeMaps): SystemCallError => {
  if (result !== -errno.EPERM && result !== -errno.EACCES) return callError(call, result);
  const counted = /^bpf\(BPF_(MAP_CREATE|PROG_LOAD|BTF_LOAD)\)/.test(call);
  if (result === -errno.EPERM && counted && permitted()) return new LimitError(call, result, memoryHint);
  return new PrivilegeError(call, result);
};

/** The result of a system call if it succeeded; throws PrivilegeError, LimitError or SystemCallError otherwise. */
export const succeeded = (call: string, result: number): number => {
  if (result < 0) {
    throw failure(call, result);
  }
  return result;
};

/** Something that this kernel does not offer, established by trying it. */
export class UnsupportedFeatureError extends Error {
  readonly feature: string;
  /** The first version of Linux that offers it: `5.5`. It may be missing from a newer one by configuration. */
  readonly minimumKernel: string;

  constructor(feature: string, minimumKernel: string, reason?: string) {
    const because = reason === undefined ? '' : `: ${reason}`;
    super(`this kernel does not offer ${feature}, which Linux has since ${minimumKernel}${because}`);
    this.name = 'UnsupportedFeatureError';
    this.feature = feature;
    this.minimumKernel = minimumKernel;
  }
}

/** A tracepoint or kernel function that a program names and this kernel does not have. */
export class MissingKernelSymbolError extends Error {
  readonly symbol: string;

  constructor(kind: 'tracepoint' | 'kernel function', symbol: string) {
    super(`this kernel has no ${kind} ${symbol} (from its BTF)`);
    this.name = 'MissingKernelSymbolError';
    this.symbol = symbol;
  }
}

/** A program or map whose description contradicts itself or names what is not there. */
export class BpfSpecError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'BpfSpecError';
  }
}

/** Where and why the verifier stopped. */
export interface VerifierRejection {
  /** Lines of the log from its end; the last ones say why. */
  readonly lines: readonly string[];
  /** How many lines stand before them. */
  readonly omitted: number;
  /** The instruction (in slots) at which it stopped, where the log tells. */
  readonly instruction?: number;
  /** The source of that instruction. */
  readonly position?: SourcePosition;
}

const describe = (program: string, number: number, { lines, omitted, instruction, position }: VerifierRejection) => {
  const where = position === undefined ? '' : ` for ${position.file}:${position.line}:${position.column}`;
  const at = instruction === undefined ? '' : ` at instruction ${instruction}`;
  return [
    `the kernel's verifier refused program ${program}${where}${at}: ${errnoText(number)}`,
    ...(position === undefined ? [] : [`    ${position.text.trim()}`]),
    ...(omitted === 0 ? [] : [`  (${omitted} lines of its log before these)`]),
    ...lines.map((line) => `  ${line}`),
  ].join('\n');
};

/** The kernel's verifier refused a program. */
export class VerifierError extends Error {
  /** The name of the program. */
  readonly program: string;
  /** The positive error number. */
  readonly errno: number;
  readonly lines: readonly string[];
  readonly omitted: number;
  readonly instruction: number | undefined;
  readonly position: SourcePosition | undefined;
  /** The whole log. */
  readonly log: string;

  constructor(program: string, number: number, rejection: VerifierRejection, log: string) {
    super(describe(program, number, rejection));
    this.name = 'VerifierError';
    this.program = program;
    this.errno = Math.abs(number);
    this.lines = rejection.lines;
    this.omitted = rejection.omitted;
    this.instruction = rejection.instruction;
    this.position = rejection.position;
    this.log = log;
  }
}
