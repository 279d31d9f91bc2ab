/** The kernel that the session runs on, as code generation wants to know it. */

import {
  type Btf,
  fieldOffset,
  findField,
  findStructure,
  percpuOffset,
  readKernelBtf,
  typeSize,
} from '../bpf/btf/index.js';
import { probeFeature } from '../bpf/features.js';
import { UnsupportedFeatureError } from '../bpf/loader/errors.js';
import { loadProgram } from '../bpf/loader.js';
import { runProgram } from '../bpf/run.js';
import { generateNamespaceLevel } from '../d/codegen/handler.js';
import type { AddressRange, PidNamespace, TargetKernel } from '../d/codegen/target.js';
import { type KernelSymbols, pidNamespace, readKernelSymbols } from '../sys/index.js';

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
  const entries = new Map<string | undefined, readonly AddressRange[]>();
  const code = new Map<(name: string) => boolean, readonly AddressRange[]>();
  let known: KernelSymbols | undefined | null = null;
  const symbols = (): KernelSymbols | undefined => {
    if (known === null) known = readKernelSymbols();
    return known;
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
    optionalFieldOffset: (structure, path) => findField(types(), structure, path)?.offset,
    structureSize: (structure) => {
      const id = findStructure(types(), structure);
      return id === undefined ? fieldOffset(types(), structure, '').size : typeSize(types(), id);
    },
    percpuOffset: (name) => percpuOffset(types(), name),
    probeEntry: (tracepoint) => {
      const ranges = entries.get(tracepoint) ?? symbols()?.rangesOf(entryFunctions(tracepoint)) ?? [];
      entries.set(tracepoint, ranges);
      return ranges;
    },
    codeOf: (isWanted) => {
      const ranges = code.get(isWanted) ?? symbols()?.rangesOf(isWanted) ?? [];
      code.set(isWanted, ranges);
      return ranges;
    },
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

/**
 * Whether a function is on the way into a program. From a tracepoint that is `__traceiter_NAME` where several programs
 * are attached, then a function of the tracepoint's class, which often jumps on and leaves no frame, then
 * `bpf_trace_runN` for N arguments. A class is named after its only tracepoint or what its tracepoints have in common.
 * A tick of a timer is where the timer's interrupt came: the functions that lead from there to the tracepoint belong to
 * the way too.
 */
function entryFunctions(tracepoint: string | undefined): (name: string) => boolean {
  const base = (name: string): string => name.replace(/^__pfx_|\..*$/g, '');
  if (tracepoint === undefined) return (name) => /^(__)?bpf_prog_test_run_raw_tp$/.test(base(name));
  const classes = [tracepoint, tracepoint.replace(/_(entry|exit|raise)$/, ''), 'x86_irq_vector', 'hrtimer_class'];
  const wanted = new Set([`__traceiter_${tracepoint}`, ...classes.map((name) => `__bpf_trace_${name}`)]);
  const ticks = tracepoint === 'hrtimer_expire_entry';
  return (name) =>
    wanted.has(base(name)) || /^bpf_trace_run\d+$/.test(base(name)) || (ticks && timerInterrupt.test(base(name)));
}

/** From the entry of a timer's interrupt to the timers that expire, on x86. */
const timerInterrupt =
  /^((__)?hrtimer_(run_queues|interrupt)|(__)?local_apic_timer_interrupt|(asm_|__)?sysvec_apic_timer_interrupt)$/;

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
