/**
 * One program, three ways: the DIF interpreter, the eBPF interpreter over the generated programs, the kernel. What they
 * leave must be the same, bit for bit.
 */

import { expect } from 'vitest';
import { faultKinds, type RuntimeShape, recordHeader } from '../../../src/d/codegen/memory/layout.js';
import { valueSpace } from '../../../src/d/codegen/memory/memory.js';
import type { TargetKernel } from '../../../src/d/codegen/target.js';
import { speculates } from '../../../src/d/dif/actions.js';
import type { DifValue } from '../../../src/d/dif/interpret/context.js';
import {
  type ClauseFault,
  type Firing,
  interpretClause,
  type OpenFiring,
  openFiring,
} from '../../../src/d/dif/interpret/interpret-clause.js';
import { createDifStore, type DifStore } from '../../../src/d/dif/store.js';
import type { DifClause, DifProgram, DifType } from '../../../src/d/dif.js';
import type { Enabling } from '../../../src/session/enabling.js';
import { runInInterpreter, runInKernel, type Task } from './backend.js';
import { hex, Merger, type Outcome, type Recorded, readRecords } from './outcome.js';

const ids = { BEGIN: 1, END: 2, ERROR: 3 } as const;
type ProbeName = keyof typeof ids;

const clausesOf = (program: DifProgram, name: ProbeName): readonly DifClause[] =>
  program.clauses.filter((clause) => clause.probes.some((description) => description.name === name));

const unreadable = { load: () => undefined, loadString: () => undefined };

function firingOf(name: ProbeName, task: Task, args: readonly bigint[]): Firing {
  return {
    probeId: ids[name],
    thread: BigInt(task.tid),
    builtin: (variable): DifValue => {
      const argument = /^arg(\d)$/.exec(variable);
      if (argument !== null) return args[Number(argument[1])] ?? 0n;
      switch (variable) {
        case 'pid':
        case 'tid':
        case 'ppid':
        case 'uid':
        case 'gid':
          return BigInt(task[variable]);
        case 'execname':
          return task.execname;
        case 'probeprov':
          return 'dtrace';
        case 'probename':
          return name;
        case 'probemod':
        case 'probefunc':
          return '';
        case 'errno':
          return 0n;
        default:
          throw new Error(`${variable} is not the same everywhere`);
      }
    },
    ...unreadable,
  };
}

/** A record of the built-in ERROR clause, its pc 0. */
function faultRecord(fault: ClauseFault, probeId: number): Recorded {
  const words = [fault.epid, fault.action, 0, faultKinds[fault.kind]].map(BigInt);
  const data = hex(new Uint8Array(BigUint64Array.of(...words, BigInt.asUintN(64, fault.value)).buffer));
  return { epid: 1, probeId, voided: false, data };
}

/** A run of a program in the DIF interpreter, by the rules of sites: see src/d/codegen/site.ts and error.ts. */
class DifRun {
  readonly store: DifStore;
  readonly records: Recorded[] = [];
  readonly #task: Task;
  exitStatus: bigint | undefined;
  errorDrops = 0;

  constructor(program: DifProgram, { speculations, speculationSize }: RuntimeShape, task: Task) {
    this.store = createDifStore(program, { speculations, speculationSize });
    this.#task = task;
  }

  fire(name: ProbeName): void {
    const open = openFiring(this.store, firingOf(name, this.#task, []));
    for (const clause of clausesOf(this.store.program, name)) {
      const { exits, fault } = this.#run(clause, open);
      const ends = fault === undefined ? false : this.#error(fault, open);
      if (exits || ends) return;
    }
  }

  #run(clause: DifClause, open: OpenFiring): { readonly exits: boolean; readonly fault: ClauseFault | undefined } {
    const { epid, recordSize } = clause;
    const { record, committed, fault, exit, ran } = interpretClause(clause, open);
    const { probeId } = open.firing;
    if (record !== undefined) {
      this.records.push({ epid, probeId, voided: false, data: hex(record.subarray(recordHeader.size)) });
    } else if (ran && fault !== undefined && recordSize > 0 && !speculates(clause)) {
      this.records.push({ epid, probeId, voided: true, data: '' });
    }
    this.records.push(...readRecords(this.store.program, committed));
    this.exitStatus ??= exit;
    return { exits: exit !== undefined, fault };
  }

  /** Runs the ERROR clauses; whether one of them called exit(). */
  #error(fault: ClauseFault, open: OpenFiring): boolean {
    this.records.push(faultRecord(fault, open.firing.probeId));
    const args = [0, fault.epid, fault.action, 0, faultKinds[fault.kind]].map(BigInt);
    const firing = firingOf('ERROR', this.#task, [...args, fault.value]);
    for (const clause of clausesOf(this.store.program, 'ERROR')) {
      const result = this.#run(clause, { ...open, firing });
      if (result.fault !== undefined) this.errorDrops += 1;
      if (result.exits) return true;
    }
    return false;
  }
}

/** A value as variables and keys hold it. */
function encode(type: DifType, value: DifValue | undefined): Uint8Array {
  if (type.kind === 'integer') {
    const word = typeof value === 'bigint' ? value : 0n;
    return new Uint8Array(BigUint64Array.of(BigInt.asUintN(64, word)).buffer);
  }
  const bytes = new Uint8Array(valueSpace(type));
  if (typeof value === 'object') bytes.set(new Uint8Array(BigUint64Array.from(value).buffer));
  if (typeof value === 'string') bytes.set(Buffer.from(value, 'latin1'));
  return bytes;
}

const tuple = (types: readonly DifType[], values: readonly DifValue[]): Uint8Array =>
  Uint8Array.from(Buffer.concat(types.map((type, index) => encode(type, values[index]))));

/** Runs BEGIN and END in the DIF interpreter. */
export function runInDif({ program, memory }: Enabling, task: Task): Outcome {
  const run = new DifRun(program, memory.shape, task);
  run.fire('BEGIN');
  run.fire('END');
  const { store } = run;

  const globals = new Uint8Array(memory.globalSize);
  for (const { id, scope, keys, type } of program.variables) {
    if (scope !== 'global' || keys !== undefined) continue;
    globals.set(encode(type, store.globals.scalars.get(id)), memory.scalars.get(id) ?? 0);
  }
  const elements: string[] = [];
  for (const { id, name, scope, keys = [], type } of program.variables) {
    const thread = BigInt(task.tid);
    const variables = scope === 'thread' ? store.threads.get(thread) : store.globals;
    for (const element of variables?.arrays.get(id)?.values() ?? []) {
      elements.push(`${name}[${hex(tuple(keys, element.keys))}] = ${hex(encode(type, element.value))}`);
    }
  }
  const merger = new Merger();
  for (const table of memory.aggregations.tables) {
    for (const { keys, data } of store.aggregations[table.aggregation.id]?.values() ?? []) {
      merger.add(table, tuple(table.aggregation.keys, keys), data);
    }
  }
  return {
    records: run.records,
    exitStatus: run.exitStatus ?? 0n,
    globals: hex(globals),
    elements: elements.sort(),
    aggregations: merger.lines(),
    drops: { principal: 0, aggregation: 0, dynamic: 0, nesting: 0, error: run.errorDrops, stack: 0 },
  };
}

/** Without what DIF does not know, the pc of faults. */
export const comparable = (outcome: Outcome): Outcome => ({
  ...outcome,
  records: outcome.records.map((record) => {
    if (record.epid !== 1) return record;
    return { ...record, data: `${record.data.slice(0, 32)}${'0'.repeat(16)}${record.data.slice(48)}` };
  }),
});

/** Runs an enabling all three ways (without a kernel two) and expects the same; gives what they left. */
export function expectAgreement(
  enabling: Enabling,
  task: Task,
  { kernel, live }: { readonly kernel: TargetKernel; readonly live: boolean },
): Outcome {
  const interpreted = runInInterpreter(enabling, kernel, task);
  expect(comparable(interpreted)).toEqual(runInDif(enabling, task));
  if (live) expect(withoutRefusals(interpreted, () => runInKernel(enabling))).toEqual(interpreted);
  return interpreted;
}

/**
 * Runs in the kernel again if it dropped more dynamic variables than `expected`: task storage is allocated without
 * waiting for a lock (kmalloc_nolock, since Linux 6.18), so another CPU at the same memory makes it fail at times. That
 * is a counted drop and no difference; a kernel that always refuses is one.
 */
export function withoutRefusals<T extends Pick<Outcome, 'drops'>>(expected: Pick<Outcome, 'drops'>, run: () => T): T {
  for (let attempt = 1; ; attempt += 1) {
    const outcome = run();
    if (attempt === 5 || outcome.drops.dynamic <= expected.drops.dynamic) return outcome;
  }
}
