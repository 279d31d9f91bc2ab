import { describe, expect } from 'vitest';
import { threadId } from '../../src/sys/index.js';
import { kernelTest } from '../kernel-test.js';
import { calls, startProgram } from '../programs.js';
import { tableOf, trace } from '../trace.js';

describe('BEGIN and END', () => {
  kernelTest('fire once each in the process and thread of dtrace', async () => {
    const { lines } = await trace(
      `BEGIN { printf("%s %d %d %d\\n", probename, pid, tid, id); exit(0); }
       END { printf("%s %d %d %d\\n", probename, pid, tid, id); }`,
    );
    const own = `${process.pid} ${threadId()}`;
    expect(lines).toEqual([`BEGIN ${own} 1`, `END ${own} 2`]);
  });

  kernelTest('are the first and the last record, whichever CPU they run on', async () => {
    const programs = await Promise.all([0, 1].map(() => startProgram([{ call: calls.getpgid, times: 20_000 }])));
    const { lines } = await trace(
      `BEGIN { printf("BEGIN\\n"); }
       END { printf("END\\n"); }
       syscall::getpgid:entry /ppid == $pid/ { printf("call\\n"); }`,
      { programs, options: { bufsize: 4 << 20 } },
    );
    expect([lines[0], lines.at(-1), lines.length]).toEqual(['BEGIN', 'END', 40_002]);
    expect(new Set(lines.slice(1, -1))).toEqual(new Set(['call']));
  });

  kernelTest('print nothing after END but the aggregations', async () => {
    const program = await startProgram([{ call: calls.getpgid, times: 100 }]);
    const { output } = await trace(
      `syscall::getpgid:entry /pid == $target/ { @calls = count(); }
       END { printf("END\\n"); }`,
      { programs: [program] },
    );
    expect(output).toBe(`END\n\n${' '.repeat(14)}100\n`);
  });

  kernelTest('run every clause in its order', async () => {
    const { lines } = await trace(
      `BEGIN { i = 1; } BEGIN { printf("%d\\n", i++); } END { printf("%d\\n", i++); } BEGIN { printf("%d\\n", i++); exit(0); }
       END { printf("%d\\n", i); }`,
    );
    expect(lines).toEqual(['1', '2', '3', '4']);
  });
});

describe('exit()', () => {
  kernelTest('in BEGIN keeps every other probe from firing, and END fires', async () => {
    const program = await startProgram([{ call: calls.getpgid, times: 1000 }]);
    const { lines, status, ticks } = await trace(
      `BEGIN { exit(7); }
       BEGIN { printf("later clause\\n"); }
       syscall:::entry, profile-997, tick-1000 { printf("%s fired\\n", probename); }
       END { printf("END\\n"); }`,
      { programs: [program] },
    );
    expect([lines, status]).toEqual([['END'], 7]);
    expect(ticks.filter(({ fired }) => fired < 0)).toEqual([]);
  });

  kernelTest('ends the firing: later clauses do not run, statements behind it do', async () => {
    const program = await startProgram([{ call: calls.getpgid, times: 1 }]);
    const { lines, status } = await trace(
      `syscall::getpgid:entry /pid == $target/ { printf("first\\n"); }
       syscall::getpgid:entry /pid == $target/ { exit(3); printf("behind\\n"); }
       syscall::getpgid:entry /pid == $target/ { printf("later\\n"); }
       syscall::getpgid:return /pid == $target/ { printf("return\\n"); }
       END { printf("END\\n"); }`,
      { programs: [program] },
    );
    expect([lines, status]).toEqual([['first', 'behind', 'END'], 3]);
  });

  kernelTest('ends the firing even where its clause faults afterwards', async () => {
    const program = await startProgram([{ call: calls.getpgid, arguments: [0], times: 5 }]);
    const { lines, status } = await trace(
      `syscall::getpgid:entry /pid == $target/ { exit(4); trace(1 / arg0); }
       syscall::getpgid:entry /pid == $target/ { printf("later\\n"); }
       END { printf("END\\n"); }`,
      { programs: [program] },
    );
    expect([lines, status]).toEqual([['END'], 4]);
  });

  kernelTest('of several CPUs: the first status wins, and the calls that follow fire no more', async () => {
    for (let round = 0; round < 10; round += 1) {
      const programs = await Promise.all(
        [0, 1, 2].map(() => startProgram([{ call: calls.getpgid, arguments: ['counter'], times: 5000 }])),
      );
      const { lines, status } = await trace(
        `syscall::getpgid:entry /ppid == $pid && arg0 >= 100/ { printf("%d\\n", pid & 0xff); exit(pid & 0xff); }
         END { printf("END\\n"); }`,
        { programs },
      );
      // Firings that were open on other CPUs finish, and so does the exit() in them; its status comes too late.
      expect(lines.at(-1)).toBe('END');
      const called = lines.slice(0, -1).map(Number);
      expect(called.length).toBeGreaterThanOrEqual(1);
      expect(called.length).toBeLessThanOrEqual(2);
      expect(called).toContain(status);
    }
  });

  kernelTest('finishes the firings that are open on other CPUs: what they counted in two places agrees', async () => {
    for (let round = 0; round < 10; round += 1) {
      const programs = await Promise.all(
        [0, 1, 2].map(() => startProgram([{ call: calls.getpgid, arguments: ['counter'], times: 20_000 }])),
      );
      const { lines } = await trace(
        `syscall::getpgid:entry /ppid == $pid/ { @["begun"] = count(); }
         syscall::getpgid:entry /ppid == $pid/ { @["between"] = count(); }
         syscall::getpgid:entry /ppid == $pid/ { @["ended"] = count(); }
         syscall::getpgid:return /pid == $target && ++calls == 3000/ { exit(0); }`,
        { programs },
      );
      const table = tableOf(lines);
      expect(table['begun']).toBeGreaterThanOrEqual(3000);
      expect(table).toEqual({ begun: table['begun'], between: table['begun'], ended: table['begun'] });
    }
  });

  kernelTest('in END sets the status where none was set before', async () => {
    expect((await trace('BEGIN { exit(0); } END { exit(9); }')).status).toBe(0);
    expect((await trace('END { exit(9); }', { meanwhile: () => {} })).status).toBe(9);
  });

  kernelTest('takes negative statuses as they are', async () => {
    expect((await trace('BEGIN { exit(-1); }')).status).toBe(-1);
  });
});
