/** A mailbox on the live kernel, with programs that post to it from any CPU's interrupts. */

import type { AssemblyItem } from '../../../src/bpf/instruction.js';
import { callFunction, exit, functionStart, load, store } from '../../../src/bpf/instruction.js';
import { loadProgram } from '../../../src/bpf/loader.js';
import { type BpfMap, createMaps } from '../../../src/bpf/map.js';
import type { Program } from '../../../src/bpf/program.js';
import { runProgram } from '../../../src/bpf/run.js';
import { createEmitter } from '../../../src/d/codegen/emitter.js';
import { generateDepthHandler } from '../../../src/d/codegen/handler.js';
import { emitPostFunction, emitSyncedFunction, postFunction, syncedFunction } from '../../../src/d/codegen/mailbox.js';
import { controlBlock, controlWords } from '../../../src/d/codegen/memory/layout.js';
import { mailboxMaps } from '../../../src/d/codegen/memory/mailbox-layout.js';
import { mapNames } from '../../../src/d/codegen/memory/memory.js';
import { createPossessions, possibleCpus } from '../../../src/sys/index.js';
import { type ServedMailbox, serveMailbox } from '../../../src/xcall/mailbox/open.js';

/** A served mailbox, and what tests do with it. */
export interface LiveMailbox {
  readonly mailbox: ServedMailbox;
  /** Runs a post in an interrupt of a CPU: its number. */
  postOn(cpu: number, request: number): bigint;
  /** Runs the question there. */
  syncedOn(cpu: number, number: bigint): boolean;
  /** Sets how many probes seem to be open on a CPU. */
  setInprobe(cpu: number, count: bigint): void;
  close(): void;
}

/**
 * Opens one, with these handlers: their instructions, which run on all CPUs or on one. `patience` is how long a CPU may
 * stay inside a probe, ms.
 */
export function openLive(
  handlers: readonly { readonly items: readonly AssemblyItem[]; readonly cpu: number | 'all' }[] = [],
  patience = 100,
): LiveMailbox {
  const cpus = possibleCpus().slice(0, 64);
  const shape = {
    slots: 64,
    cpus: 2 ** Math.ceil(Math.log2(Math.max(...possibleCpus()) + 1)),
    levels: 2,
    preemptible: false,
    bufferSize: 0,
    aggregationSize: 0,
    dynamicEntries: 0,
    speculations: 0,
    speculationSize: 0,
  };
  const array = { type: 'array', keySize: 4, maxEntries: 1, mapped: true } as const;
  const contents = new Uint8Array(Math.max(8, shape.cpus)).fill(255);
  for (const [slot, cpu] of cpus.entries()) contents[cpu] = slot;
  const { own, close } = createPossessions();
  try {
    const maps = createMaps([
      ...mailboxMaps(shape),
      { ...array, name: mapNames.control, valueSize: controlWords.blocks + shape.slots * controlBlock.size },
      { ...array, name: mapNames.slots, valueSize: contents.length, contents },
      { ...array, name: 'exchange', valueSize: 16 },
    ]);
    for (const map of maps.values()) own(map);
    const map = (name: string): BpfMap => {
      const found = maps.get(name);
      if (found === undefined) throw new Error(`there is no map ${name}`);
      return found;
    };
    const program = (name: string, items: readonly AssemblyItem[]): Program => {
      return own(loadProgram({ name, kind: { type: 'raw-tracepoint' }, items }, maps));
    };
    /** Calls a function with the word at 0 of `exchange`, leaves the result at 8. */
    const calling = (called: string): Program => {
      const emitter = createEmitter();
      emitter.emit(
        functionStart('caller', 1, 'global'),
        { kind: 'load-map-value', dst: 'r6', map: 'exchange', offset: 0 },
        load(8, 'r1', 'r6', 0),
        callFunction(called),
        store(8, 'r6', 8, 'r0'),
        exit(),
      );
      if (called === postFunction) emitPostFunction(emitter, shape);
      else emitSyncedFunction(emitter, shape);
      return program(called, emitter.items);
    };
    const post = calling(postFunction);
    const ask = calling(syncedFunction);
    const exchange = map('exchange').memory?.u64 ?? new BigUint64Array(2);
    const call = (called: Program, cpu: number, parameter: bigint): bigint => {
      Atomics.store(exchange, 0, parameter);
      const answer = runProgram(called, { cpu });
      if (answer.kind !== 'returned') throw new Error(`CPU ${cpu} is offline`);
      return Atomics.load(exchange, 1);
    };
    const mailbox = own(
      serveMailbox({
        mailbox: map(mapNames.mailbox),
        doorbell: map(mapNames.doorbell),
        slotOfCpu: map(mapNames.slots),
        slots: shape.slots,
        depth: program('depth', generateDepthHandler(shape).items),
        handlers: handlers.map(({ items, cpu }, index) => ({
          name: `handler${index}`,
          program: program(`handler${index}`, [functionStart(`handler${index}`, 1, 'global'), ...items]),
          cpu,
        })),
        inspect: (cpu) => ({ cpu, epid: 77, pid: 88 }),
        patience,
      }),
    );
    mailbox.awaitServing();
    return {
      mailbox,
      postOn: (cpu, request) => call(post, cpu, BigInt(request)),
      syncedOn: (cpu, number) => call(ask, cpu, number) === 1n,
      setInprobe: (cpu, count) => {
        const words = map(mapNames.control).memory?.u64 ?? new BigUint64Array(0);
        const block = controlWords.blocks + cpus.indexOf(cpu) * controlBlock.size + controlBlock.inprobe;
        Atomics.store(words, block / 8, count);
      },
      close,
    };
  } catch (error) {
    close();
    throw error;
  }
}
