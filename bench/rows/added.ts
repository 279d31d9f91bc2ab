/**
 * What a traced getppid() costs more than one that is not, for several programs.
 *
 * Two measures: the kernel's run time of the programs that the call reaches, less that of an empty program of the same
 * type (by which differences of a few nanoseconds are judged), and the time from end to end that the caller sees.
 */

import { type Bench, pairs, type Row } from '../bench.js';
import { type Answerer, startAnswerer, startTracer } from '../child.js';
import { figureOf, type Target } from '../figure.js';
import { attachFloor } from '../floor.js';
import { type ProgramTime, programTime } from '../program-time.js';
import { spreadOf } from '../spread.js';
import { apart, bpftraceCommand, cpuRoles, dtraceCommand } from '../tracers.js';

const calls = 1_000_000;

/** For programs that have no target yet. */
const fewerPairs = 7;

/** Nanoseconds a call. */
async function timeCalls(caller: Answerer, count: number): Promise<number> {
  const [made = 0, took = 0] = (await caller.ask(`count ${count}`)).split(' ').map(Number);
  return took / made;
}

interface Sample {
  readonly endToEnd: number;
  readonly program: ProgramTime;
}

async function sample(caller: Answerer, pid: number): Promise<Sample> {
  await timeCalls(caller, calls / 10);
  const endToEnd = await timeCalls(caller, calls);
  const program = await programTime(pid, calls / 4, () => timeCalls(caller, calls / 4));
  return { endToEnd, program };
}

async function sampleTracer(caller: Answerer, command: readonly string[]): Promise<Sample> {
  const tracer = await startTracer(command);
  try {
    return await sample(caller, tracer.pid);
  } finally {
    await tracer.stop();
  }
}

async function sampleFloor(caller: Answerer, which: 'empty' | 'count'): Promise<Sample> {
  using _attached = attachFloor(which);
  return await sample(caller, process.pid);
}

/** A program in both languages. */
interface AddedCase {
  readonly name: string;
  readonly ours: string;
  readonly peer: string;
  readonly target?: Target;
  readonly floor?: boolean;
}

const entry = 'syscall::getppid:entry';
const peerEntry = 'tracepoint:syscalls:sys_enter_getppid';

const cases: readonly AddedCase[] = [
  {
    name: 'count',
    ours: `${entry} { @ = count(); }`,
    peer: `${peerEntry} { @ = count(); }`,
    target: { of: 'ratio', atMost: 0.5 },
    floor: true,
  },
  {
    name: 'count-probefunc',
    ours: `${entry} { @[probefunc] = count(); }`,
    peer: `${peerEntry} { @[probe] = count(); }`,
  },
  {
    name: 'count-execname',
    ours: `${entry} { @[execname] = count(); }`,
    peer: `${peerEntry} { @[comm] = count(); }`,
  },
  {
    name: 'count-pid-execname',
    ours: `${entry} { @[pid, execname] = count(); }`,
    peer: `${peerEntry} { @[pid, comm] = count(); }`,
  },
  {
    name: 'latency',
    ours:
      `${entry} { self->ts = timestamp; } ` +
      'syscall::getppid:return /self->ts/ { @ = quantize(timestamp - self->ts); self->ts = 0; }',
    peer:
      `${peerEntry} { @ts[tid] = nsecs; } ` +
      'tracepoint:syscalls:sys_exit_getppid /@ts[tid]/ { @ = hist(nsecs - @ts[tid]); delete(@ts[tid]); }',
  },
];

/** Often enough that the mark of BEGIN is seen soon. */
const dtraceFlags = ['-x', 'switchrate=20ms'] as const;

/** The run time of an empty program, of our type and of bpftrace's; measured once for all rows. */
async function emptyTimes(
  caller: Answerer,
  bpftrace: boolean,
): Promise<{ readonly ours: number; readonly peer: number }> {
  const ours = [];
  const peer = [];
  for (let i = 0; i < 5; i += 1) {
    ours.push((await sampleFloor(caller, 'empty')).program.each);
    if (!bpftrace) continue;
    const command = bpftraceCommand(`BEGIN { printf("ready\\n"); } ${peerEntry} { }`);
    peer.push((await sampleTracer(caller, command)).program.each);
  }
  return { ours: spreadOf(ours).median, peer: bpftrace ? spreadOf(peer).median : 0 };
}

let emptied: Promise<{ readonly ours: number; readonly peer: number }> | undefined;

async function run(bench: Bench, { ours: text, peer: peerText, target, floor = false }: AddedCase): Promise<void> {
  const begin = 'BEGIN { printf("ready\\n"); }';
  const caller = startAnswerer(bench.native('caller'), String(cpuRoles().caller));
  const withPeer = bench.bpftrace !== undefined;
  const programs = { ours: [] as number[], peer: [] as number[], floor: [] as number[] };
  const whole = { ours: [] as number[], floor: [] as number[] };
  const added = { ours: [] as number[], peer: [] as number[], floor: [] as number[] };
  try {
    emptied ??= emptyTimes(caller, withPeer);
    const empty = await emptied;
    const add = (side: keyof typeof programs, { endToEnd, program }: Sample, bare: number, less: number): void => {
      programs[side].push(program.each - program.programs * less);
      added[side].push(endToEnd - bare);
      if (side !== 'peer') whole[side].push(program.each);
    };
    for (let pair = 0; pair < (target === undefined ? fewerPairs : pairs); pair += 1) {
      const bare = ((await timeCalls(caller, calls)) + (await timeCalls(caller, calls))) / 2;
      add('ours', await sampleTracer(caller, dtraceCommand(`${begin} ${text}`, ...dtraceFlags)), bare, empty.ours);
      if (withPeer) add('peer', await sampleTracer(caller, bpftraceCommand(`${begin} ${peerText}`)), bare, empty.peer);
      if (floor) add('floor', await sampleFloor(caller, 'count'), bare, empty.ours);
    }
    const bpftrace = (samples: readonly number[]) => ({ name: 'bpftrace', samples });
    const handWritten = (samples: readonly number[]) => ({ name: 'floor', samples });
    bench.report(figureOf('program, less an empty one', 'ns', programs.ours, bpftrace(programs.peer), target));
    bench.report(figureOf('added to a call, end to end', 'ns', added.ours, bpftrace(added.peer)));
    if (floor) {
      bench.report(figureOf('the whole program, against hand-written', 'ns', whole.ours, handWritten(whole.floor)));
      bench.report(figureOf('added, against hand-written', 'ns', added.ours, handWritten(added.floor)));
    }
    bench.note(
      `an empty program: typed raw tracepoint ${empty.ours.toFixed(1)} ns` +
        (withPeer ? `, perf tracepoint ${empty.peer.toFixed(1)} ns` : ''),
    );
  } finally {
    await caller.close();
  }
}

/** A row for each program. */
export const addedRows: readonly Row[] = cases.map((one) => ({
  name: one.name,
  title: `added to getppid(): ${one.ours}`,
  run: (bench) => apart(() => run(bench, one)),
}));
