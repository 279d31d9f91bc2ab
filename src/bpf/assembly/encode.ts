/** From one instruction to the fields of its slots. `decode.ts` is the way back. */

import type { Instruction, Operand, Register } from '../instruction.js';
import {
  aluCode,
  atomicCode,
  byteSwapCode,
  callPseudo,
  controlCode,
  instructionClass,
  jumpCode,
  loadPseudo,
  mode,
  negateCode,
  registers,
  type Slot,
  sizeCode,
  sourceRegister,
} from './opcode.js';

/** Slots that `instruction` takes: 2 for the loads of 64-bit immediates, else 1. */
export const slotCount = (instruction: Instruction): 1 | 2 => {
  switch (instruction.kind) {
    case 'load-immediate-64':
    case 'load-map':
    case 'load-map-value':
      return 2;
    default:
      return 1;
  }
};

const number = (register: Register): number => registers.indexOf(register);

const fields = (opcode: number, dst: Register, src: number, offset: number, immediate: number): Slot => ({
  opcode,
  dst: number(dst),
  src,
  offset,
  immediate,
});

/** The form of arithmetic and jumps whose second operand is a register or an immediate. */
const withOperand = (opcode: number, dst: Register, operand: Operand, offset: number): Slot =>
  typeof operand === 'number'
    ? fields(opcode, dst, 0, offset, operand)
    : fields(opcode | sourceRegister, dst, number(operand), offset, 0);

/** LD_IMM64: the second slot holds nothing but the upper half of the immediate. */
const wideLoad = (dst: Register, pseudo: number, low: number, high: number): readonly Slot[] => [
  fields(instructionClass.ld | mode.immediate | sizeCode[8], dst, pseudo, 0, low),
  fields(0, 'r0', 0, 0, high),
];

const byteSwapOpcode = (order: 'be' | 'le' | 'swap'): number => {
  switch (order) {
    case 'be':
      return instructionClass.alu | byteSwapCode | sourceRegister;
    case 'le':
      return instructionClass.alu | byteSwapCode;
    case 'swap':
      return instructionClass.alu64 | byteSwapCode;
  }
};

/**
 * The slots of `instruction`, which stands in slot `at`; `resolve` gives the slot of a label. References to maps and
 * kernel functions are left zero for the loader. Nothing is checked for range: `assembler.ts` does that.
 */
export const encode = (instruction: Instruction, at: number, resolve: (label: string) => number): readonly Slot[] => {
  const { kind } = instruction;
  switch (kind) {
    case 'alu': {
      const width = instruction.bits === 64 ? instructionClass.alu64 : instructionClass.alu;
      const { operation } = instruction;
      const signed = operation === 'sdiv' || operation === 'smod';
      return [withOperand(width | aluCode[operation], instruction.dst, instruction.src, signed ? 1 : 0)];
    }
    case 'sign-extend': {
      const opcode = instructionClass.alu64 | aluCode.mov | sourceRegister;
      return [fields(opcode, instruction.dst, number(instruction.src), instruction.bits, 0)];
    }
    case 'negate': {
      const width = instruction.bits === 64 ? instructionClass.alu64 : instructionClass.alu;
      return [fields(width | negateCode, instruction.dst, 0, 0, 0)];
    }
    case 'byte-swap':
      return [fields(byteSwapOpcode(instruction.order), instruction.dst, 0, 0, instruction.bits)];
    case 'load-immediate-64': {
      const low = Number(BigInt.asIntN(32, instruction.value));
      const high = Number(BigInt.asIntN(32, instruction.value >> 32n));
      return wideLoad(instruction.dst, loadPseudo.constant, low, high);
    }
    case 'load-map':
      return wideLoad(instruction.dst, loadPseudo.map, 0, 0);
    case 'load-map-value':
      return wideLoad(instruction.dst, loadPseudo.mapValue, 0, instruction.offset);
    case 'load': {
      const how = instruction.signed ? mode.memorySigned : mode.memory;
      const opcode = instructionClass.ldx | how | sizeCode[instruction.size];
      return [fields(opcode, instruction.dst, number(instruction.base), instruction.offset, 0)];
    }
    case 'store': {
      const { base, offset, src } = instruction;
      const opcode = mode.memory | sizeCode[instruction.size];
      return typeof src === 'number'
        ? [fields(instructionClass.st | opcode, base, 0, offset, src)]
        : [fields(instructionClass.stx | opcode, base, number(src), offset, 0)];
    }
    case 'atomic': {
      const opcode = instructionClass.stx | mode.atomic | sizeCode[instruction.size];
      const { base, src, offset, operation } = instruction;
      return [fields(opcode, base, number(src), offset, atomicCode[operation])];
    }
    case 'jump':
      return [fields(instructionClass.jmp | controlCode.jump, 'r0', 0, resolve(instruction.target) - at - 1, 0)];
    case 'jump-if': {
      const width = instruction.bits === 64 ? instructionClass.jmp : instructionClass.jmp32;
      const opcode = width | jumpCode[instruction.condition];
      return [withOperand(opcode, instruction.dst, instruction.src, resolve(instruction.target) - at - 1)];
    }
    case 'call-helper':
      return [fields(instructionClass.jmp | controlCode.call, 'r0', callPseudo.helper, 0, instruction.helper)];
    case 'call-function': {
      const distance = resolve(instruction.target) - at - 1;
      return [fields(instructionClass.jmp | controlCode.call, 'r0', callPseudo.function, 0, distance)];
    }
    case 'call-kernel':
      return [fields(instructionClass.jmp | controlCode.call, 'r0', callPseudo.kernel, 0, 0)];
    case 'load-label-address':
      return [fields(instructionClass.alu64 | aluCode.mov, instruction.dst, 0, 0, resolve(instruction.target))];
    case 'exit':
      return [fields(instructionClass.jmp | controlCode.exit, 'r0', 0, 0, 0)];
  }
};
