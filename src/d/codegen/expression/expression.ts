/**
 * DIFOs to eBPF.
 *
 * Takes a DIFO inside a clause function (r9: the context area), gives code that leaves the value in r0 (integers) or in
 * the context area (strings). Between two DIF instructions nothing lives in r0 to r5; r6 to r8 and memory hold the
 * virtual registers. A fault writes its particulars and leaves the clause. Nothing is refused here.
 */

import {
  alu,
  callFunction,
  type JumpCondition,
  jump,
  jumpIf,
  load,
  loadConstant,
  move,
  negate,
  type Operand,
  type Register,
  store,
} from '../../../bpf/instruction.js';
import { assertNever } from '../../assert-never.js';
import { sizeOf } from '../../dif/type.js';
import type { DifCondition, DifInstruction, Difo, DifRegister, DifType } from '../../dif.js';
import { postFunction, spontaneous, syncedFunction } from '../mailbox.js';
import { requestKinds } from '../memory/mailbox-layout.js';
import { takeFunction } from '../speculation/take.js';
import { type Address, emitStringCompare, emitStringConstant, emitStringMove } from '../strings.js';
import { contextRegister, type FaultSite, signExtend, type Unit, zeroExtend } from '../unit.js';
import { emitArithmetic } from './arithmetic.js';
import { emitBuiltin, emitStringBuiltin, isStringBuiltin } from './builtins.js';
import { emitLoad, emitLoadString } from './loads.js';
import { type Allocation, allocateRegisters, type Home } from './registers.js';
import { emitStack } from './stacks.js';
import { emitElementGet, emitElementSet, emitVariableGet, emitVariableSet } from './variables.js';

/** A value that generated code has computed: in r0, or a string or stack of `bound` bytes in the context area. */
export type Result =
  | { readonly kind: 'integer' }
  | { readonly kind: 'bytes'; readonly at: Address; readonly bound: number };

/** A DIFO being generated. */
export interface Expression {
  readonly unit: Unit;
  readonly difo: Difo;
  readonly allocation: Allocation;
  readonly site: FaultSite;
  /** The label in the program for a label of the DIFO. */
  label(name: string): string;
}

/** Type of a virtual register. */
export function typeOf(expression: Expression, register: DifRegister): DifType {
  const type = expression.difo.registers[register];
  if (type === undefined) throw new Error(`DIF register ${register} has no type`);
  return type;
}

function homeOf(expression: Expression, register: DifRegister): Home {
  const home = expression.allocation.homes[register];
  if (home === undefined) throw new Error(`DIF register ${register} has no home`);
  return home;
}

/** The place of a string or stack register. */
export function wordsAt(expression: Expression, register: DifRegister): Address {
  const home = homeOf(expression, register);
  if (home.kind !== 'memory') throw new Error(`DIF register ${register} is not in memory`);
  return { base: contextRegister, offset: home.offset };
}

/** A machine register with the value of an integer register: its own, or `scratch` after loading it. */
export function readInteger(expression: Expression, register: DifRegister, scratch: Register): Register {
  const home = homeOf(expression, register);
  if (home.kind === 'register') return home.register;
  expression.unit.emitter.emit(
    home.kind === 'constant' ? move(scratch, home.value) : load(8, scratch, contextRegister, home.offset),
  );
  return scratch;
}

/** As `readInteger`, but constants stay in the instruction. */
export function readOperand(expression: Expression, register: DifRegister, scratch: Register): Operand {
  const home = homeOf(expression, register);
  return home.kind === 'constant' ? home.value : readInteger(expression, register, scratch);
}

/** Loads an integer register into `to`, whatever its home. */
export function loadInteger(expression: Expression, register: DifRegister, to: Register): void {
  const from = readInteger(expression, register, to);
  if (from !== to) expression.unit.emitter.emit(move(to, from));
}

/** Stores `from` as the value of an integer register. */
export function writeInteger(expression: Expression, register: DifRegister, from: Operand): void {
  const home = homeOf(expression, register);
  const { emitter } = expression.unit;
  if (home.kind === 'memory') emitter.emit(store(8, contextRegister, home.offset, from));
  else if (home.kind === 'register' && home.register !== from) emitter.emit(move(home.register, from));
}

/** Where an instruction may compute a result: the register's own home if it is one and `avoid` is elsewhere. */
export function target(expression: Expression, register: DifRegister, avoid: Operand, scratch: Register): Register {
  const home = homeOf(expression, register);
  return home.kind === 'register' && home.register !== avoid ? home.register : scratch;
}

const conditions: Readonly<Record<DifCondition, JumpCondition>> = {
  eq: 'eq',
  ne: 'ne',
  lt: 'lt',
  le: 'le',
  gt: 'gt',
  ge: 'ge',
  slt: 'slt',
  sle: 'sle',
  sgt: 'sgt',
  sge: 'sge',
};

/** Generates `difo`; the result is in r0 or in the context area, valid until the next DIFO. */
export function emitDifo(unit: Unit, difo: Difo, site: FaultSite): Result {
  const prefix = unit.emitter.fresh('difo');
  const expression: Expression = {
    unit,
    difo,
    site,
    allocation: allocateRegisters(difo, unit.memory.registers),
    label: (name) => `${prefix}_${name}`,
  };
  let result: Result = { kind: 'integer' };
  let skip = false;
  difo.instructions.forEach((instruction, index) => {
    if (skip) {
      skip = false;
      return;
    }
    if (instruction.op === 'compare' && emitFusedBranch(expression, instruction, index)) {
      skip = true;
      return;
    }
    if (instruction.op === 'ret') {
      const type = typeOf(expression, instruction.src);
      if (type.kind !== 'integer') {
        result = { kind: 'bytes', at: wordsAt(expression, instruction.src), bound: sizeOf(type) };
      } else {
        loadInteger(expression, instruction.src, 'r0');
      }
      return;
    }
    emitInstruction(expression, instruction);
  });
  return result;
}

/** A comparison whose only use is the branch behind it becomes one jump. */
function emitFusedBranch(
  expression: Expression,
  compare: Extract<DifInstruction, { op: 'compare' }>,
  index: number,
): boolean {
  const next = expression.difo.instructions[index + 1];
  if (next?.op !== 'branch-if' || next.src !== compare.dst) return false;
  if (expression.allocation.lastUse[compare.dst] !== index + 1) return false;
  const { emitter } = expression.unit;
  const left = readInteger(expression, compare.left, 'r1');
  const right = readOperand(expression, compare.right, 'r2');
  const to = expression.label(next.target);
  if (next.when === 'nonzero') {
    emitter.emit(jumpIf(conditions[compare.condition], left, right, to));
  } else {
    emitter.emit(jumpIf(conditions[opposite[compare.condition]], left, right, to));
  }
  return true;
}

const opposite: Readonly<Record<DifCondition, DifCondition>> = {
  eq: 'ne',
  ne: 'eq',
  lt: 'ge',
  ge: 'lt',
  gt: 'le',
  le: 'gt',
  slt: 'sge',
  sge: 'slt',
  sgt: 'sle',
  sle: 'sgt',
};

function emitInstruction(expression: Expression, instruction: Exclude<DifInstruction, { op: 'ret' }>): void {
  const { unit } = expression;
  const { emitter } = unit;
  switch (instruction.op) {
    case 'setx': {
      const home = homeOf(expression, instruction.dst);
      if (home.kind === 'constant') return;
      const to = target(expression, instruction.dst, 0, 'r1');
      emitter.emit(loadConstant(to, instruction.value));
      writeInteger(expression, instruction.dst, to);
      return;
    }
    case 'sets': {
      const type = typeOf(expression, instruction.dst);
      if (type.kind !== 'string') return;
      emitStringConstant(emitter, wordsAt(expression, instruction.dst), instruction.text, type.bound, 'r1');
      return;
    }
    case 'mov': {
      const to = typeOf(expression, instruction.dst);
      const from = typeOf(expression, instruction.src);
      if (to.kind !== 'integer' && from.kind !== 'integer') {
        const destination = wordsAt(expression, instruction.dst);
        emitStringMove(emitter, destination, sizeOf(to), wordsAt(expression, instruction.src), sizeOf(from), 'r2');
      } else {
        writeInteger(expression, instruction.dst, readOperand(expression, instruction.src, 'r1'));
      }
      return;
    }
    case 'alu':
      emitArithmetic(expression, instruction);
      return;
    case 'neg':
    case 'not': {
      const to = target(expression, instruction.dst, 0, 'r1');
      loadInteger(expression, instruction.src, to);
      emitter.emit(instruction.op === 'neg' ? negate(to) : alu('xor', to, -1));
      writeInteger(expression, instruction.dst, to);
      return;
    }
    case 'extend': {
      const to = target(expression, instruction.dst, 0, 'r1');
      loadInteger(expression, instruction.src, to);
      emitter.emit(...(instruction.signed ? signExtend(to, instruction.bits) : zeroExtend(to, instruction.bits)));
      writeInteger(expression, instruction.dst, to);
      return;
    }
    case 'compare': {
      const left = readInteger(expression, instruction.left, 'r1');
      const right = readOperand(expression, instruction.right, 'r2');
      const yes = emitter.fresh('compare');
      emitter.emit(move('r0', 1), jumpIf(conditions[instruction.condition], left, right, yes), move('r0', 0));
      emitter.place(yes);
      writeInteger(expression, instruction.dst, 'r0');
      return;
    }
    case 'scompare':
      emitStringComparison(expression, instruction);
      return;
    case 'branch':
      emitter.emit(jump(expression.label(instruction.target)));
      return;
    case 'branch-if': {
      const source = readInteger(expression, instruction.src, 'r1');
      emitter.emit(jumpIf(instruction.when === 'zero' ? 'eq' : 'ne', source, 0, expression.label(instruction.target)));
      return;
    }
    case 'label':
      emitter.place(expression.label(instruction.name));
      return;
    case 'builtin': {
      const type = typeOf(expression, instruction.dst);
      if (isStringBuiltin(instruction.variable)) {
        if (type.kind !== 'string') return;
        emitStringBuiltin(unit, instruction.variable, wordsAt(expression, instruction.dst), type.bound);
      } else {
        emitBuiltin(unit, instruction.variable, expression.site.epid);
        writeInteger(expression, instruction.dst, 'r0');
      }
      return;
    }
    case 'get':
      emitVariableGet(expression, instruction);
      return;
    case 'set':
      emitVariableSet(expression, instruction);
      return;
    case 'get-element':
      emitElementGet(expression, instruction);
      return;
    case 'set-element':
      emitElementSet(expression, instruction);
      return;
    case 'load':
      emitLoad(expression, instruction);
      return;
    case 'load-string':
      emitLoadString(expression, instruction);
      return;
    case 'stack':
      emitStack(expression, instruction);
      return;
    case 'sync':
      emitter.emit(move('r1', requestKinds.sync | (unit.spontaneous ? spontaneous : 0)), callFunction(postFunction));
      writeInteger(expression, instruction.dst, 'r0');
      return;
    case 'speculation':
      emitter.emit(move('r1', 0), callFunction(takeFunction));
      writeInteger(expression, instruction.dst, 'r0');
      return;
    case 'synced':
      loadInteger(expression, instruction.src, 'r1');
      emitter.emit(callFunction(syncedFunction));
      writeInteger(expression, instruction.dst, 'r0');
      return;
    default:
      assertNever(instruction);
  }
}

function emitStringComparison(expression: Expression, instruction: Extract<DifInstruction, { op: 'scompare' }>): void {
  const { emitter } = expression.unit;
  const { condition } = instruction;
  const left = typeOf(expression, instruction.left);
  const right = typeOf(expression, instruction.right);
  if (left.kind !== 'string' || right.kind !== 'string') return;
  const equal = emitter.fresh('equal');
  const done = emitter.fresh('compared');
  const leftAt = wordsAt(expression, instruction.left);
  emitStringCompare(emitter, leftAt, left.bound, wordsAt(expression, instruction.right), right.bound, equal);
  if (condition === 'eq' || condition === 'ne') {
    emitter.emit(move('r0', condition === 'ne' ? 1 : 0), jump(done));
  } else {
    // Never equal here, so that `le` is `lt`.
    const less = condition === 'lt' || condition === 'le';
    emitter.emit(move('r0', 1), jumpIf(less ? 'lt' : 'gt', 'r1', 'r2', done), move('r0', 0), jump(done));
  }
  emitter.place(equal);
  emitter.emit(move('r0', condition === 'eq' || condition === 'le' || condition === 'ge' ? 1 : 0));
  emitter.place(done);
  writeInteger(expression, instruction.dst, 'r0');
}
