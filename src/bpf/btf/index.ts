/** BTF: the kernel's type information, read lazily, and written for our own programs. */

export { type BtfField, fieldOffset, findField, findStructure, MissingFieldError } from './field.js';
export type { BtfKind } from './format.js';
export {
  kernelFunctionId,
  percpuOffset,
  readKernelBtf,
  type TracepointPrototype,
  tracepointPrototype,
} from './kernel.js';
export { functionRecordSize, lineRecordSize, type ProgramBtf, programBtf, taskStorageBtf } from './program-btf.js';
export { type Btf, BtfFormatError, findType, parseBtf, typeKind, typeName } from './table.js';
export {
  type BtfMember,
  type BtfParameter,
  type BtfType,
  describeType,
  isSigned,
  membersOf,
  resolveType,
  typeSize,
} from './types.js';
export { type BtfWriter, btfIdentifier, createBtfWriter, type WrittenMember } from './writer.js';
