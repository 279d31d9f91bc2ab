/**
 * Loads programs: assembles, puts in what only the running kernel knows (descriptors of maps, numbers of kernel
 * functions and tracepoints), adds types and source lines, and has the kernel verify the whole.
 *
 * A program is first loaded without a log, which is the fast way; if it is refused, again with one, to say why.
 */

import {
  type BpfAttributes,
  bpf,
  closeDescriptor,
  createAttributes,
  errno,
  errnoName,
  limitHint,
  ownDescriptor,
} from '../sys/index.js';
import { type Assembled, assemble, type Relocation } from './assembly/assembler.js';
import {
  type Btf,
  functionRecordSize,
  kernelFunctionId,
  lineRecordSize,
  programBtf,
  readKernelBtf,
  tracepointPrototype,
} from './btf/index.js';
import {
  BpfSpecError,
  failure,
  MissingKernelSymbolError,
  UnsupportedFeatureError,
  VerifierError,
} from './loader/errors.js';
import { loadBtf, logPaths, logText } from './loader/load-btf.js';
import { readVerifierLog } from './loader/log.js';
import type { BpfMap } from './map.js';
import type { Program } from './program.js';
import { type ProgramKind, type ProgramSpec, programLicense } from './spec.js';

/** The maps that programs name, by those names. */
export type MapsByName = ReadonlyMap<string, BpfMap>;

/** What loading may be told beside the program. */
export interface LoadOptions {
  /** The BTF to look up tracepoints and kernel functions in; that of the running kernel, if left out. */
  readonly kernelBtf?: Btf;
}

/** linux/bpf.h: enum bpf_prog_type and enum bpf_attach_type. */
const programType: Readonly<Record<ProgramKind['type'], { readonly type: number; readonly attach: number }>> = {
  'raw-tracepoint': { type: 17, attach: 0 },
  'typed-raw-tracepoint': { type: 26, attach: 23 },
  'perf-event': { type: 7, attach: 0 },
};

/** What the source register of an LD_IMM64 or a call says about its immediate (linux/bpf.h, BPF_PSEUDO_*). */
const pseudo = { map: 1, 'map-value': 2, 'kernel-function': 2 } as const;

const attributesSize = 128;
const logSize = 16 * 1024 * 1024;

const requireKernelBtf = ({ kernelBtf }: LoadOptions): Btf => {
  const btf = kernelBtf ?? readKernelBtf();
  if (btf === undefined) {
    throw new UnsupportedFeatureError('BTF of its own types', '5.4', 'it is built without CONFIG_DEBUG_INFO_BTF');
  }
  return btf;
};

const target = (relocation: Relocation, maps: MapsByName, options: LoadOptions): number => {
  if (relocation.kind === 'kernel-function') {
    const id = kernelFunctionId(requireKernelBtf(options), relocation.name);
    if (id === undefined) {
      throw new MissingKernelSymbolError('kernel function', relocation.name);
    }
    return id;
  }
  const map = maps.get(relocation.map);
  if (map === undefined) {
    throw new BpfSpecError(`the program uses map ${relocation.map}, which is not among the ones given to it`);
  }
  return map.fd;
};

/** The code with every reference filled in. */
const relocate = ({ code, relocations }: Assembled, maps: MapsByName, options: LoadOptions): Uint8Array => {
  const bytes = new Uint8Array(new ArrayBuffer(code.length));
  bytes.set(code);
  const view = new DataView(bytes.buffer);
  for (const relocation of relocations) {
    const at = relocation.slot * 8;
    const registers = view.getUint8(at + 1) & 0x0f;
    view.setUint8(at + 1, registers | (pseudo[relocation.kind] << 4));
    view.setInt32(at + 4, target(relocation, maps, options), true);
  }
  return bytes;
};

const attachTypeId = (kind: ProgramKind, options: LoadOptions): number => {
  if (kind.type !== 'typed-raw-tracepoint') {
    return 0;
  }
  const prototype = tracepointPrototype(requireKernelBtf(options), kind.tracepoint);
  if (prototype === undefined) {
    throw new MissingKernelSymbolError('tracepoint', kind.tracepoint);
  }
  return prototype.typeId;
};

/** The verifier gives up with EAGAIN when a signal is pending; libbpf tries as often. */
const attempts = 5;

/** BPF_PROG_LOAD, again where a signal came between: a descriptor, or the negative error number. */
const tryLoad = (attributes: BpfAttributes): number => {
  let result = -errno.EAGAIN;
  for (let attempt = 0; attempt < attempts && result === -errno.EAGAIN; attempt += 1) {
    result = bpf('BPF_PROG_LOAD', attributes);
  }
  return result;
};

/** Loads what `attributes` describe: a descriptor, or the error that says why not. */
const load = (name: string, attributes: BpfAttributes, assembled: Assembled): number | Error => {
  const result = tryLoad(attributes);
  if (result >= 0) {
    return result;
  }
  const call = `bpf(BPF_PROG_LOAD) of program ${name}`;
  // The verifier has nothing to do with it, though it may have seen the program by then.
  if (limitHint(errnoName(result)) !== undefined) {
    return failure(call, result);
  }
  const log = new Uint8Array(new ArrayBuffer(logSize));
  const again = tryLoad(attributes.u32(24, logPaths).u32(28, logSize).pointer(32, log));
  if (again >= 0) {
    // The first refusal was transient.
    return again;
  }
  const said = logText(log);
  return said.trim() === ''
    ? failure(call, result)
    : new VerifierError(name, result, readVerifierLog(said, assembled), said);
};

const describeProgram = (spec: ProgramSpec, code: Uint8Array, options: LoadOptions): BpfAttributes => {
  const { type, attach } = programType[spec.kind.type];
  return createAttributes(attributesSize)
    .u32(0, type)
    .u32(4, code.length / 8)
    .pointer(8, code)
    .pointer(16, new TextEncoder().encode(`${programLicense}\0`))
    .name(48, spec.name)
    .u32(68, attach)
    .u32(108, attachTypeId(spec.kind, options));
};

/**
 * Loads a program; `maps` must hold every map that it names. Throws AssemblyError or BpfSpecError for a program that
 * contradicts itself, MissingKernelSymbolError for a tracepoint or kernel function that is not there, PrivilegeError,
 * LimitError, VerifierError with the source line at fault, SystemCallError for the rest.
 */
export const loadProgram = (spec: ProgramSpec, maps: MapsByName = new Map(), options: LoadOptions = {}): Program => {
  const assembled = assemble(spec.items);
  const attributes = describeProgram(spec, relocate(assembled, maps, options), options);
  const { btf, functions, lines } = programBtf(assembled, spec.kind);
  const btfDescriptor = loadBtf(btf);
  try {
    attributes
      .u32(72, btfDescriptor)
      .u32(76, functionRecordSize)
      .pointer(80, functions)
      .u32(88, functions.length / functionRecordSize);
    if (lines.length > 0) {
      attributes
        .u32(92, lineRecordSize)
        .pointer(96, lines)
        .u32(104, lines.length / lineRecordSize);
    }
    const result = load(spec.name, attributes, assembled);
    if (typeof result !== 'number') {
      throw result;
    }
    return Object.assign(ownDescriptor(result, `program ${spec.name}`), { spec, assembled });
  } finally {
    closeDescriptor(btfDescriptor);
  }
};
