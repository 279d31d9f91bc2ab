/** From one start of the tracer to its stop: traces the load, and gathers what there is to check. */

import type { TargetKernel } from '../../../d/codegen/target.js';
import { UnresponsiveError } from '../../../session/cyclics.js';
import type { DropCount } from '../../../session/drops.js';
import { openSession, type Session, type SessionOptions } from '../../../session/session.js';
import type { TickCount } from '../../../session/ticks.js';
import type { MailboxStatistics } from '../../../xcall/mailbox/boxes.js';
import { createStormConsumer, type ReadCounts, type StormConsumer, type Taken } from './consumer.js';
import type { Load } from './load/load.js';
import { leeway, type StormProgram } from './program.js';
import type { Pulse } from './watchdog/pulse.js';

/** What an epoch is made with. */
export interface EpochOptions {
  readonly program: StormProgram;
  readonly kernel: TargetKernel;
  readonly mechanisms: Pick<SessionOptions, 'askWith'>;
  readonly load: Load;
  readonly pulse: Pulse;
  readonly milliseconds: number;
  /** Whether it is to end now. */
  readonly over: () => boolean;
}

/** What came of it. */
export interface EpochResult extends Taken {
  /** From the start to the stop. */
  readonly seconds: number;
  /** Switches of the buffers, and readings of the aggregations. */
  readonly switches: number;
  readonly readings: number;
  readonly ticks: readonly TickCount[];
  /** So many were due a second and CPU. */
  readonly tickRate: number;
  readonly drops: readonly DropCount[];
  readonly mailbox: MailboxStatistics;
  /** When the request that took longest was seen to be complete, s since the start; undefined: not before the stop. */
  readonly longestAt: number | undefined;
  /** How long it took to stop, ms. */
  readonly stopping: number;
  /** CPUs that came online meanwhile, and how long their timers may have stood still, ns. */
  readonly arrivals: number;
  readonly gap: number;
  readonly syncs: number;
  readonly retries: number;
}

/** How often the buffers are switched and the aggregations read, ms; what is late is made up for. */
const every = { switch: 1, reading: 10, look: 50, turn: 5 } as const;

/** What is not made up for any more, ms. */
const behind = 200;

const cell = new Int32Array(new SharedArrayBuffer(4));

const eventLoop = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Runs one. Throws SyncError, MailboxError, UnresponsiveError, the errors of the BPF layer. */
export async function runEpoch(options: EpochOptions): Promise<EpochResult> {
  const { program, kernel, mechanisms, load, pulse, milliseconds, over } = options;
  pulse.at('opens a session');
  const session = openSession(program.enabling, kernel, mechanisms);
  const readCounts: ReadCounts = (visit) =>
    session.takeAggregations(({ aggregation }, _, key, data) => visit(aggregation.id, key, data));
  const consumer = createStormConsumer(readCounts, program, load);
  try {
    for (const series of load.series) series.allow(series.begun + leeway);
    pulse.at('starts tracing');
    session.go();
    const begun = load.series.map((series) => series.begun);
    const start = performance.now();
    const rounds = await consumeFor(session, consumer, options, start + milliseconds, over);
    const end = performance.now();
    const done = load.series.map((series) => series.done);
    pulse.at('stops tracing, and drains the mailbox');
    const last = session.stop(consumer.take);
    const stopping = performance.now() - end;
    consumer.take(last);
    consumer.read();
    if (session.killed) throw new UnresponsiveError();
    const mailbox = settledStatistics(session);
    const { longest, ...counts } = rounds;
    return {
      ...{ seconds: (end - start) / 1000, stopping, ...counts },
      longestAt: longest.nanoseconds < mailbox.latency.max ? undefined : longest.at,
      ...consumer.result(begun, done),
      ticks: session.ticks(),
      tickRate: program.tickRate,
      drops: session.drops(),
      mailbox,
      syncs: session.sync.statistics.calls,
      retries: session.sync.statistics.retries,
    };
  } finally {
    pulse.at('closes the session');
    for (const series of load.series) series.allow(Number.MAX_SAFE_INTEGER);
    session.close();
  }
}

/** What the mailbox counts when nothing moves in it: the deadman asks until the session is closed. Throws MailboxError. */
function settledStatistics({ mailbox }: Session): MailboxStatistics {
  if (mailbox === undefined) throw new Error('the storm posts nothing');
  for (let before = mailbox.statistics; ; before = mailbox.statistics) {
    if (mailbox.failure !== undefined) throw mailbox.failure;
    mailbox.drain();
    const now = mailbox.statistics;
    if (
      now.posted === now.completed &&
      now.posted === before.posted &&
      now.cyclic === before.cyclic &&
      now.coalesced === before.coalesced
    )
      return now;
  }
}

interface Rounds extends Pick<EpochResult, 'switches' | 'readings' | 'arrivals' | 'gap'> {
  /** The request that took longest so far, and when that was seen, s. */
  readonly longest: { readonly nanoseconds: number; readonly at: number };
}

/** Consumes until that time. */
async function consumeFor(
  session: Session,
  consumer: StormConsumer,
  { pulse, load }: EpochOptions,
  until: number,
  over: () => boolean,
): Promise<Rounds> {
  const counts = { switches: 0, readings: 0, arrivals: 0, gap: 0, longest: { nanoseconds: 0, at: 0 } };
  const begin = performance.now();
  const lookAtLongest = (): void => {
    const nanoseconds = session.mailbox?.statistics.latency.max ?? 0;
    if (nanoseconds <= counts.longest.nanoseconds) return;
    counts.longest = { nanoseconds, at: (performance.now() - begin) / 1000 };
  };
  let next = { switch: begin, reading: begin, look: begin, turn: begin };
  for (let now = begin; now < until && !over() && consumer.sound && !session.draining; now = performance.now()) {
    const oldest = now - behind;
    if (now >= next.switch) {
      pulse.at('switches the buffers: sync()');
      consumer.take(session.takePrincipal());
      counts.switches += 1;
      next = { ...next, switch: Math.max(oldest, next.switch + every.switch) };
    }
    if (now >= next.reading) {
      pulse.at('reads the aggregations: sync()');
      consumer.read();
      counts.readings += 1;
      next = { ...next, reading: Math.max(oldest, next.reading + every.reading) };
    }
    if (now >= next.look) {
      pulse.at('looks after CPUs');
      if (session.mailbox?.failure !== undefined) throw session.mailbox.failure;
      lookAtLongest();
      for (const { gap } of session.followCpus()) {
        counts.arrivals += 1;
        counts.gap += gap;
        load.pin();
      }
      next = { ...next, look: now + every.look };
    }
    pulse.at('waits');
    if (now >= next.turn) {
      await eventLoop();
      next = { ...next, turn: now + every.turn };
    }
    const rest = Math.min(next.switch, next.reading) - performance.now();
    if (rest > 0) Atomics.wait(cell, 0, 0, rest);
  }
  lookAtLongest();
  return counts;
}
