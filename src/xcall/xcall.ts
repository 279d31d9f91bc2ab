/**
 * dtrace_xcall(): a small eBPF program, the handler, runs on a chosen CPU, and its result comes back.
 *
 * It is smp_call_function_single() of Linux, reached by BPF_PROG_RUN with BPF_F_TEST_RUN_ON_CPU: made from process context
 * with interrupts on, as Linux demands of who waits for another CPU.
 */

import type { AssemblyItem } from '../bpf/instruction.js';
import type { Program } from '../bpf/program.js';
import { type CrossCall, createCrossCall, crossCallOffline } from '../bpf/run.js';
import { possibleCpus } from '../sys/index.js';
import { NoSuchCpuError, runFailure } from './errors.js';
import { loadHandler } from './handler.js';

/** What became of the call of one CPU: what the handler left in r0 (its low 32 bits, unsigned), or that nobody was there. */
export type XcallAnswer =
  | { readonly cpu: number; readonly kind: 'returned'; readonly value: number }
  | { readonly cpu: number; readonly kind: 'offline' };

/** A handler: loaded (`loadHandler`, or a raw-tracepoint program of `dtrace-linux/bpf`), or its instructions. */
export type Handler = Program | readonly AssemblyItem[];

/**
 * Runs `handler` on a CPU, or on every CPU that this machine can have, one after the other, and returns its results.
 *
 *     using handler = loadHandler([callHelper(helperNumber.getSmpProcessorId), exit()]);
 *     xcall('all', handler); // [{ cpu: 0, kind: 'returned', value: 0 }, { cpu: 1, kind: 'returned', value: 1 }]
 *
 * - On another CPU the handler runs in the handler of an inter-processor interrupt, with interrupts off: the call
 *   returns when it has finished, and all its stores are visible then, as the caller's are to it. A CPU that idles by
 *   polling may run it without an interrupt.
 * - On the caller's own CPU it runs inline, in the calling thread, with interrupts on: it can be interrupted there, also
 *   by itself if another thread calls the same program. Who needs to know which CPU that is pins the thread
 *   (sched_setaffinity(2), taskset(1)).
 * - A CPU that is offline, or goes offline, is reported as `offline`; it is never waited for. The kernel decides that
 *   while it makes the call, so no list of online CPUs can be out of date.
 * - Linux does not run a program on a CPU where that same program is running already (it is attached to a probe, or
 *   called by another thread): the value is 0 then. A handler that must tell that apart never returns 0.
 *
 * The handler reads `argument`, an unsigned 64-bit number, from offset 0 of its context (`load(8, 'r2', 'r1', 0)`).
 * Given as instructions, it is loaded and unloaded by this call, which takes the better part of a millisecond; loaded, a
 * call takes one system call (microseconds).
 *
 * Throws NoSuchCpuError; HandlerError (the verifier refuses it, or it reads more than its argument); PrivilegeError
 * (needs root, or CAP_BPF and CAP_PERFMON); UnsupportedFeatureError (Linux before 5.10); BpfSpecError (a program of
 * another type); AssemblyError (instructions that contradict one another); SystemCallError.
 */
export function xcall(cpu: number, handler: Handler, argument?: bigint): XcallAnswer;
export function xcall(cpu: 'all', handler: Handler, argument?: bigint): readonly XcallAnswer[];
export function xcall(cpu: number | 'all', handler: Handler, argument?: bigint): XcallAnswer | readonly XcallAnswer[];
export function xcall(cpu: number | 'all', handler: Handler, argument = 0n): XcallAnswer | readonly XcallAnswer[] {
  // Before anything is loaded: a wrong number is told also to who may load nothing.
  if (cpu !== 'all') checkCpu(cpu);
  if (!isProgram(handler)) {
    using loaded = loadHandler(handler);
    return callWith(loaded, cpu, argument);
  }
  return callWith(handler, cpu, argument);
}

const isProgram = (handler: Handler): handler is Program => 'fd' in handler;

/** A program made ready: its system call, and the word that it reads its argument from. */
interface Prepared {
  readonly call: CrossCall;
  readonly context: BigUint64Array;
}

const preparedPrograms = new WeakMap<Program, Prepared>();

function prepare(program: Program): Prepared {
  const known = preparedPrograms.get(program);
  // Its descriptor may stand for something else once it is closed: reading `fd` throws then.
  if (known !== undefined && program.fd >= 0) return known;
  const context = new BigUint64Array(1);
  const prepared = { call: createCrossCall(program, new Uint8Array(context.buffer)), context };
  preparedPrograms.set(program, prepared);
  return prepared;
}

function callWith(program: Program, cpu: number | 'all', argument: bigint): XcallAnswer | readonly XcallAnswer[] {
  const { call, context } = prepare(program);
  context[0] = argument;
  const one = (each: number): XcallAnswer => {
    const value = call(each);
    return value === crossCallOffline ? { cpu: each, kind: 'offline' } : { cpu: each, kind: 'returned', value };
  };
  try {
    return cpu === 'all' ? machine().list.map(one) : one(cpu);
  } catch (error) {
    throw runFailure(error, program.spec.name);
  }
}

let cpus: { readonly list: readonly number[]; readonly set: ReadonlySet<number> } | undefined;

/** The possible CPUs, which Linux fixes at boot. */
function machine(): NonNullable<typeof cpus> {
  if (cpus === undefined) {
    const list = possibleCpus();
    cpus = { list, set: new Set(list) };
  }
  return cpus;
}

/** Throws NoSuchCpuError for a number that no CPU of this machine has. */
export function checkCpu(cpu: number): void {
  const { list, set } = machine();
  if (!set.has(cpu)) throw new NoSuchCpuError(cpu, list);
}
