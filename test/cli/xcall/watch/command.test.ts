import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { readdirSync, readlinkSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { occupy } from '../../../../src/cli/xcall/bench/neighbour.js';
import { callRows } from '../../../../src/cli/xcall/watch/calls.js';
import { bucketMiddle, bucketText, startCounting } from '../../../../src/cli/xcall/watch/counting.js';
import type { JsonRow, WatchJson } from '../../../../src/cli/xcall/watch/report.js';
import { controlBlock, controlWords } from '../../../../src/d/codegen/memory/layout.js';
import { isOnCrossCallPath } from '../../../../src/providers/cross-call-path.js';
import { UnresponsiveError } from '../../../../src/session/cyclics.js';
import { membarrier, offersMembarrier, readKernelSymbols, setAffinity } from '../../../../src/sys/index.js';
import { mapByName } from '../../../kernel-objects.js';
import { kernelSkipReason, kernelTest } from '../../../kernel-test.js';
import { ownCpus, withOwnCalls } from '../../../own-calls.js';
import { trace } from '../../../trace.js';
import { root, xcall } from '../xcall.js';

const { from, to } = ownCpus;

/** Tests that call another CPU. */
const callTest: typeof kernelTest =
  from === to ? (name, run) => it.skip(`${name} [skipped: one CPU only]`, run) : kernelTest;

/** Tests that call it by membarrier(2) too. */
const barrierTest: typeof kernelTest =
  kernelSkipReason === undefined && !offersMembarrier('private-expedited')
    ? (name, run) => it.skip(`${name} [skipped: the kernel does not offer membarrier(2) private expedited]`, run)
    : callTest;

/** Whether a row is of the function that BPF_PROG_RUN has CPU `to` call; root, as these tests are, sees its name. */
const isProgramRun = (row: Pick<JsonRow, 'function' | 'target'>): boolean =>
  row.target === to && row.function === '__bpf_prog_test_run_raw_tp';

/** Who asks for that. */
const asker = 'bpf_prog_test_run_raw_tp';

describe('the counters', () => {
  kernelTest('have the buckets of latencies that bucketMiddle knows, at most a sixteenth off', async () => {
    const values = [
      8,
      9,
      15,
      16,
      17,
      64,
      100,
      255,
      256,
      1000,
      1151,
      4095,
      4096,
      65_535,
      65_536,
      1e6,
      123_456_789,
      2 ** 32 - 1,
    ];
    const clauses = values.map(
      (value) => `BEGIN { ${bucketText(`(int64_t)${value}`)} printf("%d\\n", this->bucket); }`,
    );
    const { lines } = await trace(`${clauses.join('\n')} BEGIN { exit(0); }`);
    expect(lines).toHaveLength(values.length);
    for (const [index, value] of values.entries()) {
      const middle = bucketMiddle(Number(lines[index]));
      expect(Math.abs(middle - value) / value, `${value} in bucket ${lines[index]}`).toBeLessThanOrEqual(1 / 16);
    }
  });

  kernelTest('put what is too short or too long into the first and last bucket', async () => {
    const values = ['-5', '0', '7', '4294967296', '99999999999'];
    const clauses = values.map(
      (value) => `BEGIN { ${bucketText(`(int64_t)${value}`)} printf("%d\\n", this->bucket); }`,
    );
    const { lines } = await trace(`${clauses.join('\n')} BEGIN { exit(0); }`);
    expect(lines).toEqual(['24', '24', '24', '255', '255']);
  });

  kernelTest('tell how much was lost since the last look, once', () => {
    const counting = startCounting();
    try {
      counting.take();
      using control = mapByName('control') ?? expect.unreachable('there is a map of that name');
      for (const lost of [5_000, 7_000]) {
        Atomics.add(control.u64, (controlWords.blocks + controlBlock.nestingDrops) / 8, BigInt(lost));
        const found = counting.take().lost;
        expect(found).toBeGreaterThanOrEqual(lost);
        expect(found).toBeLessThan(lost + 2_000);
      }
      expect(counting.take().lost).toBeLessThan(2_000);
    } finally {
      counting.close();
    }
  });

  barrierTest('tell calls apart by who asks, and their latencies', async () => {
    membarrier('register-private-expedited');
    await withOwnCalls((make) => {
      using neighbour = occupy(to);
      const counting = startCounting();
      try {
        counting.take();
        make(200);
        setAffinity([from]);
        for (let made = 0; made < 50; made += 1) {
          const [turns, patience] = [neighbour.turns(), Date.now() + 10_000];
          while (neighbour.turns() === turns && Date.now() < patience) {}
          membarrier('private-expedited');
        }
        const rows = callRows(counting.take(), readKernelSymbols(), bucketMiddle).filter(
          (row) => row.own && row.target === to && row.sender !== 'unknown',
        );
        for (const [sender, called] of [
          [asker, '__bpf_prog_test_run_raw_tp'],
          ['membarrier_private_expedited', 'ipi_mb'],
        ]) {
          const [row, ...more] = rows.filter((each) => each.function === called);
          expect(more, called).toEqual([]);
          expect(row, called).toMatchObject({ sender, target: to });
          expect(row?.latency?.calls).toBeGreaterThan(0);
          expect(row?.latency?.calls).toBeLessThanOrEqual(row?.calls ?? 0);
        }
      } finally {
        counting.close();
      }
    });
  });

  kernelTest('say so where the deadman has ended them, rather than count nothing from then on', () => {
    const millisecond = 1_000_000n;
    const deadman = { interval: 50n * millisecond, timeout: 1_000n * millisecond, consumer: 1_000n * millisecond };
    const counting = startCounting({ deadman });
    try {
      const cell = new Int32Array(new SharedArrayBuffer(4));
      const take = (): void => {
        counting.take();
      };
      expect(() => {
        for (let tries = 0; tries < 10; tries += 1) {
          Atomics.wait(cell, 0, 0, 3_000);
          take();
        }
      }).toThrow(UnresponsiveError);
      expect(take).toThrow(/^processing aborted: /);
    } finally {
      counting.close();
    }
  });

  callTest('count exactly the calls that this process makes, once, with their latency', async () => {
    await withOwnCalls((make) => {
      const counting = startCounting();
      try {
        const own = () =>
          callRows(counting.take(), readKernelSymbols(), bucketMiddle).filter((row) => row.own && isProgramRun(row));
        own();
        make(1234);
        const rows = own();
        // Of the others the kernel refused to walk the stack: who asked is unknown, the call is counted.
        const row = rows.find(({ sender }) => sender === asker);
        expect(rows.filter(({ sender }) => sender !== asker && sender !== 'unknown')).toEqual([]);
        expect(rows.reduce((sum, { calls }) => sum + calls, 0)).toBe(1234);
        // One that meets another call in its place has none.
        expect(row?.latency?.calls).toBeGreaterThan(1200);
        expect(row?.latency?.calls).toBeLessThanOrEqual(row?.calls ?? 0);
        const { p50 = 0, p90 = 0, p99 = 0 } = row?.latency ?? {};
        expect(p50).toBeGreaterThan(0);
        expect([p50, p90, p99]).toEqual([p50, p90, p99].toSorted((a, b) => a - b));
        expect(own()).toEqual([]);
      } finally {
        counting.close();
      }
    });
  });
});

/** Those that a test has started, to be ended with it whatever happens. */
const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

const start = (words: readonly string[]) => {
  const child = spawn(process.execPath, [`${root}/bin/xcall`, 'watch', ...words]);
  children.push(child);
  let out = '';
  let err = '';
  child.stdout.on('data', (data) => {
    out += data;
  });
  child.stderr.on('data', (data) => {
    err += data;
  });
  return {
    child,
    /** Resolves once the output passes the test, or ends. */
    printed: (ready: RegExp): Promise<void> =>
      new Promise((resolve) => {
        child.stdout.on('data', () => {
          if (ready.test(out)) resolve();
        });
        child.on('close', () => resolve());
      }),
    ended: new Promise<{ status: number | null; out: string; err: string }>((resolve) => {
      child.on('close', (status) => resolve({ status, out, err }));
    }),
  };
};

/** That the totals are those of the rows, and the rates those of the counts. */
function expectSound({ seconds, calls, calls_per_second, own, rows }: WatchJson): void {
  const sum = (of: readonly JsonRow[]): number => of.reduce((total, row) => total + row.calls, 0);
  expect(calls).toBe(sum(rows));
  expect(own.calls).toBe(sum(rows.filter((row) => row.own)));
  // The seconds are rounded to thousandths.
  expect(Math.abs(calls_per_second * seconds - calls)).toBeLessThanOrEqual(0.001 * calls + 0.01);
}

describe('xcall watch', () => {
  callTest('--once --json counts own calls as own, and those of another process as not own', async () => {
    const result = await withOwnCalls(async (make) => {
      const { ended } = start(['--once', '--json', '--seconds', '2']);
      const timer = setInterval(() => make(10), 5);
      const { status, out, err } = await ended.finally(() => clearInterval(timer));
      expect({ status, err }).toEqual({ status: 0, err: '' });
      return JSON.parse(out) as WatchJson;
    });
    expectSound(result);
    expect(result.seconds).toBeGreaterThanOrEqual(1.9);
    expect(result.own.calls).toBeGreaterThan(0);
    const others = result.rows.filter((row) => !row.own && row.sender === asker && isProgramRun(row));
    expect(others).toHaveLength(1);
    expect(result.rows.filter(({ sender }) => isOnCrossCallPath(sender))).toEqual([]);
    expect(others[0]?.latency?.calls).toBeGreaterThan(0);
  });

  callTest('--json prints a line a second, and every call is in one of them', async () => {
    const began = performance.now();
    const { printed, ended } = start(['--json', '--seconds', '3']);
    await withOwnCalls(async (make) => {
      await printed(/\n/);
      make(500);
    });
    const { status, out } = await ended;
    expect(status).toBe(0);
    const tables = out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as WatchJson);
    expect(tables).toHaveLength(3);
    // Each is of its own time, not of all since the beginning.
    expect(tables.reduce((sum, { seconds }) => sum + seconds, 0)).toBeLessThanOrEqual(
      (performance.now() - began) / 1000,
    );
    for (const table of tables) expectSound(table);
    const rows = tables.flatMap((table) => table.rows).filter((row) => !row.own && isProgramRun(row));
    expect(rows.reduce((sum, { calls }) => sum + calls, 0)).toBeGreaterThanOrEqual(500);
  });

  kernelTest('prints table after table, and ends at Ctrl-C with status 0', async () => {
    const { child, printed, ended } = start([]);
    await printed(/SENDER[\s\S]*SENDER/);
    child.kill('SIGINT');
    const { status, out } = await ended;
    expect(status).toBe(0);
    expect(out).toMatch(/^\d+ cross-calls in \d+\.\d s, .* by this xcall itself, .*\n(\d+ lost: .*\n)?SENDER /);
    expect(out).not.toContain('\u001b');
  });

  kernelTest('--once prints what it has so far at Ctrl-C, and ends with status 0', async () => {
    const { child, ended } = start(['--once', '--json', '--seconds', '3000']);
    const counts = (): boolean => {
      const folder = `/proc/${child.pid}/fd`;
      try {
        return readdirSync(folder).some((fd) => readlinkSync(`${folder}/${fd}`) === 'anon_inode:bpf_link');
      } catch {
        // It is just opening or closing something.
        return false;
      }
    };
    for (let tries = 0; tries < 2_000 && !counts() && child.exitCode === null; tries += 1) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    child.kill('SIGINT');
    const { status, out, err } = await ended;
    expect({ status, err }).toEqual({ status: 0, err: '' });
    expect(JSON.parse(out)).toMatchObject({ seconds: expect.any(Number), rows: expect.any(Array) });
    // For people too: a member a line.
    expect(out).toMatch(/^\{\n {2}"seconds": /);
  });

  const terminalTest = spawnSync('script', ['--version']).status === 0 ? kernelTest : it.skip;
  terminalTest('redraws in place on a terminal', () => {
    const command = `${process.execPath} ${root}/bin/xcall watch --seconds 2`;
    const { status, stdout } = spawnSync('script', ['-qec', command, '/dev/null'], { encoding: 'utf8' });
    expect(status).toBe(0);
    const [first = '', up = '', wiped, ...more] = stdout.split('\u001b[');
    expect(Number(/^(\d+)A$/.exec(up)?.[1])).toBe(first.split('\n').length - 1);
    expect(wiped).toMatch(/^J\d+ cross-calls in /);
    expect(more).toEqual([]);
  });

  it('refuses wrong usage with status 2', () => {
    expect(xcall(['watch', '--seconds', '0'])).toMatchObject({ status: 2, out: '' });
  });

  const dropped = ['--bounding-set', '-all', '--inh-caps', '-all'];
  const mayDrop = spawnSync('setpriv', [...dropped, 'true']).status === 0;
  const why = mayDrop ? '' : ' [skipped: setpriv is not there or may not drop capabilities]';
  it.skipIf(!mayDrop)(`is refused without privileges with status 1 and what to do${why}`, () => {
    const command = [...dropped, process.execPath, `${root}/bin/xcall`, 'watch', '--once'];
    const { status, stdout, stderr } = spawnSync('setpriv', command, { encoding: 'utf8' });
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toMatch(/^xcall: cross-calls are refused: .*Operation not permitted \(EPERM\)\n {4}hint: /);
    expect(stderr.split('\n')).toHaveLength(3);
  });
});
