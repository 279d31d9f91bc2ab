/**
 * Runs clauses: predicate, actions in their order, the record. This is the meaning of a firing, which the eBPF back end
 * reproduces; providers whose probes fire in this process run their clauses here.
 *
 * - A fault ends its clause and voids the clause's record; what was assigned and aggregated before stays. The other
 *   clauses of the firing run.
 * - The first exit() counts. After it the rest of its clause still runs, but no later clause of the firing; a fault behind
 *   it does not undo it.
 * - What a clause records after speculate() goes into the speculation, and comes out with commit(), here or in a later
 *   firing. A fault marks the record there as void. Where the speculation takes no records, the clause ends.
 * - printa() and clear() act when the consumer meets the record, so they leave nothing but the record here.
 */

import { assertNever } from '../../assert-never.js';
import type { BuiltinVariable, DifAction, DifClause, Difo, RecordField } from '../../dif.js';
import { speculates } from '../actions.js';
import { aggregate } from '../aggregate.js';
import {
  commitSpeculation,
  discardSpeculation,
  findSpeculation,
  reserveSpeculative,
  type Speculation,
  takeSpeculation,
} from '../speculations.js';
import { type DifStore, emptyVariables, readVariable, type Variables, writeVariable } from '../store.js';
import { type DifContext, DifFault, type DifFaultKind, type DifValue } from './context.js';
import { interpretDifo } from './interpret.js';

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
  /** What commit() published: whole records, one behind the other, those marked void that a fault ended. */
  readonly committed: Uint8Array<ArrayBuffer>;
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
  const speculative = speculates(clause);
  const run: ClauseRun = {
    ...{ open, clause, context: contextOf(open, epid), committed: [], into: undefined, exit: undefined, ended: false },
    record: speculative ? undefined : newRecord(clause, open),
  };
  const result = (ran: boolean, kept: Pick<ClauseResult, 'record' | 'fault'>): ClauseResult => ({
    ...{ epid, ran, exit: run.exit, committed: Uint8Array.from(run.committed), ...kept },
  });
  let action = 0;
  let ran = false;
  try {
    if (clause.predicate !== undefined && interpretDifo(clause.predicate, run.context) === 0n)
      return result(ran, { record: undefined, fault: undefined });
    ran = true;
    for (const each of clause.actions) {
      action += 1;
      perform(each, run);
      if (run.ended) break;
    }
  } catch (error) {
    if (!(error instanceof DifFault)) throw error;
    const { kind, pc, value } = error;
    if (speculative) run.record?.setUint32(0, epid + recordVoid, true);
    return result(ran, { record: undefined, fault: { epid, kind, action, pc, value } });
  }
  const published = speculative || run.record === undefined ? undefined : new Uint8Array(run.record.buffer);
  return result(ran, { record: published, fault: undefined });
}

/** Set in the EPID of a record that is not to be read. */
const recordVoid = 0x8000_0000;

/** A clause that is running. */
interface ClauseRun {
  readonly open: OpenFiring;
  readonly clause: DifClause;
  readonly context: DifContext;
  /** The record, in a speculation's buffer once speculate() has found room there. */
  record: DataView | undefined;
  /** The speculation that it records into. */
  into: Speculation | undefined;
  /** Bytes that commit() published. */
  readonly committed: number[];
  exit: bigint | undefined;
  /** speculate() was given what takes no records. */
  ended: boolean;
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
    speculation: () => BigInt(takeSpeculation(store.speculations)),
    requests: firing.requests,
  };
}

const isClock = (variable: BuiltinVariable) =>
  variable === 'timestamp' || variable === 'vtimestamp' || variable === 'walltimestamp';

function newRecord(clause: DifClause, { firing }: OpenFiring): DataView | undefined {
  if (clause.recordSize === 0) return undefined;
  return headed(new DataView(new ArrayBuffer(clause.recordSize)), clause, { firing });
}

function headed(record: DataView, clause: DifClause, { firing }: Pick<OpenFiring, 'firing'>): DataView {
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
    case 'speculate':
      speculate(action.difo, run);
      return;
    case 'commit':
    case 'discard': {
      const found = speculationOf(action.difo, run);
      if (found === undefined) return;
      if (action.kind === 'discard') {
        discardSpeculation(found, found === run.into);
        return;
      }
      // The record is complete: no data may follow, and a fault that does must not void it.
      run.record = undefined;
      run.into = undefined;
      run.committed.push(...commitSpeculation(found));
      return;
    }
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

/** The speculation that a DIFO names; undefined for 0. Throws DifFault for a number that none has. */
function speculationOf(difo: Difo, run: ClauseRun): Speculation | undefined {
  const number = integerOf(difo, run.context);
  if (number === 0n) return undefined;
  const found = findSpeculation(run.open.store.speculations, number);
  if (found === undefined) throw new DifFault('illegal operation', 0n, difo.instructions.length - 1);
  return found;
}

function speculate(difo: Difo, run: ClauseRun): void {
  const { clause, open } = run;
  const found = speculationOf(difo, run);
  const room = found === undefined ? undefined : reserveSpeculative(open.store.speculations, found, clause.recordSize);
  run.into = found;
  if (room === undefined) run.ended = true;
  else if (clause.recordSize > 0) run.record = headed(room, clause, open);
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
