/**
 * One row a feature: what it is, since when Linux has it, and the attempt that shows whether this kernel does. An
 * attempt that throws means no, and its error is the reason.
 */

import { onlineCpus } from '../../sys/index.js';
import { fieldOffset, findType, readKernelBtf } from '../btf/index.js';
import {
  type AssemblyItem,
  alu,
  atomic,
  callFunction,
  callHelper,
  callKernel,
  exit,
  functionStart,
  load,
  loadMapValue,
  move,
  store,
} from '../instruction.js';
import { attachPerfEvent, attachRawTracepoint, openTimer } from '../link.js';
import { loadProgram, type MapsByName } from '../loader.js';
import { createMap } from '../map.js';
import type { Program } from '../program.js';
import { enableStatistics, runProgram } from '../run.js';
import type { MapSpec, MapType, ProgramKind } from '../spec.js';
import { checkPreemptionOff } from './preemption.js';

/** A feature of the kernel that tracing uses or wants. */
export interface FeatureProbe {
  /** What the user knows it as: it stands in the sentence "this kernel does not offer …". */
  readonly title: string;
  /** The first version of Linux that has it. */
  readonly since: string;
  /** Tries it and leaves nothing behind; throws where it does not work. */
  readonly attempt: () => void;
}

const rawTracepoint: ProgramKind = { type: 'raw-tracepoint' };

const returnZero: readonly AssemblyItem[] = [move('r0', 0), exit()];

/** Loads a program made of `body`, lets `use` have it, and unloads it. */
const withProgram = (
  kind: ProgramKind,
  body: readonly AssemblyItem[],
  use: (program: Program) => void = () => {},
  maps?: MapsByName,
): void => {
  const items = [functionStart('probe', 1, 'static'), ...body];
  const program = loadProgram({ name: 'feature', kind, items }, maps);
  try {
    use(program);
  } finally {
    program.close();
  }
};

const withMap = (spec: Omit<MapSpec, 'name'>, use: (maps: MapsByName) => void = () => {}): void => {
  const map = createMap({ name: 'feature', ...spec });
  try {
    use(new Map([['feature', map]]));
  } finally {
    map.close();
  }
};

const mapProbe = (type: MapType, since: string): FeatureProbe => ({
  title: `maps of type ${type}`,
  since,
  attempt: () => {
    const sizes =
      type === 'ring-buffer'
        ? { keySize: 0, valueSize: 0, maxEntries: 4096 }
        : { keySize: 4, valueSize: 8, maxEntries: type === 'task-storage' ? 0 : 1 };
    withMap({ type, ...sizes });
  },
});

const helperProbe = (title: string, since: string, body: readonly AssemblyItem[]): FeatureProbe => ({
  title,
  since,
  attempt: () => withProgram(rawTracepoint, [...body, ...returnZero]),
});

const mappedArray = { type: 'array', keySize: 4, valueSize: 8, maxEntries: 1, mapped: true } as const;

const tryPerfEvent = (): void =>
  withProgram({ type: 'perf-event' }, returnZero, (program) => {
    const timer = openTimer({ counter: 'cpu-clock', period: 1_000_000_000n, cpu: onlineCpus()[0] ?? 0 });
    try {
      attachPerfEvent(program, timer.fd).close();
    } finally {
      timer.close();
    }
  });

const tryTypedTracepoint = (): void =>
  withProgram({ type: 'typed-raw-tracepoint', tracepoint: 'sys_enter' }, returnZero, (program) =>
    attachRawTracepoint(program).close(),
  );

/** The cast of an address to a typed pointer, which then is loaded from: the address is bad, so the load yields 0. */
const tryReadOnlyCast = (): void => {
  const btf = readKernelBtf();
  const task = btf === undefined ? undefined : findType(btf, 'struct', 'task_struct');
  if (btf === undefined || task === undefined) {
    throw new Error('there is no BTF of the kernel to take types from');
  }
  const { offset } = fieldOffset(btf, 'task_struct', 'pid');
  withProgram(rawTracepoint, [
    move('r1', 8),
    move('r2', task),
    callKernel('bpf_rdonly_cast'),
    load(4, 'r0', 'r0', offset),
    exit(),
  ]);
};

const tryRunOnCpu = (): void =>
  withProgram(rawTracepoint, [move('r0', 7), exit()], (program) => {
    for (const cpu of onlineCpus()) {
      const result = runProgram(program, { cpu });
      if (result.kind === 'returned' && result.returnValue !== 7) {
        throw new Error(`a run on CPU ${cpu} returned ${result.returnValue}, not 7`);
      }
    }
  });

/** Every feature, in the order in which a report shows them. */
export const featureProbes = {
  maps: mapProbe('array', '3.19'),
  'hash-maps': mapProbe('hash', '3.19'),
  'percpu-arrays': mapProbe('percpu-array', '4.6'),
  'percpu-hash-maps': mapProbe('percpu-hash', '4.6'),
  'ring-buffers': mapProbe('ring-buffer', '5.8'),
  'task-storage': mapProbe('task-storage', '5.11'),
  'mapped-arrays': {
    title: 'arrays mapped into user space',
    since: '5.5',
    attempt: () =>
      withMap(mappedArray, (maps) => {
        const body = [loadMapValue('r1', 'feature'), store(8, 'r1', 0, 7), ...returnZero];
        withProgram(rawTracepoint, body, (program) => runProgram(program), maps);
        if (maps.get('feature')?.memory?.u64[0] !== 7n) {
          throw new Error('the store of a program is not seen through the mapping');
        }
      }),
  },
  'kernel-btf': {
    title: 'BTF of its own types',
    since: '5.4',
    attempt: () => {
      if (readKernelBtf() === undefined) {
        throw new Error('there is no /sys/kernel/btf/vmlinux: it is built without CONFIG_DEBUG_INFO_BTF');
      }
    },
  },
  'raw-tracepoints': {
    title: 'raw tracepoint programs',
    since: '4.17',
    attempt: () =>
      withProgram(rawTracepoint, returnZero, (program) => attachRawTracepoint(program, 'sys_enter').close()),
  },
  'typed-raw-tracepoints': {
    title: 'raw tracepoint programs with typed arguments',
    since: '5.5',
    attempt: tryTypedTracepoint,
  },
  'perf-event-programs': { title: 'programs on timer events', since: '4.9', attempt: tryPerfEvent },
  'run-on-cpu': { title: 'BPF_PROG_RUN on a chosen CPU', since: '5.10', attempt: tryRunOnCpu },
  'global-functions': {
    title: 'functions that are verified once',
    since: '5.6',
    attempt: () =>
      withProgram(rawTracepoint, [
        move('r1', 1),
        callFunction('global'),
        exit(),
        functionStart('global', 1, 'global'),
        move('r0', 'r1'),
        exit(),
      ]),
  },
  'atomic-fetch': helperProbe('atomic operations that return the old value', '5.12', [
    store(8, 'r10', -8, 0),
    move('r1', 1),
    atomic('fetch-add', 8, 'r10', -8, 'r1'),
  ]),
  'signed-division': helperProbe('signed division in eBPF', '6.6', [
    move('r1', -7),
    alu('sdiv', 'r1', 2),
    alu('smod', 'r1', 2),
  ]),
  'typed-current-task': helperProbe('bpf_get_current_task_btf()', '5.11', [callHelper(158)]),
  'namespace-pids': helperProbe('bpf_get_ns_current_pid_tgid()', '5.7', [
    move('r1', 0),
    move('r2', 0),
    move('r3', 'r10'),
    alu('add', 'r3', -8),
    move('r4', 8),
    callHelper(120),
  ]),
  'read-only-cast': { title: 'the kernel function bpf_rdonly_cast()', since: '6.2', attempt: tryReadOnlyCast },
  statistics: { title: 'run times of programs', since: '5.8', attempt: () => enableStatistics().close() },
  'preemption-off': {
    title: 'typed raw tracepoints with preemption off',
    since: '5.5',
    attempt: checkPreemptionOff,
  },
} satisfies Readonly<Record<string, FeatureProbe>>;
