/**
 * The assembler: from items (instructions, labels, function starts, source positions) to bytes and side tables.
 *
 * First pass: every instruction gets its slot, every label the slot of the instruction after it. Second pass: labels
 * become distances, fields are checked for range and written. Maps and kernel functions stay names, listed in
 * `relocations`, because only a kernel has their numbers. What comes out is plain data and the same for the same input.
 */

import type { AssemblyItem, Instruction, SourcePosition } from '../instruction.js';
import { encode, slotCount } from './encode.js';
import { type Slot, slotBytes, writeSlot } from './opcode.js';

/** What the loader must fill in: the immediate of the LD_IMM64 or the call in slot `slot`. */
export type Relocation =
  | { readonly kind: 'map'; readonly slot: number; readonly map: string }
  /** `offset` stands in the second slot already. */
  | { readonly kind: 'map-value'; readonly slot: number; readonly map: string; readonly offset: number }
  | { readonly kind: 'kernel-function'; readonly slot: number; readonly name: string };

/** A function of a program; it ends where the next one starts. */
export interface AssembledFunction {
  readonly name: string;
  /** Its first slot. */
  readonly slot: number;
  /** How many 64-bit scalar parameters it has. */
  readonly parameters: number;
  readonly linkage: 'static' | 'global';
}

/** A program in bytes, with what loading and showing it need. Slots count from 0. */
export interface Assembled {
  readonly instructions: readonly { readonly slot: number; readonly instruction: Instruction }[];
  /** Eight bytes a slot, little endian; references to maps and kernel functions are zero. */
  readonly code: Uint8Array;
  readonly relocations: readonly Relocation[];
  readonly functions: readonly AssembledFunction[];
  /** Where the source position changes; a function that has one starts with an entry, as the kernel wants it. */
  readonly lines: readonly { readonly slot: number; readonly position: SourcePosition }[];
  readonly labels: ReadonlyMap<string, number>;
}

/** Why items cannot be assembled. */
export type AssemblyErrorCode =
  | 'empty-program'
  | 'duplicate-label'
  | 'undefined-label'
  | 'not-a-function'
  | 'outside-function'
  | 'jump-out-of-function'
  | 'jump-out-of-range'
  | 'falls-off-end'
  | 'field-out-of-range';

/** Items that make no program: a mistake of whoever generated them. */
export class AssemblyError extends Error {
  /** What is wrong. */
  readonly code: AssemblyErrorCode;
  /** The slot of the instruction at fault. */
  readonly slot: number;
  /** The source position in force there, if there is one. */
  readonly position: SourcePosition | undefined;

  constructor(code: AssemblyErrorCode, message: string, slot: number, position: SourcePosition | undefined) {
    const place = position === undefined ? '' : ` (${position.file}:${position.line}:${position.column})`;
    super(`${message}, at instruction ${slot}${place}`);
    this.name = 'AssemblyError';
    this.code = code;
    this.slot = slot;
    this.position = position;
  }
}

interface Placed {
  readonly slot: number;
  readonly instruction: Instruction;
  readonly position: SourcePosition | undefined;
}

interface Layout {
  readonly placed: readonly Placed[];
  readonly slots: number;
  readonly labels: ReadonlyMap<string, number>;
  readonly functions: readonly AssembledFunction[];
}

/** First pass: gives out slots. */
const layOut = (items: readonly AssemblyItem[]): Layout => {
  const placed: Placed[] = [];
  const labels = new Map<string, number>();
  const functions: AssembledFunction[] = [];
  let slot = 0;
  let position: SourcePosition | undefined;
  const define = (name: string): void => {
    if (labels.has(name)) {
      throw new AssemblyError('duplicate-label', `the label '${name}' is defined twice`, slot, position);
    }
    labels.set(name, slot);
  };
  for (const item of items) {
    switch (item.kind) {
      case 'label':
        define(item.name);
        break;
      case 'function': {
        define(item.name);
        const { name, parameters, linkage } = item;
        functions.push({ name, slot, parameters, linkage });
        break;
      }
      case 'position':
        position = item.position;
        break;
      default:
        placed.push({ slot, instruction: item, position });
        slot += slotCount(item);
    }
  }
  return { placed, slots: slot, labels, functions };
};

const fieldError = (what: string, value: number, { slot, position }: Placed): AssemblyError =>
  new AssemblyError('field-out-of-range', `${what} ${value} does not fit its field`, slot, position);

const isJump = (instruction: Instruction): boolean => instruction.kind === 'jump' || instruction.kind === 'jump-if';

const checkFields = ({ offset, immediate }: Slot, placed: Placed): void => {
  if (offset !== (offset << 16) >> 16) {
    if (isJump(placed.instruction)) {
      const message = `a jump of ${offset} instructions is out of the 16-bit range; split the function`;
      throw new AssemblyError('jump-out-of-range', message, placed.slot, placed.position);
    }
    throw fieldError('offset', offset, placed);
  }
  if (immediate !== (immediate | 0)) {
    throw fieldError('immediate', immediate, placed);
  }
};

/** Every function must end in `exit` or a jump, and hold at least one instruction. */
const checkEnds = ({ placed, slots, functions }: Layout): void => {
  const first = placed[0];
  if (first === undefined) {
    throw new AssemblyError('empty-program', 'the program has no instructions', 0, undefined);
  }
  if (functions[0] !== undefined && functions[0].slot !== 0) {
    throw new AssemblyError('outside-function', 'instructions stand before the first function', 0, first.position);
  }
  const lastBefore = new Map(placed.map((entry) => [entry.slot + slotCount(entry.instruction), entry]));
  for (const [index, start] of (functions.length === 0 ? [{ name: 'program', slot: 0 }] : functions).entries()) {
    const end = functions[index + 1]?.slot ?? slots;
    const last = end > start.slot ? lastBefore.get(end) : undefined;
    if (last?.instruction.kind !== 'exit' && last?.instruction.kind !== 'jump') {
      const message = `'${start.name}' runs off its end; end it with exit or a jump`;
      throw new AssemblyError('falls-off-end', message, last?.slot ?? start.slot, last?.position);
    }
  }
};

/** The functions that own each slot are contiguous: the owner of `slot` is the last that starts at or before it. */
const ownerOf = (functions: readonly AssembledFunction[], slot: number): AssembledFunction | undefined =>
  functions.findLast((candidate) => candidate.slot <= slot);

/** The slot that a label of `placed` names, checked against what the instruction may refer to. */
const resolveIn = ({ labels, functions, slots }: Layout, placed: Placed): ((label: string) => number) => {
  const fail = (code: AssemblyErrorCode, message: string): AssemblyError =>
    new AssemblyError(code, message, placed.slot, placed.position);
  return (label) => {
    const target = labels.get(label);
    if (target === undefined) {
      throw fail('undefined-label', `the label '${label}' is not defined`);
    }
    if (target >= slots) {
      throw fail('falls-off-end', `the label '${label}' has no instruction after it`);
    }
    if (placed.instruction.kind === 'call-function' && !functions.some((candidate) => candidate.name === label)) {
      throw fail('not-a-function', `'${label}' is called but is not the start of a function`);
    }
    if (isJump(placed.instruction) && ownerOf(functions, target) !== ownerOf(functions, placed.slot)) {
      throw fail('jump-out-of-function', `the label '${label}' belongs to another function`);
    }
    return target;
  };
};

const relocationOf = ({ slot, instruction }: Placed): Relocation | undefined => {
  switch (instruction.kind) {
    case 'load-map':
      return { kind: 'map', slot, map: instruction.map };
    case 'load-map-value':
      return { kind: 'map-value', slot, map: instruction.map, offset: instruction.offset };
    case 'call-kernel':
      return { kind: 'kernel-function', slot, name: instruction.name };
    default:
      return undefined;
  }
};

const samePosition = (a: SourcePosition, b: SourcePosition): boolean =>
  a === b || (a.file === b.file && a.line === b.line && a.column === b.column && a.text === b.text);

const lineTable = ({ placed, functions }: Layout): Assembled['lines'] => {
  const starts = new Set(functions.map((entry) => entry.slot));
  const lines: { slot: number; position: SourcePosition }[] = [];
  for (const { slot, position } of placed) {
    const previous = lines.at(-1)?.position;
    if (position === undefined) {
      continue;
    }
    if (starts.has(slot) || previous === undefined || !samePosition(previous, position)) {
      lines.push({ slot, position });
    }
  }
  return lines;
};

/**
 * Assembles a program. Throws AssemblyError for labels that are missing, doubled or out of reach, for a function that
 * can run off its end, and for offsets and immediates that do not fit their 16 and 32 bits.
 */
export const assemble = (items: readonly AssemblyItem[]): Assembled => {
  const layout = layOut(items);
  checkEnds(layout);
  const code = new Uint8Array(layout.slots * slotBytes);
  const view = new DataView(code.buffer);
  const relocations: Relocation[] = [];
  for (const placed of layout.placed) {
    for (const [index, slot] of encode(placed.instruction, placed.slot, resolveIn(layout, placed)).entries()) {
      checkFields(slot, placed);
      writeSlot(view, placed.slot + index, slot);
    }
    const relocation = relocationOf(placed);
    if (relocation !== undefined) {
      relocations.push(relocation);
    }
  }
  return {
    instructions: layout.placed.map(({ slot, instruction }) => ({ slot, instruction })),
    code,
    relocations,
    functions: layout.functions,
    lines: lineTable(layout),
    labels: layout.labels,
  };
};
