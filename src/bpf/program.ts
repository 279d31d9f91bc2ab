/** Loaded programs, and what the kernel knows about them. */

import { bpf, createAttributes, type OwnedDescriptor } from '../sys/index.js';
import type { Assembled } from './assembly/assembler.js';
import { succeeded } from './loader/errors.js';
import type { ProgramSpec } from './spec.js';

/** A program in the kernel. It goes when it is closed, nothing is attached to it and no other program needs it. */
export interface Program extends OwnedDescriptor {
  readonly spec: ProgramSpec;
  readonly assembled: Assembled;
}

/** What the kernel says about a program (linux/bpf.h, struct bpf_prog_info). */
export interface ProgramStatistics {
  /** The number that bpftool shows. */
  readonly id: number;
  /** Nanoseconds in the program, while statistics were on (`enableStatistics`). */
  readonly runTime: bigint;
  /** How often it ran, while statistics were on. */
  readonly runCount: bigint;
  /** How often it was skipped because it was already running on that CPU. Counted always, since Linux 5.12. */
  readonly recursionMisses: bigint;
  /** Bytes of machine code. */
  readonly jitedSize: number;
  /** Bytes of eBPF after the verifier's rewriting. */
  readonly translatedSize: number;
  /** Instructions that the verifier looked at, counted once a path; since Linux 5.16, otherwise 0. */
  readonly verifiedInstructions: number;
  /** Records of line_info that it carries. */
  readonly lineCount: number;
}

const informationSize = 232;

/** Calls BPF_OBJ_GET_INFO_BY_FD; fields that this kernel does not know are zero. */
const readInformation = (fd: number): DataView => {
  const information = new Uint8Array(new ArrayBuffer(informationSize));
  const attributes = createAttributes(16).u32(0, fd).u32(4, informationSize).pointer(8, information);
  succeeded('bpf(BPF_OBJ_GET_INFO_BY_FD)', bpf('BPF_OBJ_GET_INFO_BY_FD', attributes));
  return new DataView(information.buffer);
};

/** What the kernel knows and has counted about a program. Throws SystemCallError. */
export const programStatistics = (program: Program): ProgramStatistics => {
  const view = readInformation(program.fd);
  return {
    id: view.getUint32(4, true),
    jitedSize: view.getUint32(16, true),
    translatedSize: view.getUint32(20, true),
    lineCount: view.getUint32(148, true),
    runTime: view.getBigUint64(192, true),
    runCount: view.getBigUint64(200, true),
    recursionMisses: view.getBigUint64(208, true),
    verifiedInstructions: view.getUint32(216, true),
  };
};
