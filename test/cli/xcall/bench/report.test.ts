import { describe, expect, it } from 'vitest';
import { PrivilegeError, UnsupportedFeatureError } from '../../../../src/bpf/loader/errors.js';
import { defaultSeconds } from '../../../../src/cli/xcall/bench/command.js';
import { figuresOf } from '../../../../src/cli/xcall/bench/figures.js';
import { type Measured, reaching } from '../../../../src/cli/xcall/bench/measure.js';
import { MeasurementError } from '../../../../src/cli/xcall/bench/measurement-error.js';
import { progressBar } from '../../../../src/cli/xcall/bench/progress-bar.js';
import { benchJson, benchText } from '../../../../src/cli/xcall/bench/report.js';
import { type Attempt, sampleInTurn } from '../../../../src/cli/xcall/bench/sample.js';
import { flags } from '../../../../src/cli/xcall/flags.js';
import { refusalText } from '../../../../src/cli/xcall/refusal.js';
import { UnresponsiveError } from '../../../../src/session/cyclics.js';
import { errno, NativeCallError, SystemCallError } from '../../../../src/sys/index.js';
import { MailboxError } from '../../../../src/xcall/mailbox/thread.js';
import { SyncError, stragglerHint } from '../../../../src/xcall/sync.js';

describe('the time of a benchmark', () => {
  it('is under half a minute unless told, as its usage says', () => {
    expect(defaultSeconds).toBeLessThan(25);
    const { about } = flags.find(({ name }) => name === 'seconds') ?? expect.unreachable('there is the flag');
    expect(about).toMatchObject({ bench: expect.stringContaining(`${defaultSeconds} unless told`) });
  });
});

describe('the figures of samples', () => {
  it.each([
    [[7], { min: 7, p50: 7, p99: 7, max: 7 }],
    [[3, 1, 2], { min: 1, p50: 2, p99: 3, max: 3 }],
    [[4, 1, 3, 2], { min: 1, p50: 2, p99: 4, max: 4 }],
    [Array.from({ length: 200 }, (_, index) => 200 - index), { min: 1, p50: 100, p99: 198, max: 200 }],
    [[1.4, 2.6], { min: 1, p50: 1, p99: 3, max: 3 }],
  ])('%j', (samples, figures) => {
    expect(figuresOf(Float64Array.from(samples))).toEqual(figures);
  });

  it('of nothing are an error', () => {
    expect(() => figuresOf(new Float64Array(0))).toThrow(RangeError);
  });
});

describe('sampling', () => {
  /** A call that notes its name and answers what the script says, the last answer for ever. */
  const scripted = (name: string, made: string[], answers: readonly Attempt[] = ['done']) => {
    let turn = 0;
    return (): Attempt => {
      made.push(name);
      turn += 1;
      return answers[Math.min(turn, answers.length) - 1] ?? 'done';
    };
  };

  it('calls the kinds in turn, and takes as many samples as are enough', () => {
    const made: string[] = [];
    const samples = sampleInTurn([scripted('a', made), scripted('b', made)], { milliseconds: 3_600_000, most: 100 });
    expect(samples?.map(({ length }) => length)).toEqual([100, 100]);
    // A block of each for warming up.
    expect(made).toHaveLength(2 * (64 + 100));
    const turns = made.filter((name, index) => made[index - 1] !== name);
    expect(turns.slice(0, 6)).toEqual(['a', 'b', 'a', 'b', 'a', 'b']);
  });

  it('takes a sample of each kind where there is no time', () => {
    const samples = sampleInTurn([scripted('a', []), scripted('b', [])], { milliseconds: 0, most: 1000 });
    for (const { length } of samples ?? []) expect(length).toBeGreaterThan(0);
    expect(samples).toHaveLength(2);
  });

  it('leaves out calls under another condition, and ends where all are', () => {
    const samples = sampleInTurn([scripted('a', [], ['unfit'])], { milliseconds: 5, most: 10 });
    expect(samples?.map(({ length }) => length)).toEqual([0]);
  });

  it('makes one call of more than a millisecond in a turn, not a block of them', () => {
    const made: string[] = [];
    const quick = scripted('quick', made);
    const slow = (): Attempt => {
      made.push('slow');
      for (const end = performance.now() + 2; performance.now() < end; );
      return 'done';
    };
    const samples = sampleInTurn([slow, quick], { milliseconds: 0, most: 1000 });
    expect(samples?.[0]).toHaveLength(1);
    // Nanoseconds.
    expect(samples?.[0]?.[0]).toBeGreaterThanOrEqual(2e6);
    expect(made.filter((name) => name === 'slow')).toHaveLength(2);
  });

  it('ends at a call that is impossible', () => {
    const made: string[] = [];
    const call = scripted('a', made, ['done', 'done', 'impossible']);
    expect(sampleInTurn([call], { milliseconds: 10_000, most: 10 })).toBeUndefined();
    expect(made).toHaveLength(3);
  });
});

describe('a private barrier', () => {
  it.each([
    ['counts where the neighbour ran meanwhile, for then it was interrupted', 1, 'done'],
    ['does not count where somebody else had its CPU', 0, 'unfit'],
  ] as const)('%s', (_, ran, attempt) => {
    let turns = 5;
    const barrier = (): void => {
      turns += ran;
    };
    expect(reaching({ turns: () => turns }, barrier)()).toBe(attempt);
  });
});

const figures = (first: number) => ({ min: first, p50: first * 2, p99: first * 10, max: first * 1000 });

const measured: Measured = {
  cpus: [0, 2],
  pairs: [
    { from: 0, to: 0, ...figures(900) },
    { from: 0, to: 2, ...figures(3000) },
    { from: 2, to: 0, ...figures(4000) },
  ],
  sync: figures(5000),
  membarrierPrivate: { from: 0, to: 2, ...figures(2500) },
  membarrierGlobal: undefined,
  bareProgRun: { from: 0, to: 2, ...figures(2900) },
  notes: ['no calls from CPU 2 to CPU 2: it went offline'],
};

describe('the report', () => {
  it('as text has a matrix a figure, in microseconds, and what could not be measured', () => {
    expect(benchText(measured, { width: 80 })).toMatchInlineSnapshot(`
      "A cross-call between CPUs, back to back, in microseconds; to its own CPU it runs inline.

        minimum       to 0      to 2
        from 0        0.90      3.00
        from 2        4.00         -

        median        to 0      to 2
        from 0        1.80      6.00
        from 2        8.00         -

        p99           to 0      to 2
        from 0        9.00      30.0
        from 2        40.0         -

        maximum       to 0      to 2
        from 0         900     3,000
        from 2       4,000         -

                                                     minimum    median       p99   maximum
      fastest pair, CPU 0 to 2                          3.00      6.00      30.0     3,000
      slowest pair, CPU 2 to 0                          4.00      8.00      40.0     4,000
      bare BPF_PROG_RUN, CPU 0 to 2                     2.90      5.80      29.0     2,900
      sync(), 2 online                                  5.00      10.0      50.0     5,000
      membarrier private, CPU 0 to 2                    2.50      5.00      25.0     2,500
      membarrier global: an RCU grace period               -         -         -         -

      note: no calls from CPU 2 to CPU 2: it went offline
      "
    `);
  });

  it('has three digits, or all before the point', () => {
    const sync = { min: 9_994, p50: 9_996, p99: 99_949, max: 99_951 };
    expect(benchText({ ...measured, sync }, { width: 80 })).toMatch(/^sync\(\), 2 online +9\.99 +10\.0 +99\.9 +100$/m);
  });

  it('calls fastest and slowest what is so at the median', () => {
    const pair = (from: number, to: number, p50: number, min: number) => ({ from, to, min, p50, p99: 9000, max: 9000 });
    const pairs = [pair(0, 2, 4000, 1000), pair(2, 0, 5000, 900), pair(2, 2, 100, 100), pair(0, 4, 3000, 2000)];
    const text = benchText({ ...measured, pairs }, { width: 80 });
    expect(text).toMatch(/^fastest pair, CPU 0 to 4 .*\nslowest pair, CPU 2 to 0 .*\nbare /m);
  });

  it('has one pair, or none, where there are no more', () => {
    const [own, other] = measured.pairs;
    const textOf = (pairs: Measured['pairs']) => benchText({ ...measured, pairs }, { width: 80 });
    expect(textOf([own, other].flatMap((each) => each ?? []))).toMatch(/^fastest pair, CPU 0 to 2 .*\nbare /m);
    expect(textOf([own].flatMap((each) => each ?? []))).not.toContain('pair');
  });

  it('shows a barrier that could not be measured, and one that could', () => {
    const other = { ...measured, membarrierPrivate: undefined, membarrierGlobal: figures(7000) };
    const text = benchText(other, { width: 80 });
    expect(text).toMatch(/^membarrier private +- +- +- +-$/m);
    expect(text).toMatch(/^membarrier global: an RCU grace period +7\.00 +14\.0 +70\.0 +7,000$/m);
    expect(benchJson(other)).toMatchObject({
      membarrier_private: null,
      membarrier_global: { min_ns: 7000, p99_ns: 70_000 },
    });
  });

  it('leaves out a matrix that does not fit', () => {
    expect(benchText(measured, { width: 30 })).toContain('from 0');
    const text = benchText(measured, { width: 29 });
    expect(text).toContain('The matrix of 2 CPUs is too wide for 29 columns: --json has it.\n');
    expect(text).not.toContain('from 0');
    expect(text).toContain('fastest pair, CPU 0 to 2');
  });

  it('as JSON has whole nanoseconds under the names that programs rely on', () => {
    const json = (first: number) => ({
      min_ns: first,
      p50_ns: first * 2,
      p99_ns: first * 10,
      max_ns: first * 1000,
    });
    expect(benchJson(measured)).toEqual({
      cpus: 2,
      pairs: [
        { from: 0, to: 0, ...json(900) },
        { from: 0, to: 2, ...json(3000) },
        { from: 2, to: 0, ...json(4000) },
      ],
      sync: json(5000),
      membarrier_private: { from: 0, to: 2, ...json(2500) },
      membarrier_global: null,
      bare_prog_run: { from: 0, to: 2, ...json(2900) },
      notes: ['no calls from CPU 2 to CPU 2: it went offline'],
    });
  });
});

describe('the progress bar', () => {
  const stream = (rest: { readonly isTTY?: boolean; readonly columns?: number }) => {
    const written: string[] = [];
    return { written, ...rest, write: (text: string) => written.push(text) };
  };

  it('fills up on a terminal, in one line, and is wiped in the end', () => {
    const terminal = stream({ isTTY: true, columns: 45 });
    const bar = progressBar(terminal);
    bar.clear();
    bar.show(0, 'a');
    bar.show(0.5, 'much too much to say');
    bar.show(1, 'b');
    bar.clear();
    bar.clear();
    expect(terminal.written).toEqual([
      `\r\u001b[K[${'.'.repeat(30)}] a`,
      `\r\u001b[K[${'#'.repeat(15)}${'.'.repeat(15)}] much too mu`,
      `\r\u001b[K[${'#'.repeat(30)}] b`,
      '\r\u001b[K',
    ]);
  });

  it('takes a terminal that does not know how wide it is to have 80 columns', () => {
    const terminal = stream({ isTTY: true, columns: 0 });
    progressBar(terminal).show(0, 'x'.repeat(80));
    expect(terminal.written).toEqual([`\r\u001b[K[${'.'.repeat(30)}] ${'x'.repeat(46)}`]);
  });

  it('writes nothing elsewhere', () => {
    const file = stream({});
    const bar = progressBar(file);
    bar.show(0.5, 'a');
    bar.clear();
    expect(file.written).toEqual([]);
  });
});

describe('what cannot be measured here', () => {
  const commandLine = { execPath: '/usr/bin/node', argv: ['node', '/opt/bin/xcall', 'bench'], root: false };

  it.each([
    [
      'want of privileges',
      new PrivilegeError('bpf(BPF_BTF_LOAD)', 1),
      false,
      'cross-calls are refused: bpf(BPF_BTF_LOAD): Operation not permitted (EPERM)\n' +
        '    hint: run as root: sudo /usr/bin/node /opt/bin/xcall bench (CAP_BPF and CAP_PERFMON are enough)',
    ],
    [
      'root without privileges',
      new PrivilegeError('bpf(BPF_BTF_LOAD)', 1),
      true,
      'cross-calls are refused: bpf(BPF_BTF_LOAD): Operation not permitted (EPERM)\n' +
        '    hint: root may not do this here (a container, or lockdown): `dtrace --doctor` shows what is missing',
    ],
    [
      'an old kernel',
      new UnsupportedFeatureError('BPF_PROG_RUN on a chosen CPU', '5.10'),
      true,
      'this kernel does not offer BPF_PROG_RUN on a chosen CPU, which Linux has since 5.10\n' +
        '    hint: `dtrace --doctor` shows what is missing',
    ],
    [
      'a CPU that does not leave its probe',
      new SyncError({ cpu: 3, epid: 7, pid: 42 }, 2000),
      true,
      `CPU 3 has been inside a probe for 2000 ms: enabled probe ID 7, process 42\n    hint: ${stragglerHint}`,
    ],
    ['a server that has ended', new MailboxError('has ended'), true, 'the server of the mailbox has ended'],
    [
      'a server that waits for a CPU',
      new MailboxError('has ended: CPU 3 has been inside a probe', 3),
      true,
      `the server of the mailbox has ended: CPU 3 has been inside a probe\n    hint: ${stragglerHint}`,
    ],
    [
      'the deadman',
      new UnresponsiveError(),
      true,
      'processing aborted: Abort due to systemic unresponsiveness\n    hint: it was stopped, or had no CPU, for ten seconds: ' +
        'nothing has been seen since, start it again',
    ],
    [
      'what came in between',
      new MeasurementError('CPU 3 went offline', 'run it again'),
      true,
      'CPU 3 went offline\n    hint: run it again',
    ],
    [
      'a call that failed',
      new SystemCallError('bpf(BPF_MAP_CREATE)', errno.ENOMEM),
      true,
      'bpf(BPF_MAP_CREATE): Cannot allocate memory (ENOMEM)\n    hint: `dtrace --doctor` shows what is missing',
    ],
    [
      'a want of koffi',
      new NativeCallError('koffi cannot be loaded'),
      true,
      'koffi cannot be loaded\n    hint: `dtrace --doctor` shows what is missing',
    ],
  ])('%s is told with what to do', (_, error, root, text) => {
    expect(refusalText(error, { ...commandLine, root })).toBe(text);
  });

  it('does not explain a defect', () => {
    expect(refusalText(new TypeError('x is undefined'), commandLine)).toBeUndefined();
  });
});
