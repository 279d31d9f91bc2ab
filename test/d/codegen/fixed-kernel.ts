/** A kernel that is the same on every system: offsets from a table, for golden files and where there is no kernel. */

import type { TargetKernel } from '../../../src/d/codegen/target.js';

const fields: Readonly<Record<string, number>> = {
  'task_struct.pid': 1000,
  'task_struct.tgid': 1004,
  'task_struct.real_parent': 1016,
  'task_struct.group_leader': 1080,
  'task_struct.thread_pid': 1200,
  'task_struct.cred': 1504,
  'task_struct.comm': 1600,
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
};

/** Has every field that clauses ask for; what providers ask for is theirs. */
export const fixedKernel: TargetKernel = {
  fieldOffset: (structure, path) => {
    const offset = fields[`${structure}.${path}`];
    if (offset === undefined) throw new Error(`the fixed kernel has no ${structure}.${path}`);
    return offset;
  },
  optionalFieldOffset: (structure, path) => fields[`${structure}.${path}`],
  structureSize: (structure) => {
    if (structure === 'upid') return 16;
    throw new Error(`the fixed kernel has no structure ${structure}`);
  },
  percpuOffset: (name) => ({ runqueues: 0x30000, __preempt_count: 0x1000 })[name],
  probeEntry: () => [{ start: 0xffff_ffff_8140_0000n, size: 4096 }],
  codeOf: () => [],
  preemptibleTracepoints: false,
  pidNamespace: undefined,
};
