/**
 * eBPF instructions as plain data, and the functions that make them.
 *
 * An instruction is eight bytes (linux/bpf.h, struct bpf_insn; the ISA is Documentation/bpf/standardization):
 *
 *      8 bits    4 bits  4 bits    16 bits         32 bits
 *   +---------+-------+-------+--------------+----------------+
 *   | opcode  |  dst  |  src  |    offset    |   immediate    |
 *   +---------+-------+-------+--------------+----------------+
 *
 * Opcode of the arithmetic and jump classes:   operation (4) | source (1: 0 immediate, 1 register) | class (3)
 * Opcode of the load and store classes:        mode (3)      | size (2)                             | class (3)
 *
 * Only LD_IMM64 takes two slots. Here instructions are described by what they mean, one `kind` a form; `assembler.ts`
 * turns them into bytes and `disassembler.ts` into text, and the interpreter runs them as they are.
 */

/** A register: r0 holds results, r1-r5 arguments (lost by calls), r6-r9 survive calls, r10 is the frame pointer. */
export type Register = 'r0' | 'r1' | 'r2' | 'r3' | 'r4' | 'r5' | 'r6' | 'r7' | 'r8' | 'r9' | 'r10';

/** A register, or a 32-bit immediate that the machine sign-extends. */
export type Operand = Register | number;

/** Width of a memory access in bytes. */
export type Size = 1 | 2 | 4 | 8;

/** Arithmetic on two operands; `sdiv` and `smod` need Linux 6.6. */
export type AluOperation =
  | 'add'
  | 'sub'
  | 'mul'
  | 'div'
  | 'mod'
  | 'sdiv'
  | 'smod'
  | 'or'
  | 'and'
  | 'xor'
  | 'lsh'
  | 'rsh'
  | 'arsh'
  | 'mov';

/** Condition of a jump; the ones with `s` compare as signed numbers, `set` is `(dst & src) != 0`. */
export type JumpCondition = 'eq' | 'ne' | 'gt' | 'ge' | 'lt' | 'le' | 'sgt' | 'sge' | 'slt' | 'sle' | 'set';

/** An atomic operation on memory; the `fetch-` forms leave the old value in the source register, `cmpxchg` in r0. */
export type AtomicOperation =
  | 'add'
  | 'or'
  | 'and'
  | 'xor'
  | 'fetch-add'
  | 'fetch-or'
  | 'fetch-and'
  | 'fetch-xor'
  | 'xchg'
  | 'cmpxchg';

/** One instruction. Jumps and local calls name labels, maps and kernel functions are named and bound when loading. */
export type Instruction =
  | {
      readonly kind: 'alu';
      readonly bits: 32 | 64;
      readonly operation: AluOperation;
      readonly dst: Register;
      readonly src: Operand;
    }
  /** `dst = (signed bits) src`, since Linux 6.6. */
  | { readonly kind: 'sign-extend'; readonly bits: 8 | 16 | 32; readonly dst: Register; readonly src: Register }
  | { readonly kind: 'negate'; readonly bits: 32 | 64; readonly dst: Register }
  /** `be`, `le`: to that order from the host's; `swap`: always (since Linux 6.6). */
  | {
      readonly kind: 'byte-swap';
      readonly order: 'be' | 'le' | 'swap';
      readonly bits: 16 | 32 | 64;
      readonly dst: Register;
    }
  | { readonly kind: 'load-immediate-64'; readonly dst: Register; readonly value: bigint }
  /** `dst` = pointer to the map called `map`. */
  | { readonly kind: 'load-map'; readonly dst: Register; readonly map: string }
  /** `dst` = pointer into the only element of the array map called `map`. */
  | { readonly kind: 'load-map-value'; readonly dst: Register; readonly map: string; readonly offset: number }
  /** `dst` = `*(size *)(base + offset)`, zero-extended, or sign-extended when `signed` (since Linux 6.6). */
  | {
      readonly kind: 'load';
      readonly size: Size;
      readonly signed: boolean;
      readonly dst: Register;
      readonly base: Register;
      readonly offset: number;
    }
  | {
      readonly kind: 'store';
      readonly size: Size;
      readonly base: Register;
      readonly offset: number;
      readonly src: Operand;
    }
  | {
      readonly kind: 'atomic';
      readonly operation: AtomicOperation;
      readonly size: 4 | 8;
      readonly base: Register;
      readonly offset: number;
      readonly src: Register;
    }
  | { readonly kind: 'jump'; readonly target: string }
  | {
      readonly kind: 'jump-if';
      readonly bits: 32 | 64;
      readonly condition: JumpCondition;
      readonly dst: Register;
      readonly src: Operand;
      readonly target: string;
    }
  /** A helper of linux/bpf.h by number. */
  | { readonly kind: 'call-helper'; readonly helper: number }
  /** A function of the same program, by its label (BPF-to-BPF call). */
  | { readonly kind: 'call-function'; readonly target: string }
  /** A kernel function (kfunc) by its name in kernel BTF. */
  | { readonly kind: 'call-kernel'; readonly name: string }
  /** `dst` = instruction number of `target` in the assembled program, as an immediate. */
  | { readonly kind: 'load-label-address'; readonly dst: Register; readonly target: string }
  | { readonly kind: 'exit' };

/** A place in the source text, for line_info; lines and columns count from 1. */
export interface SourcePosition {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** The text of that line. */
  readonly text: string;
}

/** What a program is written in: instructions between labels, function starts and source positions. */
export type AssemblyItem =
  | Instruction
  | { readonly kind: 'label'; readonly name: string }
  /** Starts a function, which is also a label; the first one of a program is its entry. */
  | {
      readonly kind: 'function';
      readonly name: string;
      readonly parameters: number;
      readonly linkage: 'static' | 'global';
    }
  /** The instructions from here on belong to this place. */
  | { readonly kind: 'position'; readonly position: SourcePosition };

/** `dst = src`. */
export const move = (dst: Register, src: Operand): Instruction => ({
  kind: 'alu',
  bits: 64,
  operation: 'mov',
  dst,
  src,
});

/** 64-bit arithmetic, `dst = dst OPERATION src`. */
export const alu = (operation: AluOperation, dst: Register, src: Operand): Instruction => ({
  kind: 'alu',
  bits: 64,
  operation,
  dst,
  src,
});

/** 32-bit arithmetic, which clears the upper half of `dst`. */
export const alu32 = (operation: AluOperation, dst: Register, src: Operand): Instruction => ({
  kind: 'alu',
  bits: 32,
  operation,
  dst,
  src,
});

/** `dst = -dst`. */
export const negate = (dst: Register): Instruction => ({ kind: 'negate', bits: 64, dst });

/** `dst` in the byte order `order`, seen as a number of `bits` bits. */
export const byteSwap = (order: 'be' | 'le' | 'swap', bits: 16 | 32 | 64, dst: Register): Instruction => ({
  kind: 'byte-swap',
  order,
  bits,
  dst,
});

/** `dst` = the 64-bit constant `value`, seen modulo 2^64; the short form where it fits 32 signed bits. */
export const loadConstant = (dst: Register, value: bigint): Instruction => {
  const signed = BigInt.asIntN(64, value);
  return signed === BigInt.asIntN(32, signed)
    ? move(dst, Number(signed))
    : { kind: 'load-immediate-64', dst, value: BigInt.asUintN(64, value) };
};

/** `dst` = pointer to the map called `map`. */
export const loadMap = (dst: Register, map: string): Instruction => ({ kind: 'load-map', dst, map });

/** `dst` = pointer to byte `offset` of the only element of the array map called `map`. */
export const loadMapValue = (dst: Register, map: string, offset = 0): Instruction => ({
  kind: 'load-map-value',
  dst,
  map,
  offset,
});

/** `dst = *(base + offset)`, `size` bytes, zero-extended. */
export const load = (size: Size, dst: Register, base: Register, offset: number): Instruction => ({
  kind: 'load',
  size,
  signed: false,
  dst,
  base,
  offset,
});

/** `*(base + offset) = src`, `size` bytes. */
export const store = (size: Size, base: Register, offset: number, src: Operand): Instruction => ({
  kind: 'store',
  size,
  base,
  offset,
  src,
});

/** An atomic operation on `*(base + offset)`. */
export const atomic = (
  operation: AtomicOperation,
  size: 4 | 8,
  base: Register,
  offset: number,
  src: Register,
): Instruction => ({ kind: 'atomic', operation, size, base, offset, src });

/** Goes to the label `target`. */
export const jump = (target: string): Instruction => ({ kind: 'jump', target });

/** Goes to the label `target` if `dst CONDITION src` holds for the 64-bit values. */
export const jumpIf = (condition: JumpCondition, dst: Register, src: Operand, target: string): Instruction => ({
  kind: 'jump-if',
  bits: 64,
  condition,
  dst,
  src,
  target,
});

/** As `jumpIf`, on the lower 32 bits. */
export const jumpIf32 = (condition: JumpCondition, dst: Register, src: Operand, target: string): Instruction => ({
  kind: 'jump-if',
  bits: 32,
  condition,
  dst,
  src,
  target,
});

/** Calls the helper with number `helper` (linux/bpf.h, enum bpf_func_id). */
export const callHelper = (helper: number): Instruction => ({ kind: 'call-helper', helper });

/** Calls the function that starts at the label `target`. */
export const callFunction = (target: string): Instruction => ({ kind: 'call-function', target });

/** Calls the kernel function `name`. */
export const callKernel = (name: string): Instruction => ({ kind: 'call-kernel', name });

/** `dst` = number of the instruction that the label `target` stands before. */
export const loadLabelAddress = (dst: Register, target: string): Instruction => ({
  kind: 'load-label-address',
  dst,
  target,
});

/** Returns from the function, with r0. */
export const exit = (): Instruction => ({ kind: 'exit' });

/** Names the place between two instructions. */
export const label = (name: string): AssemblyItem => ({ kind: 'label', name });

/** Starts a function of the program; `parameters` counts its 64-bit scalar parameters (r1 and on). */
export const functionStart = (name: string, parameters: number, linkage: 'static' | 'global'): AssemblyItem => ({
  kind: 'function',
  name,
  parameters,
  linkage,
});
