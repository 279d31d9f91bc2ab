/**
 * Checks that a DIFO keeps every invariant of DIF. The generator's output always does, so this runs in tests; what comes
 * from elsewhere (a file, another host) is to be checked before it is run or compiled.
 */

import type { DifAction, DifClause, DifInstruction, Difo, DifProgram, DifRegister, DifVariable } from '../dif.js';
import { difosOf, fieldsOf } from './actions.js';
import { recordHeaderSize } from './generate.js';
import { operandsOf, resultOf } from './operands.js';
import { alignmentOf, sizeOf, storable, typeName } from './type.js';
import { typeProblems } from './type-rules.js';
import { speculationProblems } from './validate-speculation.js';

/** A broken invariant. */
export interface DifViolation {
  /** Index of the instruction; the number of instructions for what concerns the end. */
  readonly pc: number;
  readonly problem: string;
}

/** What the DIFOs of a program refer to. */
export type DifSurroundings = Pick<DifProgram, 'variables' | 'stringSize'>;

/** Every broken invariant of `difo`, in the order of its instructions; none if it is valid. */
export function validateDifo(difo: Difo, surroundings: DifSurroundings): readonly DifViolation[] {
  const violations: DifViolation[] = [];
  for (const [register, type] of difo.registers.entries()) {
    if (type.kind === 'stack' && type.frames < 1) violations.push({ pc: 0, problem: `r${register} has no frames` });
    if (type.kind === 'string' && (type.bound < 1 || type.bound > surroundings.stringSize))
      violations.push({
        pc: 0,
        problem: `r${register} is ${typeName(type)}, but strsize is ${surroundings.stringSize}`,
      });
  }
  const flow = new Flow(difo);
  for (const [pc, instruction] of difo.instructions.entries()) {
    const report = (problem: string) => violations.push({ pc, problem });
    flow.enter(instruction, report);
    checkTypes(difo, instruction, surroundings.variables, report);
    flow.leave(instruction, pc, report);
  }
  if (difo.instructions.at(-1)?.op !== 'ret')
    violations.push({ pc: difo.instructions.length, problem: 'the last instruction is not ret' });
  return violations;
}

/** Every broken invariant of a program, with its clause: those of its DIFOs, of its records and of its references. */
export function validateProgram(program: DifProgram): readonly string[] {
  return program.clauses.flatMap((clause) =>
    clauseProblems(clause, program).map((problem) => `enabled probe ${clause.epid}: ${problem}`),
  );
}

function clauseProblems(clause: DifClause, program: DifProgram): readonly string[] {
  const { predicate, actions, recordSize } = clause;
  const problems: string[] = [];
  const check = (difo: Difo) =>
    problems.push(...validateDifo(difo, program).map(({ pc, problem }) => `pc ${pc}: ${problem}`));
  if (predicate !== undefined) check(predicate);
  let end = recordHeaderSize;
  for (const action of actions) {
    for (const difo of difosOf(action)) check(difo);
    for (const { offset, size, difo } of fieldsOf(action)) {
      if (size !== sizeOf(difo.type)) problems.push(`a field of ${size} bytes holds ${typeName(difo.type)}`);
      if (offset < end || offset % alignmentOf(difo.type) !== 0)
        problems.push(`a field lies at ${offset}, where ${end} bytes are taken`);
      end = offset + size;
    }
    if (action.kind === 'aggregate') problems.push(...aggregateProblems(action, program));
  }
  problems.push(...speculationProblems(clause));
  if (recordSize % 8 !== 0 || recordSize < (end > recordHeaderSize ? end : 0))
    problems.push(`a record of ${recordSize} bytes for ${end}`);
  return problems;
}

function aggregateProblems(
  { aggregation: id, keys, argument }: Extract<DifAction, { kind: 'aggregate' }>,
  { aggregations }: DifProgram,
): readonly string[] {
  const aggregation = aggregations[id];
  if (aggregation === undefined) return [`there is no aggregation ${id}`];
  const problems: string[] = [];
  if (keys.length !== aggregation.keys.length)
    problems.push(`@${aggregation.name} has ${aggregation.keys.length} keys, not ${keys.length}`);
  for (const [i, { type }] of keys.entries()) {
    const to = aggregation.keys[i];
    if (to !== undefined && !storable(type, to))
      problems.push(`key ${i + 1} of @${aggregation.name} has type ${typeName(type)}`);
  }
  if ((argument === undefined) !== (aggregation.function === 'count'))
    problems.push(`${aggregation.function}() ${argument === undefined ? 'lacks' : 'has'} an argument`);
  if (argument !== undefined && !(argument.type.kind === 'integer' && argument.type.size === 8))
    problems.push(`the argument of ${aggregation.function}() has type ${typeName(argument.type)}`);
  return problems;
}

/** Follows control: what is written on every path, and that branches go to labels ahead. */
class Flow {
  readonly #labels = new Map<string, number>();
  readonly #incoming = new Map<string, ReadonlySet<DifRegister>>();
  readonly #registers: number;
  readonly #last: number;
  /** Registers written on every path to here; undefined where no path leads. */
  #written: Set<DifRegister> | undefined = new Set();

  constructor(difo: Difo) {
    this.#registers = difo.registers.length;
    this.#last = difo.instructions.length - 1;
    for (const [pc, each] of difo.instructions.entries()) {
      // A second label of a name is found when it is entered.
      if (each.op === 'label' && !this.#labels.has(each.name)) this.#labels.set(each.name, pc);
    }
  }

  enter(instruction: DifInstruction, report: (problem: string) => void): void {
    if (instruction.op === 'label') this.#join(instruction.name, report);
    if (this.#written === undefined) {
      report('no path leads here');
      this.#written = new Set(Array.from({ length: this.#registers }, (_, register) => register));
    }
    for (const register of operandsOf(instruction))
      if (!this.#written.has(register)) report(`r${register} is read before it is written on every path`);
  }

  leave(instruction: DifInstruction, pc: number, report: (problem: string) => void): void {
    const dst = resultOf(instruction);
    if (dst !== undefined) this.#written?.add(dst);
    if (instruction.op === 'branch' || instruction.op === 'branch-if') this.#branch(instruction.target, pc, report);
    if (instruction.op === 'branch' || instruction.op === 'ret') this.#written = undefined;
    if (instruction.op === 'ret' && pc !== this.#last) report('ret is not the last instruction');
  }

  #join(name: string, report: (problem: string) => void): void {
    if (this.#incoming.has(`:${name}`)) report(`label ${name} stands twice`);
    const incoming = this.#incoming.get(name);
    if (incoming !== undefined)
      this.#written = this.#written === undefined ? new Set(incoming) : meet(this.#written, incoming);
    this.#incoming.set(`:${name}`, new Set());
  }

  #branch(target: string, pc: number, report: (problem: string) => void): void {
    const at = this.#labels.get(target);
    if (at === undefined) report(`there is no label ${target}`);
    else if (at <= pc) report(`label ${target} lies behind`);
    const now = this.#written ?? new Set();
    const before = this.#incoming.get(target);
    this.#incoming.set(target, before === undefined ? new Set(now) : meet(before, now));
  }
}

function meet(a: ReadonlySet<DifRegister>, b: ReadonlySet<DifRegister>): Set<DifRegister> {
  return new Set([...a].filter((register) => b.has(register)));
}

/** Reports what an instruction does with registers of types that it is not for. */
function checkTypes(
  difo: Difo,
  instruction: DifInstruction,
  variables: readonly DifVariable[],
  report: (problem: string) => void,
): void {
  const dst = resultOf(instruction);
  const all = dst === undefined ? operandsOf(instruction) : [...operandsOf(instruction), dst];
  for (const register of all) if (difo.registers[register] === undefined) report(`there is no register r${register}`);
  if (all.some((register) => difo.registers[register] === undefined)) return;
  for (const problem of typeProblems(instruction, difo, variables)) report(problem);
}
