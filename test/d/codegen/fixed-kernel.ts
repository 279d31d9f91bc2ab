/** A kernel that is the same on every system: offsets from a table, for golden files and for the interpreter. */

import type { TargetKernel } from '../../../src/d/codegen/target.js';

const fields: Readonly<Record<string, number>> = {
  'task_struct.pid': 1000,
  'task_struct.tgid': 1004,
  'task_struct.real_parent': 1016,
  'task_struct.group_leader': 1080,
  'task_struct.thread_pid': 1200,
  'task_struct.cred': 1504,
  'task_struct.comm': 1600,
  'task_struct.thread_info.status': 16,
  'task_struct.se.sum_exec_runtime': 400,
  'task_struct.se.cfs_rq': 480,
  'cred.uid': 8,
  'cred.gid': 12,
  'cfs_rq.rq': 320,
  'pid.level': 4,
  'pid.numbers': 112,
  'upid.nr': 0,
  'upid.ns': 8,
  'pid_namespace.ns.inum': 136,
  'perf_event.attr.config1': 600,
  'perf_event.hw.hrtimer': 400,
  'perf_event.hw.sample_period': 500,
  'hrtimer.node.expires': 24,
  'pt_regs.orig_ax': 120,
  'pt_regs.ip': 128,
  'pt_regs.cs': 136,
  'pt_regs.di': 112,
  'pt_regs.si': 104,
  'pt_regs.dx': 96,
  'pt_regs.cx': 88,
  'pt_regs.r8': 72,
  'pt_regs.r9': 64,
  'pt_regs.r10': 56,
  'pt_regs.bx': 40,
  'pt_regs.bp': 32,
};

/** Has every field that code generation asks for. */
export const fixedKernel: TargetKernel = {
  fieldOffset: (structure, path) => {
    const offset = fields[`${structure}.${path}`];
    if (offset === undefined) throw new Error(`the fixed kernel has no ${structure}.${path}`);
    return offset;
  },
  structureSize: (structure) => {
    if (structure === 'upid') return 16;
    throw new Error(`the fixed kernel has no structure ${structure}`);
  },
  percpuOffset: (name) => ({ runqueues: 0x30000, __preempt_count: 0x1000, __irq_regs: 0x2000 })[name],
  preemptibleTracepoints: false,
  pidNamespace: undefined,
};
