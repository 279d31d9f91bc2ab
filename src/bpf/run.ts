/**
 * Running programs by BPF_PROG_RUN. On another CPU this is an inter-processor interrupt: the program runs in its handler
 * and the call returns when it has finished, with all its stores visible.
 *
 * For raw tracepoint programs `repeat`, `data_*` and `duration` of the attributes must be zero; typed ones cannot be
 * run. Since Linux 5.10.
 */

import {
  type BpfAttributes,
  bpf,
  createAttributes,
  errno,
  type OwnedDescriptor,
  ownDescriptor,
  prepareBpf,
} from '../sys/index.js';
import { BpfSpecError, failure, succeeded } from './loader/errors.js';
import type { ProgramSpec } from './spec.js';

/** Where to run a program, and with what. */
export interface RunOptions {
  /** The CPU; left out: this one, in the calling task. */
  readonly cpu?: number;
  /** The context: what the program reads at offset 0, 8, …; at most 12. */
  readonly arguments?: readonly bigint[];
}

/** What became of a run: what the program returned (32 bits, unsigned), or nothing because the CPU is not online. */
export type RunResult =
  | { readonly kind: 'returned'; readonly returnValue: number }
  | { readonly kind: 'offline'; readonly cpu: number };

const attributesSize = 76;
const offset = { fd: 0, returnValue: 4, contextSize: 40, context: 48, flags: 64, cpu: 68 } as const;
const runOnCpu = 1;

/** What of a program is needed to run it. */
export interface RunnableProgram {
  readonly fd: number;
  readonly spec: Pick<ProgramSpec, 'name' | 'kind'>;
}

const attributesFor = ({ spec, fd }: RunnableProgram): BpfAttributes => {
  if (spec.kind.type !== 'raw-tracepoint') {
    throw new BpfSpecError(
      `program ${spec.name} is of type ${spec.kind.type}; only raw-tracepoint programs can be run`,
    );
  }
  return createAttributes(attributesSize).u32(offset.fd, fd);
};

/** Runs a raw tracepoint program once. Throws BpfSpecError for another type, SystemCallError. */
export const runProgram = (program: RunnableProgram, options: RunOptions = {}): RunResult => {
  const { cpu, arguments: values = [] } = options;
  const attributes = attributesFor(program);
  if (cpu !== undefined) {
    attributes.u32(offset.flags, runOnCpu).u32(offset.cpu, cpu);
  }
  if (values.length > 0) {
    const context = new Uint8Array(BigUint64Array.from(values, (value) => BigInt.asUintN(64, value)).buffer);
    attributes.u32(offset.contextSize, context.length).pointer(offset.context, context);
  }
  const result = bpf('BPF_PROG_RUN', attributes);
  if (cpu !== undefined && result === -errno.ENXIO) {
    return { kind: 'offline', cpu };
  }
  succeeded(`bpf(BPF_PROG_RUN) of program ${program.spec.name}`, result);
  return { kind: 'returned', returnValue: attributes.readU32(offset.returnValue) };
};

/** What a cross-call returns for a CPU that is not online. */
export const crossCallOffline = -1;

/**
 * Runs the program on a CPU: returns what it returned (32 bits, unsigned), or `crossCallOffline`. Costs the system call
 * and nothing else. Throws SystemCallError.
 */
export type CrossCall = (cpu: number) => number;

/**
 * Prepares running a raw tracepoint program on chosen CPUs many times. `context` is what it reads at offset 0, 8, …, as
 * those bytes are when it is called; without it the program may read nothing. Throws BpfSpecError.
 */
export const createCrossCall = (program: RunnableProgram, context?: Uint8Array): CrossCall => {
  const attributes = attributesFor(program).u32(offset.flags, runOnCpu);
  if (context !== undefined) attributes.u32(offset.contextSize, context.length).pointer(offset.context, context);
  const call = prepareBpf('BPF_PROG_RUN', attributes);
  const words = new Uint32Array(attributes.bytes.buffer);
  const cpuWord = offset.cpu / 4;
  const returnWord = offset.returnValue / 4;
  return (cpu) => {
    words[cpuWord] = cpu;
    const result = call();
    if (result === 0) {
      return words[returnWord] ?? 0;
    }
    if (result === -errno.ENXIO) {
      return crossCallOffline;
    }
    throw failure(`bpf(BPF_PROG_RUN) of program ${program.spec.name} on CPU ${cpu}`, result);
  };
};

/**
 * Has the kernel measure the run time of every program until it is closed (BPF_ENABLE_STATS, since Linux 5.8). That
 * costs each run some 20 ns. Throws PrivilegeError or SystemCallError.
 */
export const enableStatistics = (): OwnedDescriptor => {
  const result = bpf('BPF_ENABLE_STATS', createAttributes(4));
  return ownDescriptor(succeeded('bpf(BPF_ENABLE_STATS)', result), 'run-time statistics');
};
