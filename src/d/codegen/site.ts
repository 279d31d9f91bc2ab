/**
 * Sites: the programs that the kernel runs, one for each place where they are attached.
 *
 * Takes a site (what kind of program, how it knows its probe and arguments) and the clauses enabled there; gives a
 * program spec. The entry function opens a firing (firing.ts has its obligations), fills in what the clauses read, calls
 * them and closes it.
 */

import { dropUnreachable } from '../../bpf/assembly/reachable.js';
import { helperNumber } from '../../bpf/helper.js';
import {
  alu,
  atomic,
  callFunction,
  callHelper,
  exit,
  functionStart,
  jump,
  jumpIf,
  load,
  loadMapValue,
  move,
  type Register,
  store,
} from '../../bpf/instruction.js';
import type { ProgramKind, ProgramSpec } from '../../bpf/spec.js';
import { clauseDifos } from '../dif/actions.js';
import type { DifClause, DifProgram } from '../dif.js';
import { emitFind } from './aggregation.js';
import { clauseFunction, emitClause, usesTask } from './clause.js';
import { emitArrayFunctions } from './dynamic/functions.js';
import { createEmitter, type Emitter } from './emitter.js';
import { emitErrorFunction, errorFunction } from './error.js';
import { emitCloseFiring, emitOpenFiring } from './firing.js';
import { checkSite } from './limits.js';
import { emitPostFunction, emitSyncedFunction } from './mailbox.js';
import {
  type Activity,
  activity,
  clauseResult,
  contextArea,
  controlBlock,
  controlWords,
  probeRow,
} from './memory/layout.js';
import { type MemoryLayout, mapNames } from './memory/memory.js';
import { emitSpeculationFunctions } from './speculation/functions.js';
import { emitClear } from './strings.js';
import type { TargetKernel } from './target.js';
import { contextRegister, emitPosition, frame, keepTask, type Unit } from './unit.js';

/** How the code of a site's own part reaches what it needs. */
export interface SiteCode {
  readonly emitter: Emitter;
  readonly kernel: TargetKernel;
  readonly memory: MemoryLayout;
  /** Points to the context that the kernel gave the program. */
  readonly kernelContext: Register;
  /** Points to the context area. */
  readonly contextArea: Register;
  /** Whether a clause reads the argument with this number. */
  readsArgument(index: number): boolean;
  /** Whether a clause reads errno. */
  readonly readsErrno: boolean;
  /** Ends the firing: no probe is enabled for what happened. */
  readonly leave: string;
  /** Stores `from` as argument `index`. */
  setArgument(index: number, from: Register | number): void;
  /** Stores `from` as errno. */
  setErrno(from: Register | number): void;
}

/** A probe that is enabled at a site. */
export interface SiteProbe {
  /** Row of the map `probes`. */
  readonly row: number;
  readonly id: number;
  /** Indices into the program's clauses, ascending. */
  readonly clauses: readonly number[];
}

/** A place to attach a program to, with what is enabled there. */
export interface Site {
  readonly name: string;
  readonly kind: ProgramKind;
  /** The activity in which its probes fire. */
  readonly activity: Activity;
  readonly probes: readonly SiteProbe[];
  /** The clauses of dtrace:::ERROR, as indices: they run where another clause of the site faults. */
  readonly errorClauses: readonly number[];
  /** Its probes fire by a clock of their own: what they ask for is never the doing of who answers. */
  readonly spontaneous?: boolean;
  /**
   * Fills in arguments. A site with several probes leaves the row of the one that fires in r0, and goes to `leave` where
   * none does; r6 and r9 must be kept.
   */
  emitArguments(code: SiteCode): void;
  /**
   * Code that runs first, before the firing is open: it tells the site's own events from others at its attach point
   * and goes to `gone` for those. Keeps r6; may use its part of the frame.
   */
  emitPreamble?(
    code: Pick<SiteCode, 'emitter' | 'kernel' | 'memory'> & { readonly kernelContext: 'r6'; readonly gone: string },
  ): void;
}

/**
 * Generates the program of a site. Throws CompileError beyond the kernel's limits (limits.ts). Registers of the entry: r6
 * the kernel's context, r7 the slot and later the row of the probe, r8 the control block, r9 the context area.
 */
export function generateSite(site: Site, program: DifProgram, memory: MemoryLayout, kernel: TargetKernel): ProgramSpec {
  const emitter = createEmitter();
  const tracepoint = 'tracepoint' in site.kind ? site.kind.tracepoint : undefined;
  const unit: Unit = { emitter, program, memory, kernel, tracepoint, spontaneous: site.spontaneous ?? false };
  const enabled = program.clauses.filter((_, index) => site.probes.some((probe) => probe.clauses.includes(index)));
  const faults = enabled.some(clauseFaults);
  const errors = faults ? program.clauses.filter((_, index) => site.errorClauses.includes(index)) : [];
  const inline = fitsEntry(enabled);
  emitEntry(unit, site, enabled, inline);

  const functions = inline ? errors : [...new Set([...enabled, ...errors])];
  for (const clause of functions) emitClause(unit, clause, { kind: 'function' });
  for (const table of memory.aggregations.tables) {
    const used = functions.some((clause) =>
      clause.actions.some((action) => action.kind === 'aggregate' && action.aggregation === table.aggregation.id),
    );
    if (!used || table.buckets === 0) continue;
    emitOrigin(unit);
    emitFind(unit, table, { kind: 'function' });
  }
  if (faults) {
    emitOrigin(unit);
    emitErrorFunction(unit, errors);
  }
  emitMailboxFunctions(unit, [...enabled, ...errors]);
  emitSpeculationFunctions(unit, [...enabled, ...errors], () => emitOrigin(unit));
  emitArrayFunctions(unit, [...enabled, ...errors], () => emitOrigin(unit));
  const items = dropUnreachable(emitter.items);
  checkSite(items, emitter.repeated, [...new Set([...enabled, ...errors])], (clause) => clauseFunction(clause.epid));
  return { name: site.name, kind: site.kind, items };
}

/** Generates the functions of the mailbox that the clauses call. */
function emitMailboxFunctions(unit: Unit, clauses: readonly DifClause[]): void {
  const calls = (op: 'sync' | 'synced' | 'set-element'): boolean =>
    clauses.some((clause) => clauseDifos(clause).some((difo) => difo.instructions.some((each) => each.op === op)));
  // Who frees elements asks for their cleaning.
  if (calls('sync') || calls('set-element')) {
    emitOrigin(unit);
    emitPostFunction(unit.emitter, unit.memory.shape);
  }
  if (calls('synced')) {
    emitOrigin(unit);
    emitSyncedFunction(unit.emitter, unit.memory.shape);
  }
}

/** Clauses and DIF instructions that the entry takes in at most: the verifier follows their branches one by one. */
const inlineClauses = 4;
const inlineInstructions = 160;

/** Whether the clauses of a site can stand in its entry. */
function fitsEntry(enabled: readonly DifClause[]): boolean {
  const instructions = enabled.flatMap(clauseDifos).reduce((sum, difo) => sum + difo.instructions.length, 0);
  return enabled.length <= inlineClauses && instructions <= inlineInstructions;
}

function emitEntry(unit: Unit, site: Site, enabled: readonly DifClause[], inline: boolean): void {
  const { emitter, memory, kernel } = unit;
  const { shape } = memory;
  const leave = emitter.fresh('leave');
  const inert = emitter.fresh('inert');
  const gone = emitter.fresh('gone');
  const slotless = emitter.fresh('slotless');
  const deep = emitter.fresh('deep');
  emitOrigin(unit);
  emitter.emit(functionStart(site.name, 1, 'global'), move('r6', 'r1'));
  site.emitPreamble?.({ emitter, kernel, memory, kernelContext: 'r6', gone });
  emitter.emit(
    callHelper(helperNumber.getSmpProcessorId),
    alu('and', 'r0', shape.cpus - 1),
    loadMapValue('r1', mapNames.slots),
    alu('add', 'r1', 'r0'),
    load(1, 'r7', 'r1', 0),
    jumpIf('ge', 'r7', shape.slots, slotless),
    move('r1', 'r7'),
    alu('mul', 'r1', controlBlock.size),
    loadMapValue('r8', mapNames.control, controlWords.blocks),
    alu('add', 'r8', 'r1'),
    store(8, 'r10', frame.block, 'r8'),
  );
  emitOpenFiring(emitter, shape, activity[site.activity], { inert, deep });
  emitter.emit(
    move('r3', 'r7'),
    alu('mul', 'r3', shape.levels),
    alu('add', 'r3', 'r1'),
    move('r4', 'r3'),
    alu('mul', 'r4', memory.contextSize),
    loadMapValue(contextRegister, mapNames.context),
    alu('add', contextRegister, 'r4'),
    store(8, contextRegister, contextArea.control, 'r2'),
    store(8, contextRegister, contextArea.slot, 'r7'),
    store(8, contextRegister, contextArea.level, 'r1'),
    store(8, contextRegister, contextArea.index, 'r3'),
  );
  emitFiringState(unit, site);
  const only = site.probes.length === 1 ? site.probes[0] : undefined;
  site.emitArguments({
    emitter,
    kernel,
    memory,
    kernelContext: 'r6',
    contextArea: contextRegister,
    readsArgument: (index) => memory.builtins.has(`arg${index}` as 'arg0'),
    readsErrno: memory.builtins.has('errno'),
    leave,
    setArgument: (index, from) => emitter.emit(store(8, contextRegister, contextArea.arguments + 8 * index, from)),
    setErrno: (from) => emitter.emit(store(8, contextRegister, contextArea.errno, from)),
  });
  if (only !== undefined) {
    emitter.emit(
      store(8, contextRegister, contextArea.row, only.row),
      store(8, contextRegister, contextArea.probeId, only.id),
    );
  } else {
    emitRow(unit, leave);
  }
  if (inline && enabled.some((clause) => usesTask(unit.program, clause))) emitter.emit(...keepTask());
  emitCalls(unit, site, enabled, leave, inline);

  emitter.place(leave);
  emitter.emit(load(8, 'r8', 'r10', frame.block));
  emitCloseFiring(emitter, shape, inert);
  emitter.place(gone);
  emitter.emit(move('r0', 0), exit());
  emitter.place(deep);
  emitter.emit(move('r2', 1), atomic('add', 8, 'r8', controlBlock.nestingDrops, 'r2'), jump(inert));
  emitter.place(slotless);
  emitter.emit(
    loadMapValue('r2', mapNames.control, controlWords.slotlessDrops),
    move('r1', 1),
    atomic('add', 8, 'r2', 0, 'r1'),
    jump(gone),
  );
}

/** Clears what a firing must find empty: the clocks' readings and the clause-local variables, where they are used. */
function emitFiringState(unit: Unit, site: Site): void {
  const { emitter, memory } = unit;
  const clocks = ['timestamp', 'walltimestamp', 'vtimestamp'] as const;
  if (clocks.some((clock) => memory.builtins.has(clock))) {
    emitter.emit(store(8, contextRegister, contextArea.timestamp, 0));
  }
  if (memory.builtins.has('vtimestamp')) emitter.emit(store(8, contextRegister, contextArea.vtimestamp, 0));
  if (memory.builtins.has('errno')) emitter.emit(store(8, contextRegister, contextArea.errno, 0));
  for (let i = 0; i < 10; i += 1) {
    if (memory.builtins.has(`arg${i}` as 'arg0')) {
      emitter.emit(store(8, contextRegister, contextArea.arguments + 8 * i, 0));
    }
  }
  if (memory.clauseSize > 0 && site.probes.length > 0) {
    emitClear(emitter, { base: contextRegister, offset: memory.clauseStart }, memory.clauseSize / 8);
  }
}

/** The row of the probe in r0 becomes part of the firing's state; r7 is then the row's pointer (the slot is stored). */
function emitRow(unit: Unit, leave: string): void {
  const { emitter, memory } = unit;
  emitter.emit(
    jumpIf('ge', 'r0', memory.rows, leave),
    store(8, contextRegister, contextArea.row, 'r0'),
    alu('mul', 'r0', memory.rowSize),
    loadMapValue('r7', mapNames.probes),
    alu('add', 'r7', 'r0'),
    store(8, 'r10', frame.row, 'r7'),
    load(8, 'r1', 'r7', probeRow.id),
    store(8, contextRegister, contextArea.probeId, 'r1'),
  );
}

/** Runs the clauses, each if its bit is set in the row; where every probe of the site has it there is no test. */
function emitCalls(unit: Unit, site: Site, enabled: readonly DifClause[], leave: string, inline: boolean): void {
  const { emitter, program } = unit;
  for (const clause of enabled) {
    const index = program.clauses.indexOf(clause);
    const next = emitter.fresh('next');
    if (!site.probes.every((probe) => probe.clauses.includes(index))) {
      const bit = index % 64;
      emitter.emit(load(8, 'r7', 'r10', frame.row));
      emitter.emit(load(1, 'r1', 'r7', probeRow.clauses + 8 * Math.floor(index / 64) + Math.floor(bit / 8)));
      emitter.emit(alu('and', 'r1', 1 << (bit % 8)), jumpIf('eq', 'r1', 0, next));
    }
    if (inline) {
      const returned = emitter.fresh('returned');
      emitClause(unit, clause, { kind: 'inline', returned });
      emitter.place(returned);
    } else {
      emitter.emit(load(8, 'r1', contextRegister, contextArea.index), callFunction(clauseFunction(clause.epid)));
    }
    const exits = clause.actions.some((action) => action.kind === 'exit');
    if (exits) emitter.emit(jumpIf('eq', 'r0', clauseResult.exit, leave));
    if (clauseFaults(clause)) {
      // The arguments have been read: r6 is free.
      emitter.emit(
        jumpIf('eq', 'r0', clauseResult.done, next),
        move('r6', 'r0'),
        load(8, 'r1', contextRegister, contextArea.index),
        callFunction(errorFunction),
        jumpIf('eq', 'r0', clauseResult.exit, leave),
      );
      if (exits) emitter.emit(jumpIf('eq', 'r6', clauseResult.faultAfterExit, leave));
    }
    emitter.place(next);
  }
}

/** Functions that stem from no statement carry the place of the program's first clause: line_info has no gaps. */
function emitOrigin(unit: Unit): void {
  const first = unit.program.clauses[0];
  if (first !== undefined) emitPosition(unit, first.span);
}

const faulting: ReadonlySet<string> = new Set(['sdiv', 'udiv', 'srem', 'urem']);

/** Whether a clause has an instruction that can fault, or an action. */
function clauseFaults(clause: DifClause): boolean {
  if (clause.actions.some(({ kind }) => kind === 'speculate' || kind === 'commit' || kind === 'discard')) return true;
  return clauseDifos(clause).some((difo) =>
    difo.instructions.some(
      (i) => i.op === 'load' || i.op === 'load-string' || (i.op === 'alu' && faulting.has(i.operation)),
    ),
  );
}
