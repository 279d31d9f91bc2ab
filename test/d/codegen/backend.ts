/**
 * The two back ends that run generated programs: the eBPF interpreter and the kernel. Both load what `planEnabling` gives
 * and the maps that a session adds, fire BEGIN and END as a session does, and are read with the session's own code.
 */

import { assemble } from '../../../src/bpf/assembly/assembler.js';
import {
  arrayBytes,
  createMachineState,
  createSharedMemory,
  type Environment,
  linkProgram,
  type MemoryRegion,
  mapEntries,
  run,
} from '../../../src/bpf/interpreter/index.js';
import { loadProgram } from '../../../src/bpf/loader.js';
import { createMaps } from '../../../src/bpf/map.js';
import { runProgram } from '../../../src/bpf/run.js';
import type { MapSpec } from '../../../src/bpf/spec.js';
import { valueOffset } from '../../../src/d/codegen/dynamic/array.js';
import { controlBlock, controlWords, noSlot, type RuntimeShape } from '../../../src/d/codegen/memory/layout.js';
import { type AssociativeLayout, mapNames } from '../../../src/d/codegen/memory/memory.js';
import type { TargetKernel } from '../../../src/d/codegen/target.js';
import { takeAreas } from '../../../src/session/aggregation-areas.js';
import { controlOf } from '../../../src/session/control.js';
import type { Enabling } from '../../../src/session/enabling.js';
import { type PrincipalBatch, takeHalf } from '../../../src/session/principal.js';
import { openSession } from '../../../src/session/session.js';
import { type MappedMemory, onlineCpus, possibleCpus } from '../../../src/sys/index.js';
import { hex, Merger, type Outcome, type Recorded, readRecords } from './outcome.js';

/** The task that runs the programs, as D sees it. */
export interface Task {
  readonly pid: number;
  readonly tid: number;
  readonly ppid: number;
  readonly uid: number;
  readonly gid: number;
  readonly execname: string;
  /** Addresses of the frames of its kernel stack, to the eBPF interpreter; left out, it cannot be walked. */
  readonly stack?: readonly bigint[];
}

/** The tuple that the program has written: of a thread's array without the thread's number. */
function ownKey({ variable: { name, scope } }: AssociativeLayout, key: Uint8Array): Uint8Array {
  if (scope !== 'thread') return key;
  if (key.subarray(0, 8).every((byte) => byte === 0)) throw new Error(`an element of self->${name} is no thread's`);
  return key.subarray(8);
}

/** The maps that a session makes besides those of the enabling; `cpuOfSlot` says which CPUs have slots. */
export function sessionMaps(shape: RuntimeShape, cpuOfSlot: readonly number[]): readonly MapSpec[] {
  const contents = new Uint8Array(shape.cpus).fill(noSlot);
  for (const [slot, cpu] of cpuOfSlot.entries()) contents[cpu] = slot;
  const array = { type: 'array', keySize: 4, maxEntries: 1, mapped: true } as const;
  return [
    { ...array, name: mapNames.control, valueSize: controlWords.blocks + shape.slots * controlBlock.size },
    { ...array, name: mapNames.slots, valueSize: contents.length, contents },
  ];
}

/** The views of mapped memory over bytes of this process. */
export function viewsOf(bytes: Uint8Array): MappedMemory {
  const { byteOffset: at, byteLength } = bytes;
  const buffer = bytes.buffer as ArrayBuffer;
  return {
    byteLength,
    buffer,
    bytes,
    u32: new Uint32Array(buffer, at, byteLength >> 2),
    i32: new Int32Array(buffer, at, byteLength >> 2),
    u64: new BigUint64Array(buffer, at, byteLength >> 3),
    i64: new BigInt64Array(buffer, at, byteLength >> 3),
    data: new DataView(buffer, at, byteLength),
    close: () => undefined,
    [Symbol.dispose]: () => undefined,
  };
}

/** A loaded enabling. */
interface Loaded {
  readonly cpuOfSlot: readonly number[];
  /** A mapped array. */
  mapped(name: string): MappedMemory;
  /** The bytes of any array. */
  bytes(name: string): Uint8Array;
  elements(name: string): readonly { readonly key: Uint8Array; readonly value: Uint8Array }[];
  /** Runs the program of a site. */
  fire(site: string): void;
}

/** Fires BEGIN and END and collects everything. */
function outcomeOf(enabling: Enabling, loaded: Loaded): Outcome {
  const { memory, program } = enabling;
  const { shape } = memory;
  const control = controlOf(loaded.mapped(mapNames.control));
  const drops = { principal: 0, aggregation: 0, dynamic: 0, nesting: 0, error: 0, stack: 0 };
  const records: Recorded[] = [];
  const fire = (site: string): void => {
    if (!enabling.sites.some(({ plan }) => plan.name === site)) return;
    loaded.fire(site);
    for (const slot of loaded.cpuOfSlot.keys()) {
      const batch = takeHalf(loaded.mapped(mapNames.principal), control, shape, slot, control.liveHalf('principal'));
      records.push(...readRecords(program, batch.bytes));
      drops.principal += batch.drops;
    }
  };
  control.setActivity('warmup');
  fire('begin');
  control.advance('warmup', 'active');
  control.setActivity('draining');
  fire('end');

  for (const slot of loaded.cpuOfSlot.keys()) {
    drops.aggregation += control.counter(slot, 'aggregationDrops');
    drops.dynamic += control.counter(slot, 'dynamicDrops');
    drops.nesting += control.counter(slot, 'nestingDrops');
    drops.error += control.counter(slot, 'errorDrops');
    const block = controlWords.blocks + slot * controlBlock.size + controlBlock.inprobe;
    const open = loaded.mapped(mapNames.control).data.getBigUint64(block, true);
    if (open !== 0n) throw new Error(`${open} probes are still open on slot ${slot}`);
  }
  drops.stack = control.stackDrops();
  if (control.slotlessDrops() > 0) throw new Error('a firing was on a CPU without a slot');
  const merger = new Merger();
  if (memory.aggregations.areaSize > 0) {
    takeAreas(loaded.mapped(mapNames.aggregations), memory, 0, loaded.cpuOfSlot, (table, _cpu, key, data) =>
      merger.add(table, key, data),
    );
  }
  const elements = [...memory.associative.values()].flatMap((array) => {
    const { dynamic, variable, valueSize } = array;
    return loaded.elements(array.map).map(({ key, value }) => {
      const at =
        dynamic.elements +
        Number(new DataView(value.buffer, value.byteOffset).getBigUint64(0, true)) * dynamic.elementSize;
      const start = at + valueOffset(array);
      return `${variable.name}[${hex(ownKey(array, key))}] = ${hex(loaded.mapped(dynamic.map).bytes.subarray(start, start + valueSize))}`;
    });
  });
  return {
    records,
    exitStatus: BigInt(control.exitStatus()),
    globals: memory.globalSize > 0 ? hex(loaded.bytes(mapNames.globals).subarray(0, memory.globalSize)) : '',
    elements: elements.sort(),
    aggregations: merger.lines(),
    drops,
  };
}

const taskAddress = 0xffff_8880_0000_1000n;
const credentialsAddress = 0xffff_8880_0010_0000n;
const parentAddress = 0xffff_8880_0020_0000n;

/** The kernel memory that generated code reads of a task. */
export function taskRegions(kernel: TargetKernel, task: Task): readonly MemoryRegion[] {
  const offset = (path: string): number => kernel.fieldOffset('task_struct', path);
  const paths = ['pid', 'tgid', 'cred', 'comm', 'real_parent'];
  const size = Math.max(...paths.map(offset)) + 64;
  const region = (name: string, address: bigint, bytes: number): MemoryRegion & { readonly data: DataView } => {
    const content = new Uint8Array(bytes);
    return { name, space: 'kernel', address, bytes: content, data: new DataView(content.buffer) };
  };
  const own = region('task', taskAddress, size);
  own.data.setInt32(offset('pid'), task.tid, true);
  own.data.setInt32(offset('tgid'), task.pid, true);
  own.data.setBigUint64(offset('cred'), credentialsAddress, true);
  own.data.setBigUint64(offset('real_parent'), parentAddress, true);
  own.bytes.set(Buffer.from(task.execname, 'latin1').subarray(0, 15), offset('comm'));
  const credentials = region('cred', credentialsAddress, 256);
  credentials.data.setUint32(kernel.fieldOffset('cred', 'uid'), task.uid, true);
  credentials.data.setUint32(kernel.fieldOffset('cred', 'gid'), task.gid, true);
  const parent = region('parent', parentAddress, size);
  parent.data.setInt32(offset('tgid'), task.ppid, true);
  return [own, credentials, parent];
}

/** The interpreter's environment of a task. */
export const environmentOf = (task: Task, cpu = 0): Environment => ({
  cpu,
  task: {
    address: taskAddress,
    pid: task.tid,
    tgid: task.pid,
    uid: task.uid,
    gid: task.gid,
    comm: task.execname,
    ...(task.stack === undefined ? {} : { stack: task.stack }),
  },
});

/** Runs an enabling in the eBPF interpreter. Throws where the verifier would have refused what the program does. */
export function runInInterpreter(enabling: Enabling, kernel: TargetKernel, task: Task): Outcome {
  const maps = [...enabling.maps, ...sessionMaps(enabling.memory.shape, [0])];
  const memory = createSharedMemory({ maps, regions: taskRegions(kernel, task) });
  return outcomeOf(enabling, {
    cpuOfSlot: [0],
    mapped: (name) => viewsOf(arrayBytes(memory, name)),
    bytes: (name) => arrayBytes(memory, name),
    elements: (name) =>
      mapEntries(memory, name).map(({ key, values }) => ({ key, value: values[0] ?? new Uint8Array() })),
    fire: (name) => {
      const site = enabling.sites.find(({ plan }) => plan.name === name);
      if (site === undefined) throw new Error(`there is no site ${name}`);
      const linked = linkProgram(assemble(site.spec.items), maps);
      const end = run(linked, createMachineState(linked, { environment: environmentOf(task) }), memory);
      if (end.kind === 'fault') throw new Error(`${end.fault.code} at ${end.fault.slot}: ${end.fault.message}`);
    },
  });
}

/** Runs an enabling in the kernel. Throws VerifierError. */
export function runInKernel(enabling: Enabling): Outcome {
  // Those that are offline now may come online before the programs run.
  const cpuOfSlot = [...new Set([...onlineCpus(), ...possibleCpus()])].slice(0, enabling.memory.shape.slots);
  const maps = createMaps([...enabling.maps, ...sessionMaps(enabling.memory.shape, cpuOfSlot)]);
  const map = (name: string) => {
    const found = maps.get(name);
    if (found === undefined) throw new Error(`there is no map ${name}`);
    return found;
  };
  const programs = new Map<string, ReturnType<typeof loadProgram>>();
  try {
    for (const { plan, spec } of enabling.sites) programs.set(plan.name, loadProgram(spec, maps));
    return outcomeOf(enabling, {
      cpuOfSlot,
      mapped: (name) => {
        const { memory } = map(name);
        if (memory === undefined) throw new Error(`map ${name} is not mapped`);
        return memory;
      },
      bytes: (name) => map(name).lookup(new Uint8Array(4)) ?? new Uint8Array(),
      elements: (name) =>
        [...map(name).keys()].map((key) => ({ key, value: map(name).lookup(key) ?? new Uint8Array() })),
      fire: (name) => {
        const program = programs.get(name);
        if (program !== undefined) runProgram(program);
      },
    });
  } finally {
    for (const program of programs.values()) program.close();
    for (const each of maps.values()) each.close();
  }
}

/** Runs an enabling as a session does, BEGIN and END: what the consumer would be given. */
export function runInSession(enabling: Enabling, kernel: TargetKernel): Omit<Outcome, 'globals' | 'elements'> {
  const session = openSession(enabling, kernel);
  try {
    const records: Recorded[] = [];
    const drops = { principal: 0, aggregation: 0, dynamic: 0, nesting: 0, error: 0, stack: 0 };
    const take = (batches: readonly PrincipalBatch[]): void => {
      for (const batch of batches) {
        records.push(...readRecords(enabling.program, batch.bytes));
        drops.principal += batch.drops;
      }
    };
    session.go();
    take(session.takePrincipal());
    take(session.stop(take));
    const merger = new Merger();
    session.takeAggregations((table, _cpu, key, data) => merger.add(table, key, data));
    const kinds = {
      aggregationDrops: 'aggregation',
      dynamicDrops: 'dynamic',
      errorDrops: 'error',
      stacks: 'stack',
    } as const;
    for (const { kind, count } of session.drops()) {
      if (kind in kinds) drops[kinds[kind as keyof typeof kinds]] += count;
      else drops.nesting += count;
    }
    const exitStatus = BigInt(session.control.exitStatus());
    return { records, exitStatus, aggregations: merger.lines(), drops };
  } finally {
    session.close();
  }
}
