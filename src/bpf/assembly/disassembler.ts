/**
 * The disassembler: text in the notation of the kernel's verifier log and bpftool (`r1 = *(u32 *)(r6 +8)`), with labels,
 * function headings and source positions.
 */

import { helperByNumber } from '../helper.js';
import type { AluOperation, AssemblyItem, AtomicOperation, Instruction, JumpCondition } from '../instruction.js';
import { assemble } from './assembler.js';
import { decode } from './decode.js';
import { slotCount } from './encode.js';

const aluSign = {
  add: '+=',
  sub: '-=',
  mul: '*=',
  div: '/=',
  mod: '%=',
  sdiv: 's/=',
  smod: 's%=',
  or: '|=',
  and: '&=',
  xor: '^=',
  lsh: '<<=',
  rsh: '>>=',
  arsh: 's>>=',
  mov: '=',
} as const satisfies Record<AluOperation, string>;

const jumpSign = {
  eq: '==',
  ne: '!=',
  gt: '>',
  ge: '>=',
  lt: '<',
  le: '<=',
  sgt: 's>',
  sge: 's>=',
  slt: 's<',
  sle: 's<=',
  set: '&',
} as const satisfies Record<JumpCondition, string>;

const lockSign: Partial<Record<AtomicOperation, string>> = { add: '+=', or: '|=', and: '&=', xor: '^=' };

const half = (operand: string | number): string => String(operand).replace(/^r/, 'w');

const signed = (value: number): string => (value < 0 ? String(value) : `+${value}`);

const memory = (type: string, base: string, offset: number): string => `(${type} *)(${base} ${signed(offset)})`;

const atomicText = (instruction: Extract<Instruction, { kind: 'atomic' }>): string => {
  const { operation, size, base, offset, src } = instruction;
  const place = memory(`u${size * 8}`, base, offset);
  const register = size === 4 ? half(src) : src;
  const sign = lockSign[operation];
  if (sign !== undefined) {
    return `lock *${place} ${sign} ${register}`;
  }
  const call = `atomic${size === 8 ? '64' : ''}_${operation.replace('-', '_')}`;
  if (operation === 'cmpxchg') {
    const r0 = size === 4 ? 'w0' : 'r0';
    return `${r0} = ${call}(${place}, ${r0}, ${register})`;
  }
  return `${register} = ${call}(${place}, ${register})`;
};

/**
 * The text of one instruction. `distance` gives the number of instructions from the end of it to a label, which is then
 * shown as the kernel shows it (`goto +5 <done>`); without it only the label is (`goto done`).
 */
export const formatInstruction = (instruction: Instruction, distance?: (label: string) => number): string => {
  const where = (target: string): string =>
    distance === undefined ? target : `${signed(distance(target))} <${target}>`;
  switch (instruction.kind) {
    case 'alu': {
      const { bits, operation, dst, src } = instruction;
      const name = bits === 64 ? String : half;
      return `${name(dst)} ${aluSign[operation]} ${name(src)}`;
    }
    case 'sign-extend':
      return `${instruction.dst} = (s${instruction.bits})${instruction.src}`;
    case 'negate': {
      const name = instruction.bits === 64 ? instruction.dst : half(instruction.dst);
      return `${name} = -${name}`;
    }
    case 'byte-swap': {
      const { order, bits, dst } = instruction;
      return `${dst} = ${order === 'swap' ? 'bswap' : order}${bits} ${dst}`;
    }
    case 'load-immediate-64':
      return `${instruction.dst} = 0x${instruction.value.toString(16)}`;
    case 'load-map':
      return `${instruction.dst} = map[${instruction.map}]`;
    case 'load-map-value':
      return `${instruction.dst} = map[${instruction.map}][0]${signed(instruction.offset)}`;
    case 'load': {
      const type = `${instruction.signed ? 's' : 'u'}${instruction.size * 8}`;
      return `${instruction.dst} = *${memory(type, instruction.base, instruction.offset)}`;
    }
    case 'store': {
      const { size, base, offset, src } = instruction;
      return `*${memory(`u${size * 8}`, base, offset)} = ${src}`;
    }
    case 'atomic':
      return atomicText(instruction);
    case 'jump':
      return `goto ${where(instruction.target)}`;
    case 'jump-if': {
      const { bits, condition, dst, src, target } = instruction;
      const name = bits === 64 ? String : half;
      return `if ${name(dst)} ${jumpSign[condition]} ${name(src)} goto ${where(target)}`;
    }
    case 'call-helper':
      return `call ${helperByNumber(instruction.helper)?.name ?? 'unknown'}#${instruction.helper}`;
    case 'call-function':
      return `call ${where(instruction.target)}`;
    case 'call-kernel':
      return `call kernel function ${instruction.name}`;
    case 'load-label-address':
      return `${instruction.dst} = &${instruction.target}`;
    case 'exit':
      return 'exit';
  }
};

/** How `disassemble` shows a program. */
export interface DisassembleOptions {
  /** Number the instructions and show distances beside labels (true), or leave both out, for golden files (false). */
  readonly numbers?: boolean;
}

const headingOf = (item: AssemblyItem): string | undefined => {
  switch (item.kind) {
    case 'function': {
      const plural = item.parameters === 1 ? '' : 's';
      return `${item.name}: ; ${item.linkage} function of ${item.parameters} parameter${plural}`;
    }
    case 'label':
      return `${item.name}:`;
    case 'position': {
      const { file, line, column, text } = item.position;
      return `; ${text.trim()} [${file}:${line}:${column}]`;
    }
    default:
      return undefined;
  }
};

/**
 * The text of a program, a line an instruction, ended by a newline. From bytes, labels and functions are named by their
 * slots. Throws DecodeError for bytes that are no instructions, AssemblyError for what makes no
 * program.
 *
 *     disassemble([functionStart('main', 1, 'global'), move('r0', 0), exit()])
 *     // main: ; global function of 1 parameter
 *     //    0: r0 = 0
 *     //    1: exit
 */
export const disassemble = (
  program: readonly AssemblyItem[] | Uint8Array,
  { numbers = true }: DisassembleOptions = {},
): string => {
  const items = program instanceof Uint8Array ? decode(program) : program;
  const { labels } = assemble(items);
  let slot = 0;
  let output = '';
  for (const item of items) {
    const heading = headingOf(item);
    if (heading !== undefined) {
      output += `${heading}\n`;
      continue;
    }
    const instruction = item as Instruction;
    const next = slot + 1;
    const text = numbers
      ? `${String(slot).padStart(4)}: ${formatInstruction(instruction, (label) => (labels.get(label) ?? next) - next)}`
      : `  ${formatInstruction(instruction)}`;
    output += `${text}\n`;
    slot += slotCount(instruction);
  }
  return output;
};
