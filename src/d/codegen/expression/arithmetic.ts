/** Arithmetic of DIF in generated code. */

import { alu, jumpIf, move, negate } from '../../../bpf/instruction.js';
import type { DifInstruction, DifOperation } from '../../dif.js';
import { faultLabel } from '../unit.js';
import { type Expression, loadInteger, readOperand, target, writeInteger } from './expression.js';

const operations = {
  add: 'add',
  sub: 'sub',
  mul: 'mul',
  udiv: 'div',
  urem: 'mod',
  and: 'and',
  or: 'or',
  xor: 'xor',
  sll: 'lsh',
  srl: 'rsh',
  sra: 'arsh',
} as const satisfies Readonly<Record<Exclude<DifOperation, 'sdiv' | 'srem'>, string>>;

/** `dst = left OPERATION right`. */
export function emitArithmetic(expression: Expression, instruction: Extract<DifInstruction, { op: 'alu' }>): void {
  const { emitter } = expression.unit;
  const { operation } = instruction;
  if (operation === 'sdiv' || operation === 'srem') {
    emitSignedDivision(expression, instruction, operation);
    return;
  }
  let right = readOperand(expression, instruction.right, 'r2');
  const shift = operation === 'sll' || operation === 'srl' || operation === 'sra';
  if (shift && typeof right === 'number') right &= 63;
  if (operation === 'udiv' || operation === 'urem') {
    // A constant zero would be rejected by the verifier; a register that holds it faults.
    if (right === 0) {
      emitter.emit(move('r2', 0));
      right = 'r2';
    }
    if (typeof right !== 'number') {
      emitter.emit(jumpIf('eq', right, 0, faultLabel(expression.unit, expression.site, 'divide-by-zero', 0)));
    }
  }
  const to = target(expression, instruction.dst, right, 'r1');
  loadInteger(expression, instruction.left, to);
  emitter.emit(alu(operations[operation], to, right));
  writeInteger(expression, instruction.dst, to);
}

/** Signed division by the unsigned instructions, which every kernel has: divide the magnitudes, then set the sign. */
function emitSignedDivision(
  expression: Expression,
  instruction: Extract<DifInstruction, { op: 'alu' }>,
  operation: 'sdiv' | 'srem',
): void {
  const { emitter } = expression.unit;
  loadInteger(expression, instruction.left, 'r1');
  loadInteger(expression, instruction.right, 'r2');
  emitter.emit(jumpIf('eq', 'r2', 0, faultLabel(expression.unit, expression.site, 'divide-by-zero', 0)));
  // r3: the sign of the result in its top bit.
  emitter.emit(move('r3', 'r1'));
  if (operation === 'sdiv') emitter.emit(alu('xor', 'r3', 'r2'));
  for (const register of ['r1', 'r2'] as const) {
    const positive = emitter.fresh('divide');
    emitter.emit(jumpIf('sge', register, 0, positive), negate(register));
    emitter.place(positive);
  }
  const done = emitter.fresh('divide');
  emitter.emit(alu(operation === 'sdiv' ? 'div' : 'mod', 'r1', 'r2'), jumpIf('sge', 'r3', 0, done), negate('r1'));
  emitter.place(done);
  writeInteger(expression, instruction.dst, 'r1');
}
