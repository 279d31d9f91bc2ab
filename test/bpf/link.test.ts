import { readdirSync } from 'node:fs';
import { describe, expect } from 'vitest';
import { fieldOffset, readKernelBtf } from '../../src/bpf/btf/index.js';
import {
  type AssemblyItem,
  alu,
  atomic,
  callHelper,
  exit,
  jumpIf,
  label,
  load,
  loadMapValue,
  move,
} from '../../src/bpf/instruction.js';
import { attachPerfEvent, attachRawTracepoint, openTimer } from '../../src/bpf/link.js';
import { BpfSpecError } from '../../src/bpf/loader/errors.js';
import { loadProgram } from '../../src/bpf/loader.js';
import { createMap } from '../../src/bpf/map.js';
import { type Program, programStatistics } from '../../src/bpf/program.js';
import { enableStatistics, runProgram } from '../../src/bpf/run.js';
import {
  bpf,
  closeDescriptor,
  createAttributes,
  enablePerfEvent,
  onlineCpus,
  readClock,
  readPerfEvent,
  threadId,
} from '../../src/sys/index.js';
import { kernelTest } from '../kernel-test.js';
import { helper, mappedArray, program, returning } from './programs.js';

/** r0 = the id of the current thread, as the kernel's own namespace has it. */
const currentThread: readonly AssemblyItem[] = [
  callHelper(helper.getCurrentPidTgid),
  alu('lsh', 'r0', 32),
  alu('rsh', 'r0', 32),
];

const ownThread = (): number => {
  using asks = loadProgram(program('own', 'raw-tracepoint', [...currentThread, exit()]));
  const result = runProgram(asks);
  return result.kind === 'returned' ? result.returnValue : 0;
};

/** `counts[offset / 8] += 1`. */
const count = (offset: number): readonly AssemblyItem[] => [
  loadMapValue('r1', 'counts', offset),
  move('r2', 1),
  atomic('add', 8, 'r1', 0, 'r2'),
];

/** Counts the calls of number gettid that this thread makes; r6 holds the pointer to the arguments. */
const countOwnGettid = (thread: number): readonly AssemblyItem[] => [
  move('r6', 'r1'),
  ...currentThread,
  jumpIf('ne', 'r0', thread, 'end'),
  load(8, 'r1', 'r6', 8),
  jumpIf('ne', 'r1', 186, 'end'),
  ...count(0),
  label('end'),
  ...returning(0),
];

const exists = (id: number): boolean => {
  const result = bpf('BPF_PROG_GET_FD_BY_ID', createAttributes(12).u32(0, id));
  if (result >= 0) {
    closeDescriptor(result);
  }
  return result >= 0;
};

/** Waits until the kernel has let go of the program: closing a link may leave that to a worker. */
const waitUntilGone = async (id: number): Promise<void> => {
  while (exists(id)) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
};

const closeAndCheck = async (loaded: Program): Promise<void> => {
  const { id } = programStatistics(loaded);
  loaded.close();
  await waitUntilGone(id);
  expect(exists(id)).toBe(false);
};

const descriptors = () => readdirSync('/proc/self/fd').length;

describe('raw tracepoints', () => {
  for (const type of ['raw-tracepoint', 'typed-raw-tracepoint'] as const) {
    kernelTest(
      `a ${type} program sees each system call of this thread, between attaching and closing only`,
      async () => {
        const before = descriptors();
        const counts = createMap(mappedArray('counts', 8));
        const loaded = loadProgram(program('gettid', type, countOwnGettid(ownThread())), new Map([['counts', counts]]));
        threadId();
        const link = attachRawTracepoint(loaded, type === 'raw-tracepoint' ? 'sys_enter' : undefined);
        for (let call = 0; call < 1000; call++) {
          threadId();
        }
        link.close();
        link.close();
        threadId();
        expect(counts.memory?.u64[0]).toBe(1000n);
        await closeAndCheck(loaded);
        counts.close();
        expect(descriptors()).toBe(before);
      },
    );
  }

  kernelTest('typed arguments are loaded from directly', () => {
    const btf = readKernelBtf();
    const number = btf === undefined ? 0 : fieldOffset(btf, 'pt_regs', 'orig_ax').offset;
    using counts = createMap(mappedArray('counts', 8));
    const body = [
      move('r6', 'r1'),
      ...currentThread,
      jumpIf('ne', 'r0', ownThread(), 'end'),
      load(8, 'r1', 'r6', 0),
      load(8, 'r1', 'r1', number),
      jumpIf('ne', 'r1', 186, 'end'),
      ...count(0),
      label('end'),
      ...returning(0),
    ];
    using loaded = loadProgram(program('typed', 'typed-raw-tracepoint', body), new Map([['counts', counts]]));
    const link = attachRawTracepoint(loaded);
    threadId();
    link.close();
    expect(counts.memory?.u64[0]).toBe(1n);
  });

  kernelTest('the kernel counts the runs while statistics are on', () => {
    using loaded = loadProgram(program('counted', 'typed-raw-tracepoint', returning(0)));
    const link = attachRawTracepoint(loaded);
    // Somebody else may have statistics on: what is counted here is told from what was before.
    const statistics = enableStatistics();
    const before = programStatistics(loaded);
    for (let call = 0; call < 100; call++) {
      threadId();
    }
    const { runCount, runTime, jitedSize, verifiedInstructions } = programStatistics(loaded);
    statistics.close();
    link.close();
    expect(runCount - before.runCount).toBeGreaterThanOrEqual(100n);
    expect(runTime).toBeGreaterThan(before.runTime);
    expect(jitedSize).toBeGreaterThan(0);
    expect(verifiedInstructions).toBe(2);
  });

  kernelTest('a wrong type and a wrong name are errors that say so', () => {
    using typed = loadProgram(program('typed', 'typed-raw-tracepoint', returning(0)));
    expect(() => attachRawTracepoint(typed, 'sys_exit')).toThrow(
      new BpfSpecError('program typed is loaded for tracepoint sys_enter, not sys_exit'),
    );
    using raw = loadProgram(program('raw', 'raw-tracepoint', returning(0)));
    expect(() => attachRawTracepoint(raw)).toThrow(BpfSpecError);
    expect(() => attachRawTracepoint(raw, 'no_such_tracepoint')).toThrow(/of no_such_tracepoint: .*ENOENT/);
    using timer = loadProgram(program('timer', 'perf-event', returning(0)));
    expect(() => attachRawTracepoint(timer, 'sys_enter')).toThrow(BpfSpecError);
  });
});

describe('timer events', () => {
  kernelTest('a program on a timer of each CPU runs there', async () => {
    const before = descriptors();
    const counts = createMap(mappedArray('counts', 8 * 64));
    const body = [
      callHelper(helper.getSmpProcessorId),
      alu('and', 'r0', 63),
      alu('lsh', 'r0', 3),
      loadMapValue('r1', 'counts'),
      alu('add', 'r1', 'r0'),
      move('r2', 1),
      atomic('add', 8, 'r1', 0, 'r2'),
      ...returning(0),
    ];
    const loaded = loadProgram(program('tick', 'perf-event', body), new Map([['counts', counts]]));
    const timers = onlineCpus().map((cpu) => openTimer({ counter: 'cpu-clock', period: 1_000_000n, cpu }));
    const links = timers.map((timer) => attachPerfEvent(loaded, timer.fd));
    for (const timer of timers) {
      enablePerfEvent(timer.fd);
    }
    // Busy, so that this CPU at least has ticks; an idle one may have few.
    const end = readClock('monotonic') + 50_000_000n;
    while (readClock('monotonic') < end);
    const due = timers.map((timer) => readPerfEvent(timer.fd) / 1_000_000n);
    for (const open of [...links, ...timers]) {
      open.close();
    }
    const ticks = onlineCpus().map((cpu) => counts.memory?.u64[cpu] ?? 0n);
    expect(ticks.some((seen) => seen > 0n)).toBe(true);
    expect(ticks.every((seen, index) => seen <= (due[index] ?? 0n) + 2n)).toBe(true);
    const after = [...(counts.memory?.u64 ?? [])];
    await new Promise((resolve) => setTimeout(resolve, 10));
    expect([...(counts.memory?.u64 ?? [])]).toEqual(after);
    await closeAndCheck(loaded);
    counts.close();
    expect(descriptors()).toBe(before);
  });

  kernelTest('an event takes no program of another type', () => {
    using raw = loadProgram(program('raw', 'raw-tracepoint', returning(0)));
    using timer = openTimer({ counter: 'dummy', cpu: onlineCpus()[0] ?? 0 });
    expect(() => attachPerfEvent(raw, timer.fd)).toThrow(/EINVAL/);
  });

  kernelTest('a CPU that is not there is an error that names it', () => {
    expect(() => openTimer({ counter: 'cpu-clock', period: 1n, cpu: 100_000 })).toThrow(/cpu 100000/);
  });
});
