/** The generated functions of the mailbox in the eBPF interpreter: posts and questions that can be stopped anywhere. */

import { assemble } from '../../../src/bpf/assembly/assembler.js';
import { callFunction, exit, functionStart, load } from '../../../src/bpf/instruction.js';
import {
  arrayBytes,
  createMachineState,
  createSharedMemory,
  type LinkedProgram,
  linkProgram,
  type MachineState,
  mapEntries,
  run,
  type SharedMemory,
  step,
} from '../../../src/bpf/interpreter/index.js';
import type { MapSpec } from '../../../src/bpf/spec.js';
import { createEmitter } from '../../../src/d/codegen/emitter.js';
import { emitPostFunction, emitSyncedFunction, postFunction, syncedFunction } from '../../../src/d/codegen/mailbox.js';
import { type MailboxShape, mailboxMaps } from '../../../src/d/codegen/memory/mailbox-layout.js';
import { mapNames } from '../../../src/d/codegen/memory/memory.js';
import { atomicWords, type Words } from '../../../src/xcall/mailbox/words.js';

/** The thread that the mailbox takes for its server. */
export const serverThread = 500;

/** Who runs a program. */
export interface Caller {
  readonly cpu?: number;
  readonly thread?: number;
}

/** The functions of a mailbox of one shape. */
export interface Posts {
  readonly shape: MailboxShape;
  /** A mailbox without requests, its server awake. */
  memory(): SharedMemory;
  words(memory: SharedMemory): Words;
  /** How often the doorbell was rung. */
  rings(memory: SharedMemory): number;
  /** A post that has not begun; `request` is the parameter of the function. */
  start(request: number, caller?: Caller): MachineState;
  /** Runs a post up to its next stop; its number once it has ended. */
  step(state: MachineState, memory: SharedMemory): bigint | undefined;
  /** Runs a post to its end: its number. */
  finish(state: MachineState, memory: SharedMemory): bigint;
  synced(number: bigint, memory: SharedMemory): boolean;
}

/** Generates the functions for a shape. */
export function generatePosts(shape: MailboxShape): Posts {
  const contents = new Uint8Array(Math.max(8, shape.cpus)).fill(255);
  for (let cpu = 0; cpu < Math.min(shape.cpus, shape.slots); cpu += 1) contents[cpu] = cpu;
  const slots: MapSpec = { ...mapSpec, name: mapNames.slots, valueSize: contents.length, contents };
  const maps = [...mailboxMaps(shape), slots];
  const program = (called: string): LinkedProgram => {
    const emitter = createEmitter();
    emitter.emit(functionStart('main', 1, 'global'), load(8, 'r1', 'r1', 0), callFunction(called), exit());
    if (called === postFunction) emitPostFunction(emitter, shape);
    else emitSyncedFunction(emitter, shape);
    return linkProgram(assemble(emitter.items), maps);
  };
  const post = program(postFunction);
  const ask = program(syncedFunction);
  const start = (linked: LinkedProgram, argument: bigint, { cpu = 0, thread = 42 }: Caller = {}): MachineState => {
    const task = { address: 0xffff_8880_0000_1000n, pid: thread, tgid: 40, uid: 0, gid: 0, comm: 'poster' };
    return createMachineState(linked, { context: [argument], environment: { cpu, task } });
  };
  const ended = (end: ReturnType<typeof run>): bigint => {
    if (end.kind === 'fault') throw new Error(`${end.fault.code} at ${end.fault.slot}: ${end.fault.message}`);
    return end.value;
  };
  return {
    shape,
    memory: () => createSharedMemory({ maps, cpus: shape.cpus, clock: { now: 1000n, step: 1n, suspended: 0n } }),
    words: (memory) => {
      const bytes = arrayBytes(memory, mapNames.mailbox);
      return atomicWords(new BigUint64Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 8));
    },
    rings: (memory) => mapEntries(memory, mapNames.doorbell).length,
    start: (request, caller) => start(post, BigInt(request), caller),
    step: (state, memory) => {
      const stop = step(post, state, memory);
      return stop.kind === 'exit' || stop.kind === 'fault' ? ended(stop) : undefined;
    },
    finish: (state, memory) => ended(run(post, state, memory)),
    synced: (number, memory) => ended(run(ask, start(ask, BigInt.asUintN(64, number)), memory)) === 1n,
  };
}

const mapSpec = { type: 'array', keySize: 4, maxEntries: 1 } as const;
