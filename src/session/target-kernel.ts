/** The kernel that the session runs on, as code generation wants to know it. */

import { type Btf, fieldOffset, findStructure, percpuOffset, readKernelBtf, typeSize } from '../bpf/btf/index.js';
import { probeFeature } from '../bpf/features.js';
import { UnsupportedFeatureError } from '../bpf/loader/errors.js';
import { loadProgram } from '../bpf/loader.js';
import { runProgram } from '../bpf/run.js';
import { generateNamespaceLevel } from '../d/codegen/handler.js';
import type { PidNamespace, TargetKernel } from '../d/codegen/target.js';
import { pidNamespace } from '../sys/index.js';

/**
 * The running kernel. Its BTF is read with the first question. Throws UnsupportedFeatureError (no BTF), and
 * MissingFieldError for a structure or member that the kernel does not have.
 */
export function runningKernel(): TargetKernel {
  const offsets = new Map<string, number>();
  let btf: Btf | undefined;
  const types = (): Btf => {
    btf ??= readKernelBtf();
    if (btf === undefined) {
      throw new UnsupportedFeatureError('BTF of its own types', '5.4', 'it is built without CONFIG_DEBUG_INFO_BTF');
    }
    return btf;
  };
  let namespace: PidNamespace | undefined | null = null;
  let preemptible: boolean | undefined;
  const kernel: TargetKernel = {
    fieldOffset: (structure, path) => {
      const key = `${structure}.${path}`;
      let offset = offsets.get(key);
      if (offset === undefined) {
        offset = fieldOffset(types(), structure, path).offset;
        offsets.set(key, offset);
      }
      return offset;
    },
    structureSize: (structure) => {
      const id = findStructure(types(), structure);
      return id === undefined ? fieldOffset(types(), structure, '').size : typeSize(types(), id);
    },
    percpuOffset: (name) => percpuOffset(types(), name),
    get preemptibleTracepoints() {
      preemptible ??= !probeFeature('preemption-off').supported;
      return preemptible;
    },
    get pidNamespace() {
      if (namespace === null) {
        const { inode, initial } = pidNamespace();
        namespace = initial ? undefined : { inode, level: namespaceLevel(kernel) };
      }
      return namespace;
    },
  };
  return kernel;
}

/** /proc tells ids from its own namespace inwards only, so the depth is read by a program that runs in this process. */
function namespaceLevel(kernel: TargetKernel): number {
  const program = loadProgram(generateNamespaceLevel(kernel), new Map());
  try {
    const result = runProgram(program);
    return result.kind === 'returned' ? result.returnValue : 0;
  } finally {
    program.close();
  }
}
