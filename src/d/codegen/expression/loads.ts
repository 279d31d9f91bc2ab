/** Reading memory at addresses that a D program computes: by the helpers that report what cannot be read. */

import { helperNumber } from '../../../bpf/helper.js';
import { alu, callHelper, jump, jumpIf, load, move } from '../../../bpf/instruction.js';
import type { DifInstruction, DifRegister } from '../../dif.js';
import { emitClear, stringSpace } from '../strings.js';
import { contextRegister, faultLabel, signExtend } from '../unit.js';
import { type Expression, loadInteger, readInteger, typeOf, wordsAt, writeInteger } from './expression.js';

/** Reads an integer at an address, or faults. */
export function emitLoad(expression: Expression, instruction: Extract<DifInstruction, { op: 'load' }>): void {
  const { unit } = expression;
  const { emitter } = unit;
  loadInteger(expression, instruction.address, 'r3');
  emitter.emit(
    move('r1', contextRegister),
    alu('add', 'r1', unit.memory.scratch),
    move('r2', instruction.size),
    callHelper(instruction.space === 'user' ? helperNumber.probeReadUser : helperNumber.probeReadKernel),
  );
  emitAddressCheck(expression, instruction.address, 'ne');
  emitter.emit(load(instruction.size, 'r0', contextRegister, unit.memory.scratch));
  if (instruction.signed && instruction.size < 8) {
    emitter.emit(...signExtend('r0', (instruction.size * 8) as 8 | 16 | 32));
  }
  writeInteger(expression, instruction.dst, 'r0');
}

/** Reads a string at an address, or faults. */
export function emitLoadString(
  expression: Expression,
  instruction: Extract<DifInstruction, { op: 'load-string' }>,
): void {
  const { unit } = expression;
  const { emitter } = unit;
  const type = typeOf(expression, instruction.dst);
  if (type.kind !== 'string') return;
  const at = wordsAt(expression, instruction.dst);
  emitClear(emitter, at, stringSpace(type.bound) / 8);
  loadInteger(expression, instruction.address, 'r3');
  emitter.emit(
    move('r1', at.base),
    alu('add', 'r1', at.offset),
    move('r2', type.bound),
    callHelper(instruction.space === 'user' ? helperNumber.probeReadUserStr : helperNumber.probeReadKernelStr),
  );
  emitAddressCheck(expression, instruction.address, 'slt');
}

/** Faults with the address if the helper's result in r0 says so. */
function emitAddressCheck(expression: Expression, address: DifRegister, failed: 'ne' | 'slt'): void {
  const { emitter } = expression.unit;
  const fine = emitter.fresh('read');
  emitter.emit(jumpIf(failed === 'ne' ? 'eq' : 'sge', 'r0', 0, fine));
  const value = readInteger(expression, address, 'r1');
  emitter.emit(jump(faultLabel(expression.unit, expression.site, 'invalid address', value)));
  emitter.place(fine);
}
