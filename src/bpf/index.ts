/** The eBPF toolkit: instructions as data, the assembler, and what runs or shows programs without a kernel. */

export {
  type Assembled,
  type AssembledFunction,
  AssemblyError,
  type AssemblyErrorCode,
  assemble,
  type Relocation,
} from './assembler.js';
export { DecodeError, decode } from './decode.js';
export { type DisassembleOptions, disassemble, formatInstruction } from './disassembler.js';
export {
  type HelperParameter,
  type HelperResult,
  type HelperSpec,
  helperByNumber,
  helperNumber,
  helpers,
  storageCreate,
  updateFlag,
} from './helper.js';
export * from './instruction.js';
export * as interpreter from './interpreter/index.js';
export type { MapSpec, MapType, ProgramKind, ProgramSpec } from './spec.js';
export { programLicense } from './spec.js';
