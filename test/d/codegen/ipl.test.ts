import { describe, expect, it } from 'vitest';
import { disassemble } from '../../../src/bpf/assembly/disassembler.js';
import type { TargetKernel } from '../../../src/d/codegen/target.js';
import { compile } from './compile.js';
import { fixedKernel } from './fixed-kernel.js';

const offset = 2040;

/** As kernels are that are built with PREEMPT_RT: a softirq is counted in the task that serves it, not on its CPU. */
const realTime: TargetKernel = {
  ...fixedKernel,
  fieldOffset: (structure, path) =>
    path === 'softirq_disable_cnt' ? offset : fixedKernel.fieldOffset(structure, path),
  optionalFieldOffset: (structure, path) =>
    path === 'softirq_disable_cnt' ? offset : fixedKernel.optionalFieldOffset(structure, path),
};

const codeFor = (kernel: TargetKernel): string =>
  compile('BEGIN { trace(ipl); }', { kernel })
    .sites.map(({ spec }) => disassemble(spec.items, { numbers: false }))
    .join('');

const readsTask = new RegExp(`= \\*\\(u32 \\*\\)\\(r0 \\+${offset}\\)`);

describe('ipl', () => {
  it('knows a softirq by its task on a PREEMPT_RT kernel', () => {
    expect(codeFor(realTime)).toMatch(readsTask);
  });

  it('and by the count of its CPU on others', () => {
    expect(codeFor(fixedKernel)).not.toMatch(readsTask);
  });
});
