/**
 * Where the virtual registers of a DIFO live.
 *
 * Takes a DIFO, gives a home for each of its registers. Control in DIF goes forward only, so the range from the first
 * to the last mention of a register, in the order of the text, covers every path; a linear scan over these ranges gives
 * out r6, r7 and r8, and eight bytes of the context area when they run out. Strings and stacks always live in the context area.
 * A register that is only ever set to one constant of 32 bits needs no home.
 */

import type { Register } from '../../../bpf/instruction.js';
import type { DifInstruction, Difo, DifRegister } from '../../dif.js';
import { ownFrames } from '../memory/layout.js';

/** Where a virtual register is: a machine register, bytes of the context area, or in the instruction itself. */
export type Home =
  | { readonly kind: 'register'; readonly register: Register }
  | { readonly kind: 'memory'; readonly offset: number; readonly size: number }
  | { readonly kind: 'constant'; readonly value: number };

/** The homes of a DIFO's registers. */
export interface Allocation {
  readonly homes: readonly Home[];
  /** Index of the last instruction that mentions the register. */
  readonly lastUse: readonly number[];
  /** First byte of the context area behind the memory that was given out. */
  readonly end: number;
}

const preserved: readonly Register[] = ['r6', 'r7', 'r8'];

const roundUp = (value: number): number => (value + 7) & ~7;

/** The registers that an instruction writes and reads. */
export function mentions(instruction: DifInstruction): {
  readonly writes: readonly DifRegister[];
  readonly reads: readonly DifRegister[];
} {
  switch (instruction.op) {
    case 'setx':
    case 'sets':
    case 'builtin':
    case 'get':
    case 'stack':
    case 'sync':
    case 'speculation':
      return { writes: [instruction.dst], reads: [] };
    case 'mov':
    case 'neg':
    case 'not':
    case 'extend':
    case 'synced':
      return { writes: [instruction.dst], reads: [instruction.src] };
    case 'alu':
    case 'compare':
    case 'scompare':
      return { writes: [instruction.dst], reads: [instruction.left, instruction.right] };
    case 'load':
    case 'load-string':
      return { writes: [instruction.dst], reads: [instruction.address] };
    case 'set':
    case 'branch-if':
    case 'ret':
      return { writes: [], reads: [instruction.src] };
    case 'get-element':
      return { writes: [instruction.dst], reads: instruction.keys };
    case 'set-element':
      return { writes: [], reads: [...instruction.keys, instruction.src] };
    case 'branch':
    case 'label':
      return { writes: [], reads: [] };
  }
}

/** Gives every register of `difo` a home; memory is taken from byte `start` of the context area on. */
export function allocateRegisters(difo: Difo, start: number): Allocation {
  const count = difo.registers.length;
  const first = new Array<number>(count).fill(-1);
  const last = new Array<number>(count).fill(-1);
  const writers = new Array<number>(count).fill(0);
  const constants = new Array<number | undefined>(count).fill(undefined);
  difo.instructions.forEach((instruction, index) => {
    const { writes, reads } = mentions(instruction);
    for (const register of [...reads, ...writes]) {
      if (first[register] === -1) first[register] = index;
      last[register] = index;
    }
    for (const register of writes) writers[register] = (writers[register] ?? 0) + 1;
    if (instruction.op === 'setx' && BigInt.asIntN(32, instruction.value) === BigInt.asIntN(64, instruction.value)) {
      constants[instruction.dst] = Number(BigInt.asIntN(32, instruction.value));
    }
  });

  const homes = new Array<Home>(count).fill({ kind: 'constant', value: 0 });
  const order = difo.registers.map((_, register) => register).filter((register) => first[register] !== -1);
  order.sort((a, b) => (first[a] ?? 0) - (first[b] ?? 0));
  const free = [...preserved];
  const freeMemory: number[] = [];
  let end = start;
  let active: DifRegister[] = [];
  for (const register of order) {
    const type = difo.registers[register];
    if (type === undefined) continue;
    if (type.kind !== 'integer') {
      const size = type.kind === 'string' ? roundUp(type.bound) : 8 * (type.frames + ownFrames);
      homes[register] = { kind: 'memory', offset: end, size };
      end += size;
      continue;
    }
    const constant = constants[register];
    if (constant !== undefined && writers[register] === 1) {
      homes[register] = { kind: 'constant', value: constant };
      continue;
    }
    active = active.filter((other) => {
      // A register that is read for the last time where another is first written may share its home with it only if the
      // instruction reads before it writes; keep them apart, so that the generator need not care.
      if ((last[other] ?? 0) >= (first[register] ?? 0)) return true;
      const home = homes[other];
      if (home?.kind === 'register') free.push(home.register);
      if (home?.kind === 'memory') freeMemory.push(home.offset);
      return false;
    });
    const taken = free.shift();
    if (taken !== undefined) {
      homes[register] = { kind: 'register', register: taken };
    } else {
      const offset = freeMemory.pop() ?? end;
      if (offset === end) end += 8;
      homes[register] = { kind: 'memory', offset, size: 8 };
    }
    active.push(register);
  }
  return { homes, lastUse: last, end };
}
