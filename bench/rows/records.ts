/**
 * Records to a file: the highest rate at which every event's three fields arrive. A process makes calls at a set rate for
 * two seconds; the rate is doubled until records are lost, then narrowed down, the tracers taking turns. Both tracers keep their default buffers.
 */

import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Bench, Row } from '../bench.js';
import { type Answerer, startAnswerer, startTracer } from '../child.js';
import { figureOf } from '../figure.js';
import { hasProgram } from '../program-time.js';
import { apart, bpftraceCommand, cpuRoles, dtraceCommand } from '../tracers.js';

const milliseconds = 2_000;
/** Calls a second to begin with, and the limits of the search. */
const lowest = 50_000;
const slowest = 1_000;
const highest = 8_000_000;
/** Rates are narrowed down to this ratio. */
const precision = 1.15;
/** A rate is too high when it has lost records this often. */
const tries = 2;

const ourProgram = `syscall::getppid:entry /pid == $1/ { printf("%d %s %d\\n", pid, execname, timestamp); }`;

const peerProgram = (pid: number): string =>
  `tracepoint:syscalls:sys_enter_getppid /pid == ${pid}/ { printf("%d %s %lld\\n", pid, comm, nsecs); }`;

interface Run {
  readonly calls: number;
  /** Calls a second that were really made. */
  readonly rate: number;
  readonly arrived: number;
  /** Microseconds of the tracer's CPU time an event. */
  readonly cpu: number;
}

/** Nanoseconds that all threads of a process have spent on CPUs. */
function cpuTime(pid: number): number {
  const threads = readdirSync(`/proc/${pid}/task`);
  const of = (thread: string) => Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'latin1').split(' ')[0]);
  return threads.reduce((sum, thread) => sum + of(thread), 0);
}

const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 500));

async function runAt(caller: Answerer, rate: number, command: (file: string) => readonly string[]): Promise<Run> {
  const directory = mkdtempSync(join(tmpdir(), 'dtrace-bench-'));
  const file = join(directory, 'records');
  try {
    // bpftrace keeps what it writes to a file until it ends, so there is no mark to wait for.
    const tracer = await startTracer(command(file), hasProgram);
    await settled();
    const begun = cpuTime(tracer.pid);
    const [calls = 0, took = 1] = (await caller.ask(`rate ${rate} ${milliseconds}`)).split(' ').map(Number);
    await settled();
    const spent = cpuTime(tracer.pid) - begun;
    // Killed, it still had records in its hands: they count as lost.
    await tracer.stop();
    const arrived = countRecords(file, `${caller.pid} `);
    return { calls, rate: (calls * 1e9) / took, arrived, cpu: spent / 1e3 / calls };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Lines of the file that begin with `prefix`. */
function countRecords(file: string, prefix: string): number {
  const bytes = readFileSync(file);
  const start = Buffer.from(`\n${prefix}`);
  let records = bytes.subarray(0, prefix.length).equals(start.subarray(1)) ? 1 : 0;
  for (let at = bytes.indexOf(start); at >= 0; at = bytes.indexOf(start, at + 1)) records += 1;
  return records;
}

/** A search for the highest rate without loss, one run at a time, so that two searches can take turns. */
interface Search {
  /** The rate to try now; undefined: the search is over. */
  next(): number | undefined;
  result(run: Run): void;
  readonly best: Run | undefined;
  /** A run at the lowest rate that lost records; undefined: the caller cannot go faster. */
  readonly lossy: Run | undefined;
}

/** Doubles the rate until records are lost twice in a row, then narrows it down. */
function createSearch(): Search {
  let [clean, lost] = [0, Number.POSITIVE_INFINITY];
  let rate = lowest;
  let failures = 0;
  let over = false;
  let best: Run | undefined;
  let lossy: Run | undefined;
  return {
    get best() {
      return best;
    },
    get lossy() {
      return lossy;
    },
    next: () => (over ? undefined : Math.round(rate)),
    result: (run) => {
      if (run.arrived === run.calls) {
        failures = 0;
        clean = rate;
        // The caller falls behind where the tracer slows it down: only what it really made counts.
        if (best !== undefined && run.rate < best.rate) over = true;
        else best = run;
      } else {
        failures += 1;
        lossy = run;
        // Something else on the machine may have been in the way: once more.
        if (failures < tries) return;
        failures = 0;
        lost = rate;
      }
      if (lost === Number.POSITIVE_INFINITY) rate *= 2;
      else rate = clean === 0 ? rate / 2 : Math.sqrt(clean * lost);
      if (lost / clean <= precision || rate > highest || rate < slowest) over = true;
    },
  };
}

/** Issue 2: >= 3 x bpftrace. */
export const recordsRow: Row = {
  name: 'records',
  title: 'printf of three fields an event to a file, the highest rate without loss',
  run: (bench: Bench) =>
    apart(async () => {
      const caller = startAnswerer(bench.native('caller'), String(cpuRoles().caller));
      const commands = {
        ours: (file: string) => dtraceCommand(ourProgram, '-o', file).concat(String(caller.pid)),
        peer: (file: string) => bpftraceCommand(peerProgram(caller.pid), '-o', file),
      };
      try {
        const searches = { ours: createSearch(), peer: createSearch() };
        const sides = bench.bpftrace === undefined ? (['ours'] as const) : (['ours', 'peer'] as const);
        while (sides.some((side) => searches[side].next() !== undefined)) {
          for (const side of sides) {
            const rate = searches[side].next();
            if (rate !== undefined) searches[side].result(await runAt(caller, rate, commands[side]));
          }
        }
        const { ours, peer } = searches;
        if (ours.best === undefined) throw new Error('dtrace loses records at every rate');
        const bpftrace = (samples: readonly (number | undefined)[]) => ({
          name: 'bpftrace',
          samples: samples.filter((sample) => sample !== undefined),
        });
        const thousands = (run: Run | undefined) => (run === undefined ? undefined : run.rate / 1e3);
        const target = { of: 'ratio', atLeast: 3 } as const;
        bench.report(figureOf('sustained', '1000/s', [ours.best.rate / 1e3], bpftrace([thousands(peer.best)]), target));
        bench.report(
          figureOf("tracer's CPU an event, at that rate", 'us', [ours.best.cpu], bpftrace([peer.best?.cpu])),
        );
        for (const [name, result] of [
          ['dtrace', ours],
          ['bpftrace', peer],
        ] as const) {
          if (result.lossy === undefined) continue;
          const { rate, calls, arrived } = result.lossy;
          const share = (100 * (calls - arrived)) / calls;
          bench.note(`${name} loses ${share.toFixed(2)} % at ${Math.round(rate / 1e3)} thousand a second`);
        }
      } finally {
        await caller.close();
      }
    }),
};
