/** Firings in the eBPF interpreter that can be stopped at any instruction, and what they leave. */

import { assemble } from '../../../src/bpf/assembly/assembler.js';
import {
  arrayBytes,
  cloneMemory,
  cloneState,
  createMachineState,
  createSharedMemory,
  type LinkedProgram,
  linkProgram,
  type MachineState,
  run,
  type SharedMemory,
  type Stop,
  step,
} from '../../../src/bpf/interpreter/index.js';
import { controlBlock, controlWords, type RuntimeShape } from '../../../src/d/codegen/memory/layout.js';
import { mapNames } from '../../../src/d/codegen/memory/memory.js';
import { dtraceProvider } from '../../../src/providers/dtrace.js';
import { takeAreas } from '../../../src/session/aggregation-areas.js';
import { controlOf } from '../../../src/session/control.js';
import type { Enabling } from '../../../src/session/enabling.js';
import { takeHalf } from '../../../src/session/principal.js';
import { environmentOf, sessionMaps, type Task, taskRegions, viewsOf } from './backend.js';
import { compile } from './compile.js';
import { fixedKernel } from './fixed-kernel.js';
import { Merger, type Recorded, readRecords } from './outcome.js';
import { calls, timers } from './simple-provider.js';

/** Who runs the programs. */
export const task: Task = { pid: 77, tid: 78, ppid: 1, uid: 0, gid: 0, execname: 'victim' };

/** One CPU, and no more memory than is needed: it is copied at every stop. */
const tiny: Partial<RuntimeShape> = { slots: 1, cpus: 1, bufferSize: 1024, aggregationSize: 16 };

/** An enabling with its programs linked and its memory made. */
export interface Prepared {
  readonly enabling: Enabling;
  readonly memory: SharedMemory;
  readonly programs: ReadonlyMap<string, LinkedProgram>;
}

/** Compiles `text` for one CPU, its probes ready to fire. */
export function prepare(text: string, shape: Partial<RuntimeShape> = {}): Prepared {
  const providers = [dtraceProvider, calls, timers];
  const enabling = compile(text, { kernel: fixedKernel, stringSize: 16, shape: { ...tiny, ...shape }, providers });
  const maps = [...enabling.maps, ...sessionMaps(enabling.memory.shape, [0])];
  const memory = createSharedMemory({ maps, regions: taskRegions(fixedKernel, task) });
  controlOf(viewsOf(arrayBytes(memory, mapNames.control))).setActivity('active');
  const programs = new Map(
    enabling.sites.map(({ plan, spec }) => [plan.name, linkProgram(assemble(spec.items), maps)]),
  );
  return { enabling, memory, programs };
}

/**
 * A firing that has not begun: of the probe with the function, with arg0 and arg1, in the thread whose structure lies at
 * `thread`; a thread other than the usual one has that one's ids.
 */
export function firing(
  { enabling, programs }: Prepared,
  site: string,
  fn: string,
  args: readonly bigint[],
  thread?: bigint,
) {
  const program = programs.get(site);
  const row = enabling.probes.findIndex(
    ({ name, function: own }) => site.endsWith(name.replaceAll('-', '_')) && own === fn,
  );
  if (program === undefined || row < 0) throw new Error(`there is no probe ${fn} at ${site}`);
  const context = [BigInt(row), ...args, 0n, 0n, 0n, 0n];
  const usual = environmentOf(task);
  const environment = thread === undefined ? usual : { ...usual, task: { ...usual.task, address: thread } };
  const start = (): MachineState => createMachineState(program, { context, environment });
  return { program, start };
}

/** See `firing`. */
export type Firing = ReturnType<typeof firing>;

/** Runs a firing to its end. */
export const finish = ({ program }: Firing, state: MachineState, memory: SharedMemory): void => {
  const end = run(program, state, memory);
  if (end.kind === 'fault') throw new Error(`${end.fault.code} at ${end.fault.slot}: ${end.fault.message}`);
};

/** What is in the buffers, both halves together, and in the control block. */
export function collect({ enabling }: Prepared, memory: SharedMemory) {
  const { memory: layout, program } = enabling;
  const views = (name: string) => viewsOf(arrayBytes(memory, name));
  const control = controlOf(views(mapNames.control));
  const records: Recorded[] = [];
  const merger = new Merger();
  let drops = 0;
  for (const half of [0, 1] as const) {
    const batch = takeHalf(views(mapNames.principal), control, layout.shape, 0, half);
    records.push(...readRecords(program, batch.bytes));
    drops += batch.drops;
    if (layout.aggregations.areaSize > 0) {
      takeAreas(views(mapNames.aggregations), layout, half, [0], (table, _cpu, key, data) =>
        merger.add(table, key, data),
      );
    }
  }
  const word = (offset: number): bigint =>
    views(mapNames.control).data.getBigUint64(controlWords.blocks + offset, true);
  for (const counter of ['aggregationDrops', 'dynamicDrops', 'nestingDrops', 'errorDrops'] as const) {
    drops += control.counter(0, counter);
  }
  const sorted = records.map(({ epid, voided, data }) => `${epid}${voided ? ' void' : ''} ${data}`).sort();
  return {
    records: sorted,
    aggregations: merger.lines(),
    drops,
    inprobe: word(controlBlock.inprobe),
    levels: word(controlBlock.levels),
    exitStatus: control.exitStatus(),
  };
}

/** Calls `at` with a copy of everything at every stop of a firing, and at its end. Returns how many there were. */
export function atEachStop(
  { program, start }: Firing,
  initial: SharedMemory,
  at: (state: MachineState, memory: SharedMemory, stop: Stop) => void,
): number {
  const memory = cloneMemory(initial);
  const state = start();
  for (let count = 1; ; count += 1) {
    const stop = step(program, state, memory);
    if (stop.kind === 'fault') throw new Error(stop.fault.message);
    at(cloneState(state), cloneMemory(memory), stop);
    if (stop.kind === 'exit') return count;
  }
}
