/**
 * Whether programs on typed raw tracepoints run with preemption off, found out by letting one look: it reads the
 * CPU's preemption count, whose lower eight bits say how often preemption was switched off. Where a program can be
 * preempted, another one may run on its CPU before it ends, and state that is kept a CPU is not its own.
 *
 * The count is a per-CPU variable and no program may name it, but the run queue of the current task is one too: their
 * distance is the same on every CPU.
 */

import { version } from 'node:os';
import { threadId } from '../../sys/index.js';
import { type Btf, fieldOffset, findField, percpuOffset, readKernelBtf } from '../btf/index.js';
import { helperNumber } from '../helper.js';
import {
  type AssemblyItem,
  alu,
  callHelper,
  exit,
  functionStart,
  type Instruction,
  jumpIf,
  label,
  load,
  loadConstant,
  loadMapValue,
  move,
  store,
} from '../instruction.js';
import { attachRawTracepoint } from '../link.js';
import { loadProgram } from '../loader.js';
import { type BpfMap, createMap } from '../map.js';
import { runProgram } from '../run.js';

const mapName = 'preemption';

/** The offset of the count from the start of a CPU's area; its place has changed with Linux 6.2 and 6.15. */
const countOffset = (btf: Btf): number | undefined => {
  const hot = percpuOffset(btf, 'pcpu_hot');
  const field = findField(btf, 'pcpu_hot', 'preempt_count');
  return percpuOffset(btf, '__preempt_count') ?? (hot === undefined ? undefined : hot + (field?.offset ?? 0));
};

/** Reads `size` bytes at r3 to the stack and into r3. */
const readAtR3 = (size: 4 | 8): Instruction[] => [
  move('r1', 'r10'),
  alu('add', 'r1', -8),
  move('r2', size),
  callHelper(helperNumber.probeReadKernel),
  load(size, 'r3', 'r10', -8),
];

/** On a system call of thread `thread`: stores the count into the map, with bit 32 set to say so. */
const storeCount = (btf: Btf, thread: number, distance: number): AssemblyItem[] => [
  functionStart('preemption', 1, 'static'),
  callHelper(helperNumber.getCurrentTaskBtf),
  move('r3', 'r0'),
  load(4, 'r1', 'r0', fieldOffset(btf, 'task_struct', 'pid').offset),
  jumpIf('ne', 'r1', thread, 'end'),
  alu('add', 'r3', fieldOffset(btf, 'task_struct', 'se.cfs_rq').offset),
  ...readAtR3(8),
  alu('add', 'r3', fieldOffset(btf, 'cfs_rq', 'rq').offset),
  ...readAtR3(8),
  alu('add', 'r3', distance),
  ...readAtR3(4),
  loadConstant('r1', 1n << 32n),
  alu('or', 'r3', 'r1'),
  loadMapValue('r1', mapName),
  store(8, 'r1', 0, 'r3'),
  label('end'),
  move('r0', 0),
  exit(),
];

/** The id of the calling thread in the kernel's own pid namespace, asked of the kernel in this very task. */
const ownThread = (btf: Btf): number => {
  const program = loadProgram({
    name: 'own_thread',
    kind: { type: 'raw-tracepoint' },
    items: [
      functionStart('own_thread', 1, 'static'),
      callHelper(helperNumber.getCurrentTaskBtf),
      load(4, 'r0', 'r0', fieldOffset(btf, 'task_struct', 'pid').offset),
      exit(),
    ],
  });
  try {
    const result = runProgram(program);
    return result.kind === 'returned' ? result.returnValue : 0;
  } finally {
    program.close();
  }
};

const observe = (btf: Btf, map: BpfMap, distance: number): bigint => {
  const items = storeCount(btf, ownThread(btf), distance);
  const kind = { type: 'typed-raw-tracepoint', tracepoint: 'sys_enter' } as const;
  const program = loadProgram({ name: 'preemption', kind, items }, new Map([[mapName, map]]));
  try {
    const link = attachRawTracepoint(program);
    threadId();
    link.close();
    return map.memory?.u64[0] ?? 0n;
  } finally {
    program.close();
  }
};

/** The preemption count that a program on a system call's entry sees; undefined if it cannot be found out. */
export const observedPreemptionCount = (): number | undefined => {
  const btf = readKernelBtf();
  const count = btf === undefined ? undefined : countOffset(btf);
  const queues = btf === undefined ? undefined : percpuOffset(btf, 'runqueues');
  if (btf === undefined || count === undefined || queues === undefined || !findField(btf, 'cfs_rq', 'rq')) {
    return undefined;
  }
  const map = createMap({ name: mapName, type: 'array', keySize: 4, valueSize: 8, maxEntries: 1, mapped: true });
  try {
    const seen = observe(btf, map, count - queues);
    return seen === 0n ? undefined : Number(seen & 0xffffffffn);
  } finally {
    map.close();
  }
};

/** Throws an Error with the reason where such programs can be preempted, or where that cannot be found out. */
export const checkPreemptionOff = (): void => {
  if (!version().includes('PREEMPT')) {
    // Built without preemption inside the kernel: the count need not be kept.
    return;
  }
  const count = observedPreemptionCount();
  if (count === undefined) {
    throw new Error('the preemption count cannot be found in the BTF of this kernel');
  }
  if ((count & 0xff) === 0) {
    throw new Error('the preemption count inside such a program is 0');
  }
};
