/**
 * Linking: from an assembled program to a table by slot in which registers are numbers, constants are bigints, jumps
 * are slots, operations are functions and maps are addresses. It never changes and is shared by all machine states.
 */

import type { Assembled, AssembledFunction } from '../assembly/assembler.js';
import { slotCount } from '../assembly/encode.js';
import { registers } from '../assembly/opcode.js';
import type { AtomicOperation, Instruction, Operand, Register, Size } from '../instruction.js';
import type { MapSpec } from '../spec.js';
import { alu32, alu64, byteSwapped, compare32, compare64, negated, signExtended } from './alu.js';
import { SetupError } from './fault.js';
import { elementAddress, mapAddress, spanOf } from './memory/address.js';

/** The second operand: a register number, or -1 for `constant`. */
interface LinkedOperand {
  readonly src: number;
  readonly constant: bigint;
}

/** How the tags of operands become the tag of a result (`step.ts`). */
export type Provenance = 'add' | 'sub' | 'move' | 'scalar' | 'number-only';

/** An instruction ready to run. */
export type LinkedInstruction =
  | (LinkedOperand & {
      readonly kind: 'binary';
      readonly dst: number;
      readonly provenance: Provenance;
      /** A move reads only its source. */
      readonly readsDst: boolean;
      readonly compute: (a: bigint, b: bigint) => bigint;
    })
  | {
      readonly kind: 'unary';
      readonly dst: number;
      readonly src: number;
      readonly provenance: Provenance;
      readonly compute: (value: bigint) => bigint;
    }
  | { readonly kind: 'constant'; readonly dst: number; readonly value: bigint; readonly pointer: boolean }
  | {
      readonly kind: 'load';
      readonly size: Size;
      readonly signed: boolean;
      readonly dst: number;
      readonly base: number;
      readonly offset: bigint;
    }
  | (LinkedOperand & {
      readonly kind: 'store';
      readonly size: Size;
      readonly base: number;
      readonly offset: bigint;
    })
  | {
      readonly kind: 'atomic';
      readonly operation: AtomicOperation;
      readonly size: 4 | 8;
      readonly base: number;
      readonly offset: bigint;
      readonly src: number;
    }
  | { readonly kind: 'jump'; readonly target: number }
  | (LinkedOperand & {
      readonly kind: 'jump-if';
      readonly dst: number;
      readonly target: number;
      readonly holds: (a: bigint, b: bigint) => boolean;
    })
  | { readonly kind: 'call-helper'; readonly helper: number }
  | { readonly kind: 'call-function'; readonly callee: AssembledFunction }
  | { readonly kind: 'call-kernel'; readonly name: string }
  | { readonly kind: 'exit' };

/** A program bound to its maps. */
export interface LinkedProgram {
  /** By slot; `undefined` in the second slot of a 64-bit load. */
  readonly instructions: readonly (LinkedInstruction | undefined)[];
  /** The slot after the instruction in a slot. */
  readonly next: readonly number[];
  readonly maps: readonly MapSpec[];
  /** The function of each slot, if the program has functions. */
  readonly owner: readonly (AssembledFunction | undefined)[];
  /** Frames that the deepest chain of calls needs. */
  readonly frames: number;
  /** 64-bit loads from the context yield kernel pointers, as in a program of type typed-raw-tracepoint. */
  readonly typedContext: boolean;
}

const operand = (value: Operand): LinkedOperand =>
  typeof value === 'number'
    ? { src: -1, constant: BigInt.asUintN(64, BigInt(value)) }
    : { src: registers.indexOf(value), constant: 0n };

const index = (register: Register): number => registers.indexOf(register);

const provenanceOf = (instruction: Extract<Instruction, { kind: 'alu' }>): Provenance => {
  if (instruction.bits === 32) {
    return 'scalar';
  }
  switch (instruction.operation) {
    case 'add':
    case 'sub':
      return instruction.operation;
    case 'mov':
      return 'move';
    default:
      return 'number-only';
  }
};

const mapNumber = (maps: readonly MapSpec[], name: string): number => {
  const number = maps.findIndex((map) => map.name === name);
  if (number < 0) {
    throw new SetupError('unknown-map', `the program uses the map '${name}', which is not among the maps given`);
  }
  return number;
};

const mapValueAddress = (maps: readonly MapSpec[], name: string, offset: number): bigint => {
  const number = mapNumber(maps, name);
  const map = maps[number];
  if (map === undefined || map.type !== 'array' || map.maxEntries !== 1 || offset < 0 || offset >= map.valueSize) {
    throw new SetupError('not-an-array', `'${name}' is not an array of one element with a byte ${offset}`);
  }
  return elementAddress(number, 0, spanOf(Math.ceil(map.valueSize / 8) * 8), offset);
};

const linkInstruction = (
  instruction: Instruction,
  { labels, functions }: Assembled,
  maps: readonly MapSpec[],
): LinkedInstruction => {
  const slotOf = (label: string): number => labels.get(label) ?? 0;
  switch (instruction.kind) {
    case 'alu': {
      const { bits, operation, dst, src } = instruction;
      const compute = (bits === 64 ? alu64 : alu32)[operation];
      const provenance = provenanceOf(instruction);
      return { kind: 'binary', dst: index(dst), ...operand(src), provenance, readsDst: operation !== 'mov', compute };
    }
    case 'sign-extend': {
      const { bits, dst, src } = instruction;
      const compute = (value: bigint): bigint => signExtended(value, bits);
      return { kind: 'unary', dst: index(dst), src: index(src), provenance: 'number-only', compute };
    }
    case 'negate': {
      const dst = index(instruction.dst);
      const { bits } = instruction;
      return { kind: 'unary', dst, src: dst, provenance: 'number-only', compute: (value) => negated(value, bits) };
    }
    case 'byte-swap': {
      const dst = index(instruction.dst);
      const { order, bits } = instruction;
      const compute = (value: bigint): bigint => byteSwapped(value, order, bits);
      return { kind: 'unary', dst, src: dst, provenance: 'number-only', compute };
    }
    case 'load-immediate-64':
      return { kind: 'constant', dst: index(instruction.dst), value: instruction.value, pointer: false };
    case 'load-map': {
      const value = mapAddress(mapNumber(maps, instruction.map));
      return { kind: 'constant', dst: index(instruction.dst), value, pointer: true };
    }
    case 'load-map-value': {
      const value = mapValueAddress(maps, instruction.map, instruction.offset);
      return { kind: 'constant', dst: index(instruction.dst), value, pointer: true };
    }
    case 'load-label-address': {
      const value = BigInt(slotOf(instruction.target));
      return { kind: 'constant', dst: index(instruction.dst), value, pointer: false };
    }
    case 'load': {
      const { size, signed, dst, base, offset } = instruction;
      return { kind: 'load', size, signed, dst: index(dst), base: index(base), offset: BigInt(offset) };
    }
    case 'store': {
      const { size, base, offset, src } = instruction;
      return { kind: 'store', size, base: index(base), offset: BigInt(offset), ...operand(src) };
    }
    case 'atomic': {
      const { operation, size, base, offset, src } = instruction;
      return { kind: 'atomic', operation, size, base: index(base), offset: BigInt(offset), src: index(src) };
    }
    case 'jump':
      return { kind: 'jump', target: slotOf(instruction.target) };
    case 'jump-if': {
      const { bits, condition, dst, src, target } = instruction;
      const holds = (bits === 64 ? compare64 : compare32)[condition];
      return { kind: 'jump-if', dst: index(dst), ...operand(src), target: slotOf(target), holds };
    }
    case 'call-function': {
      const callee = functions.find(({ name }) => name === instruction.target);
      // The assembler has refused calls of anything else.
      return callee === undefined ? { kind: 'exit' } : { kind: 'call-function', callee };
    }
    case 'call-helper':
    case 'call-kernel':
    case 'exit':
      return instruction;
  }
};

/** The longest chain of calls that starts in the function of slot `slot`, counted in frames. */
const depthFrom = (program: Pick<LinkedProgram, 'instructions' | 'owner'>, slot: number): number => {
  const walk = (owner: AssembledFunction | undefined, chain: readonly (AssembledFunction | undefined)[]): number => {
    if (chain.includes(owner)) {
      throw new SetupError('recursion', `the function '${owner?.name ?? 'program'}' calls itself`);
    }
    let deepest = 0;
    for (const [at, instruction] of program.instructions.entries()) {
      if (instruction?.kind === 'call-function' && program.owner[at] === owner) {
        deepest = Math.max(deepest, walk(instruction.callee, [...chain, owner]));
      }
    }
    return deepest + 1;
  };
  return walk(program.owner[slot], []);
};

/**
 * Binds a program to maps. The maps must be those, in the same order, that the shared memory was created with. Throws
 * SetupError if a map is missing or of the wrong kind, or if functions call each other in a circle.
 */
export const linkProgram = (
  assembled: Assembled,
  maps: readonly MapSpec[] = [],
  { typedContext = false }: { readonly typedContext?: boolean } = {},
): LinkedProgram => {
  const instructions: (LinkedInstruction | undefined)[] = new Array(assembled.code.length / 8).fill(undefined);
  const next: number[] = new Array(instructions.length).fill(0);
  const owner: (AssembledFunction | undefined)[] = new Array(instructions.length).fill(undefined);
  for (const { slot, instruction } of assembled.instructions) {
    instructions[slot] = linkInstruction(instruction, assembled, maps);
    next[slot] = slot + slotCount(instruction);
    owner[slot] = assembled.functions.findLast((candidate) => candidate.slot <= slot);
  }
  return { instructions, next, maps, owner, frames: depthFrom({ instructions, owner }, 0), typedContext };
};
