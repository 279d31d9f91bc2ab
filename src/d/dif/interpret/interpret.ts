/** Runs one DIFO: the reference for the other back ends, and how clauses run where no kernel program may be loaded. */

import { assertNever } from '../../assert-never.js';
import type { DifInstruction, Difo } from '../../dif.js';
import { wrapInteger } from '../../types.js';
import { byteString } from '../byte-string.js';
import type { DifInteger } from '../type.js';
import { compute, holds, ordered } from './arithmetic.js';
import { type DifContext, DifFault, type DifValue } from './context.js';
import { Registers } from './registers.js';

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
