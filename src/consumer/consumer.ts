/**
 * The consumer: takes what a session has recorded, at the rates of its options, and prints it as dtrace(1) does.
 *
 * The principal buffers are switched at `switchrate`, and earlier when one is filling up, which is seen in mapped memory
 * without a call. Aggregations are read at `aggrate`, and whenever records that print or clear them are at hand: so
 * printa() shows everything that happened before it.
 */

import type { DifClause } from '../d/dif.js';
import type { Probe } from '../providers/probe.js';
import { UnresponsiveError } from '../session/cyclics.js';
import type { Options } from '../session/options/options.js';
import { type PrincipalBatch, recordsOf } from '../session/principal.js';
import type { Session } from '../session/session.js';
import { readKernelSymbols } from '../sys/index.js';
import type { AggregationOrder } from './aggregation/order.js';
import { createAggregationStore } from './aggregations.js';
import { type ActionPrinter, compileClause, printedAggregation } from './clause-printer.js';
import { formatAggregation } from './format/aggregation.js';
import { createSymbolizer } from './format/symbol.js';
import { compileRowPrefix, formatHeader, type RecordStyle } from './format/trace.js';
import { createLossReport } from './losses.js';
import { arrivalMessage, faultMessage } from './messages.js';
import { builtinErrorEpid, readFault, recordSizes } from './record.js';

/** Where the consumer writes. */
export interface ConsumerSink {
  /** Text for the output, as a byte string. */
  append(bytes: string): void;
  flush(): void;
  /** A line for standard error, without its newline. */
  message(text: string): void;
}

/** Options that consuming depends on. */
export type ConsumerOptions = Pick<
  Options,
  | 'quiet'
  | 'switchrate'
  | 'aggrate'
  | 'statusrate'
  | 'droptags'
  | 'aggsortkey'
  | 'aggsortrev'
  | 'aggsortkeypos'
  | 'aggsortpos'
  | 'stackindent'
> & {
  /** `_DTRACE_TESTING`. */
  readonly testing: boolean;
};

/** A consumer of one session. */
export interface Consumer {
  /**
   * Does what is due by now; call it again after the milliseconds that it returns. Throws the sink's errors, SyncError,
   * MailboxError.
   */
  work(): number;
  /**
   * Stops the session, prints what is left, END's records last, then the aggregations that were not printed. Throws as
   * `work()`, but a MailboxError only after all that; after all that UnresponsiveError, where the deadman has ended it.
   */
  finish(): void;
}

/** How full a principal buffer may be before it is switched without waiting for `switchrate`. */
const earlySwitch = 0.25;

/**
 * How often the buffers are looked at, ms: while records arrive, while none do, and where no clause records anything. At
 * 80 MB/s a buffer of 4 MiB fills in 50.
 */
const lookIntervals = { busy: 20, idle: 50, unused: 100 } as const;

/** How full a buffer is that counts as busy. */
const busy = 0.01;

const now = (): number => performance.now() * 1e6;

/** Starts consuming a session that has gone. */
export function createConsumer(session: Session, options: ConsumerOptions, sink: ConsumerSink): Consumer {
  const { program, probes } = session.enabling;
  const { quiet, testing } = options;
  const style: RecordStyle = { quiet, testing, flow: false };
  const symbol = createSymbolizer(readKernelSymbols);
  const store = createAggregationStore(symbol);
  const printed = new Set<number>();
  const losses = createLossReport(session, options.droptags, sink);
  const clauses = new Map(program.clauses.map((clause) => [clause.epid, clause]));
  const probesById = new Map(probes.map((probe) => [probe.id, probe]));
  const sizeOf = recordSizes(program.clauses);
  const order: AggregationOrder = {
    byKey: options.aggsortkey,
    reverse: options.aggsortrev,
    keyPosition: options.aggsortkeypos,
    position: options.aggsortpos,
  };
  const { stackindent: stackIndent } = options;
  const environment = { program, quiet, store, order, symbol, stackIndent, printed: (id: number) => printed.add(id) };
  const printers = new Map(program.clauses.map((clause) => [clause.epid, compileClause(clause, environment)]));
  const touchesAggregations = program.clauses.some((clause) =>
    clause.actions.some(({ kind }) => kind === 'printa' || kind === 'clear'),
  );
  const recording = program.clauses.some(({ recordSize }) => recordSize > 0);
  const prefixes = new Map<number, (cpu: number) => string>();
  let begun = false;

  const prefixOf = (probe: Probe): ((cpu: number) => string) => {
    const prefix = prefixes.get(probe.id) ?? compileRowPrefix(probe, style);
    prefixes.set(probe.id, prefix);
    return prefix;
  };
  const printRecord = (
    clause: DifClause,
    actions: readonly ActionPrinter[],
    probe: Probe,
    cpu: number,
    view: DataView,
    bytes: Buffer,
    offset: number,
  ): void => {
    if (!begun) {
      begun = true;
      sink.append(formatHeader(style));
    }
    let line = prefixOf(probe)(cpu);
    for (const print of actions) line += print(view, bytes, offset);
    sink.append(quiet || clause.recordSize === 0 ? line : `${line}\n`);
  };
  const printBatch = ({ cpu, bytes: copy, drops }: PrincipalBatch): void => {
    const view = new DataView(copy.buffer, copy.byteOffset, copy.byteLength);
    const bytes = Buffer.from(copy.buffer, copy.byteOffset, copy.byteLength);
    for (const { epid, probeId, offset } of recordsOf(copy, sizeOf)) {
      const probe = probesById.get(probeId);
      if (probe === undefined) continue;
      if (epid === builtinErrorEpid) {
        sink.flush();
        sink.message(faultMessage(readFault(view, offset), probe));
        continue;
      }
      const clause = clauses.get(epid);
      if (clause !== undefined) printRecord(clause, printers.get(epid) ?? [], probe, cpu, view, bytes, offset);
    }
    if (drops > 0) losses.principal(cpu, drops);
  };
  const takeAggregations = (): void => {
    session.takeAggregations((table, _, key, data) => store.add(table, key, data));
  };
  const consume = (batches: readonly PrincipalBatch[]): void => {
    if (touchesAggregations && batches.length > 0) takeAggregations();
    for (const batch of inOrder(batches)) printBatch(batch);
    sink.flush();
  };

  const checkMailbox = (): void => {
    const { failure } = session;
    if (failure !== undefined) throw failure;
  };

  let nextSwitch = now() + options.switchrate;
  let nextAggregation = now() + options.aggrate;
  let nextStatus = now() + options.statusrate;
  return {
    work: () => {
      checkMailbox();
      const time = now();
      if (time >= nextSwitch || session.fill() >= earlySwitch) {
        consume(session.takePrincipal());
        nextSwitch = now() + options.switchrate;
      }
      if (time >= nextAggregation) {
        takeAggregations();
        nextAggregation = now() + options.aggrate;
      }
      if (time >= nextStatus) {
        session.adjustClock();
        for (const arrival of session.followCpus()) {
          const message = arrivalMessage(arrival);
          if (message !== undefined) sink.message(message);
        }
        losses.report();
        nextStatus = now() + options.statusrate;
      }
      const due = Math.min(nextSwitch, nextAggregation, nextStatus) - now();
      const look = !recording ? 'unused' : session.fill() < busy ? 'idle' : 'busy';
      return Math.max(0, Math.min(lookIntervals[look], due / 1e6));
    },
    finish: () => {
      const last = session.stop(consume);
      consume(last);
      takeAggregations();
      sink.append('\n');
      for (const { id } of program.aggregations) {
        const entries = store.entries(id);
        if (!printed.has(id) && entries.length > 0) {
          sink.append(formatAggregation(printedAggregation(program, id), entries, order, stackIndent));
        }
      }
      sink.flush();
      losses.report();
      losses.ticks();
      if (session.killed) throw new UnresponsiveError();
      checkMailbox();
    },
  };
}

/** BEGIN's CPU goes first: its record is the first thing that happened. */
function inOrder(batches: readonly PrincipalBatch[]): readonly PrincipalBatch[] {
  const beginProbeId = 1;
  const first = (batch: PrincipalBatch): number =>
    batch.bytes.length >= 8 &&
    new DataView(batch.bytes.buffer, batch.bytes.byteOffset).getUint32(4, true) === beginProbeId
      ? 0
      : 1;
  return [...batches].sort((a, b) => first(a) - first(b));
}
