/** Registers: reading and writing them, what calls do to them, and how tags travel through arithmetic. */

import type { AssembledFunction } from '../assembly/assembler.js';
import { FaultSignal } from './fault.js';
import type { Provenance } from './link.js';
import { frameAddress, frameBytes } from './memory/address.js';
import { type MachineState, registerCount, savedCount, tag } from './state.js';

const firstSaved = 6;

/** The value of register number `register`. Throws FaultSignal if nothing was written to it. */
export const readRegister = (state: MachineState, register: number): bigint => {
  if (state.tags[register] === tag.none) {
    throw new FaultSignal('uninitialised-register', `r${register} is read before it is written`);
  }
  return state.registers[register] ?? 0n;
};

/** Sets a register. Throws FaultSignal for r10. */
export const writeRegister = (state: MachineState, register: number, value: bigint, valueTag: number): void => {
  if (register === 10) {
    throw new FaultSignal('read-only', 'r10 cannot be written');
  }
  state.registers[register] = value;
  state.tags[register] = valueTag;
};

/** Forgets registers `from` to `to`, as after a call. */
export const loseRegisters = (state: MachineState, from: number, to: number): void => {
  state.registers.fill(0n, from, to + 1);
  state.tags.fill(tag.none, from, to + 1);
};

/** Sets r0 to what a call returned, and loses the registers that calls lose. */
export const returnFromCall = (state: MachineState, value: bigint, valueTag: number): void => {
  loseRegisters(state, 1, 5);
  state.registers[0] = value;
  state.tags[0] = valueTag;
};

/** Enters `callee`; `back` is where the caller goes on. A global function gets and gives numbers only. */
export const enterFunction = (state: MachineState, callee: AssembledFunction, back: number): void => {
  const { registers, tags, depth } = state;
  const isGlobal = callee.linkage === 'global';
  for (let register = 1; isGlobal && register <= callee.parameters; register += 1) {
    readRegister(state, register);
    tags[register] = tag.scalar;
  }
  const saved = registerCount + depth * savedCount;
  for (let at = 0; at < savedCount; at += 1) {
    registers[saved + at] = registers[firstSaved + at] ?? 0n;
    tags[saved + at] = tags[firstSaved + at] ?? tag.none;
  }
  state.returns[depth] = back;
  state.depth = depth + 1;
  state.pc = callee.slot;
  loseRegisters(state, 0, 0);
  loseRegisters(state, callee.parameters + 1, 9);
  registers[10] = frameAddress(state.depth);
};

/** Leaves the running function for its caller, with r0. */
export const leaveFunction = (state: MachineState, callee: AssembledFunction | undefined): void => {
  const { registers, tags } = state;
  if (callee?.linkage === 'global') {
    readRegister(state, 0);
    tags[0] = tag.scalar;
  }
  // A left frame must not tell two states apart.
  state.stack.fill(0, state.depth * frameBytes, (state.depth + 1) * frameBytes);
  state.stackTags.fill(tag.none, state.depth * frameBytes, (state.depth + 1) * frameBytes);
  state.depth -= 1;
  const saved = registerCount + state.depth * savedCount;
  for (let at = 0; at < savedCount; at += 1) {
    registers[firstSaved + at] = registers[saved + at] ?? 0n;
    tags[firstSaved + at] = tags[saved + at] ?? tag.none;
  }
  loseRegisters(state, saved, saved + savedCount - 1);
  loseRegisters(state, 1, 5);
  registers[10] = frameAddress(state.depth);
  state.pc = state.returns[state.depth] ?? 0;
  state.returns[state.depth] = 0;
};

const refuse = (): FaultSignal =>
  new FaultSignal('pointer-arithmetic', 'only numbers can be added to or subtracted from a pointer, nothing else');

/** The tag of `a OPERATION b` by the tags of both. Throws FaultSignal where the verifier refuses the combination. */
export const combineTags = (provenance: Provenance, a: number, b: number): number => {
  switch (provenance) {
    case 'move':
      return b;
    case 'scalar':
      return tag.scalar;
    case 'number-only':
      if (a === tag.pointer || b === tag.pointer) {
        throw refuse();
      }
      return tag.scalar;
    case 'add':
      if (a === tag.pointer && b === tag.pointer) {
        throw refuse();
      }
      return a === tag.pointer || b === tag.pointer ? tag.pointer : Math.max(a, b);
    case 'sub':
      if (b === tag.pointer) {
        if (a !== tag.pointer) {
          throw refuse();
        }
        return tag.scalar;
      }
      return b === tag.kernel && a === tag.kernel ? tag.scalar : a;
  }
};
