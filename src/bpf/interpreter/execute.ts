/**
 * One instruction. Accesses to shared memory and calls out of the program are stops: with `resume` false they only say
 * what is about to happen and change nothing, with `resume` true they happen.
 */

import { type HelperResult, helperByNumber } from '../helper.js';
import type { AtomicOperation } from '../instruction.js';
import { signExtended } from './alu.js';
import { checkArguments, type Machine } from './arguments.js';
import { type Fault, FaultSignal } from './fault.js';
import { helperTable } from './helpers.js';
import type { LinkedInstruction } from './link.js';
import {
  type Access,
  checkInitialised,
  loadedTag,
  markStored,
  type Place,
  readNumber,
  resolve,
  writeNumber,
} from './memory/access.js';
import { combineTags, enterFunction, leaveFunction, readRegister, returnFromCall, writeRegister } from './registers.js';
import { tag } from './state.js';

/** What a machine is about to do, or how it ended. */
export type Stop =
  /** An access to a map or to kernel memory. */
  | {
      readonly kind: 'memory';
      readonly access: Access;
      /** The operation of an atomic. */
      readonly operation?: AtomicOperation;
      /** Name of the map or kernel region; `unmapped` for kernel memory that reads as zero. */
      readonly region: string;
      /** Element of the map: index, or CPU * entries + index, or what stands for the key of a hash. */
      readonly element: number;
      /** Offset in the element or kernel region. */
      readonly offset: number;
      readonly size: number;
      readonly slot: number;
    }
  | { readonly kind: 'helper'; readonly helper: number; readonly name: string; readonly slot: number }
  | { readonly kind: 'kernel-function'; readonly name: string; readonly slot: number }
  /** The program has returned `value`. */
  | { readonly kind: 'exit'; readonly value: bigint }
  | { readonly kind: 'fault'; readonly fault: Fault };

type Of<Kind extends LinkedInstruction['kind']> = Extract<LinkedInstruction, { kind: Kind }>;

const memoryStop = ({ state }: Machine, place: Place, access: Access, size: number): Stop => ({
  kind: 'memory',
  access,
  region: place.region,
  element: place.element,
  offset: place.offset,
  size,
  slot: state.pc,
});

const reach = (machine: Machine, base: number, offset: bigint, size: number, access: Access): Place => {
  const { program, state, memory } = machine;
  const address = BigInt.asUintN(64, readRegister(state, base) + offset);
  return resolve(state, memory, program.typedContext, address, state.tags[base] ?? tag.none, size, access);
};

const source = ({ state }: Machine, { src, constant }: { src: number; constant: bigint }): bigint =>
  src < 0 ? constant : readRegister(state, src);

const sourceTag = ({ state }: Machine, src: number): number => (src < 0 ? tag.scalar : (state.tags[src] ?? tag.none));

const executeLoad = (machine: Machine, instruction: Of<'load'>, resume: boolean): Stop | undefined => {
  const { size, signed, dst, base, offset } = instruction;
  const place = reach(machine, base, offset, size, 'read');
  if (place.shared && !resume) {
    return memoryStop(machine, place, 'read', size);
  }
  checkInitialised(place, size);
  const value = place.bytes === undefined ? 0n : readNumber(place.bytes, place.start, size);
  writeRegister(machine.state, dst, signed ? signExtended(value, size * 8) : value, loadedTag(place, size));
  return undefined;
};

const executeStore = (machine: Machine, instruction: Of<'store'>, resume: boolean): Stop | undefined => {
  const { size, base, offset, src } = instruction;
  const value = source(machine, instruction);
  const place = reach(machine, base, offset, size, 'write');
  if (place.shared && !resume) {
    return memoryStop(machine, place, 'write', size);
  }
  if (place.bytes !== undefined) {
    writeNumber(place.bytes, place.start, size, value);
    markStored(place, size, sourceTag(machine, src));
  }
  return undefined;
};

const atomicResult = (operation: AtomicOperation, old: bigint, operand: bigint, expected: bigint): bigint => {
  switch (operation) {
    case 'add':
    case 'fetch-add':
      return old + operand;
    case 'or':
    case 'fetch-or':
      return old | operand;
    case 'and':
    case 'fetch-and':
      return old & operand;
    case 'xor':
    case 'fetch-xor':
      return old ^ operand;
    case 'xchg':
      return operand;
    case 'cmpxchg':
      return old === expected ? operand : old;
  }
};

const executeAtomic = (machine: Machine, instruction: Of<'atomic'>, resume: boolean): Stop | undefined => {
  const { operation, size, base, offset, src } = instruction;
  const { state } = machine;
  const bits = size * 8;
  const operand = BigInt.asUintN(bits, readRegister(state, src));
  const expected = operation === 'cmpxchg' ? BigInt.asUintN(bits, readRegister(state, 0)) : 0n;
  const place = reach(machine, base, offset, size, 'atomic');
  if (place.shared && !resume) {
    return { ...memoryStop(machine, place, 'atomic', size), operation } as Stop;
  }
  checkInitialised(place, size);
  if (place.bytes === undefined) {
    return undefined;
  }
  const old = readNumber(place.bytes, place.start, size);
  writeNumber(place.bytes, place.start, size, atomicResult(operation, old, operand, expected));
  markStored(place, size, tag.scalar);
  if (operation === 'cmpxchg') {
    writeRegister(state, 0, old, tag.scalar);
  } else if (operation === 'xchg' || operation.startsWith('fetch-')) {
    writeRegister(state, src, old, tag.scalar);
  }
  return undefined;
};

const resultTag = (result: HelperResult): number => {
  switch (result) {
    case 'value-or-null':
      return tag.pointer;
    case 'kernel-pointer':
      return tag.kernel;
    default:
      return tag.scalar;
  }
};

const executeHelper = (machine: Machine, { helper }: Of<'call-helper'>, resume: boolean): Stop | undefined => {
  const spec = helperByNumber(helper);
  const perform = helperTable.get(helper);
  if (spec === undefined || perform === undefined) {
    throw new FaultSignal('unsupported-helper', `the interpreter has no helper number ${helper}`);
  }
  if (!resume) {
    return { kind: 'helper', helper, name: spec.name, slot: machine.state.pc };
  }
  const value = BigInt.asUintN(64, BigInt(perform(checkArguments(machine, spec))));
  returnFromCall(machine.state, value, resultTag(spec.result));
  return undefined;
};

/** The kernel functions that programs here call: only bpf_rdonly_cast, since Linux 6.2. */
const executeKernelFunction = (machine: Machine, { name }: Of<'call-kernel'>, resume: boolean): Stop | undefined => {
  if (name !== 'bpf_rdonly_cast') {
    throw new FaultSignal('unsupported-kernel-function', `the interpreter has no kernel function '${name}'`);
  }
  if (!resume) {
    return { kind: 'kernel-function', name, slot: machine.state.pc };
  }
  const value = readRegister(machine.state, 1);
  readRegister(machine.state, 2);
  returnFromCall(machine.state, value, tag.kernel);
  return undefined;
};

const executeBinary = (machine: Machine, instruction: Of<'binary'>): void => {
  const { state } = machine;
  const { dst, src, provenance, readsDst, compute } = instruction;
  const a = readsDst ? readRegister(state, dst) : 0n;
  const b = source(machine, instruction);
  const combined = combineTags(provenance, state.tags[dst] ?? tag.none, sourceTag(machine, src));
  writeRegister(state, dst, compute(a, b), combined);
};

const executeUnary = ({ state }: Machine, { dst, src, provenance, compute }: Of<'unary'>): void => {
  const value = readRegister(state, src);
  const source = state.tags[src] ?? tag.none;
  writeRegister(state, dst, compute(value), combineTags(provenance, source, source));
};

/**
 * Executes `instruction`, which stands at the machine's pc, and moves the pc; or, at a stop, returns what is about to
 * happen. Throws FaultSignal.
 */
export const execute = (machine: Machine, instruction: LinkedInstruction, resume: boolean): Stop | undefined => {
  const { program, state } = machine;
  const next = program.next[state.pc] ?? 0;
  let stop: Stop | undefined;
  switch (instruction.kind) {
    case 'binary':
      executeBinary(machine, instruction);
      break;
    case 'unary':
      executeUnary(machine, instruction);
      break;
    case 'constant':
      writeRegister(state, instruction.dst, instruction.value, instruction.pointer ? tag.pointer : tag.scalar);
      break;
    case 'load':
      stop = executeLoad(machine, instruction, resume);
      break;
    case 'store':
      stop = executeStore(machine, instruction, resume);
      break;
    case 'atomic':
      stop = executeAtomic(machine, instruction, resume);
      break;
    case 'jump':
      state.pc = instruction.target;
      return undefined;
    case 'jump-if': {
      const taken = instruction.holds(readRegister(state, instruction.dst), source(machine, instruction));
      state.pc = taken ? instruction.target : next;
      return undefined;
    }
    case 'call-helper':
      stop = executeHelper(machine, instruction, resume);
      break;
    case 'call-kernel':
      stop = executeKernelFunction(machine, instruction, resume);
      break;
    case 'call-function':
      enterFunction(state, instruction.callee, next);
      return undefined;
    case 'exit':
      if (state.depth === 0) {
        return { kind: 'exit', value: readRegister(state, 0) };
      }
      leaveFunction(state, program.owner[state.pc]);
      return undefined;
  }
  if (stop === undefined) {
    state.pc = next;
  }
  return stop;
};
