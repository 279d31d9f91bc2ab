/**
 * The state of one machine: one firing of one program on one CPU. All of it is plain data in a few typed arrays, so that
 * it can be copied, hashed and compared by the million; what machines share is in `shared-memory.ts`.
 */

import type { Fault } from './fault.js';
import type { LinkedProgram } from './link.js';
import { contextAddress, frameAddress, frameBytes } from './memory/address.js';
import { createHasher, digest, mixBytes, mixNumber } from './memory/hash.js';

/** What a register or a byte of the stack holds, as far as the verifier would know. */
export const tag = {
  /** Nothing was written to it. */
  none: 0,
  /** A number. */
  scalar: 1,
  /** A pointer to the program's own memory: maps, stack, context; or null from a lookup. */
  pointer: 2,
  /** A kernel pointer typed by BTF: reads where nothing is mapped give 0. It may as well be a number. */
  kernel: 3,
} as const;

/** The task that is running, and the CPU: what does not change while a program runs. */
export interface Environment {
  readonly cpu: number;
  readonly task: {
    /** Address of its struct task_struct; a kernel region there makes its fields readable. */
    readonly address: bigint;
    /** The thread's id and the process's id in the initial namespace. */
    readonly pid: number;
    readonly tgid: number;
    readonly uid: number;
    readonly gid: number;
    /** At most 15 bytes count. */
    readonly comm: string;
    /** Addresses of the frames of its kernel stack, the innermost first; left out, it cannot be walked. */
    readonly stack?: readonly bigint[];
    /** The ids in a namespace of its own, and the device and inode that name it. */
    readonly namespace?: {
      readonly device: bigint;
      readonly inode: bigint;
      readonly pid: number;
      readonly tgid: number;
    };
  };
}

/** CPU 0 in the idle task. */
export const idleEnvironment: Environment = {
  cpu: 0,
  task: { address: 0xffff888000001000n, pid: 0, tgid: 0, uid: 0, gid: 0, comm: 'swapper/0' },
};

/** Where a machine stands. `stopped`: before a shared access or a call that the next step performs. */
export type MachineStatus = 'running' | 'stopped' | 'exited' | 'faulted';

/** The state of a machine. Registers r6-r9 of the callers follow the eleven of the running function. */
export interface MachineState {
  /** The slot of the next instruction. */
  pc: number;
  /** The running frame; 0 is the entry's. */
  depth: number;
  status: MachineStatus;
  fault: Fault | undefined;
  readonly registers: BigUint64Array;
  /** One of `tag` for each register. */
  readonly tags: Uint8Array;
  /** Where each caller goes on. */
  readonly returns: Int32Array;
  /** 512 bytes a frame. */
  readonly stack: Uint8Array;
  /** One of `tag` for each byte of the stack. */
  readonly stackTags: Uint8Array;
  /** Read-only to the program. */
  readonly context: Uint8Array;
  readonly environment: Environment;
}

/** Registers of a function. */
export const registerCount = 11;
/** Registers that a call preserves: r6-r9. */
export const savedCount = 4;

/** What a machine starts with. */
export interface MachineOptions {
  /** What r1 points to: for raw tracepoints u64 arguments. */
  readonly context?: Uint8Array | readonly bigint[];
  readonly environment?: Environment;
}

/** A machine before the first instruction of `program`. */
export const createMachineState = (
  program: LinkedProgram,
  { context = [], environment = idleEnvironment }: MachineOptions = {},
): MachineState => {
  const { frames } = program;
  const registers = new BigUint64Array(registerCount + savedCount * (frames - 1));
  const tags = new Uint8Array(registers.length);
  registers[1] = contextAddress;
  tags[1] = tag.pointer;
  registers[10] = frameAddress(0);
  tags[10] = tag.pointer;
  return {
    pc: 0,
    depth: 0,
    status: 'running',
    fault: undefined,
    registers,
    tags,
    returns: new Int32Array(frames - 1),
    stack: new Uint8Array(frameBytes * frames),
    stackTags: new Uint8Array(frameBytes * frames),
    context: context instanceof Uint8Array ? context : new Uint8Array(BigUint64Array.from(context).buffer),
    environment,
  };
};

/** A copy that shares nothing that can change. */
export const cloneState = (state: MachineState): MachineState => ({
  pc: state.pc,
  depth: state.depth,
  status: state.status,
  fault: state.fault,
  registers: state.registers.slice(),
  tags: state.tags.slice(),
  returns: state.returns.slice(),
  stack: state.stack.slice(),
  stackTags: state.stackTags.slice(),
  context: state.context,
  environment: state.environment,
});

const bytesOf = (view: BigUint64Array | Int32Array): Uint8Array =>
  new Uint8Array(view.buffer, view.byteOffset, view.byteLength);

const statusNumber = { running: 0, stopped: 1, exited: 2, faulted: 3 } as const satisfies Record<MachineStatus, number>;

/** A stable hash of all that can change; what no longer counts (lost registers, left frames) is zero and adds nothing. */
export const hashState = (state: MachineState): bigint => {
  const hasher = createHasher();
  mixNumber(hasher, state.pc);
  mixNumber(hasher, state.depth);
  mixNumber(hasher, statusNumber[state.status]);
  mixBytes(hasher, bytesOf(state.registers));
  mixBytes(hasher, state.tags);
  mixBytes(hasher, bytesOf(state.returns));
  const used = (state.depth + 1) * frameBytes;
  mixBytes(hasher, state.stack.subarray(0, used));
  mixBytes(hasher, state.stackTags.subarray(0, used));
  mixBytes(hasher, state.context);
  return digest(hasher);
};
