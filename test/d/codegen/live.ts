/** The system that the tests run on: its kernel where there is one, and the fixed one otherwise. */

import type { TargetKernel } from '../../../src/d/codegen/target.js';
import { runningKernel } from '../../../src/session/target-kernel.js';
import { kernelSkipReason } from '../../kernel-test.js';
import { runInKernel, type Task } from './backend.js';
import { compile } from './compile.js';
import { fixedKernel } from './fixed-kernel.js';

/** Whether generated programs run in the kernel too. */
export const live = kernelSkipReason === undefined;

/** Ids are those of the initial pid namespace, wherever the tests run. */
export const kernel: TargetKernel = live
  ? (({
      fieldOffset,
      optionalFieldOffset,
      structureSize,
      percpuOffset,
      probeEntry,
      codeOf,
      preemptibleTracepoints,
    }) => ({
      fieldOffset,
      optionalFieldOffset,
      structureSize,
      percpuOffset,
      probeEntry,
      codeOf,
      preemptibleTracepoints,
      pidNamespace: undefined,
    }))(runningKernel())
  : fixedKernel;

const invented: Task = { pid: 4242, tid: 4243, ppid: 1, uid: 0xfffffffe, gid: 100, execname: 'node' };

/** This thread as programs see it. */
export const task: Task = live ? readTask() : invented;

function readTask(): Task {
  const text = 'BEGIN { trace(pid); trace(tid); trace(ppid); trace(uid); trace(gid); trace(execname) }';
  const enabling = compile(text, { kernel });
  const [record] = runInKernel(enabling).records;
  const bytes = Buffer.from(record?.data ?? '', 'hex');
  const [pid = 0, tid = 0, ppid = 0, uid = 0, gid = 0] = [0, 4, 8, 12, 16].map((at) => bytes.readUInt32LE(at));
  const name = bytes.subarray(24);
  return { pid, tid, ppid, uid, gid, execname: name.subarray(0, name.indexOf(0)).toString('latin1') };
}
