/** The running kernel's own BTF, and what is found in it only: tracepoints, kernel functions, per-CPU variables. */

import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { errno, limitOf, mapFile, NativeCallError, SystemCallError } from '../../sys/index.js';
import { type Btf, findType, matches, nameBytes, parseBtf, typeKind, typeWord } from './table.js';
import { type BtfParameter, describeType, resolveType } from './types.js';

const kernelBtfPath = '/sys/kernel/btf/vmlinux';

const readWhole = (descriptor: number, size: number): Uint8Array => {
  const bytes = new Uint8Array(new ArrayBuffer(size));
  let filled = 0;
  // sysfs hands out a page a call; readFileSync would ask for much more each time.
  while (filled < size) {
    const count = readSync(descriptor, bytes, filled, size - filled, filled);
    if (count === 0) {
      break;
    }
    filled += count;
  }
  return bytes.subarray(0, filled);
};

const readBytes = (descriptor: number): Uint8Array => {
  const { size } = fstatSync(descriptor);
  try {
    // Since Linux 6.16; never closed, it belongs to the kernel's read-only data.
    return mapFile(descriptor, size).bytes;
  } catch (error) {
    // Without native calls there is no mapping, but whoever lists probes needs none.
    if (error instanceof NativeCallError || (error instanceof SystemCallError && error.errno !== errno.EPERM)) {
      return readWhole(descriptor, size);
    }
    throw error;
  }
};

let kernelBtf: Btf | undefined;

/**
 * The BTF of the running kernel, read and indexed on first use. Undefined if the kernel has none
 * (CONFIG_DEBUG_INFO_BTF). Throws LimitError.
 */
export const readKernelBtf = (): Btf | undefined => {
  if (kernelBtf === undefined) {
    let descriptor: number;
    try {
      descriptor = openSync(kernelBtfPath, 'r');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
        return undefined;
      }
      throw limitOf(error, `open(${kernelBtfPath})`) ?? error;
    }
    try {
      kernelBtf = parseBtf(readBytes(descriptor));
    } finally {
      closeSync(descriptor);
    }
  }
  return kernelBtf;
};

/** A tracepoint as typed raw tracepoint programs see it. */
export interface TracepointPrototype {
  /** What the program is loaded with as attach_btf_id. */
  readonly typeId: number;
  /** Argument N of the context, by its index; the names are empty where the kernel's BTF has none. */
  readonly parameters: readonly BtfParameter[];
}

/** The parameters of the prototype `id` without the first one, which is the probe's own data. */
const argumentsOf = (btf: Btf, id: number): readonly BtfParameter[] => {
  const type = describeType(btf, id);
  return type.kind === 'function-prototype' ? type.parameters.slice(1) : [];
};

/** Parameters with names: a type has none, but the function that calls the probes has. */
const namedParameters = (btf: Btf, tracepoint: string): readonly BtfParameter[] => {
  for (const prefix of ['__traceiter_', '__probestub_', '__bpf_trace_']) {
    const id = findType(btf, 'function', `${prefix}${tracepoint}`);
    if (id !== undefined) {
      return argumentsOf(btf, typeWord(btf, id, 2));
    }
  }
  return [];
};

/**
 * The arguments of a tracepoint (`sched_switch`), from the typedef `btf_trace_NAME` that every tracepoint has. Undefined
 * if the kernel has no such tracepoint, or has it in a module.
 */
export const tracepointPrototype = (btf: Btf, tracepoint: string): TracepointPrototype | undefined => {
  const typeId = findType(btf, 'typedef', `btf_trace_${tracepoint}`);
  if (typeId === undefined) {
    return undefined;
  }
  const pointer = resolveType(btf, typeId);
  const typed = argumentsOf(btf, typeKind(btf, pointer) === 'pointer' ? typeWord(btf, pointer, 2) : pointer);
  const named = namedParameters(btf, tracepoint);
  const parameters = typed.map(({ name, type }, index) => ({ name: name || (named[index]?.name ?? ''), type }));
  return { typeId, parameters };
};

/** The number of a kernel function, as calls of it and programs that attach to it name it; undefined if there is none. */
export const kernelFunctionId = (btf: Btf, name: string): number | undefined => findType(btf, 'function', name);

/** The offset of a per-CPU variable in each CPU's area; undefined if the BTF does not have it. */
export const percpuOffset = (btf: Btf, variable: string): number | undefined => {
  const section = findType(btf, 'section', '.data..percpu');
  if (section === undefined) {
    return undefined;
  }
  const name = nameBytes(variable);
  const count = typeWord(btf, section, 1) & 0xffff;
  for (let index = 0; index < count; index++) {
    const id = typeWord(btf, section, 3 + index * 3);
    if (matches(btf, typeWord(btf, id, 0), name)) {
      return typeWord(btf, section, 4 + index * 3);
    }
  }
  return undefined;
};
