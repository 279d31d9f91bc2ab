/** A short way to run a few instructions in the interpreter. */

import { assemble } from '../../../src/bpf/assembly/assembler.js';
import { type AssemblyItem, exit, functionStart } from '../../../src/bpf/instruction.js';
import {
  createMachineState,
  createSharedMemory,
  linkProgram,
  type MachineOptions,
  run,
  type SharedMemory,
  type SharedMemoryOptions,
} from '../../../src/bpf/interpreter/index.js';

/** What to run in. */
export interface Setting extends SharedMemoryOptions, MachineOptions {
  readonly typedContext?: boolean;
}

/** Links `items`, wrapped as a function with an exit at its end, with a shared memory to run in. */
export const prepare = (items: readonly AssemblyItem[], setting: Setting = {}) => {
  const { maps = [], typedContext = false } = setting;
  const program = linkProgram(assemble([functionStart('main', 1, 'global'), ...items]), maps, { typedContext });
  return { program, memory: createSharedMemory(setting), state: createMachineState(program, setting) };
};

/** Runs `items` and exit: the value returned, or the code of the fault. */
export const outcome = (items: readonly AssemblyItem[], setting: Setting = {}): bigint | string => {
  const { program, memory, state } = prepare([...items, exit()], setting);
  const end = run(program, state, memory);
  return end.kind === 'exit' ? end.value : end.fault.code;
};

/** Runs `items` and exit in a memory that is kept. */
export const outcomeIn = (
  memory: SharedMemory,
  items: readonly AssemblyItem[],
  setting: Setting = {},
): bigint | string => {
  const { program, state } = prepare([...items, exit()], setting);
  const end = run(program, state, memory);
  return end.kind === 'exit' ? end.value : end.fault.code;
};
