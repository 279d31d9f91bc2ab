/** From bytes back to items. `encode.ts` is the way there, and the judge: what would not encode to itself is refused. */

import type { AluOperation, AssemblyItem, AtomicOperation, Instruction, JumpCondition, Size } from '../instruction.js';
import { encode } from './encode.js';
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
  readSlot,
  registers,
  type Slot,
  sizeCode,
  slotBytes,
  sourceRegister,
} from './opcode.js';

/** Bytes that are no instruction, or one that `instruction.ts` has no form for. */
export class DecodeError extends Error {
  /** The slot at fault. */
  readonly slot: number;

  constructor(message: string, slot: number) {
    super(`${message}, in slot ${slot}`);
    this.name = 'DecodeError';
    this.slot = slot;
  }
}

/** The label that `decode` gives the instruction in slot `slot`. */
export const slotLabel = (slot: number): string => `L${slot}`;

/** The name that `decode` gives the function that starts in slot `slot`. */
export const slotFunction = (slot: number): string => `function_${slot}`;

const inverse = <Key extends string>(table: Readonly<Record<Key, number>>): ReadonlyMap<number, Key> =>
  new Map((Object.entries(table) as [Key, number][]).map(([key, code]) => [code, key]));

const { sdiv: _sdiv, smod: _smod, ...plainAlu } = aluCode;
const aluByCode: ReadonlyMap<number, AluOperation> = inverse(plainAlu);
const jumpByCode: ReadonlyMap<number, JumpCondition> = inverse(jumpCode);
const atomicByCode: ReadonlyMap<number, AtomicOperation> = inverse(atomicCode);
const sizeByCode: ReadonlyMap<number, Size> = new Map([
  [sizeCode[1], 1],
  [sizeCode[2], 2],
  [sizeCode[4], 4],
  [sizeCode[8], 8],
]);

const fail = (at: number, fields: Slot): DecodeError =>
  new DecodeError(`opcode 0x${fields.opcode.toString(16).padStart(2, '0')} has no meaning with these fields`, at);

const decodeAlu = (fields: Slot, at: number, bits: 32 | 64): Instruction => {
  const code = fields.opcode & 0xf0;
  const dst = registers[fields.dst];
  const fromRegister = (fields.opcode & sourceRegister) !== 0;
  const src = fromRegister ? registers[fields.src] : fields.immediate;
  if (dst === undefined || src === undefined) {
    throw fail(at, fields);
  }
  if (code === negateCode) {
    return { kind: 'negate', bits, dst };
  }
  if (code === byteSwapCode) {
    const { immediate } = fields;
    if (immediate !== 16 && immediate !== 32 && immediate !== 64) {
      throw fail(at, fields);
    }
    return { kind: 'byte-swap', order: bits === 64 ? 'swap' : fromRegister ? 'be' : 'le', bits: immediate, dst };
  }
  if (code === aluCode.mov && fields.offset !== 0) {
    const width = fields.offset;
    if (typeof src === 'number' || (width !== 8 && width !== 16 && width !== 32)) {
      throw fail(at, fields);
    }
    return { kind: 'sign-extend', bits: width, dst, src };
  }
  const operation = aluByCode.get(code);
  if (operation === undefined) {
    throw fail(at, fields);
  }
  if (fields.offset === 1 && (operation === 'div' || operation === 'mod')) {
    return { kind: 'alu', bits, operation: operation === 'div' ? 'sdiv' : 'smod', dst, src };
  }
  return { kind: 'alu', bits, operation, dst, src };
};

/** `high` is the immediate of the second slot. */
const decodeWide = (fields: Slot, at: number, high: number): Instruction => {
  const dst = registers[fields.dst];
  if (dst === undefined) {
    throw fail(at, fields);
  }
  switch (fields.src) {
    case loadPseudo.constant: {
      const value = (BigInt.asUintN(32, BigInt(high)) << 32n) | BigInt.asUintN(32, BigInt(fields.immediate));
      return { kind: 'load-immediate-64', dst, value };
    }
    case loadPseudo.map:
      return { kind: 'load-map', dst, map: `map#${fields.immediate}` };
    case loadPseudo.mapValue:
      return { kind: 'load-map-value', dst, map: `map#${fields.immediate}`, offset: high };
    default:
      throw fail(at, fields);
  }
};

const decodeMemory = (fields: Slot, at: number): Instruction => {
  const dst = registers[fields.dst];
  const src = registers[fields.src];
  const size = sizeByCode.get(fields.opcode & 0x18);
  const how = fields.opcode & 0xe0;
  if (dst === undefined || src === undefined || size === undefined) {
    throw fail(at, fields);
  }
  const { offset } = fields;
  switch (fields.opcode & 0x07) {
    case instructionClass.ldx:
      if (how === mode.memory || how === mode.memorySigned) {
        return { kind: 'load', size, signed: how === mode.memorySigned, dst, base: src, offset };
      }
      break;
    case instructionClass.st:
      if (how === mode.memory) {
        return { kind: 'store', size, base: dst, offset, src: fields.immediate };
      }
      break;
    case instructionClass.stx: {
      if (how === mode.memory) {
        return { kind: 'store', size, base: dst, offset, src };
      }
      const operation = atomicByCode.get(fields.immediate);
      if (how === mode.atomic && operation !== undefined && (size === 4 || size === 8)) {
        return { kind: 'atomic', operation, size, base: dst, offset, src };
      }
      break;
    }
  }
  throw fail(at, fields);
};

const decodeCall = (fields: Slot, at: number): Instruction => {
  switch (fields.src) {
    case callPseudo.helper:
      return { kind: 'call-helper', helper: fields.immediate };
    case callPseudo.function:
      return { kind: 'call-function', target: slotFunction(at + 1 + fields.immediate) };
    case callPseudo.kernel:
      return { kind: 'call-kernel', name: `kernel#${fields.immediate}` };
    default:
      throw fail(at, fields);
  }
};

const decodeJump = (fields: Slot, at: number, bits: 32 | 64): Instruction => {
  const code = fields.opcode & 0xf0;
  const target = slotLabel(at + 1 + fields.offset);
  const condition = jumpByCode.get(code);
  const dst = registers[fields.dst];
  const src = (fields.opcode & sourceRegister) !== 0 ? registers[fields.src] : fields.immediate;
  if (condition !== undefined && dst !== undefined && src !== undefined) {
    return { kind: 'jump-if', bits, condition, dst, src, target };
  }
  if (bits === 64) {
    switch (code) {
      case controlCode.jump:
        return { kind: 'jump', target };
      case controlCode.call:
        return decodeCall(fields, at);
      case controlCode.exit:
        return { kind: 'exit' };
    }
  }
  throw fail(at, fields);
};

const decodeFields = (fields: Slot, at: number, high: number): Instruction => {
  switch (fields.opcode & 0x07) {
    case instructionClass.alu64:
      return decodeAlu(fields, at, 64);
    case instructionClass.alu:
      return decodeAlu(fields, at, 32);
    case instructionClass.jmp:
      return decodeJump(fields, at, 64);
    case instructionClass.jmp32:
      return decodeJump(fields, at, 32);
    case instructionClass.ld:
      return decodeWide(fields, at, high);
    default:
      return decodeMemory(fields, at);
  }
};

/** Numbers that a loader has filled in and that names replace: they need not encode to themselves. */
const isReference = (instruction: Instruction): boolean =>
  instruction.kind === 'load-map' || instruction.kind === 'load-map-value' || instruction.kind === 'call-kernel';

const sameFields = (a: Slot, b: Slot): boolean =>
  a.opcode === b.opcode && a.dst === b.dst && a.src === b.src && a.offset === b.offset && a.immediate === b.immediate;

/** The slot that a label made by `slotLabel` or `slotFunction` names. */
const slotOfLabel = (label: string): number => Number(label.replace(/^(L|function_)/, ''));

const decodeAll = (code: Uint8Array): { readonly slot: number; readonly instruction: Instruction }[] => {
  const view = new DataView(code.buffer, code.byteOffset, code.byteLength);
  const slots = code.byteLength / slotBytes;
  const decoded: { slot: number; instruction: Instruction }[] = [];
  for (let at = 0; at < slots; ) {
    const fields = readSlot(view, at);
    const wide = (fields.opcode & 0x07) === instructionClass.ld;
    if (wide && at + 1 >= slots) {
      throw new DecodeError('the second slot of a 64-bit immediate is missing', at);
    }
    const present = wide ? [fields, readSlot(view, at + 1)] : [fields];
    const instruction = decodeFields(fields, at, present[1]?.immediate ?? 0);
    for (const [index, expected] of encode(instruction, at, slotOfLabel).entries()) {
      const actual = present[index];
      const masked =
        actual !== undefined && index === 0 && isReference(instruction) ? { ...actual, immediate: 0 } : actual;
      if (masked === undefined || !sameFields(masked, expected)) {
        throw fail(at, fields);
      }
    }
    decoded.push({ slot: at, instruction });
    at += present.length;
  }
  return decoded;
};

/**
 * The items of `code`: labels `L<slot>` where jumps lead, functions `function_<slot>` where calls lead and at slot 0
 * (how many parameters they have is not in the bytes: 5), maps `map#<fd>`, kernel functions `kernel#<BTF id>`.
 * Assembling them gives `code` again, less the numbers of maps and kernel functions. Throws DecodeError.
 */
export const decode = (code: Uint8Array): readonly AssemblyItem[] => {
  if (code.byteLength % slotBytes !== 0) {
    throw new DecodeError('the code ends within an instruction', Math.floor(code.byteLength / slotBytes));
  }
  const decoded = decodeAll(code);
  const starts = new Set(decoded.map(({ slot }) => slot));
  const jumps = new Set<number>();
  const calls = new Set<number>([0]);
  for (const { slot, instruction } of decoded) {
    if (instruction.kind !== 'jump' && instruction.kind !== 'jump-if' && instruction.kind !== 'call-function') {
      continue;
    }
    const target = slotOfLabel(instruction.target);
    if (!starts.has(target)) {
      throw new DecodeError(`a jump or call leads to slot ${target}, where no instruction starts`, slot);
    }
    (instruction.kind === 'call-function' ? calls : jumps).add(target);
  }
  return decoded.flatMap(({ slot, instruction }): AssemblyItem[] => [
    ...(calls.has(slot)
      ? [{ kind: 'function', name: slotFunction(slot), parameters: 5, linkage: 'static' } as const]
      : []),
    ...(jumps.has(slot) ? [{ kind: 'label', name: slotLabel(slot) } as const] : []),
    instruction,
  ]);
};
