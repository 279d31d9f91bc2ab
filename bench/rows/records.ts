/**
 * Records to a file: the highest rate at which every event's three fields arrive. A process makes calls at a set rate for
 * a few seconds; the rate is doubled until records are lost, then narrowed down. Both tracers keep their default buffers.
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
const lowest = 25_000;
const highest = 8_000_000;
/** Rates are narrowed down to this ratio. */
const precision = 1.1;

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
    await tracer.stop();
    // The mark and the empty lines at the end are no records.
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

interface Sustained {
  /** The fastest run that lost nothing. */
  readonly best: Run;
  /** The slowest run that lost something; undefined: the caller cannot go faster. */
  readonly lossy: Run | undefined;
}

/** Doubles the rate until records are lost, then bisects; the best rate must hold twice. */
async function sustained(run: (rate: number) => Promise<Run>): Promise<Sustained> {
  let best: Run | undefined;
  let lossy: Run | undefined;
  let rate = lowest;
  while (rate <= highest && (lossy === undefined || best === undefined || rate / best.rate > precision)) {
    const tried = await run(rate);
    if (tried.arrived === tried.calls) {
      if (best !== undefined && tried.rate < best.rate * 1.02 && lossy === undefined) break;
      best = tried;
    } else {
      lossy = tried;
    }
    if (lossy === undefined) rate *= 2;
    else if (best === undefined) rate /= 2;
    else rate = Math.round(Math.sqrt(best.rate * lossy.rate));
    if (rate < 1000 || (lossy !== undefined && best !== undefined && lossy.rate / best.rate < precision)) break;
  }
  if (best === undefined) throw new Error('every rate loses records');
  return { best, lossy };
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
        const ours = await sustained((rate) => runAt(caller, rate, commands.ours));
        const peer =
          bench.bpftrace === undefined ? undefined : await sustained((rate) => runAt(caller, rate, commands.peer));
        const bpftrace = (samples: readonly (number | undefined)[]) => ({
          name: 'bpftrace',
          samples: samples.filter((sample) => sample !== undefined),
        });
        const thousands = (run: Run | undefined) => (run === undefined ? undefined : run.rate / 1e3);
        const target = { of: 'ratio', atLeast: 3 } as const;
        bench.report(
          figureOf('sustained', '1000/s', [ours.best.rate / 1e3], bpftrace([thousands(peer?.best)]), target),
        );
        bench.report(
          figureOf("tracer's CPU an event, at that rate", 'us', [ours.best.cpu], bpftrace([peer?.best.cpu])),
        );
        for (const [name, result] of [
          ['dtrace', ours],
          ['bpftrace', peer],
        ] as const) {
          if (result?.lossy === undefined) continue;
          const { rate, calls, arrived } = result.lossy;
          const share = (100 * (calls - arrived)) / calls;
          bench.note(`${name} loses ${share.toFixed(2)} % at ${Math.round(rate / 1e3)} thousand a second`);
        }
      } finally {
        await caller.close();
      }
    }),
};
