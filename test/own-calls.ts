/** Cross-calls of the test itself, from one CPU to another, for traces to find. */

import { readFileSync } from 'node:fs';
import { expect } from 'vitest';
import { exit, functionStart, move } from '../src/bpf/instruction.js';
import { loadProgram } from '../src/bpf/loader.js';
import { createCrossCall } from '../src/bpf/run.js';
import { getAffinity, onlineCpus, setAffinity } from '../src/sys/index.js';
import { type Trace, trace } from './trace.js';

/** The CPUs that the calls go from and to: the first two that are online, or the only one twice. */
export const ownCpus = ((): { readonly from: number; readonly to: number } => {
  const [from = 0, to = from] = onlineCpus();
  return { from, to };
})();

/** The address of the kernel function that BPF_PROG_RUN has the other CPU call, as the kernel itself tells it. */
export const runFunction = (): string => {
  const symbols = readFileSync('/proc/kallsyms', 'latin1');
  const address = /^([0-9a-f]+) t __bpf_prog_test_run_raw_tp\b/im.exec(symbols)?.[1];
  return address === undefined ? expect.unreachable('the kernel has the function') : `0x${address}`;
};

/** The same as `%a` prints it. */
export const runFunctionName = 'vmlinux`__bpf_prog_test_run_raw_tp';

/**
 * Does something with a function that makes cross-calls, so many, from CPU `from` to CPU `to`. At all other times this
 * thread keeps to the CPU that they go to, so that the cross-calls of a session of its own go the other way.
 */
export async function withOwnCalls<Result>(
  act: (make: (times: number) => void) => Promise<Result> | Result,
): Promise<Result> {
  const { from, to } = ownCpus;
  const before = getAffinity();
  const items = [functionStart('answer', 1, 'static'), move('r0', 42), exit()];
  using program = loadProgram({ name: 'answer', kind: { type: 'raw-tracepoint' }, items });
  const call = createCrossCall(program);
  setAffinity([to]);
  try {
    return await act((times) => {
      setAffinity([from]);
      for (let made = 0; made < times; made += 1) expect(call(to)).toBe(42);
      setAffinity([to]);
    });
  } finally {
    setAffinity(before);
  }
}

/** Traces `times` cross-calls of this thread. */
export const traceOwnCalls = (text: string, times: number): Promise<Trace> =>
  withOwnCalls((make) => trace(text, { meanwhile: () => make(times) }));

/** How many firings a trace says that it has missed; a stack that could not be read is none. */
export const missedFirings = ({ drops }: Pick<Trace, 'drops'>): number =>
  drops.reduce((sum, { kind, count }) => (kind === 'stacks' ? sum : sum + count), 0);
