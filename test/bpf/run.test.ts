import { describe, expect } from 'vitest';
import {
  type AssemblyItem,
  alu,
  callHelper,
  exit,
  load,
  loadMapValue,
  move,
  store,
} from '../../src/bpf/instruction.js';
import { BpfSpecError } from '../../src/bpf/loader/errors.js';
import { loadProgram } from '../../src/bpf/loader.js';
import { createMap } from '../../src/bpf/map.js';
import { createCrossCall, crossCallOffline, runProgram } from '../../src/bpf/run.js';
import { getAffinity, onlineCpus, setAffinity } from '../../src/sys/index.js';
import { kernelTest } from '../kernel-test.js';
import { helper, mappedArray, program, returning } from './programs.js';

const cpuNumber: readonly AssemblyItem[] = [callHelper(helper.getSmpProcessorId), exit()];

describe('running a program', () => {
  kernelTest('it gets its arguments and its value comes back', () => {
    const body = [load(8, 'r0', 'r1', 0), load(8, 'r2', 'r1', 88), alu('sub', 'r0', 'r2'), exit()];
    using loaded = loadProgram(program('difference', 'raw-tracepoint', body));
    const values = [50n, ...Array.from({ length: 10 }, () => 0n), 8n];
    expect(runProgram(loaded, { arguments: values })).toEqual({ kind: 'returned', returnValue: 42 });
    expect(runProgram(loaded, { arguments: [-1n, ...values.slice(1)], cpu: 0 })).toEqual({
      kind: 'returned',
      returnValue: 0xffffffff - 8,
    });
  });

  kernelTest('fewer arguments than it reads are an error', () => {
    using loaded = loadProgram(program('reads', 'raw-tracepoint', [load(8, 'r0', 'r1', 88), exit()]));
    expect(() => runProgram(loaded, { arguments: [1n] })).toThrow(/BPF_PROG_RUN.*program reads: Invalid argument/);
  });

  kernelTest('it runs on the CPU that is asked for, from every other one', () => {
    using loaded = loadProgram(program('cpu', 'raw-tracepoint', cpuNumber));
    const call = createCrossCall(loaded);
    const before = getAffinity();
    for (const from of before) {
      setAffinity([from]);
      expect(runProgram(loaded)).toEqual({ kind: 'returned', returnValue: from });
      for (const cpu of onlineCpus()) {
        expect(runProgram(loaded, { cpu })).toEqual({ kind: 'returned', returnValue: cpu });
        expect(call(cpu)).toBe(cpu);
      }
    }
    setAffinity(before);
  });

  kernelTest('a CPU that is not online is reported, not thrown', () => {
    using loaded = loadProgram(program('cpu', 'raw-tracepoint', cpuNumber));
    expect(runProgram(loaded, { cpu: 4096 })).toEqual({ kind: 'offline', cpu: 4096 });
    const call = createCrossCall(loaded);
    expect(call(4096)).toBe(crossCallOffline);
    expect(call(0)).toBe(0);
  });

  kernelTest('what is stored before a cross-call is seen by it, and its stores are seen after it', () => {
    using map = createMap(mappedArray('shared', 16));
    const body = [loadMapValue('r1', 'shared'), load(8, 'r0', 'r1', 0), store(8, 'r1', 8, 'r0'), exit()];
    using loaded = loadProgram(program('echo', 'raw-tracepoint', body), new Map([['shared', map]]));
    const call = createCrossCall(loaded);
    const words = map.memory?.u64 ?? new BigUint64Array(2);
    for (let value = 0; value < 2000; value++) {
      words[0] = BigInt(value);
      expect(call(value % onlineCpus().length)).toBe(value);
      expect(words[1]).toBe(BigInt(value));
    }
  });

  kernelTest('values of more than 31 bits come back unsigned', () => {
    using loaded = loadProgram(program('ones', 'raw-tracepoint', [move('r0', -1), exit()]));
    expect(createCrossCall(loaded)(0)).toBe(0xffffffff);
  });

  kernelTest('only raw tracepoint programs can be run', () => {
    using typed = loadProgram(program('typed', 'typed-raw-tracepoint', returning(0)));
    expect(() => runProgram(typed)).toThrow(BpfSpecError);
    expect(() => createCrossCall(typed)).toThrow(/typed-raw-tracepoint; only raw-tracepoint programs can be run/);
  });
});
