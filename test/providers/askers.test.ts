/** Who asks for a cross-call, as `arg9` of xcall tells it: the test makes calls itself, and knows by which functions. */

import { Worker } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import { exit, move } from '../../src/bpf/instruction.js';
import { occupy } from '../../src/cli/xcall/bench/neighbour.js';
import { isOnCrossCallPath } from '../../src/providers/cross-call-path.js';
import { xcallProvider } from '../../src/providers/xcall.js';
import {
  getAffinity,
  membarrier,
  offersMembarrier,
  readKernelSymbols,
  setAffinity,
  threadId,
} from '../../src/sys/index.js';
import { loadHandler, xcall } from '../../src/xcall/index.js';
import { kernelSkipReason, kernelTest } from '../kernel-test.js';
import { missedFirings, ownCpus } from '../own-calls.js';
import { trace } from '../trace.js';

const { from, to } = ownCpus;

/** Makes calls of CPU `to` from this thread, which is on CPU `from`. */
interface Caller extends Disposable {
  call(): void;
}

function xcaller(): Caller {
  const handler = loadHandler([move('r0', 42), exit()]);
  return {
    call: () => expect(xcall(to, handler)).toEqual({ cpu: to, kind: 'returned', value: 42 }),
    [Symbol.dispose]: () => handler.close(),
  };
}

/** membarrier(2) interrupts only those CPUs that run this process: each barrier follows a sign of life from there. */
function barrier(): Caller {
  membarrier('register-private-expedited');
  const neighbour = occupy(to);
  return {
    call: () => {
      const [turns, patience] = [neighbour.turns(), Date.now() + 10_000];
      while (neighbour.turns() === turns && Date.now() < patience) {}
      membarrier('private-expedited');
    },
    [Symbol.dispose]: () => neighbour[Symbol.dispose](),
  };
}

/** What the thread that is woken does: it answers each turn, until it is told the last one. */
const answering = `
const { workerData: words } = require('node:worker_threads');
for (let turn = 0; turn >= 0; ) {
  Atomics.store(words, 1, turn);
  Atomics.notify(words, 1);
  Atomics.wait(words, 0, turn);
  turn = Atomics.load(words, 0);
}
`;

/** Wakes a thread of this process, which waits on CPU `to`, by a futex. */
function waker(): Caller {
  const words = new Int32Array(new SharedArrayBuffer(8));
  let turn = 0;
  const before = getAffinity();
  // A thread starts with the affinity of the one that creates it.
  setAffinity([to]);
  words[1] = -1;
  const worker = new Worker(answering, { eval: true, workerData: words, execArgv: [] });
  setAffinity(before);
  worker.unref();
  const answered = (): void => {
    for (let had = words[1] ?? 0; had !== turn; had = Atomics.load(words, 1)) {
      if (Atomics.wait(words, 1, had, 10_000) === 'timed-out') throw new Error('the thread does not answer');
    }
  };
  answered();
  const tell = (next: number): void => {
    turn = next;
    Atomics.store(words, 0, next);
    Atomics.notify(words, 0);
  };
  return {
    call: () => {
      tell(turn + 1);
      answered();
    },
    [Symbol.dispose]: () => tell(-1),
  };
}

/** What the running kernel lacks for these tests. */
const lacking = ((): string | undefined => {
  if (kernelSkipReason !== undefined) return kernelSkipReason;
  if (from === to) return 'one CPU only';
  const there = xcallProvider.probes().map(({ name }) => name);
  if (!['queue', 'send'].every((name) => there.includes(name))) return 'the kernel has no tracepoints for cross-calls';
  return readKernelSymbols() === undefined ? 'the kernel shows no addresses' : undefined;
})();

interface Case {
  readonly name: string;
  readonly start: () => Caller;
  readonly times: number;
  /** The kernel's function that CPU `to` is to run; reschedule: to look at its run queue. */
  readonly called: readonly string[];
  readonly asker: string;
  /** Each call is a cross-call; otherwise it is one only where the other CPU does what it usually does. */
  readonly each: boolean;
}

const cases: readonly Case[] = [
  {
    ...{ name: 'xcall()', start: xcaller, times: 400, each: true },
    ...{ called: ['__bpf_prog_test_run_raw_tp'], asker: 'bpf_prog_test_run_raw_tp' },
  },
  {
    ...{ name: 'membarrier(2)', start: barrier, times: 50, each: false },
    ...{ called: ['ipi_mb'], asker: 'membarrier_private_expedited' },
  },
  {
    ...{ name: 'waking a thread by futex(2)', start: waker, times: 400, each: false },
    ...{ called: ['reschedule', 'sched_ttwu_pending'], asker: 'futex_wake' },
  },
];

/** A cross-call is counted where it is queued, or sent where it has no function. */
const text = (thread: number): string => `
  xcall:::queue /tid == ${thread} && ipl == 0 && arg0 == ${from} && arg1 == ${to}/ { @[arg3, arg9] = count(); }
  xcall:::send /tid == ${thread} && ipl == 0 && arg0 == ${from} && arg1 == ${to} && arg3 == 0/ { @[arg3, arg9] = count(); }
  END { printa("%x %x %@d\\n", @); }`;

interface Row {
  readonly called: string;
  readonly asker: string;
  readonly count: number;
}

async function rowsOf({ start, times }: Case): Promise<{ readonly rows: readonly Row[]; readonly missed: number }> {
  const symbols = readKernelSymbols() ?? expect.unreachable('the kernel shows addresses');
  const nameOf = (hex: string, back: bigint): string => {
    const address = BigInt(`0x${hex}`);
    return address === 0n ? '' : (symbols.nameOf(address - back) ?? hex);
  };
  const before = getAffinity();
  using caller = start();
  // The calls that the session itself makes go the other way.
  setAffinity([to]);
  try {
    const { lines, drops } = await trace(text(threadId()), {
      meanwhile: () => {
        setAffinity([from]);
        for (let made = 0; made < times; made += 1) caller.call();
        setAffinity([to]);
      },
    });
    const rows = lines.map((line): Row => {
      const [called = '', asker = '', count] = line.split(' ');
      return { called: nameOf(called, 0n) || 'reschedule', asker: nameOf(asker, 1n), count: Number(count) };
    });
    return { rows, missed: missedFirings({ drops }) };
  } finally {
    setAffinity(before);
  }
}

describe('the asker', () => {
  const test =
    lacking === undefined ? kernelTest : (name: string) => it.skip(`${name} [skipped: ${lacking}]`, () => {});
  for (const one of cases) {
    if (one.called.includes('ipi_mb') && lacking === undefined && !offersMembarrier('private-expedited')) {
      it.skip(`of ${one.name} [skipped: the kernel does not offer it]`, () => {});
      continue;
    }
    test(`of ${one.name} is ${one.asker}`, async () => {
      const sum = (of: readonly Row[]): number => of.reduce((total, { count }) => total + count, 0);
      const oursIn = (rows: readonly Row[]) => rows.filter(({ called }) => one.called.includes(called));
      let { rows, missed } = await rowsOf(one);
      // Another thread may have that CPU, or somebody takes it offline, and no call goes there.
      for (let again = 0; again < 4 && !one.each && oursIn(rows).length === 0; again += 1) {
        ({ rows, missed } = await rowsOf(one));
      }
      const ours = oursIn(rows);
      const named = ours.filter(({ asker }) => asker === one.asker);
      expect(sum(named), JSON.stringify(rows)).toBeGreaterThan(0);
      if (one.each) {
        // A stack that cannot be walked leaves the call counted, of an unknown asker.
        const unknown = ours.filter(({ asker }) => asker === '');
        expect(sum(named) + sum(unknown)).toBeGreaterThanOrEqual(one.times - missed);
        expect(ours.filter(({ asker }) => asker !== one.asker && asker !== '')).toEqual([]);
        expect(sum(ours)).toBeLessThanOrEqual(one.times);
      }
      expect(rows.filter(({ asker }) => isOnCrossCallPath(asker))).toEqual([]);
    });
  }
});
