/**
 * What the kernel is told about a program beside its instructions: the types of its functions (global functions are
 * verified by them) and the source line of each instruction, which bpftool and verifier logs show.
 *
 *   func_info record:  instruction u32 | type u32
 *   line_info record:  instruction u32 | file name (string) u32 | line text (string) u32 | line << 10 + column u32
 *
 * Instructions are counted in slots. The kernel wants a func_info record for each function, and, if there are lines at
 * all, a line at the start of each function.
 */

import type { Assembled, AssembledFunction } from '../assembly/assembler.js';
import type { SourcePosition } from '../instruction.js';
import type { ProgramKind } from '../spec.js';
import { type BtfWriter, btfIdentifier, createBtfWriter } from './writer.js';

/** The pieces of a program's BTF, as BPF_BTF_LOAD and BPF_PROG_LOAD take them. */
export interface ProgramBtf {
  readonly btf: Uint8Array;
  /** Records of `functionRecordSize` bytes. */
  readonly functions: Uint8Array;
  /** Records of `lineRecordSize` bytes; empty if the program has no source positions. */
  readonly lines: Uint8Array;
}

/** Bytes of `struct bpf_func_info`. */
export const functionRecordSize = 8;

/** Bytes of `struct bpf_line_info`. */
export const lineRecordSize = 16;

const records = (rows: readonly (readonly number[])[]): Uint8Array => {
  const words = Uint32Array.from(rows.flat());
  return new Uint8Array(words.buffer);
};

/** The type of the context that the entry gets, as the verifier expects it by name. */
const contextType = (writer: BtfWriter, kind: ProgramKind, word: number): number => {
  switch (kind.type) {
    case 'raw-tracepoint':
      return writer.pointer(writer.forward('bpf_raw_tracepoint_args'));
    case 'typed-raw-tracepoint':
      return writer.pointer(word);
    case 'perf-event':
      return writer.pointer(writer.forward('bpf_perf_event_data'));
  }
};

const functionRows = (writer: BtfWriter, kind: ProgramKind, functions: readonly AssembledFunction[]): number[][] => {
  const result = writer.int('long long', 8, 'signed');
  const word = writer.int('unsigned long long', 8);
  const context = contextType(writer, kind, word);
  return functions.map(({ name, slot, parameters, linkage }, index) => {
    const scalars = Array.from({ length: parameters }, (_, i) => [`arg${i}`, word] as const);
    const prototype = writer.prototype(result, index === 0 ? [['context', context]] : scalars);
    return [slot, writer.function(btfIdentifier(name), prototype, linkage)];
  });
};

const columnLimit = 1023;
const lineLimit = 2 ** 22 - 1;

const lineRow = (writer: BtfWriter, slot: number, { file, line, column, text }: SourcePosition): number[] => [
  slot,
  writer.string(file),
  writer.string(text.replaceAll(/[\r\n\t]/g, ' ').trim()),
  Math.min(line, lineLimit) * 1024 + Math.min(column, columnLimit),
];

const lineRows = (writer: BtfWriter, { functions, lines }: Assembled): number[][] => {
  if (lines.length === 0) {
    return [];
  }
  const positions = new Map(lines.map(({ slot, position }) => [slot, position]));
  for (const { name, slot } of functions) {
    if (!positions.has(slot)) {
      positions.set(slot, { file: '<generated>', line: 0, column: 0, text: name });
    }
  }
  return [...positions].sort(([a], [b]) => a - b).map(([slot, position]) => lineRow(writer, slot, position));
};

/** The BTF of an assembled program of this kind. */
export const programBtf = (assembled: Assembled, kind: ProgramKind): ProgramBtf => {
  const writer = createBtfWriter();
  const functions = functionRows(writer, kind, assembled.functions);
  const lines = lineRows(writer, assembled);
  return { btf: writer.finish(), functions: records(functions), lines: records(lines) };
};

/** BTF for a map of task storage, which the kernel takes only with types for its key and its value. */
export const taskStorageBtf = (
  valueSize: number,
): { readonly btf: Uint8Array; readonly key: number; readonly value: number } => {
  const writer = createBtfWriter();
  const key = writer.int('int', 4, 'signed');
  const byte = writer.int('unsigned char', 1);
  const value = writer.array(byte, key, valueSize);
  return { btf: writer.finish(), key, value };
};
