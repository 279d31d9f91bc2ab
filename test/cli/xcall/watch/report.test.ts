import { describe, expect, it } from 'vitest';
import { type Counted, callRows, type Watched } from '../../../../src/cli/xcall/watch/calls.js';
import { watchJson, watchLines } from '../../../../src/cli/xcall/watch/report.js';
import { createScreen } from '../../../../src/cli/xcall/watch/screen.js';
import { parseKernelSymbols } from '../../../../src/sys/index.js';

const symbols = parseKernelSymbols('ffffffff81000100 T sender\nffffffff81000200 T called\n');

const entry = (keys: readonly bigint[], count: bigint) => ({ keys, data: BigInt64Array.of(count) });

/** Addresses as D gives them: signed. */
const address = (low: bigint): bigint => BigInt.asIntN(64, 0xffffffff81000000n + low);

const counted: Counted = {
  calls: [
    entry([address(0x110n), address(0x200n), 1n, 0n], 3n),
    // Another place in the same function, and the return address behind its last instruction.
    entry([address(0x200n), address(0x200n), 1n, 0n], 96n),
    entry([address(0x110n), address(0x200n), 1n, 1n], 5n),
    entry([address(0x110n), address(0x200n), 0n, 0n], 7n),
    entry([0n, address(0x200n), 0n, 0n], 1n),
  ],
  latencies: [
    entry([address(0x110n), address(0x200n), 1n, 0n, 40n], 49n),
    entry([address(0x200n), address(0x200n), 1n, 0n, 30n], 49n),
    entry([address(0x110n), address(0x200n), 1n, 0n, 90n], 1n),
    entry([address(0x110n), address(0x200n), 1n, 1n, 50n], 5n),
  ],
  lost: 0,
};

const thousands = (bucket: number): number => bucket * 1000;

describe('the rows', () => {
  it('are by function, CPU and whose the calls are, the most frequent first, with percentiles', () => {
    expect(callRows(counted, symbols, thousands)).toEqual([
      {
        ...{ sender: 'sender', function: 'called', target: 1, own: false, calls: 99 },
        latency: { calls: 99, p50: 40_000, p90: 40_000, p99: 90_000 },
      },
      { sender: 'sender', function: 'called', target: 0, own: false, calls: 7, latency: undefined },
      {
        ...{ sender: 'sender', function: 'called', target: 1, own: true, calls: 5 },
        latency: { calls: 5, p50: 50_000, p90: 50_000, p99: 50_000 },
      },
      {
        ...{ sender: 'unknown', function: 'called', target: 0, own: false, calls: 1 },
        latency: undefined,
      },
    ]);
  });

  it('of equal counts are by name, then by CPU; counts of one bucket and percentiles are exact', () => {
    const at = (low: bigint, target: bigint, count: bigint, ...rest: bigint[]) =>
      entry([address(low), address(0x200n), target, 0n, ...rest], count);
    const { calls, latencies } = {
      calls: [at(0x210n, 1n, 2n), at(0x110n, 3n, 2n), at(0x110n, 1n, 2n), at(0x110n, 2n, 9n)],
      // From two places in one function.
      latencies: [at(0x110n, 2n, 5n, 30n), at(0x120n, 2n, 4n, 30n), at(0x110n, 2n, 1n, 40n)],
    };
    const rows = callRows({ calls, latencies, lost: 0 }, symbols, thousands);
    expect(rows.map(({ sender, target }) => [sender, target])).toEqual([
      ['sender', 2],
      ['called', 1],
      ['sender', 1],
      ['sender', 3],
    ]);
    // The smallest bucket in which nine of ten are passed.
    expect(rows[0]?.latency).toEqual({ calls: 10, p50: 30_000, p90: 30_000, p99: 40_000 });
  });

  it('have addresses where the kernel does not show its symbols', () => {
    const rows = callRows(counted, undefined, thousands);
    expect(rows[0]).toMatchObject({ sender: '0xffffffff81000200', function: '0xffffffff81000200', calls: 96 });
    expect(rows.at(-1)).toMatchObject({ sender: 'unknown', function: '0xffffffff81000200', calls: 1 });
  });
});

const watched: Watched = { seconds: 2, rows: callRows(counted, symbols, thousands), lost: 0 };

describe('the table', () => {
  it('has a row for each sender, function and CPU, and tells the own calls', () => {
    expect(`\n${watchLines(watched, { width: 80 }).join('\n')}\n`).toMatchInlineSnapshot(`
      "
      112 cross-calls in 2.0 s, 56.0 a second; * 5 by this xcall itself, 2.5 a second
      SENDER           FUNCTION          CPU   CALLS/S    P50 µs    P90 µs    P99 µs
      sender           called              1      49.5      40.0      40.0      90.0
      sender           called              0       3.5         -         -         -
      sender           called              1       2.5      50.0      50.0      50.0 *
      unknown          called              0       0.5         -         -         -
      "
    `);
  });

  it('cuts names, leaves out rows and says so, and tells what was lost', () => {
    const lines = watchLines({ ...watched, lost: 3 }, { width: 60, height: 5 });
    expect(`\n${lines.join('\n')}\n`).toMatchInlineSnapshot(`
      "
      112 cross-calls in 2.0 s, 56.0 a second; * 5 by this xcall itself, 2.5 a second
      3 lost: the figures may be too low by as many
      SENDER       FUNCTION      CPU   CALLS/S    P50 µs    P90 µs    P99 µs
      sender       called          1      49.5      40.0      40.0      90.0
      3 more
      "
    `);
  });

  it('shows a row and twelve letters of a name however little room there is, and forty at most', () => {
    const [row = expect.unreachable('there is a row')] = watched.rows;
    const rows = ['exactly12let', 'f'.repeat(60)].map((sender) => ({ ...row, sender }));
    const small = watchLines({ ...watched, rows }, { width: 1, height: 1 });
    expect(small.slice(2)).toEqual([expect.stringMatching(/^exactly12let called +1 /), '1 more']);
    const large = watchLines({ ...watched, rows }, { width: 500 });
    expect(large[3]).toMatch(/^f{39}… called/);
  });

  it('of nothing has its headings only', () => {
    expect(watchLines({ seconds: 1, rows: [], lost: 0 }, { width: 80 })).toEqual([
      '0 cross-calls in 1.0 s, 0.0 a second; * 0 by this xcall itself, 0.0 a second',
      expect.stringMatching(/^SENDER +FUNCTION +CPU +CALLS\/S/),
    ]);
  });

  it('as JSON has three digits behind the point', () => {
    const { seconds, calls_per_second, own } = watchJson({ ...watched, seconds: 1.23456 });
    expect([seconds, calls_per_second, own.calls_per_second]).toEqual([1.235, 90.721, 4.05]);
  });

  it('as JSON has the names that programs rely on', () => {
    const row = { sender: 'sender', function: 'called' };
    expect(watchJson(watched)).toEqual({
      seconds: 2,
      calls: 112,
      calls_per_second: 56,
      own: { calls: 5, calls_per_second: 2.5 },
      rows: [
        {
          ...{ ...row, target: 1, own: false, calls: 99, calls_per_second: 49.5 },
          latency: { calls: 99, p50_ns: 40_000, p90_ns: 40_000, p99_ns: 90_000 },
        },
        { ...row, target: 0, own: false, calls: 7, calls_per_second: 3.5, latency: null },
        {
          ...{ ...row, target: 1, own: true, calls: 5, calls_per_second: 2.5 },
          latency: { calls: 5, p50_ns: 50_000, p90_ns: 50_000, p99_ns: 50_000 },
        },
        {
          ...{ ...row, sender: 'unknown', target: 0, own: false, calls: 1, calls_per_second: 0.5 },
          latency: null,
        },
      ],
      lost: 0,
    });
  });
});

describe('the screen', () => {
  const stream = (rest: { readonly isTTY?: boolean; readonly columns?: number; readonly rows?: number }) => {
    const written: string[] = [];
    return { written, ...rest, write: (text: string) => written.push(text) };
  };

  it('redraws in place on a terminal, in lines that do not wrap', () => {
    const terminal = stream({ isTTY: true, columns: 6, rows: 10 });
    const screen = createScreen(terminal);
    expect(screen.room()).toEqual({ width: 5, height: 9 });
    screen.show(['123456789', 'a']);
    screen.show(['b']);
    expect(terminal.written).toEqual(['12345\na\n', '\u001b[2A\u001b[Jb\n']);
  });

  it('takes a terminal that does not know its size to have 80 columns and 24 lines', () => {
    const terminal = stream({ isTTY: true, columns: 0, rows: 0 });
    const screen = createScreen(terminal);
    expect(screen.room()).toEqual({ width: 79, height: 23 });
    screen.show(['x'.repeat(100)]);
    expect(terminal.written).toEqual([`${'x'.repeat(79)}\n`]);
  });

  it('writes one table after the other elsewhere, whole', () => {
    const file = stream({});
    const screen = createScreen(file);
    expect(screen.room()).toEqual({ width: 132 });
    screen.show(['a']);
    screen.show(['b']);
    expect(file.written).toEqual(['a\n', '\nb\n']);
  });
});
