/**
 * Programs for tests to trace: ELF files written byte by byte, that make exactly the system calls they are told to and
 * none beside. Each first waits for a byte on its standard input.
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** An argument: a number, or how many calls the program has made so far. */
export type Argument = number | bigint | 'counter';

/** One thing that a program does. */
export type Step =
  /** A system call of the 64-bit ABI (`syscall`) or of the 32-bit one (`int $0x80`), `times` over. */
  | {
      readonly call: number;
      readonly arguments?: readonly Argument[];
      readonly times?: number;
      readonly abi?: 64 | 32;
    }
  /** An empty loop. */
  | { readonly spin: number }
  /** A process with this id, which takes these steps while the program waits for it. What fails is the exit status. */
  | { readonly child: readonly Step[]; readonly tid: number }
  /** A thread that takes these steps, and then calls exec(2) for `exec`, which ends all others. The last step. */
  | { readonly thread: readonly Step[]; readonly exec: string };

/** The numbers of system calls that tests make. */
export const calls = { lseek: 8, getpid: 39, getuid: 102, getppid: 110, getpgid: 121, poll: 7, close: 3 } as const;

const bytesOf = (value: number | bigint, size: 4 | 8): number[] => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64LE(BigInt.asIntN(64, BigInt(value)));
  return [...bytes.subarray(0, size)];
};

/** `mov $imm64, REG` and `mov %r14, REG` for the six argument registers. */
const registers = [
  { immediate: [0x48, 0xbf], counter: [0x4c, 0x89, 0xf7] },
  { immediate: [0x48, 0xbe], counter: [0x4c, 0x89, 0xf6] },
  { immediate: [0x48, 0xba], counter: [0x4c, 0x89, 0xf2] },
  { immediate: [0x49, 0xba], counter: [0x4d, 0x89, 0xf2] },
  { immediate: [0x49, 0xb8], counter: [0x4d, 0x89, 0xf0] },
  { immediate: [0x49, 0xb9], counter: [0x4d, 0x89, 0xf1] },
] as const;

/** `mov $imm32, REG` for ebx, ecx, edx, esi, edi, ebp. */
const registers32 = [0xbb, 0xb9, 0xba, 0xbe, 0xbf, 0xbd] as const;

const kernel32 = [0xcd, 0x80];
const kernel64 = [0x0f, 0x05];

function call64(step: Extract<Step, { call: number }>): number[] {
  const code = (step.arguments ?? []).flatMap((argument, index) => {
    const register = registers[index] ?? registers[0];
    return argument === 'counter' ? [...register.counter] : [...register.immediate, ...bytesOf(argument, 8)];
  });
  return [...code, 0xb8, ...bytesOf(step.call, 4), ...kernel64];
}

function call32(step: Extract<Step, { call: number }>): number[] {
  const code = (step.arguments ?? []).flatMap((argument, index) => {
    if (argument === 'counter') throw new Error('32-bit calls count nothing');
    return [registers32[index] ?? 0xbb, ...bytesOf(argument, 4)];
  });
  return [...code, 0xb8, ...bytesOf(step.call, 4), ...kernel32];
}

/** `body` run `times` over: r15 counts down. */
function loop(times: number, body: readonly number[]): number[] {
  const decrement = [0x49, 0xff, 0xcf];
  const back = -(body.length + decrement.length + 6);
  return [0x49, 0xbf, ...bytesOf(times, 8), ...body, ...decrement, 0x0f, 0x85, ...bytesOf(back, 4)];
}

const incrementCounter = [0x49, 0xff, 0xc6];

/** `mov $imm, %rax; push %rax`. */
const push = (value: number | bigint): number[] => [0x48, 0xb8, ...bytesOf(value, 8), 0x50];
const [pushRbx, pushR12] = [[0x53], [0x41, 0x54]];

/** `mov $imm, %eax; syscall`. */
const kernelCall = (number: number): number[] => [0xb8, ...bytesOf(number, 4), ...kernel64];

/** Ends the process with the error number in rax. */
const fail = [0xf7, 0xd8, 0x89, 0xc7, ...kernelCall(231)];

/** clone3(2) with its arguments on the stack, rbx the address of the id that is wanted; then who is new runs `body`. */
function clone(flags: number, signal: number, ids: 0 | 1, body: readonly number[]): number[] {
  // struct clone_args from its end: set_tid_size, set_tid, tls, stack_size, stack, exit_signal, parent_tid, child_tid, pidfd, flags.
  const structure = [push(ids), ids === 0 ? push(0) : pushRbx, ...[0, 0, 0, signal, 0, 0, 0, flags].map(push)].flat();
  const call = [0x48, 0x89, 0xe7, 0xbe, ...bytesOf(80, 4), ...kernelCall(435)];
  const onError = [0x85, 0xc0, 0x79, fail.length, ...fail];
  return [...structure, ...call, ...onError, 0x85, 0xc0, 0x0f, 0x85, ...bytesOf(body.length, 4), ...body];
}

/** What the flags of threads are: CLONE_VM, FS, FILES, SIGHAND, THREAD. */
const threadFlags = 0x10f00;

function child64({ child, tid }: Extract<Step, { tid: number }>): number[] {
  const exit = [0x31, 0xff, ...kernelCall(60)];
  // wait4(-1, 0, __WALL, 0)
  const wait = [
    0x48,
    0xc7,
    0xc7,
    0xff,
    0xff,
    0xff,
    0xff,
    0x31,
    0xf6,
    0xba,
    ...bytesOf(0x4000_0000, 4),
    0x4d,
    0x31,
    0xd2,
  ];
  const own = [...steps64(child), ...exit];
  return [...push(tid), 0x48, 0x89, 0xe3, ...clone(0, 17, 1, own), ...wait, ...kernelCall(61)];
}

function thread64({ thread, exec }: Extract<Step, { exec: string }>): number[] {
  const path = Buffer.alloc((exec.length + 8) & ~7);
  path.write(exec, 'latin1');
  const words = Array.from({ length: path.length / 8 }, (_, index) => path.readBigUInt64LE(8 * index)).reverse();
  // r12 the path, r13 the arguments: it, and no more.
  const prepare = [...words.flatMap(push), 0x49, 0x89, 0xe4, ...push(0), ...pushR12, 0x49, 0x89, 0xe5];
  const execve = [0x4c, 0x89, 0xe7, 0x4c, 0x89, 0xee, 0x31, 0xd2, ...kernelCall(59), ...fail];
  const pause = kernelCall(34);
  return [...prepare, ...clone(threadFlags, 0, 0, [...steps64(thread), ...execve]), ...pause];
}

function steps64(steps: readonly Step[]): number[] {
  return steps.flatMap((step) => {
    if ('spin' in step) return loop(step.spin, []);
    if ('child' in step) return child64(step);
    if ('thread' in step) return thread64(step);
    const code = step.abi === 32 ? call32(step) : call64(step);
    return loop(step.times ?? 1, [...code, ...incrementCounter]);
  });
}

function code64(steps: readonly Step[]): number[] {
  const wait = [0x31, 0xc0, 0x31, 0xff, 0x48, 0x89, 0xe6, 0xba, ...bytesOf(1, 4), ...kernel64];
  const clearCounter = [0x4d, 0x31, 0xf6];
  const body = steps64(steps);
  const exitGroup = [0x31, 0xff, 0xb8, ...bytesOf(231, 4), ...kernel64];
  return [...wait, ...clearCounter, ...body, ...exitGroup];
}

/** The same in 32-bit mode, where only calls are possible; they are written out. */
function code32(steps: readonly Step[]): number[] {
  const wait = [0xb8, ...bytesOf(3, 4), 0x31, 0xdb, 0x89, 0xe1, 0xba, ...bytesOf(1, 4), ...kernel32];
  const body = steps.flatMap((step) => {
    if (!('call' in step)) throw new Error('32-bit programs make calls only');
    return Array.from({ length: step.times ?? 1 }, () => call32(step)).flat();
  });
  const exitGroup = [0x31, 0xdb, 0xb8, ...bytesOf(252, 4), ...kernel32];
  return [...wait, ...body, ...exitGroup];
}

/** An executable of one segment (System V ABI, ELF header and program header). */
function elf(bits: 32 | 64, code: readonly number[]): Buffer {
  const wide = bits === 64;
  const word = (value: number): number[] => bytesOf(value, wide ? 8 : 4);
  const half = (value: number): number[] => [value & 0xff, value >> 8];
  const [headerSize, segmentSize] = wide ? [64, 56] : [52, 32];
  const address = wide ? 0x400000 : 0x0804_8000;
  const start = headerSize + segmentSize;
  const size = start + code.length;
  const readExecute = 5;
  const header = [
    ...[0x7f, 0x45, 0x4c, 0x46, wide ? 2 : 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0],
    ...[...half(2), ...half(wide ? 62 : 3), ...bytesOf(1, 4)],
    ...[...word(address + start), ...word(headerSize), ...word(0), ...bytesOf(0, 4)],
    ...[headerSize, segmentSize, 1, 0, 0, 0].flatMap(half),
  ];
  const segment = wide
    ? [...bytesOf(1, 4), ...bytesOf(readExecute, 4), ...[0, address, address, size, size, 4096].flatMap(word)]
    : [...[1, 0, address, address, size, size, readExecute, 4096].flatMap(word)];
  return Buffer.from([...header, ...segment, ...code]);
}

/** A program that waits for its start. */
export interface WaitingProgram {
  readonly pid: number;
  /** Lets it run. */
  release(): void;
  /** Its exit status, or the signal that ended it. */
  readonly ended: Promise<number | string>;
  close(): void;
}

/** Starts a program that waits, in a file of its own that is gone by the time this returns. */
export async function startProgram(steps: readonly Step[], bits: 32 | 64 = 64): Promise<WaitingProgram> {
  const folder = mkdtempSync(join(tmpdir(), 'dtrace-program-'));
  try {
    const path = join(folder, 'program');
    writeFileSync(path, elf(bits, bits === 64 ? code64(steps) : code32(steps)), { mode: 0o755 });
    const child: ChildProcess = spawn(path, { stdio: ['pipe', 'ignore', 'ignore'] });
    const ended = new Promise<number | string>((resolve) => {
      child.once('exit', (status, signal) => resolve(status ?? signal ?? 'unknown'));
    });
    await once(child, 'spawn');
    child.stdin?.on('error', () => {});
    return {
      pid: child.pid ?? 0,
      release: () => child.stdin?.write('x'),
      ended,
      close: () => child.kill('SIGKILL'),
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
