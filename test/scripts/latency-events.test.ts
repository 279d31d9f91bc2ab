/** What xlatency.d makes of cross-calls whose every step is given: its programs, in the eBPF interpreter. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { assemble } from '../../src/bpf/assembly/assembler.js';
import {
  arrayBytes,
  createMachineState,
  createSharedMemory,
  linkProgram,
  mapEntries,
  run,
} from '../../src/bpf/interpreter/index.js';
import { createAggregationStore } from '../../src/consumer/aggregations.js';
import { formatDistribution } from '../../src/consumer/format/distribution.js';
import { mapNames } from '../../src/d/codegen/memory/memory.js';
import type { TargetKernel } from '../../src/d/codegen/target.js';
import { dtraceProvider } from '../../src/providers/dtrace.js';
import { createXcallProvider } from '../../src/providers/xcall.js';
import { takeAreas } from '../../src/session/aggregation-areas.js';
import { controlOf } from '../../src/session/control.js';
import { environmentOf, sessionMaps, viewsOf } from '../d/codegen/backend.js';
import { compile } from '../d/codegen/compile.js';
import { fixedKernel } from '../d/codegen/fixed-kernel.js';
import { kernelRegion } from '../providers/fired-arguments.js';

const text = readFileSync(join(import.meta.dirname, '../../scripts/xlatency.d'), 'utf8').replace(/^#!.*\n/, '');
const flagsOffset = 12;
const kernel: TargetKernel = {
  ...fixedKernel,
  fieldOffset: (structure, path) =>
    structure === '__call_single_data' ? flagsOffset : fixedKernel.fieldOffset(structure, path),
};

/** Data of calls, at an address, with their flags: one whose caller waits, and two whose callers go on. */
const [waiting, going, late] = [0xffff_8880_0050_0000n, 0xffff_8880_0051_0000n, 0xffff_8880_0052_0000n];
const csdOf = (address: bigint, flags: bigint) => kernelRegion('csd', address, { 0: 0n, 8: flags << 32n });
const regions = [csdOf(waiting, 0x11n), csdOf(going, 0x01n), csdOf(late, 0x01n)];

/** A step of a call: when it is taken (ns), on which CPU, at which tracepoint, with which arguments. */
type Step = readonly [time: bigint, cpu: number, tracepoint: string, ...context: bigint[]];

const queue = (time: bigint, from: number, to: bigint, csd: bigint): Step => [
  ...([time, from, 'csd_queue_cpu'] as const),
  ...[to, 0n, 0n, csd],
];
const entry = (time: bigint, cpu: number, csd: bigint): Step => [time, cpu, 'csd_function_entry', 0n, csd];
const exit = (time: bigint, cpu: number, csd: bigint): Step => [time, cpu, 'csd_function_exit', 0n, csd];

/** The distributions after these steps: by event, CPUs from and to, the bucket and how many are in it. */
function distributions(steps: readonly Step[]): readonly string[] {
  const provider = createXcallProvider({ hasTracepoint: () => true, hasFunction: () => false });
  const cpuOfSlot = [0, 1, 2, 3];
  const enabling = compile(text, { kernel, providers: [dtraceProvider, provider], stringSize: 64 });
  const { memory: layout, program, sites } = enabling;
  const maps = [...enabling.maps, ...sessionMaps(layout.shape, cpuOfSlot)];
  const memory = createSharedMemory({ maps, cpus: 4, regions, clock: { now: 0n, step: 0n, suspended: 0n } });
  controlOf(viewsOf(arrayBytes(memory, mapNames.control))).setActivity('active');
  const task = { pid: 40, tid: 42, ppid: 1, uid: 0, gid: 0, execname: 'any' };
  for (const [time, cpu, tracepoint, ...context] of steps) {
    memory.clock.now = time;
    const site = sites.find(
      ({ plan: { attachment } }) => 'tracepoint' in attachment && attachment.tracepoint === tracepoint,
    );
    const linked = linkProgram(assemble(site?.spec.items ?? []), maps, { typedContext: true });
    const end = run(linked, createMachineState(linked, { context, environment: environmentOf(task, cpu) }), memory);
    if (end.kind === 'fault') throw new Error(`${end.fault.code} at ${end.fault.slot}: ${end.fault.message}`);
  }
  // Every call has ended: nothing of it is kept.
  for (const { map } of layout.associative.values()) expect(mapEntries(memory, map)).toEqual([]);
  const store = createAggregationStore();
  takeAreas(viewsOf(arrayBytes(memory, mapNames.aggregations)), layout, 0, cpuOfSlot, (table, _, key, data) =>
    store.add(table, key, data),
  );
  return program.aggregations
    .flatMap(({ id }) => store.entries(id))
    .map(({ keys, data }) => {
      const rows = formatDistribution({ function: 'quantize' }, data).matchAll(/^ *(\d+) \|@+ +([1-9]\d*) *$/gm);
      return `${keys.join(' ')}: ${[...rows].map(([, value, count]) => `${count} at ${value}`).join(', ')}`;
    })
    .sort();
}

it.each<[string, readonly Step[], readonly string[]]>([
  [
    'a call that waits begins and is acknowledged, by the CPUs that it goes from and to',
    [queue(1_000n, 1, 2n, waiting), entry(3_500n, 2, waiting), exit(9_500n, 2, waiting)],
    ['acknowledged 1 2: 1 at 8192', 'begun 1 2: 1 at 2048'],
  ],
  [
    'a call that does not wait begins, and nobody is told that it has ended',
    [queue(1_000n, 3, 0n, going), entry(1_600n, 0, going), exit(9_000n, 0, going)],
    ['begun 3 0: 1 at 512'],
  ],
  [
    'calls of several CPUs at once do not mix',
    [
      ...[queue(1_000n, 1, 2n, waiting), queue(2_000n, 3, 2n, going)],
      ...[entry(5_100n, 2, going), exit(5_200n, 2, going), entry(5_300n, 2, waiting), exit(9_200n, 2, waiting)],
    ],
    ['acknowledged 1 2: 1 at 8192', 'begun 1 2: 1 at 4096', 'begun 3 2: 1 at 2048'],
  ],
  [
    'data that are used again start anew',
    [
      ...[queue(1_000n, 1, 2n, waiting), entry(2_100n, 2, waiting), exit(2_200n, 2, waiting)],
      ...[queue(1_000_000n, 2, 1n, waiting), entry(1_001_100n, 1, waiting), exit(1_001_200n, 1, waiting)],
    ],
    ['acknowledged 1 2: 1 at 1024', 'acknowledged 2 1: 1 at 1024', 'begun 1 2: 1 at 1024', 'begun 2 1: 1 at 1024'],
  ],
  [
    'a call that was on its way before, or whose data are used again unseen, counts nowhere',
    [
      ...[entry(500n, 2, late), exit(600n, 2, late)],
      ...[queue(1_000n, 1, 2n, going), entry(1_600n, 2, going), exit(1_700n, 2, going)],
      ...[entry(900_000n, 2, going), exit(900_100n, 2, going)],
    ],
    ['begun 1 2: 1 at 512'],
  ],
])('xlatency.d: %s', (_, steps, expected) => {
  expect(distributions(steps)).toEqual(expected);
});
