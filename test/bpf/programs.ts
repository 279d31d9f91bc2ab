/** Small programs that the kernel tests share. */

import { type AssemblyItem, exit, functionStart, move, type SourcePosition } from '../../src/bpf/instruction.js';
import type { MapSpec, ProgramKind, ProgramSpec } from '../../src/bpf/spec.js';

/** A program whose only function is called like itself. */
export const program = (name: string, type: ProgramKind['type'], body: readonly AssemblyItem[]): ProgramSpec => ({
  name,
  kind: type === 'typed-raw-tracepoint' ? { type, tracepoint: 'sys_enter' } : { type },
  items: [functionStart(name, 1, 'static'), ...body],
});

/** `return value;` */
export const returning = (value: number): readonly AssemblyItem[] => [move('r0', value), exit()];

/** A source position for the instructions that follow. */
export const at = (line: number, text: string, column = 1): AssemblyItem => {
  const position: SourcePosition = { file: 'test.d', line, column, text };
  return { kind: 'position', position };
};

/** An array of one element, mapped. */
export const mappedArray = (name: string, valueSize: number): MapSpec => ({
  name,
  type: 'array',
  keySize: 4,
  valueSize,
  maxEntries: 1,
  mapped: true,
});

/** Numbers of helpers (linux/bpf.h, enum bpf_func_id). */
export const helper = { getSmpProcessorId: 8, getCurrentPidTgid: 14, mapLookup: 1 } as const;
