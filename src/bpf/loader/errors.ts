/** Why something of eBPF could not be made, loaded or attached. */

import { errno, errnoText, SystemCallError } from '../../sys/index.js';
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

/** The error for a system call that failed with the negative number `result`. */
export const failure = (call: string, result: number): SystemCallError =>
  result === -errno.EPERM || result === -errno.EACCES
    ? new PrivilegeError(call, result)
    : new SystemCallError(call, result);

/** The result of a system call if it succeeded; throws PrivilegeError or SystemCallError otherwise. */
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
