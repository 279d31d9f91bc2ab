import { readFileSync } from 'node:fs';
import { describe, expect } from 'vitest';
import {
  type Btf,
  describeType,
  fieldOffset,
  findType,
  kernelFunctionId,
  parseBtf,
  percpuOffset,
  readKernelBtf,
  resolveType,
  tracepointPrototype,
} from '../../src/bpf/btf/index.js';
import { callHelper, exit, load } from '../../src/bpf/instruction.js';
import { loadProgram } from '../../src/bpf/loader.js';
import { runProgram } from '../../src/bpf/run.js';
import { kernelTest } from '../kernel-test.js';
import { program } from './programs.js';

const kernel = (): Btf => {
  const btf = readKernelBtf();
  if (btf === undefined) {
    throw new Error('this kernel has no BTF');
  }
  return btf;
};

describe('the BTF of the running kernel', () => {
  kernelTest('is read once, and the same whichever way it is read', () => {
    expect(readKernelBtf()).toBe(kernel());
    const other = parseBtf(new Uint8Array(readFileSync('/sys/kernel/btf/vmlinux')));
    expect(other.count).toBe(kernel().count);
    expect(other.starts).toEqual(kernel().starts);
  });

  kernelTest('every type of it can be described', () => {
    const btf = kernel();
    const kinds = new Set<string>();
    for (let id = 1; id <= btf.count; id++) {
      kinds.add(describeType(btf, id).kind);
    }
    expect([...kinds]).toEqual(expect.arrayContaining(['int', 'struct', 'union', 'enum', 'function', 'section']));
  });

  kernelTest('has a field of a task where a program finds them', () => {
    const tgid = fieldOffset(kernel(), 'task_struct', 'tgid');
    const read = loadProgram(
      program('tgid', 'raw-tracepoint', [callHelper(158), load(4, 'r0', 'r0', tgid.offset), exit()]),
    );
    const asked = loadProgram(
      program('asked', 'raw-tracepoint', [
        callHelper(14),
        { kind: 'alu', bits: 64, operation: 'rsh', dst: 'r0', src: 32 },
        exit(),
      ]),
    );
    expect(runProgram(read)).toEqual(runProgram(asked));
    read.close();
    asked.close();
  });

  kernelTest('has the arguments of sys_enter by name', () => {
    const btf = kernel();
    const prototype = tracepointPrototype(btf, 'sys_enter');
    expect(prototype?.parameters.map(({ name }) => name)).toEqual(['regs', 'id']);
    const [regs] = prototype?.parameters ?? [];
    const pointer = describeType(btf, resolveType(btf, regs?.type ?? 0));
    expect(pointer.kind === 'pointer' && describeType(btf, resolveType(btf, pointer.type))).toMatchObject({
      kind: 'struct',
      name: 'pt_regs',
    });
  });

  kernelTest('has the run queues of the CPUs and its own functions', () => {
    const btf = kernel();
    expect(percpuOffset(btf, 'runqueues')).toBeGreaterThan(0);
    expect(percpuOffset(btf, 'no_such_variable')).toBeUndefined();
    const id = kernelFunctionId(btf, 'bpf_rdonly_cast');
    expect(id).toBe(findType(btf, 'function', 'bpf_rdonly_cast'));
    expect(kernelFunctionId(btf, 'no_such_function')).toBeUndefined();
  });
});
