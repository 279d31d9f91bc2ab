/** What `xcall bench` measures. */

import { exit, move } from '../../../bpf/instruction.js';
import { type CrossCall, createCrossCall, crossCallOffline } from '../../../bpf/run.js';
import { getAffinity, membarrier, offersMembarrier, onlineCpus, setAffinity } from '../../../sys/index.js';
import { requireCallable } from '../../../xcall/handler.js';
import { loadHandler, xcall } from '../../../xcall/index.js';
import { type Figures, figuresOf } from './figures.js';
import { openIdleSession } from './idle-session.js';
import { MeasurementError } from './measurement-error.js';
import { type Neighbour, occupy } from './neighbour.js';
import { pin } from './pin.js';
import { type Attempt, type Span, sampleInTurn, type TimedCall } from './sample.js';

/** One direction between two CPUs. */
export interface Direction {
  readonly from: number;
  readonly to: number;
}

/** What was measured. */
export interface Measured {
  /** The CPUs that were online. */
  readonly cpus: readonly number[];
  /** `xcall()`; from a CPU to itself the handler runs inline. */
  readonly pairs: readonly (Direction & Figures)[];
  /** `sync()` of a session whose probes do not fire. */
  readonly sync: Figures;
  /** membarrier(2) private expedited, while a thread of this process runs on `to`; undefined: see `notes`. */
  readonly membarrierPrivate: (Direction & Figures) | undefined;
  /** membarrier(2) global, which is one grace period of RCU; undefined: see `notes`. */
  readonly membarrierGlobal: Figures | undefined;
  /** BPF_PROG_RUN with nothing around it, in turn with `xcall()` to the same CPU. */
  readonly bareProgRun: Direction & Figures;
  /** What could not be measured, and why. */
  readonly notes: readonly string[];
}

/** Tells how far it is, from 0 to 1, and what comes next. */
export type OnProgress = (share: number, what: string) => void;

/** Shares of the time. */
const shares = { bare: 0.1, pairs: 0.5, sync: 0.1, private: 0.1, global: 0.2 } as const;

/** Samples of one kind are no more than this. */
const most = 20_000;

/** Measures for so many milliseconds at most, and leaves the affinity as it was. Throws the errors of `xcall()`, MeasurementError. */
export function measure(milliseconds: number, onProgress: OnProgress): Measured {
  const before = getAffinity();
  try {
    return measureFrom(before, milliseconds, onProgress);
  } finally {
    setAffinity(before);
  }
}

function measureFrom(allowed: readonly number[], milliseconds: number, onProgress: OnProgress): Measured {
  const notes: string[] = [];
  const cpus = onlineCpus();
  const callers = cpus.filter((cpu) => allowed.includes(cpu));
  const barred = cpus.filter((cpu) => !allowed.includes(cpu));
  if (barred.length > 0)
    notes.push(`no calls from CPU ${barred.join(', ')}: this process may not run there (its affinity)`);

  const from = callers[0] ?? 0;
  const to = callers.find((cpu) => cpu !== from) ?? cpus.find((cpu) => cpu !== from) ?? from;
  if (to === from) notes.push('there is one CPU only: nothing is called but the caller itself');
  let done = 0;
  const span = (share: number, count: number, what: string): Span => {
    onProgress(done, what);
    done += share / count;
    return { milliseconds: (milliseconds * share) / count, most };
  };
  // The smallest handler that there is.
  using handler = loadHandler([move('r0', 1), exit()], { name: 'xcall_bench' });
  requireCallable(handler);
  const calling = (cpu: number) => (): Attempt => (xcall(cpu, handler).kind === 'returned' ? 'done' : 'impossible');

  setAffinity([from]);
  const compared = sampleInTurn(
    [online(createCrossCall(handler), to), calling(to)],
    span(shares.bare, 1, 'BPF_PROG_RUN'),
  );
  if (compared === undefined) throw new MeasurementError(`CPU ${to} went offline`, 'measure the others: run it again');
  const [bare = empty, compare = empty] = compared;

  const pairs: (Direction & Figures)[] = [];
  for (const caller of callers) {
    if (!pin(caller)) {
      notes.push(`no calls from CPU ${caller}: it went offline`);
      continue;
    }
    for (const target of cpus) {
      const within = span(shares.pairs, callers.length * cpus.length, `CPU ${caller} calls CPU ${target}`);
      const known = caller === from && target === to ? compare : undefined;
      const samples = known ?? sampleInTurn([calling(target)], within)?.[0];
      if (samples === undefined) notes.push(`no calls from CPU ${caller} to CPU ${target}: it went offline`);
      else pairs.push({ from: caller, to: target, ...figuresOf(samples) });
    }
  }

  pin(from);
  const sync = measureSync(span(shares.sync, 1, 'sync()'));
  const membarrierPrivate = measurePrivate(from, to, span(shares.private, 1, 'membarrier private'), notes);
  const membarrierGlobal = measureGlobal(span(shares.global, 1, 'membarrier global'), notes);
  const bareProgRun = { from, to, ...figuresOf(bare) };
  return { cpus, pairs, sync, membarrierPrivate, membarrierGlobal, bareProgRun, notes };
}

const empty = new Float64Array(0);

const online = (call: CrossCall, cpu: number) => (): Attempt =>
  call(cpu) === crossCallOffline ? 'impossible' : 'done';

const always = (call: () => void) => (): Attempt => {
  call();
  return 'done';
};

const samplesOf = (call: TimedCall, span: Span): Float64Array => sampleInTurn([call], span)?.[0] ?? empty;

function measureSync(span: Span): Figures {
  using session = openIdleSession();
  const { sync } = session.sync;
  return figuresOf(samplesOf(always(sync), span));
}

/** A barrier that counts if the neighbour ran meanwhile: otherwise somebody else had its CPU, and nobody was interrupted. */
export const reaching =
  (neighbour: Pick<Neighbour, 'turns'>, barrier: () => void): TimedCall =>
  () => {
    const turns = neighbour.turns();
    barrier();
    return neighbour.turns() === turns ? 'unfit' : 'done';
  };

function measurePrivate(from: number, to: number, span: Span, notes: string[]): Measured['membarrierPrivate'] {
  if (!offersMembarrier('private-expedited')) {
    notes.push('this kernel does not offer membarrier(2) private expedited');
    return undefined;
  }
  membarrier('register-private-expedited');
  const barrier = (): void => membarrier('private-expedited');
  if (to === from) return { from, to, ...figuresOf(samplesOf(always(barrier), span)) };
  try {
    using neighbour = occupy(to);
    const samples = samplesOf(reaching(neighbour, barrier), span);
    if (samples.length > 0) return { from, to, ...figuresOf(samples) };
    notes.push(`no membarrier(2) private: CPU ${to} was too busy for a thread of this process`);
  } catch (error) {
    if (!(error instanceof MeasurementError)) throw error;
    notes.push(`no membarrier(2) private: ${error.message}`);
  }
  return undefined;
}

function measureGlobal(span: Span, notes: string[]): Figures | undefined {
  if (offersMembarrier('global'))
    return figuresOf(
      samplesOf(
        always(() => membarrier('global')),
        span,
      ),
    );
  notes.push('this kernel does not offer membarrier(2) global');
  return undefined;
}
