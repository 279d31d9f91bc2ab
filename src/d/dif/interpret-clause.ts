/**
 * Runs clauses: predicate, actions in their order, the record. This is the meaning of a firing, which the eBPF back end
 * reproduces; providers whose probes fire in this process run their clauses here.
 *
 * - A fault ends its clause and voids the clause's record; what was assigned and aggregated before stays. The other
 *   clauses of the firing run.
 * - The first exit() counts. After it the rest of its clause still runs, but no later clause of the firing; a fault behind
 *   it does not undo it.
 * - printa() and clear() act when the consumer meets the record, so they leave nothing but the record here.
 */

import { assertNever } from '../assert-never.js';
import type { BuiltinVariable, DifAction, DifClause, Difo, RecordField } from '../dif.js';
import { aggregate } from './aggregate.js';
import { type DifContext, DifFault, type DifFaultKind, type DifValue, interpretDifo } from './interpret.js';
import { type DifStore, emptyVariables, readVariable, type Variables, writeVariable } from './store.js';

/** One firing of a probe, as its provider gives it. */
export interface Firing {
  /** The probe's id. */
  readonly probeId: number;
  /** Identity of the thread, to which `self->` variables belong. */
  readonly thread: bigint;
  /** Any variable but `id` and `epid`, which the interpreter knows. Strings are bytes (`byteString`). */
  builtin(variable: Exclude<BuiltinVariable, 'id' | 'epid'>): DifValue;
  readonly load: DifContext['load'];
  readonly loadString: DifContext['loadString'];
  readonly stack?: DifContext['stack'];
  readonly requests?: DifContext['requests'];
}

/** A fault of a clause: what the arguments of ERROR are made of. */
export interface ClauseFault {
  readonly epid: number;
  readonly kind: DifFaultKind;
  /** 0 for the predicate, otherwise the statement, counted from 1. */
  readonly action: number;
  /** Index of the instruction in its DIFO. */
  readonly pc: number;
  /** The address, for an invalid one. */
  readonly value: bigint;
}

/** What one clause did in one firing. */
export interface ClauseResult {
  readonly epid: number;
  /** False if the predicate was false or faulted. */
  readonly ran: boolean;
  /** `recordSize` bytes; undefined if the clause records nothing, did not run or faulted. Unused bytes are 0. */
  readonly record: Uint8Array | undefined;
  readonly fault: ClauseFault | undefined;
  /** The status that the first exit() was given. */
  readonly exit: bigint | undefined;
}

/** What the clauses of one firing did. */
export interface FiringResult {
  /** Of the clauses that were reached, in order. */
  readonly clauses: readonly ClauseResult[];
  /** The status of exit(), if one was called. */
  readonly exit: bigint | undefined;
}

/** A firing in progress: its `this->` variables, and the clocks as first read. */
export interface OpenFiring {
  readonly store: DifStore;
  readonly firing: Firing;
  readonly variables: Variables;
  readonly clocks: Map<BuiltinVariable, DifValue>;
}

/** Opens a firing: `this->` variables are zero and no clock was read. */
export function openFiring(store: DifStore, firing: Firing): OpenFiring {
  return { store, firing, variables: emptyVariables(), clocks: new Map() };
}

/**
 * Runs the clauses of one firing, in the order of their ids. `onFault` is called between the clause that faulted and the
 * next, which is when dtrace fires ERROR.
 */
export function interpretFiring(
  clauses: readonly DifClause[],
  store: DifStore,
  firing: Firing,
  onFault: (fault: ClauseFault) => void = () => undefined,
): FiringResult {
  const open = openFiring(store, firing);
  const results: ClauseResult[] = [];
  for (const clause of clauses) {
    const result = interpretClause(clause, open);
    results.push(result);
    if (result.fault !== undefined) onFault(result.fault);
    if (result.exit !== undefined) return { clauses: results, exit: result.exit };
  }
  return { clauses: results, exit: undefined };
}

/** Runs one clause of an open firing. */
export function interpretClause(clause: DifClause, open: OpenFiring): ClauseResult {
  const { epid } = clause;
  const run: ClauseRun = { open, context: contextOf(open, epid), record: newRecord(clause, open), exit: undefined };
  let action = 0;
  let ran = false;
  try {
    if (clause.predicate !== undefined && interpretDifo(clause.predicate, run.context) === 0n)
      return { epid, ran, record: undefined, fault: undefined, exit: undefined };
    ran = true;
    for (const each of clause.actions) {
      action += 1;
      perform(each, run);
    }
  } catch (error) {
    if (!(error instanceof DifFault)) throw error;
    const { kind, pc, value } = error;
    return { epid, ran, record: undefined, fault: { epid, kind, action, pc, value }, exit: run.exit };
  }
  const record = run.record === undefined ? undefined : new Uint8Array(run.record.buffer);
  return { epid, ran, record, fault: undefined, exit: run.exit };
}

/** A clause that is running. */
interface ClauseRun {
  readonly open: OpenFiring;
  readonly context: DifContext;
  readonly record: DataView | undefined;
  exit: bigint | undefined;
}

function contextOf({ store, firing, variables, clocks }: OpenFiring, epid: number): DifContext {
  const { thread } = firing;
  return {
    builtin(variable) {
      if (variable === 'epid') return BigInt(epid);
      if (variable === 'id') return BigInt(firing.probeId);
      if (!isClock(variable)) return firing.builtin(variable);
      const value = clocks.get(variable) ?? firing.builtin(variable);
      clocks.set(variable, value);
      return value;
    },
    get: (variable) => readVariable(store, thread, variables, variable),
    set: (variable, value) => writeVariable(store, thread, variables, variable, value),
    getElement: (variable, keys) => readVariable(store, thread, variables, variable, keys),
    setElement: (variable, keys, value) => writeVariable(store, thread, variables, variable, value, keys),
    load: (space, address, size) => firing.load(space, address, size),
    loadString: (space, address, limit) => firing.loadString(space, address, limit),
    stack: firing.stack,
    requests: firing.requests,
  };
}

const isClock = (variable: BuiltinVariable) =>
  variable === 'timestamp' || variable === 'vtimestamp' || variable === 'walltimestamp';

function newRecord(clause: DifClause, { firing }: OpenFiring): DataView | undefined {
  if (clause.recordSize === 0) return undefined;
  const record = new DataView(new ArrayBuffer(clause.recordSize));
  record.setUint32(0, clause.epid, true);
  record.setUint32(4, firing.probeId, true);
  return record;
}

function perform(action: DifAction, run: ClauseRun): void {
  switch (action.kind) {
    case 'evaluate':
      interpretDifo(action.difo, run.context);
      return;
    case 'trace':
      recordField(action.field, run);
      return;
    case 'printf':
      for (const field of action.fields) recordField(field, run);
      return;
    case 'exit': {
      const status = asInteger(recordField(action.field, run));
      run.exit ??= status;
      return;
    }
    case 'printa':
    case 'clear':
      return;
    case 'aggregate': {
      const { program, aggregations } = run.open.store;
      const keys = action.keys.map((key) => interpretDifo(key, run.context));
      const argument = action.argument === undefined ? 0n : integerOf(action.argument, run.context);
      const aggregation = program.aggregations[action.aggregation];
      const entries = aggregations[action.aggregation];
      if (aggregation === undefined || entries === undefined)
        throw new RangeError(`the program has no aggregation ${action.aggregation}`);
      aggregate(entries, aggregation, keys, argument);
      return;
    }
    default:
      assertNever(action);
  }
}

function integerOf(difo: Difo, context: DifContext): bigint {
  return asInteger(interpretDifo(difo, context));
}

function asInteger(value: DifValue): bigint {
  if (typeof value !== 'bigint') throw new TypeError('a string or stack stands where an integer belongs');
  return value;
}

function recordField({ difo, offset, size }: RecordField, run: ClauseRun): DifValue {
  const value = interpretDifo(difo, run.context);
  const { record } = run;
  if (record === undefined) throw new TypeError('a clause without a record records a value');
  if (typeof value === 'bigint') writeInteger(record, offset, size, value);
  else if (typeof value === 'object')
    for (const [i, frame] of value.entries()) writeInteger(record, offset + 8 * i, 8, frame);
  else for (let i = 0; i < value.length && i < size - 1; i += 1) record.setUint8(offset + i, value.charCodeAt(i));
  return value;
}

function writeInteger(record: DataView, offset: number, size: number, value: bigint): void {
  if (size === 8) record.setBigInt64(offset, value, true);
  else if (size === 4) record.setInt32(offset, Number(BigInt.asIntN(32, value)), true);
  else if (size === 2) record.setInt16(offset, Number(BigInt.asIntN(16, value)), true);
  else record.setInt8(offset, Number(BigInt.asIntN(8, value)));
}
