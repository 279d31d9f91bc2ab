/** Cross-calls whose every step is given, for programs in D to see: their code runs in the eBPF interpreter. */

import { expect } from 'vitest';
import { assemble } from '../../src/bpf/assembly/assembler.js';
import {
  arrayBytes,
  createMachineState,
  createSharedMemory,
  linkProgram,
  mapEntries,
  run,
} from '../../src/bpf/interpreter/index.js';
import type { AggregationEntry } from '../../src/consumer/aggregation/order.js';
import { createAggregationStore } from '../../src/consumer/aggregations.js';
import { mapNames } from '../../src/d/codegen/memory/memory.js';
import type { TargetKernel } from '../../src/d/codegen/target.js';
import { dtraceProvider } from '../../src/providers/dtrace.js';
import { createXcallProvider } from '../../src/providers/xcall.js';
import { takeAreas } from '../../src/session/aggregation-areas.js';
import { controlOf } from '../../src/session/control.js';
import { environmentOf, sessionMaps, taskRegions, viewsOf } from '../d/codegen/backend.js';
import { compile } from '../d/codegen/compile.js';
import { fixedKernel } from '../d/codegen/fixed-kernel.js';
import { kernelRegion } from '../providers/fired-arguments.js';

const flagsOffset = 12;
const kernel: TargetKernel = {
  ...fixedKernel,
  fieldOffset: (structure, path) =>
    structure === '__call_single_data' ? flagsOffset : fixedKernel.fieldOffset(structure, path),
};

const csdOf = (address: bigint, flags: bigint) => kernelRegion('csd', address, { 0: 0n, 8: flags << 32n });

/** Data of calls, by their address: two whose callers wait, and two whose callers go on. */
export const csd = {
  waiting: 0xffff_8880_0050_0000n,
  going: 0xffff_8880_0050_0040n,
  late: 0xffff_8880_0050_0080n,
  far: 0xffff_8880_0051_0000n,
} as const;
const regions = [
  ...[csdOf(csd.waiting, 0x11n), csdOf(csd.going, 0x01n)],
  ...[csdOf(csd.late, 0x01n), csdOf(csd.far, 0x11n)],
];

/** A step of a call: when it is taken (ns), on which CPU, at which tracepoint, with which arguments. */
export type Step = readonly [time: bigint, cpu: number, tracepoint: string, ...context: bigint[]];

/** The process in which every step is taken. */
export const stepProcess = 40;

/** A call is queued for CPU `to`. */
export const queue = (time: bigint, from: number, to: bigint, data: bigint): Step => [
  ...([time, from, 'csd_queue_cpu'] as const),
  ...[to, 0n, 0n, data],
];
/** Its function begins; without data it is one that the CPU runs for itself. */
export const entry = (time: bigint, cpu: number, data: bigint): Step => [time, cpu, 'csd_function_entry', 0n, data];
/** Its function has ended. */
export const exit = (time: bigint, cpu: number, data: bigint): Step => [time, cpu, 'csd_function_exit', 0n, data];

/** The entries of a program's aggregations after these steps, by name; what is left in its associative arrays. */
export function afterSteps(text: string, steps: readonly Step[]) {
  const provider = createXcallProvider({ hasTracepoint: () => true, hasFunction: () => false });
  const cpuOfSlot = [0, 1, 2, 3];
  const enabling = compile(text, { kernel, providers: [dtraceProvider, provider], stringSize: 64 });
  const { memory: layout, program, sites } = enabling;
  const maps = [...enabling.maps, ...sessionMaps(layout.shape, cpuOfSlot)];
  const task = { pid: stepProcess, tid: 42, ppid: 1, uid: 0, gid: 0, execname: 'any' };
  const memory = createSharedMemory({
    ...{ maps, cpus: 4, clock: { now: 0n, step: 0n, suspended: 0n } },
    regions: [...regions, ...taskRegions(kernel, task)],
  });
  controlOf(viewsOf(arrayBytes(memory, mapNames.control))).setActivity('active');
  for (const [time, cpu, tracepoint, ...context] of steps) {
    memory.clock.now = time;
    const site = sites.find(
      ({ plan: { attachment } }) => 'tracepoint' in attachment && attachment.tracepoint === tracepoint,
    );
    if (site === undefined) continue;
    const linked = linkProgram(assemble(site.spec.items), maps, { typedContext: true });
    const end = run(linked, createMachineState(linked, { context, environment: environmentOf(task, cpu) }), memory);
    if (end.kind === 'fault') expect.unreachable(`${end.fault.code} at ${end.fault.slot}: ${end.fault.message}`);
  }
  const store = createAggregationStore();
  takeAreas(viewsOf(arrayBytes(memory, mapNames.aggregations)), layout, 0, cpuOfSlot, (table, _, key, data) =>
    store.add(table, key, data),
  );
  const byName = program.aggregations.map(({ name, id }): readonly [string, readonly AggregationEntry[]] => [
    name,
    store.entries(id),
  ]);
  const elements = [...layout.associative.values()].reduce((sum, { map }) => sum + mapEntries(memory, map).length, 0);
  return { aggregations: new Map(byName), elements };
}
