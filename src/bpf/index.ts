/**
 * The eBPF toolkit: instructions as data, the assembler, the disassembler and an interpreter, which need no kernel; and
 * maps, programs, links and runs, which load koffi when they are first used.
 */

export { LimitError, SystemCallError } from '../sys/index.js';
export {
  type Assembled,
  type AssembledFunction,
  AssemblyError,
  type AssemblyErrorCode,
  assemble,
  type Relocation,
} from './assembly/assembler.js';
export { DecodeError, decode } from './assembly/decode.js';
export { type DisassembleOptions, disassemble, formatInstruction } from './assembly/disassembler.js';
export * as btf from './btf/index.js';
export {
  describeFeature,
  type FeatureName,
  type FeatureResult,
  featureNames,
  probeFeature,
  requireFeature,
} from './features.js';
export {
  type HelperParameter,
  type HelperResult,
  type HelperSpec,
  helperByNumber,
  helperNumber,
  helpers,
  ringbufFlag,
  storageCreate,
  updateFlag,
} from './helper.js';
export * from './instruction.js';
export * as interpreter from './interpreter/index.js';
export { attachPerfEvent, attachRawTracepoint, type Link, openTimer } from './link.js';
export {
  BpfSpecError,
  MissingKernelSymbolError,
  PrivilegeError,
  UnsupportedFeatureError,
  VerifierError,
} from './loader/errors.js';
export { type LoadOptions, loadProgram, type MapsByName } from './loader.js';
export { type BpfMap, createMap, createMaps, type UpdateMode } from './map.js';
export { type Program, type ProgramStatistics, programStatistics } from './program.js';
export {
  type CrossCall,
  createCrossCall,
  crossCallOffline,
  enableStatistics,
  type RunnableProgram,
  type RunOptions,
  type RunResult,
  runProgram,
} from './run.js';
export type { MapSpec, MapType, ProgramKind, ProgramSpec } from './spec.js';
export { programLicense } from './spec.js';
