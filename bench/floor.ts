/** Hand-written eBPF, the floor: what a program costs that does nothing, and one that only counts in its own memory. */

import { helperNumber } from '../src/bpf/helper.js';
import {
  type AssemblyItem,
  alu,
  callHelper,
  exit,
  functionStart,
  load,
  loadMapValue,
  move,
  store,
} from '../src/bpf/instruction.js';
import { attachRawTracepoint } from '../src/bpf/link.js';
import { loadProgram } from '../src/bpf/loader.js';
import { createMap } from '../src/bpf/map.js';
import type { MapSpec } from '../src/bpf/spec.js';

const slotSize = 64;
const cpuMask = 1023;

const counts: MapSpec = {
  name: 'counts',
  type: 'array',
  keySize: 4,
  valueSize: (cpuMask + 1) * slotSize,
  maxEntries: 1,
  mapped: true,
};

/** The bodies of the two programs. */
const bodies = {
  empty: [],
  count: [
    callHelper(helperNumber.getSmpProcessorId),
    alu('and', 'r0', cpuMask),
    alu('mul', 'r0', slotSize),
    loadMapValue('r1', counts.name),
    alu('add', 'r1', 'r0'),
    load(8, 'r2', 'r1', 0),
    alu('add', 'r2', 1),
    store(8, 'r1', 0, 'r2'),
  ],
} satisfies Readonly<Record<string, readonly AssemblyItem[]>>;

/** Attaches one of them to the entry of every system call until it is closed. */
export function attachFloor(which: keyof typeof bodies): Disposable {
  const map = createMap(counts);
  const program = loadProgram(
    {
      name: `floor_${which}`,
      kind: { type: 'typed-raw-tracepoint', tracepoint: 'sys_enter' },
      items: [functionStart(`floor_${which}`, 1, 'static'), ...bodies[which], move('r0', 0), exit()],
    },
    new Map([[counts.name, map]]),
  );
  const link = attachRawTracepoint(program);
  return {
    [Symbol.dispose]: () => {
      link.close();
      program.close();
      map.close();
    },
  };
}
