/** The system layer: the kernel's calls as plain functions. The only folder that makes native calls. */

export {
  type BpfAttributes,
  type BpfCommand,
  bpf,
  bpfCommand,
  createAttributes,
  prepareBpf,
} from './calls/bpf-syscall.js';
export { type MembarrierCommand, membarrier, offersMembarrier } from './calls/membarrier.js';
export { type NumberedCalls, openNumberedCalls } from './calls/numbered-calls.js';
export {
  disablePerfEvent,
  enablePerfEvent,
  openTimerEvent,
  readPerfEvent,
  setPerfEventProgram,
  type TimerEvent,
} from './calls/perf-event.js';
export { openStandardStreams } from './calls/standard-streams.js';
export { getAffinity, onlineCpus, parseCpuList, possibleCpus, setAffinity, setRealTime } from './cpu.js';
export { closeDescriptor, ioctl, type OwnedDescriptor, ownDescriptor, readDescriptor } from './descriptor.js';
export {
  callError,
  checked,
  errno,
  errnoName,
  errnoText,
  LimitError,
  limitHint,
  limitOf,
  SystemCallError,
} from './errno/errno.js';
export { clearEvent, createEvent, ensureDescriptors, preparePoll, signalEvent } from './event.js';
export { NativeCallError } from './ffi.js';
export { type KernelSymbols, parseKernelSymbols, readKernelSymbols } from './kernel-symbols.js';
export {
  type MappedMemory,
  type MemoryPlace,
  mapFile,
  mappedLimit,
  mapShared,
  mapSharedToRead,
  memoryAt,
  placeOf,
} from './memory.js';
export { createPossessions, type Possessions } from './possessions.js';
export {
  endWithParent,
  exitAtOnce,
  type PidNamespace,
  type ProcessStatus,
  pidNamespace,
  readProcessArguments,
  readProcessStatus,
  readSysctl,
  threadId,
} from './process.js';
export { createSharedFile } from './shared-file.js';
export { type ClockOffset, readClock, realtimeOffset } from './time.js';
