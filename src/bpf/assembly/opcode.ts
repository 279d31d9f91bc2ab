/**
 * The encoding of eBPF instructions: the numbers of linux/bpf.h and the eight bytes of a slot
 * (Documentation/bpf/standardization/instruction-set.rst). `instruction.ts` draws the layout.
 */

import type { AluOperation, AtomicOperation, JumpCondition, Register, Size } from '../instruction.js';

/** Bytes of an instruction slot. */
export const slotBytes = 8;

/** The registers in the order of their numbers. */
export const registers = [
  'r0',
  'r1',
  'r2',
  'r3',
  'r4',
  'r5',
  'r6',
  'r7',
  'r8',
  'r9',
  'r10',
] as const satisfies readonly Register[];

/** Instruction classes: the lowest three bits of the opcode. */
export const instructionClass = {
  ld: 0x00,
  ldx: 0x01,
  st: 0x02,
  stx: 0x03,
  alu: 0x04,
  jmp: 0x05,
  jmp32: 0x06,
  alu64: 0x07,
} as const;

/** The source bit of the arithmetic and jump classes: set for a register, clear for an immediate. */
export const sourceRegister = 0x08;

/** Operation bits of arithmetic. `sdiv`, `smod` are `div`, `mod` with offset 1. */
export const aluCode = {
  add: 0x00,
  sub: 0x10,
  mul: 0x20,
  div: 0x30,
  sdiv: 0x30,
  or: 0x40,
  and: 0x50,
  lsh: 0x60,
  rsh: 0x70,
  mod: 0x90,
  smod: 0x90,
  xor: 0xa0,
  mov: 0xb0,
  arsh: 0xc0,
} as const satisfies Record<AluOperation, number>;

/** Operation bits of the arithmetic that is not an `AluOperation`. */
export const negateCode = 0x80;
/** Operation bits of byte swaps, whose source bit chooses big endian and whose class `alu64` swaps always. */
export const byteSwapCode = 0xd0;

/** Operation bits of conditional jumps. */
export const jumpCode = {
  eq: 0x10,
  gt: 0x20,
  ge: 0x30,
  set: 0x40,
  ne: 0x50,
  sgt: 0x60,
  sge: 0x70,
  lt: 0xa0,
  le: 0xb0,
  slt: 0xc0,
  sle: 0xd0,
} as const satisfies Record<JumpCondition, number>;

/** Operation bits of the jumps without a condition. */
export const controlCode = { jump: 0x00, call: 0x80, exit: 0x90 } as const;

/** Size bits of the load and store classes, by bytes. */
export const sizeCode = { 1: 0x10, 2: 0x08, 4: 0x00, 8: 0x18 } as const satisfies Record<Size, number>;

/** Mode bits of the load and store classes. */
export const mode = { immediate: 0x00, memory: 0x60, memorySigned: 0x80, atomic: 0xc0 } as const;

/** What the immediate of an atomic instruction says; bit 0 asks for the old value (BPF_FETCH). */
export const atomicCode = {
  add: 0x00,
  or: 0x40,
  and: 0x50,
  xor: 0xa0,
  'fetch-add': 0x01,
  'fetch-or': 0x41,
  'fetch-and': 0x51,
  'fetch-xor': 0xa1,
  xchg: 0xe1,
  cmpxchg: 0xf1,
} as const satisfies Record<AtomicOperation, number>;

/** Source register of LD_IMM64 that says what the immediate means: BPF_PSEUDO_MAP_FD, BPF_PSEUDO_MAP_VALUE. */
export const loadPseudo = { constant: 0, map: 1, mapValue: 2 } as const;

/** Source register of a call: a helper, BPF_PSEUDO_CALL, BPF_PSEUDO_KFUNC_CALL. */
export const callPseudo = { helper: 0, function: 1, kernel: 2 } as const;

/** The fields of one slot; `offset` and `immediate` are signed. */
export interface Slot {
  readonly opcode: number;
  readonly dst: number;
  readonly src: number;
  readonly offset: number;
  readonly immediate: number;
}

/** Writes `fields` to slot number `slot` of `code`, little endian. */
export const writeSlot = (code: DataView, slot: number, fields: Slot): void => {
  const at = slot * slotBytes;
  code.setUint8(at, fields.opcode);
  code.setUint8(at + 1, fields.dst | (fields.src << 4));
  code.setInt16(at + 2, fields.offset, true);
  code.setInt32(at + 4, fields.immediate, true);
};

/** Reads slot number `slot` of `code`. Throws RangeError beyond its end. */
export const readSlot = (code: DataView, slot: number): Slot => {
  const at = slot * slotBytes;
  const operands = code.getUint8(at + 1);
  return {
    opcode: code.getUint8(at),
    dst: operands & 0x0f,
    src: operands >> 4,
    offset: code.getInt16(at + 2, true),
    immediate: code.getInt32(at + 4, true),
  };
};
