/** Why a cross-call could not be made. Want of privileges is PrivilegeError, of eBPF's own errors. */

import { describeFeature, type FeatureResult, probeFeature } from '../bpf/features.js';
import { UnsupportedFeatureError, VerifierError } from '../bpf/loader/errors.js';
import { errno, SystemCallError } from '../sys/index.js';

/** CPUs as sysfs writes them: 0, 1, 2, 5 is `0-2,5`. */
export const cpuListText = (cpus: readonly number[]): string => {
  const starts = cpus.filter((cpu, index) => cpus[index - 1] !== cpu - 1);
  const ends = cpus.filter((cpu, index) => cpus[index + 1] !== cpu + 1);
  return starts.map((start, index) => (start === ends[index] ? `${start}` : `${start}-${ends[index]}`)).join(',');
};

/** A CPU was named that this machine cannot have. */
export class NoSuchCpuError extends Error {
  readonly cpu: number;
  /** Those that there are, online or not. */
  readonly possible: readonly number[];

  constructor(cpu: number, possible: readonly number[]) {
    super(`there is no CPU ${cpu}; call one of ${cpuListText(possible)}, or 'all'`);
    this.name = 'NoSuchCpuError';
    this.cpu = cpu;
    this.possible = possible;
  }
}

/** A handler cannot be used for cross-calls as it is written. */
export class HandlerError extends Error {
  /** The name of its program. */
  readonly handler: string;
  /** What to do. */
  readonly hint: string;

  constructor(handler: string, problem: string, hint: string, options?: ErrorOptions) {
    super(`${problem}\n    hint: ${hint}`, options);
    this.name = 'HandlerError';
    this.handler = handler;
    this.hint = hint;
  }
}

const rules =
  'a handler is a raw tracepoint program: its argument is the 64-bit word that r1 points to, it leaves its result in ' +
  'r0 before it exits, and what it reads must be initialised and in bounds';

/** What to throw for an error of loading a handler: HandlerError for a refusal of the verifier, others as they are. */
export const loadFailure = (error: unknown): unknown =>
  error instanceof VerifierError ? new HandlerError(error.program, error.message, rules, { cause: error }) : error;

/** What kernels answer that do not know the flag, or do not run this type of program at all. */
const unknownToKernel: readonly number[] = [errno.EINVAL, errno.E2BIG, errno.EOPNOTSUPP, errno.ENOTSUPP];

/**
 * What to throw for an error of running a handler. Where the kernel may not know what was asked, it is tried
 * (`probe`): UnsupportedFeatureError if it does not, otherwise the handler is at fault.
 */
export const runFailure = (
  error: unknown,
  handler: string,
  probe: () => FeatureResult = () => probeFeature('run-on-cpu'),
): unknown => {
  if (!(error instanceof SystemCallError) || !unknownToKernel.includes(error.errno)) return error;
  const { supported, reason } = probe();
  if (!supported) {
    const { title, since } = describeFeature('run-on-cpu');
    return new UnsupportedFeatureError(title, since, `${reason ?? error.message}; cross-calls need a kernel that does`);
  }
  if (error.errno !== errno.EINVAL) return error;
  const problem = `handler ${handler} was refused when it was to run: ${error.message}`;
  return new HandlerError(
    handler,
    problem,
    'it has one argument, the 64-bit word at r1; it may read nothing behind that',
    {
      cause: error,
    },
  );
};
