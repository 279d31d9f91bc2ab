import { describe, expect } from 'vitest';
import { kernelTest } from '../kernel-test.js';
import { calls, startProgram } from '../programs.js';
import { trace } from '../trace.js';

const fault = (epid: number, probe: string, reason: string, action: string): RegExp => {
  const quoted = `${reason} in ${action}`.replaceAll(/[().*+]/g, '\\$&');
  return new RegExp(`^dtrace: error on enabled probe ID ${epid} \\(ID ${probe}\\): ${quoted} at BPF pc \\d+$`);
};

describe('a fault', () => {
  for (const [what, expression, reason] of [
    ['an invalid address of a process', '*(int64_t *)0x10', 'invalid address (0x10)'],
    ['an invalid address of the kernel', '*(int64_t *)0xffffffff00000010', 'invalid address (0xffffffff00000010)'],
    ['an address that no machine has', '*(char *)0x8000000000000000', 'invalid address (0x8000000000000000)'],
    ['division by zero', '7 / zero', 'divide-by-zero'],
    ['a remainder by zero', '7 % zero', 'divide-by-zero'],
  ] as const) {
    kernelTest(`by ${what} is reported, and its clause stops there; the others run`, async () => {
      const { lines, messages, status } = await trace(
        `BEGIN { zero = 0; }
         BEGIN { printf("before\\n"); trace(${expression}); printf("behind\\n"); }
         BEGIN { printf("after\\n"); exit(0); }`,
      );
      expect(lines).toEqual(['after']);
      expect(messages).toHaveLength(1);
      expect(messages[0]).toMatch(fault(3, '1: dtrace:::BEGIN', reason, 'action #2'));
      expect(status).toBe(0);
    });
  }

  kernelTest('in a predicate is reported as such, and the clause does not run', async () => {
    const { lines, messages } = await trace(
      'BEGIN { zero = 0; } BEGIN /1 / zero/ { printf("ran\\n"); } BEGIN { exit(0); }',
    );
    expect(lines).toEqual([]);
    expect(messages).toHaveLength(1);
    expect(messages[0]).toMatch(fault(3, '1: dtrace:::BEGIN', 'divide-by-zero', 'predicate'));
  });

  kernelTest('keeps what its clause had done before', async () => {
    const { lines } = await trace(
      'BEGIN { zero = 0; x = 1; } BEGIN { x = 2; y = 1 / zero; x = 3; } BEGIN { printf("%d\\n", x); exit(0); }',
    );
    expect(lines).toEqual(['2']);
  });

  kernelTest('fires ERROR once each, which has its particulars in arg1 to arg5', async () => {
    const program = await startProgram([{ call: calls.getpgid, arguments: ['counter'], times: 10 }]);
    const { lines, messages } = await trace(
      `ERROR { printf("%s:%s %d %d %d %d %x\\n", probeprov, probename, id, arg1, arg2, arg4, arg5); @[arg3 > 0] = count(); }
       syscall::getpgid:entry /pid == $target/ { trace(arg0); trace(*(int64_t *)(arg0 + 0x10)); }
       syscall::getpgid:entry /pid == $target/ { @calls = count(); }
       END { printa("%@d calls\\n", @calls); }`,
      { programs: [program] },
    );
    const invalidAddress = 1;
    const expected = Array.from(
      { length: 10 },
      (_, i) => `dtrace:ERROR 3 3 2 ${invalidAddress} ${(i + 0x10).toString(16)}`,
    );
    expect(lines.slice(0, 11)).toEqual([...expected, '10 calls']);
    expect(lines[11]?.trim()).toMatch(/^1\s+10$/);
    expect(messages).toHaveLength(10);
    expect(messages[0]).toMatch(fault(3, '\\d+: syscall:vmlinux:getpgid:entry', 'invalid address (0x10)', 'action #2'));
  });

  kernelTest('leaves the arguments of its firing to the clauses that follow', async () => {
    const program = await startProgram([{ call: calls.getpgid, arguments: [41, 42, 43, 44, 45, 46] }]);
    const { lines } = await trace(
      `ERROR { printf("%d\\n", arg4); }
       syscall::getpgid:entry /pid == $target/ { trace(*(int64_t *)0x10); }
       syscall::getpgid:entry /pid == $target/
       { printf("%s %d %d %d %d %d %d\\n", probename, arg0, arg1, arg2, arg3, arg4, arg5); }`,
      { programs: [program] },
    );
    expect(lines).toEqual(['1', 'entry 41 42 43 44 45 46']);
  });

  kernelTest('inside ERROR is counted, and the other ERROR clauses run', async () => {
    const program = await startProgram([{ call: calls.getpgid, arguments: [0], times: 5 }]);
    const text = `int zero;
       ERROR { trace(1 / zero); }
       ERROR { @errors = count(); }
       syscall::getpgid:entry /pid == $target/ { trace(1 / zero); }
       END { printa("%@d\\n", @errors); }`;
    const { lines, messages } = await trace(text, { programs: [program], options: { droptags: true } });
    expect(lines).toEqual(['5']);
    expect(messages.filter((message) => message.includes('error on enabled probe'))).toHaveLength(5);
    expect(messages.at(-1)).toBe('dtrace: [DTRACEDROP_DBLERROR] 5 errors in ERROR probe enabling');
  });

  kernelTest('in ERROR may be followed by exit(): the status is its', async () => {
    const { lines, status } = await trace(
      'ERROR { exit(5); } BEGIN { zero = 0; } BEGIN { trace(1 / zero); } BEGIN { printf("later\\n"); } END { printf("END\\n"); }',
    );
    expect([lines, status]).toEqual([['END'], 5]);
  });

  kernelTest('in END is reported; nothing is left unsaid', async () => {
    const { lines, messages } = await trace(
      'BEGIN { zero = 0; exit(0); } END { trace(1 / zero); } END { printf("END\\n"); }',
    );
    expect(lines).toEqual(['END']);
    expect(messages).toHaveLength(1);
    expect(messages[0]).toMatch(fault(3, '2: dtrace:::END', 'divide-by-zero', 'action #1'));
  });

  kernelTest('loses nothing under load: every call is a record or a fault', async () => {
    const made = 20_000;
    const program = await startProgram([{ call: calls.getpgid, arguments: ['counter'], times: made }]);
    const { lines, messages } = await trace(
      `syscall::getpgid:entry /pid == $target/ { printf("%d\\n", 100 / (arg0 % 2)); }`,
      { programs: [program], options: { bufsize: 8 << 20 } },
    );
    expect(lines).toHaveLength(made / 2);
    expect(messages).toHaveLength(made / 2);
  });
});
