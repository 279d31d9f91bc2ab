/** Whose `self->` variables are: a thread's, not those of an id or of a start time that others have too. */

import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { kernelSkipReason, kernelTest } from '../kernel-test.js';
import { calls, type Step, startProgram } from '../programs.js';
import { type Trace, trace } from '../trace.js';

const call = (argument: number): Step => ({ call: calls.getpgid, arguments: [argument] });

/** A look at the variables, with a number. */
const read = (number: number): Step => ({ call: calls.getpgid, arguments: [0, number] });

/** Ids from the end of their range that nobody has. */
const freeIds = (): readonly number[] => {
  const last = Number(readFileSync('/proc/sys/kernel/pid_max', 'latin1')) - 1;
  return Array.from({ length: 100 }, (_, index) => last - index).filter((id) => !existsSync(`/proc/${id}`));
};

const taken = 17;

/** Runs processes one after the other with one id; gives it, and what `run` has made of the program. */
async function withOneId<T extends { readonly status: number | string }>(
  children: readonly (readonly Step[])[],
  run: (steps: readonly Step[]) => Promise<T>,
): Promise<{ readonly tid: number; readonly result: T }> {
  for (const tid of freeIds()) {
    const result = await run(children.map((child) => ({ child, tid })));
    if (result.status !== taken) return { tid, result };
  }
  return expect.unreachable('an id can be had');
}

/** The kernel allocates a thread's storage without waiting, which fails at times (a counted drop): then once more. */
async function withoutRefusals<T extends { readonly traced: Trace }>(run: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    const result = await run();
    if (attempt === 5 || !result.traced.drops.some(({ kind }) => kind === 'dynamicDrops')) return result;
  }
}

/** Why processes cannot be given an id here; undefined: they can. */
const refusal = await (async (): Promise<string | undefined> => {
  if (kernelSkipReason !== undefined) return kernelSkipReason;
  const { result } = await withOneId([[], []], async (steps) => {
    const program = await startProgram(steps);
    program.release();
    return { status: await program.ended };
  });
  return result.status === 0 ? undefined : `clone3(2) gives no id: error ${result.status}`;
})();

const idTest = (name: string, run: () => Promise<void>): void => {
  if (refusal === undefined) it(name, run, 60_000);
  else it.skip(`${name} [skipped: ${refusal}]`, run);
};

describe('a thread that gets the id of one that has ended', () => {
  idTest('has none of its variables, arrays neither', async () => {
    // Each process reads first (0), then assigns its own (1 and 2), reads those, and leaves them.
    const children = [[read(0), call(1), read(1)], [read(2), call(2), read(3)], [read(4)]];
    const { tid, result } = await withOneId(children, (steps) =>
      withoutRefusals(async () => {
        const program = await startProgram(steps);
        const traced = await trace(
          `syscall::getpgid:entry /ppid == $target && arg0 != 0/
           { self->scalar = arg0; self->array[1] = arg0; self->pair[1, "one"] = arg0; }
           syscall::getpgid:entry /ppid == $target && arg0 == 0/
           { printf("%d: %d %d %d %d\\n", arg1, tid, self->scalar, self->array[1], self->pair[1, "one"]); }`,
          { programs: [program] },
        );
        return { traced, status: await program.ended };
      }),
    );
    const { traced, status } = result;
    expect(status).toBe(0);
    expect(traced.drops).toEqual([]);
    // CPUs are read one after the other.
    expect([...traced.lines].sort()).toEqual(
      [0, 1, 0, 2, 0].map((value, index) => `${index}: ${tid} ${value} ${value} ${value}`),
    );
  });
});

describe('a thread that calls exec(2) and takes over the id of the first one of its process', () => {
  kernelTest('keeps its own variables, and gets none of that one', async () => {
    const { traced, status } = await withoutRefusals(async () => {
      const program = await startProgram([call(7), { thread: [call(5)], exec: '/bin/true' }]);
      const traced = await trace(
        `syscall::getpgid:entry /pid == $target/ { self->scalar = arg0; self->array[1] = arg0; self->array[arg0] = tid; }
         syscall::execve:entry /pid == $target/ { printf("%d\\n", tid == pid); }
         syscall::execve:return /pid == $target/
         { printf("%d: %d %d %d %d\\n", tid == pid, self->scalar, self->array[1], self->array[5] != 0, self->array[7]); }`,
        { programs: [program] },
      );
      return { traced, status: await program.ended };
    });
    expect(status).toBe(0);
    expect(traced.drops).toEqual([]);
    expect([...traced.lines].sort()).toEqual(['0', '1: 5 5 1 0']);
  });
});
