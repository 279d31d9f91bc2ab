import { describe, expect, it } from 'vitest';
import { syscallProvider } from '../../src/providers/syscall.js';
import { syscallNames64 } from '../../src/providers/syscall-table.generated.js';
import { kernelTest } from '../kernel-test.js';
import { calls, startProgram } from '../programs.js';
import { enable, tableOf, trace } from '../trace.js';

/** What every program of ours does beside its steps: it returns from waiting, and ends. */
const frame = { 'read return': 1, 'exit_group entry': 1 };

/** Why there are no 32-bit calls here: a program of theirs does not run. */
const no32Bit = await startProgram([], 32)
  .then((program) => {
    program.release();
    return program.ended;
  })
  .then(
    (status) => (status === 0 ? undefined : `a 32-bit program ends with ${status}`),
    (error: Error) => error.message,
  );

const test32 = (name: string, run: () => Promise<void>): void => {
  if (no32Bit === undefined) kernelTest(name, run);
  else it.skip(`${name} [skipped: ${no32Bit}]`, run);
};

describe('syscall provider', () => {
  it('has an entry and a return probe for every call of the table', () => {
    const names = syscallProvider.probes().map((probe) => `${probe.function}:${probe.name}`);
    const expected = syscallNames64.flatMap((name) => (name === undefined ? [] : [`${name}:entry`, `${name}:return`]));
    expect(names).toEqual(expected);
  });

  kernelTest('enables every call by two programs', () => {
    const enabling = enable('syscall::: { @[probefunc, probename] = count(); }');
    expect(enabling.probes.filter((probe) => probe.provider === 'syscall')).toHaveLength(
      syscallProvider.probes().length,
    );
    expect(enabling.sites.map(({ spec }) => spec.name)).toEqual(['syscall_entry', 'syscall_return']);
  });

  kernelTest('counts every call of a process, entry and return', async () => {
    const program = await startProgram([
      { call: calls.getpid, times: 12_345 },
      { call: calls.getuid, times: 678 },
    ]);
    const { lines, messages } = await trace('syscall::: /pid == $target/ { @[probefunc, probename] = count(); }', {
      programs: [program],
    });
    expect(tableOf(lines)).toEqual({
      ...frame,
      'getpid entry': 12_345,
      'getpid return': 12_345,
      'getuid entry': 678,
      'getuid return': 678,
    });
    expect(messages).toEqual([]);
    expect(await program.ended).toBe(0);
  });

  kernelTest('names calls by wildcards, and leaves the others alone', async () => {
    const program = await startProgram([
      { call: calls.getpid, times: 3 },
      { call: calls.getppid, times: 5 },
      { call: calls.getuid, times: 7 },
    ]);
    const { lines } = await trace('syscall::get*pid:entry /pid == $target/ { @[probefunc] = count(); }', {
      programs: [program],
    });
    expect(tableOf(lines)).toEqual({ getpid: 3, getppid: 5 });
  });

  kernelTest('gives the six arguments of a call as they are', async () => {
    const given = [-1n, 0x1122_3344_5566_7788n, 3n, -4n, 2n ** 62n, 6n];
    const program = await startProgram([{ call: calls.getppid, arguments: given }]);
    const { lines } = await trace(
      'syscall::getppid:entry /pid == $target/ { printf("%d %d %d %d %d %d\\n", arg0, arg1, arg2, arg3, arg4, arg5); }',
      { programs: [program] },
    );
    expect(lines).toEqual([given.join(' ')]);
  });

  kernelTest('gives the result of a call, and errno where it failed', async () => {
    const program = await startProgram([
      { call: calls.close, arguments: [12_345] },
      { call: calls.getpid },
      { call: calls.getppid },
    ]);
    const { lines } = await trace(
      `syscall::close:return, syscall::getpid:return, syscall::getppid:return /pid == $target/
       { printf("%s %d %d %d\\n", probefunc, arg0, arg1, errno); }`,
      { programs: [program] },
    );
    const pid = program.pid;
    expect(lines).toEqual(['close -9 -9 9', `getpid ${pid} ${pid} 0`, `getppid ${process.pid} ${process.pid} 0`]);
  });

  kernelTest('tells who calls: pid, tid, ppid, uid, gid, execname', async () => {
    const program = await startProgram([{ call: calls.getpid }]);
    const { lines } = await trace(
      'syscall::getpid:entry /pid == $target/ { printf("%d %d %d %d %d %s\\n", pid, tid, ppid, uid, gid, execname); }',
      { programs: [program] },
    );
    const { pid } = program;
    expect(lines).toEqual([`${pid} ${pid} ${process.pid} ${process.getuid?.()} ${process.getgid?.()} program`]);
  });

  // The number 20 is writev in the one table and getpid in the other.
  test32('names 32-bit calls by their own table, in one process with 64-bit ones', async () => {
    const program = await startProgram([
      { call: 20, abi: 32, times: 100 },
      { call: 20, times: 10 },
      { call: 39, times: 1 },
    ]);
    const { lines } = await trace(
      'syscall:::entry, syscall:::return /pid == $target/ { @[probefunc, probename] = count(); }',
      { programs: [program] },
    );
    expect(tableOf(lines)).toEqual({
      ...frame,
      'getpid entry': 101,
      'getpid return': 101,
      'writev entry': 10,
      'writev return': 10,
    });
  });

  test32('gives arguments and results of a 32-bit process', async () => {
    const close32 = 6;
    const program = await startProgram([{ call: close32, arguments: [-2, 11, 12, 13, 14, 15] }], 32);
    const { lines } = await trace(
      `syscall::close:entry /pid == $target/
       { printf("%d %d %d %d %d %d\\n", arg0, arg1, arg2, arg3, arg4, arg5); }
       syscall::close:return /pid == $target/ { printf("%d %d\\n", arg0, errno); }`,
      { programs: [program] },
    );
    expect(lines).toEqual([`${0xffff_fffe} 11 12 13 14 15`, '-9 9']);
    expect(await program.ended).toBe(0);
  });
});
