/** Speculations on the live kernel: across CPUs, from ticks, their drops, and that they can be used again and again. */

import { describe, expect } from 'vitest';
import { speculationStateMask, speculationWords } from '../../src/d/codegen/memory/speculation-layout.js';
import type { DropCount } from '../../src/session/drops.js';
import { onlineCpus } from '../../src/sys/index.js';
import { mapByName } from '../kernel-objects.js';
import { kernelTest } from '../kernel-test.js';
import { calls, startProgram } from '../programs.js';
import { open, tableOf, trace } from '../trace.js';

const sleep = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));

const several = onlineCpus().length > 1;

/** A test that needs two CPUs. */
const crossTest = (name: string, run: () => Promise<void> | void): void =>
  kernelTest(several ? name : `${name} [does nothing on one CPU]`, several ? run : () => {});

/** A predicate: every CPU has set its element of `done`. */
const all = onlineCpus()
  .map((cpu) => `done[${cpu}]`)
  .join(' && ');

describe('a speculation that every CPU has recorded into', () => {
  /** Every CPU speculates once; the CPU that has heard of all ends it. */
  const recording = (end: string): string => `
    int done[int];
    BEGIN { spec = speculation(); }
    profile-199 /!done[cpu]/ { speculate(spec); printf("%d\\n", cpu); }
    profile-199 /!done[cpu]/ { done[cpu] = 1; @recorded = count(); }
    tick-50 /!ended && ${all}/ { ${end}(spec); ended = 1; }
    tick-50 /ended && !again/ { again = speculation(); }
    tick-50 /again/ { printf("then %d\\n", again); exit(0); }`;
  // Until it is cleaned it is busy.
  const others = (drops: readonly DropCount[]) => drops.filter(({ kind }) => kind !== 'speculationBusy');

  kernelTest('is published as a whole by commit(), and free again', async () => {
    const { lines, drops } = await trace(recording('commit'));
    expect(lines.slice(0, -1).sort()).toEqual([...onlineCpus().map(String), 'then 1']);
    expect(Number(lines.at(-1))).toBe(onlineCpus().length);
    expect(others(drops)).toEqual([]);
  });

  kernelTest('is forgotten as a whole by discard(), and free again', async () => {
    const { lines, drops } = await trace(recording('discard'));
    expect(lines.slice(0, -1)).toEqual(['then 1']);
    expect(Number(lines.at(-1))).toBe(onlineCpus().length);
    expect(others(drops)).toEqual([]);
  });
});

describe('the cleaner', () => {
  const committingMany = 5;
  const activeMany = 3;

  /** A session in which one of two speculations of all CPUs is committed; `state` gives the state of each. */
  const committed = (cleanrate: number) => {
    const session = open(
      `int done[int];
       BEGIN { spec = speculation(); keep = speculation(); }
       profile-499 { speculate(spec); trace(cpu); }
       profile-499 { speculate(keep); trace(cpu); }
       profile-499 { done[cpu] = 1; }
       tick-100 /!ended && ${all}/ { commit(spec); ended = 1; }`,
      { options: { nspec: 2, cleanrate } },
    );
    const memory = mapByName('speculations');
    if (memory === undefined) throw new Error('there is no map of speculations');
    const state = (index: number): number =>
      Number(memory.u64[speculationWords.states / 8 + index] ?? 0n) & speculationStateMask;
    session.go();
    const close = (): void => {
      memory.close();
      session.close();
    };
    return { session, state, [Symbol.dispose]: close };
  };
  const cpusOf = (batches: readonly { readonly cpu: number }[]): Set<number> => new Set(batches.map(({ cpu }) => cpu));

  crossTest('has what has ended wait for it, until the session stops', async () => {
    using running = committed(3_600_000_000_000);
    const { session, state } = running;
    while (state(0) !== committingMany) await sleep(5);
    await sleep(100);
    expect([state(0), state(1)]).toEqual([committingMany, activeMany]);
    const own = cpusOf(session.takePrincipal());
    expect(own.size).toBe(1);
    let others = new Set<number>();
    session.stop((batches) => {
      others = cpusOf(batches);
    });
    expect([...others]).toEqual(onlineCpus().filter((cpu) => !own.has(cpu)));
    expect([state(0), state(1)]).toEqual([0, activeMany]);
  });

  crossTest('empties the parts of other CPUs while the event loop stands still, and only what has ended', () => {
    using running = committed(10_000_000);
    const { session, state } = running;
    const cell = new Int32Array(new SharedArrayBuffer(4));
    for (let tries = 0; tries < 500 && state(0) !== 0; tries += 1) Atomics.wait(cell, 0, 0, 10);
    expect([state(0), state(1)]).toEqual([0, activeMany]);
    expect([...cpusOf(session.takePrincipal())]).toEqual(onlineCpus());
    session.stop(() => {});
  });

  kernelTest('has done its work when tracing ends, and after END', async () => {
    const { lines } = await trace(
      `int done[int]; BEGIN { spec = speculation(); late = speculation(); }
       profile-499 /!done[cpu]/ { speculate(spec); printf("early %d\\n", cpu); }
       profile-499 /!done[cpu]/ { speculate(late); printf("late %d\\n", cpu); }
       profile-499 /!done[cpu]/ { done[cpu] = 1; }
       tick-50 /${all}/ { commit(spec); }
       tick-50 /${all}/ { exit(0); }
       END { printf("end\\n"); }
       END { commit(late); }`,
      // Never by the consumer's own work.
      { options: { nspec: 2, cleanrate: 3_600e9 } },
    );
    const said = (what: string) => onlineCpus().map((cpu) => `${what} ${cpu}`);
    const before = lines.slice(0, onlineCpus().length);
    expect(before.sort()).toEqual(said('early'));
    // CPU after CPU: END may have run on any of them.
    expect(lines.slice(before.length).sort()).toEqual(['end', ...said('late')]);
  });
});

describe('failed speculations', () => {
  kernelTest('are counted by why they failed, and records that found no room where they were committed', async () => {
    const { messages, lines } = await trace(
      `BEGIN { one = speculation(); speculation(); speculation(); }
       BEGIN { speculate(one); printf("%s", "fits in sixty-four bytes"); }
       BEGIN { speculate(one); printf("%s", "does not fit any more, not even in part"); }
       BEGIN { commit(one); }
       BEGIN { two = speculation(); }
       BEGIN { speculate(two); printf("%s", "does not fit, but is not missed: it is discarded, at all events"); }
       BEGIN { discard(two); }
       BEGIN { speculation(); }
       BEGIN { exit(0); }`,
      { options: { specsize: 64 } },
    );
    expect(lines).toEqual(['fits in sixty-four bytes']);
    expect([...messages].sort()).toEqual([
      'dtrace: 1 failed speculation (available buffer still busy)',
      'dtrace: 1 speculative drop',
      'dtrace: 2 failed speculations (no speculative buffer available)',
    ]);
  });

  kernelTest('nspec speculations can be had at a time', async () => {
    const text = `BEGIN { printf("%d %d %d %d %d", speculation(), speculation(), speculation(), speculation(), 7); exit(0); }`;
    for (const [nspec, expected] of [
      [0, '0 0 0 0 7'],
      [1, '1 0 0 0 7'],
      [3, '1 2 3 0 7'],
    ] as const) {
      const { lines } = await trace(text, { options: { nspec } });
      expect(lines).toEqual([expected]);
    }
  });

  kernelTest('a number that no speculation has is an error of the clause', async () => {
    const { messages, lines } = await trace(
      'BEGIN { speculate(9); printf("never"); } BEGIN { commit(-1); } BEGIN { discard(2); } BEGIN { exit(0); }',
    );
    expect(lines).toEqual([]);
    expect(messages).toHaveLength(3);
    for (const message of messages)
      expect(message).toMatch(/ID \d \(ID 1: dtrace:::BEGIN\): illegal operation in action #1/);
  });
});

describe('ticks and system calls that speculate, commit and discard at full rate', () => {
  kernelTest('leave each record of a speculation or none, never a torn one', async () => {
    const program = await startProgram([{ call: calls.getpgid, arguments: ['counter'], times: 300_000 }]);
    // A record carries one number twice; ticks end the speculation in the middle of anything.
    const { lines, drops, status } = await trace(
      `int spec;
       syscall::getpgid:entry /pid == $target/ { speculate(spec); printf("%d %d %d %d\\n", arg0, cpu, arg0, arg0 + 1); }
       profile-4999 { n++; }
       profile-4999 /n % 3 == 0/ { commit(spec); }
       profile-4999 /n % 3 == 1/ { discard(spec); }
       profile-4999 /n % 3 == 2/ { spec = speculation(); }
       profile-4999 /n % 5 == 0/ { speculate(spec); printf("0 0 0 1\\n"); }`,
      { programs: [program], options: { nspec: 4 } },
    );
    expect(status).toBe(0);
    expect(lines.length).toBeGreaterThan(100);
    const torn = lines.filter((line) => {
      const [first, , second, third] = line.split(' ').map(Number);
      return first !== second || third !== (first ?? 0) + 1;
    });
    expect(torn).toEqual([]);
    const seen = lines.filter((line) => !line.startsWith('0 0 0'));
    expect(new Set(seen).size).toBe(seen.length);
    expect(drops.filter(({ kind }) => !kind.startsWith('specul') && kind !== 'recursion')).toEqual([]);
  });

  kernelTest('a speculation a thread, as scripts use it, prints the calls that failed and no others', async () => {
    const text = `
      syscall::getpgid:entry /pid == $target/ { self->spec = speculation(); @calls = count(); }
      syscall::getpgid:entry /self->spec/ { speculate(self->spec); printf("asked for %d\\n", arg0); }
      syscall::getpgid:return /self->spec && errno != 0/ { commit(self->spec); self->spec = 0; }
      syscall::getpgid:return /self->spec && errno == 0/ { discard(self->spec); self->spec = 0; }`;
    const program = await startProgram([
      { call: calls.getpgid, arguments: [0], times: 200 },
      { call: calls.getpgid, arguments: [-5], times: 3 },
      { call: calls.getpgid, arguments: [0], times: 200 },
    ]);
    const { lines, drops } = await trace(text, { programs: [program], options: { nspec: 8 } });
    const asked = lines.filter((line) => line.startsWith('asked'));
    expect(asked).toEqual(['asked for -5', 'asked for -5', 'asked for -5']);
    expect(tableOf(lines.filter((line) => !line.startsWith('asked'))), 'the calls').toEqual({ '': 403 });
    expect(drops).toEqual([]);
  });
});
