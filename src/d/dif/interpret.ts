/** Runs one DIFO: the reference for the other back ends, and how clauses run where no kernel program may be loaded. */

import { assertNever } from '../assert-never.js';
import type { BuiltinVariable, DifCondition, DifInstruction, DifOperation, Difo, DifRegister } from '../dif.js';
import { wrapInteger } from '../types.js';
import { type ByteString, byteString, cutToBound } from './byte-string.js';
import type { DifInteger } from './type.js';

/** The frames of a stack, from the innermost outwards, 64-bit addresses. */
export type DifStack = readonly bigint[];

/** A D value at run time: integers in the range of their type, strings as bytes, stacks. */
export type DifValue = bigint | ByteString | DifStack;

/** What a DIFO reaches outside itself. Values that it is given are wrapped or cut to the type that the DIFO expects. */
export interface DifContext {
  builtin(variable: BuiltinVariable): DifValue;
  /** The variable's value; undefined if it was never assigned. */
  get(variable: number): DifValue | undefined;
  set(variable: number, value: DifValue): void;
  getElement(variable: number, keys: readonly DifValue[]): DifValue | undefined;
  setElement(variable: number, keys: readonly DifValue[], value: DifValue): void;
  /** `size` bytes at `address` (0 to 2^64-1), little-endian; undefined if they cannot be read. */
  load(space: 'kernel' | 'user', address: bigint, size: 1 | 2 | 4 | 8): bigint | undefined;
  /** The bytes before the NUL, at most `limit` of them; undefined if they cannot be read. */
  loadString(space: 'kernel' | 'user', address: bigint, limit: number): ByteString | undefined;
  /** The stack, `frames` frames of it at most; without one every stack is empty. */
  readonly stack?: ((frames: number) => DifStack) | undefined;
  /** Takes a speculation: its number, or 0. */
  speculation(): bigint;
  /** Where syncs are asked for; without one no request is ever taken. */
  readonly requests?: Requests | undefined;
}

/** Requests for a sync, which is done elsewhere and later. */
export interface Requests {
  /** Asks for one: the request's number, or 0. */
  post(): bigint;
  isComplete(number: bigint): boolean;
}

/** Why a DIFO stopped, in dtrace's words. */
export type DifFaultKind = 'invalid address' | 'divide-by-zero' | 'illegal operation';

/** A fault inside a DIFO. Caught by whoever runs the clause; users see it as an ERROR firing. */
export class DifFault extends Error {
  readonly kind: DifFaultKind;
  /** The address that could not be read, or the number of no speculation; 0 for a division. */
  readonly value: bigint;
  /** Index of the instruction. */
  readonly pc: number;

  constructor(kind: DifFaultKind, value: bigint, pc: number) {
    super(kind);
    this.name = 'DifFault';
    this.kind = kind;
    this.value = value;
    this.pc = pc;
  }
}

/** For each branch the index of its label. */
type Targets = Int32Array;

const resolved = new WeakMap<Difo, Targets>();

function targetsOf(difo: Difo): Targets {
  const known = resolved.get(difo);
  if (known !== undefined) return known;
  const labels = new Map<string, number>();
  for (const [pc, each] of difo.instructions.entries()) if (each.op === 'label') labels.set(each.name, pc);
  const targets = new Int32Array(difo.instructions.length);
  for (const [pc, each] of difo.instructions.entries()) {
    if (each.op === 'branch' || each.op === 'branch-if')
      targets[pc] = labels.get(each.target) ?? difo.instructions.length;
  }
  resolved.set(difo, targets);
  return targets;
}

/** The registers of a running DIFO; reading one that was not written is an error of the generator. */
class Registers {
  readonly #types: Difo['registers'];
  readonly #values: (DifValue | undefined)[];

  constructor(types: Difo['registers']) {
    this.#types = types;
    this.#values = new Array<DifValue | undefined>(types.length);
  }

  value(register: DifRegister): DifValue {
    const value = this.#values[register];
    if (value === undefined) throw new TypeError(`register ${register} is read before it is written`);
    return value;
  }

  integer(register: DifRegister): bigint {
    const value = this.#values[register];
    if (typeof value !== 'bigint') throw new TypeError(`register ${register} holds no integer`);
    return value;
  }

  string(register: DifRegister): ByteString {
    const value = this.#values[register];
    if (typeof value !== 'string') throw new TypeError(`register ${register} holds no string`);
    return value;
  }

  values(registers: readonly DifRegister[]): readonly DifValue[] {
    return registers.map((register) => this.value(register));
  }

  /** Writes `value`, as a value of the register's type; undefined is 0 or "". */
  write(register: DifRegister, value: DifValue | undefined): void {
    const type = this.#types[register];
    if (type === undefined) throw new TypeError(`there is no register ${register}`);
    switch (type.kind) {
      case 'string':
        if (value !== undefined && typeof value !== 'string') throw new TypeError(`register ${register} holds strings`);
        this.#values[register] = cutToBound(value ?? '', type.bound);
        return;
      case 'stack':
        if (value !== undefined && typeof value !== 'object') throw new TypeError(`register ${register} holds stacks`);
        this.#values[register] = (value ?? []).slice(0, type.frames);
        return;
      case 'integer':
        if (value !== undefined && typeof value !== 'bigint')
          throw new TypeError(`register ${register} holds integers`);
        this.#values[register] = wrapInteger(value ?? 0n, type);
    }
  }

  /** Writes a 64-bit result, which the generator promises to be in the range of the register's type. */
  writeWide(register: DifRegister, value: bigint): void {
    this.#values[register] = this.#isSigned(register) ? BigInt.asIntN(64, value) : BigInt.asUintN(64, value);
  }

  /** Frames that a stack register holds at most. */
  frames(register: DifRegister): number {
    const type = this.#types[register];
    if (type?.kind !== 'stack') throw new TypeError(`register ${register} holds no stacks`);
    return type.frames;
  }

  /** Bytes that a string register holds, NUL included. */
  bound(register: DifRegister): number {
    const type = this.#types[register];
    if (type?.kind !== 'string') throw new TypeError(`register ${register} holds no strings`);
    return type.bound;
  }

  #isSigned(register: DifRegister): boolean {
    const type = this.#types[register];
    return type?.kind === 'integer' && type.signed;
  }
}

/**
 * Runs a DIFO that keeps the invariants of DIF and gives its value: an integer in the range of `difo.type`, the bytes of
 * a string, or a stack. Throws `DifFault`.
 */
export function interpretDifo(difo: Difo, context: DifContext): DifValue {
  const { instructions } = difo;
  const targets = targetsOf(difo);
  const registers = new Registers(difo.registers);
  for (let pc = 0; pc < instructions.length; pc += 1) {
    const instruction = instructions[pc];
    if (instruction === undefined) break;
    switch (instruction.op) {
      case 'branch':
        pc = targets[pc] ?? instructions.length;
        break;
      case 'branch-if':
        if ((registers.integer(instruction.src) === 0n) === (instruction.when === 'zero'))
          pc = targets[pc] ?? instructions.length;
        break;
      case 'label':
        break;
      case 'ret':
        return registers.value(instruction.src);
      default:
        step(instruction, registers, context, pc);
    }
  }
  throw new TypeError('the DIFO ends without ret');
}

type Straight = Exclude<DifInstruction, { op: 'branch' | 'branch-if' | 'label' | 'ret' }>;

function step(instruction: Straight, registers: Registers, context: DifContext, pc: number): void {
  switch (instruction.op) {
    case 'setx':
      registers.write(instruction.dst, instruction.value);
      return;
    case 'sets':
      registers.write(instruction.dst, byteString(instruction.text));
      return;
    case 'mov': {
      const value = registers.value(instruction.src);
      if (typeof value === 'bigint') registers.writeWide(instruction.dst, value);
      else registers.write(instruction.dst, value);
      return;
    }
    case 'alu': {
      const left = registers.integer(instruction.left);
      const right = registers.integer(instruction.right);
      registers.writeWide(instruction.dst, compute(instruction.operation, left, right, pc));
      return;
    }
    case 'neg':
      registers.writeWide(instruction.dst, -registers.integer(instruction.src));
      return;
    case 'not':
      registers.writeWide(instruction.dst, ~registers.integer(instruction.src));
      return;
    case 'extend': {
      const value = registers.integer(instruction.src);
      const { bits, signed } = instruction;
      registers.writeWide(instruction.dst, signed ? BigInt.asIntN(bits, value) : BigInt.asUintN(bits, value));
      return;
    }
    case 'compare': {
      const left = registers.integer(instruction.left);
      const right = registers.integer(instruction.right);
      registers.writeWide(instruction.dst, holds(instruction.condition, left, right) ? 1n : 0n);
      return;
    }
    case 'scompare': {
      const left = registers.string(instruction.left);
      const right = registers.string(instruction.right);
      registers.writeWide(instruction.dst, ordered(instruction.condition, left, right) ? 1n : 0n);
      return;
    }
    case 'builtin':
      registers.write(instruction.dst, context.builtin(instruction.variable));
      return;
    case 'get':
      registers.write(instruction.dst, context.get(instruction.variable));
      return;
    case 'set':
      context.set(instruction.variable, registers.value(instruction.src));
      return;
    case 'get-element': {
      const keys = registers.values(instruction.keys);
      registers.write(instruction.dst, context.getElement(instruction.variable, keys));
      return;
    }
    case 'set-element': {
      const keys = registers.values(instruction.keys);
      context.setElement(instruction.variable, keys, registers.value(instruction.src));
      return;
    }
    case 'load': {
      const address = BigInt.asUintN(64, registers.integer(instruction.address));
      const value = context.load(instruction.space, address, instruction.size);
      if (value === undefined) throw new DifFault('invalid address', address, pc);
      const type: DifInteger = { kind: 'integer', size: instruction.size, signed: instruction.signed };
      registers.writeWide(instruction.dst, wrapInteger(value, type));
      return;
    }
    case 'load-string': {
      const address = BigInt.asUintN(64, registers.integer(instruction.address));
      const limit = registers.bound(instruction.dst) - 1;
      const value = context.loadString(instruction.space, address, limit);
      if (value === undefined) throw new DifFault('invalid address', address, pc);
      registers.write(instruction.dst, value);
      return;
    }
    case 'stack':
      registers.write(instruction.dst, context.stack?.(registers.frames(instruction.dst)));
      return;
    case 'sync':
      registers.writeWide(instruction.dst, context.requests?.post() ?? 0n);
      return;
    case 'speculation':
      registers.writeWide(instruction.dst, context.speculation());
      return;
    case 'synced': {
      const complete = context.requests?.isComplete(registers.integer(instruction.src)) ?? false;
      registers.writeWide(instruction.dst, complete ? 1n : 0n);
      return;
    }
    default:
      assertNever(instruction);
  }
}

function compute(operation: DifOperation, left: bigint, right: bigint, pc: number): bigint {
  switch (operation) {
    case 'add':
      return left + right;
    case 'sub':
      return left - right;
    case 'mul':
      return left * right;
    case 'and':
      return left & right;
    case 'or':
      return left | right;
    case 'xor':
      return left ^ right;
    case 'sll':
      return left << BigInt.asUintN(6, right);
    case 'srl':
      return BigInt.asUintN(64, left) >> BigInt.asUintN(6, right);
    case 'sra':
      return BigInt.asIntN(64, left) >> BigInt.asUintN(6, right);
    default:
      if (right === 0n) throw new DifFault('divide-by-zero', 0n, pc);
      return divide(operation, left, right);
  }
}

/** BigInt divides towards zero, as C does; the minimum by -1 wraps to the minimum when it is written. */
function divide(operation: 'sdiv' | 'udiv' | 'srem' | 'urem', left: bigint, right: bigint): bigint {
  switch (operation) {
    case 'sdiv':
      return BigInt.asIntN(64, left) / BigInt.asIntN(64, right);
    case 'udiv':
      return BigInt.asUintN(64, left) / BigInt.asUintN(64, right);
    case 'srem':
      return BigInt.asIntN(64, left) % BigInt.asIntN(64, right);
    case 'urem':
      return BigInt.asUintN(64, left) % BigInt.asUintN(64, right);
    default:
      return assertNever(operation);
  }
}

function holds(condition: DifCondition, left: bigint, right: bigint): boolean {
  switch (condition) {
    case 'slt':
      return BigInt.asIntN(64, left) < BigInt.asIntN(64, right);
    case 'sle':
      return BigInt.asIntN(64, left) <= BigInt.asIntN(64, right);
    case 'sgt':
      return BigInt.asIntN(64, left) > BigInt.asIntN(64, right);
    case 'sge':
      return BigInt.asIntN(64, left) >= BigInt.asIntN(64, right);
    default:
      return ordered(condition, BigInt.asUintN(64, left), BigInt.asUintN(64, right));
  }
}

function ordered<T extends DifValue>(condition: 'eq' | 'ne' | 'lt' | 'le' | 'gt' | 'ge', left: T, right: T): boolean {
  switch (condition) {
    case 'eq':
      return left === right;
    case 'ne':
      return left !== right;
    case 'lt':
      return left < right;
    case 'le':
      return left <= right;
    case 'gt':
      return left > right;
    case 'ge':
      return left >= right;
    default:
      return assertNever(condition);
  }
}
