/**
 * The eBPF interpreter: programs run without a kernel, stop before each access to shared memory and each call out, and
 * can be copied and interleaved.
 *
 *     const program = linkProgram(assemble(items), maps);
 *     const memory = createSharedMemory({ maps });
 *     const state = createMachineState(program, { context: [1n, 2n] });
 *     run(program, state, memory); // { kind: 'exit', value: 0n }
 */

export { errno } from './errno.js';
export type { Stop } from './execute.js';
export { type Fault, type FaultCode, SetupError, type SetupErrorCode } from './fault.js';
export { type LinkedProgram, linkProgram } from './link.js';
export type { Access } from './memory/access.js';
export type { HashEntry, MapStorage } from './memory/maps.js';
export {
  arrayBytes,
  type Clock,
  cloneMemory,
  createSharedMemory,
  hashMemory,
  type MemoryRegion,
  mapEntries,
  reclaim,
  type SharedMemory,
  type SharedMemoryOptions,
} from './memory/shared-memory.js';
export {
  cloneState,
  createMachineState,
  type Environment,
  hashState,
  idleEnvironment,
  type MachineOptions,
  type MachineState,
  type MachineStatus,
} from './state.js';
export { localLimit, run, step } from './step.js';
