import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { helperNumber } from '../../src/bpf/helper.js';
import {
  type AssemblyItem,
  alu,
  atomic,
  callFunction,
  callHelper,
  exit,
  functionStart,
  load,
  loadMapValue,
  move,
  store,
} from '../../src/bpf/instruction.js';
import { BpfSpecError, VerifierError } from '../../src/bpf/loader/errors.js';
import { loadProgram } from '../../src/bpf/loader.js';
import { createMap } from '../../src/bpf/map.js';
import { getAffinity, onlineCpus, possibleCpus, SystemCallError, setAffinity } from '../../src/sys/index.js';
import { HandlerError, loadHandler, NoSuchCpuError, xcall } from '../../src/xcall/index.js';
import { mappedArray, program, returning } from '../bpf/programs.js';
import { hotplugTest } from '../hotplug-test.js';
import { kernelTest } from '../kernel-test.js';

const cpuNumber: readonly AssemblyItem[] = [callHelper(helperNumber.getSmpProcessorId), exit()];
const argument: readonly AssemblyItem[] = [load(8, 'r0', 'r1', 0), exit()];

/** What `act` throws. */
const thrown = (act: () => unknown): unknown => {
  try {
    act();
  } catch (error) {
    return error;
  }
  return expect.unreachable('nothing was thrown');
};

/** What every possible CPU answers where an online one returns `value`. */
const answers = (value: (cpu: number) => number) => {
  const online = onlineCpus();
  return possibleCpus().map((cpu) =>
    online.includes(cpu) ? { cpu, kind: 'returned', value: value(cpu) } : { cpu, kind: 'offline' },
  );
};

describe('xcall()', () => {
  it.each([-1, 1.5, Number.NaN, 100_000])(
    'refuses CPU %d, before anything is loaded, and names those that there are',
    (cpu) => {
      const error = thrown(() => xcall(cpu, cpuNumber));
      expect(error).toBeInstanceOf(NoSuchCpuError);
      expect((error as NoSuchCpuError).cpu).toBe(cpu);
      expect((error as NoSuchCpuError).possible).toEqual(possibleCpus());
    },
  );

  kernelTest('runs the handler on the CPU that is asked for, from every other one, and returns its result', () => {
    using handler = loadHandler(cpuNumber);
    const before = getAffinity();
    try {
      for (const from of before) {
        setAffinity([from]);
        for (const cpu of onlineCpus()) expect(xcall(cpu, handler)).toEqual({ cpu, kind: 'returned', value: cpu });
      }
    } finally {
      setAffinity(before);
    }
  });

  kernelTest("'all' calls every possible CPU; those that are offline are reported", () => {
    using handler = loadHandler(cpuNumber);
    expect(xcall('all', handler)).toEqual(answers((cpu) => cpu));
  });

  kernelTest('takes instructions too, and leaves no program behind', () => {
    const descriptors = () => readdirSync('/proc/self/fd').length;
    const before = descriptors();
    expect(xcall('all', argument, 41n)).toEqual(answers(() => 41));
    expect(thrown(() => xcall('all', [move('r0', 'r2'), exit()]))).toBeInstanceOf(HandlerError);
    expect(thrown(() => xcall('all', [load(8, 'r0', 'r1', 8), exit()]))).toBeInstanceOf(HandlerError);
    expect(descriptors()).toBe(before);
  });

  kernelTest('gives each call its own argument', () => {
    using handler = loadHandler(argument);
    using other = loadHandler(argument);
    expect(xcall(0, handler, 7n)).toMatchObject({ value: 7 });
    expect(xcall(0, other, 8n)).toMatchObject({ value: 8 });
    expect(xcall(0, handler)).toMatchObject({ value: 0 });
    expect(xcall(0, handler, -1n)).toMatchObject({ value: 0xffff_ffff });
  });

  kernelTest('hands over the whole argument, 64 bits', () => {
    using handler = loadHandler([load(8, 'r0', 'r1', 0), alu('rsh', 'r0', 32), exit()]);
    expect(xcall(0, handler, 0x1234_5678_9abc_def0n)).toMatchObject({ value: 0x1234_5678 });
  });

  kernelTest('shows the handler what was stored before, and the caller what the handler has stored', () => {
    using map = createMap(mappedArray('shared', 16));
    const body = [
      loadMapValue('r1', 'shared'),
      load(8, 'r0', 'r1', 0),
      move('r2', 1),
      atomic('add', 8, 'r1', 8, 'r2'),
      exit(),
    ];
    using handler = loadHandler(body, { name: 'echo', maps: new Map([['shared', map]]) });
    const memory = map.memory?.u64 ?? expect.unreachable('the map is mapped');
    for (let round = 1; round <= 100; round += 1) {
      memory[0] = BigInt(round);
      expect(xcall('all', handler)).toEqual(answers(() => round));
      expect(memory[1]).toBe(BigInt(round * onlineCpus().length));
    }
  });

  kernelTest('takes a handler of several functions, and names one that has no name', () => {
    const items = [functionStart('main', 1, 'static'), callFunction('nine'), exit()];
    using handler = loadHandler([...items, functionStart('nine', 0, 'static'), move('r0', 9), exit()]);
    expect(handler.spec.name).toBe('xcall_handler');
    expect(xcall(0, handler)).toEqual({ cpu: 0, kind: 'returned', value: 9 });
  });

  kernelTest('takes a raw tracepoint program of the toolkit as well, and no other', () => {
    using loaded = loadProgram(program('seven', 'raw-tracepoint', returning(7)));
    expect(xcall(0, loaded)).toEqual({ cpu: 0, kind: 'returned', value: 7 });
    using typed = loadProgram(program('typed', 'typed-raw-tracepoint', returning(0)));
    expect(() => xcall(0, typed)).toThrow(BpfSpecError);
  });

  kernelTest('does not call a program that is closed, though its descriptor may stand for another', () => {
    const handler = loadHandler(returning(1));
    xcall(0, handler);
    handler.close();
    using _other = loadHandler(returning(2));
    const error = thrown(() => xcall(0, handler));
    expect(error).toBeInstanceOf(SystemCallError);
    expect((error as Error).message).toMatch(/which is closed/);
  });

  kernelTest('keeps the rules of a handler: what the verifier refuses is named, with its log and what to do', () => {
    const broken = [store(8, 'r1', 0, 1), ...returning(0)];
    const error = thrown(() => loadHandler(broken, { name: 'broken' }));
    expect(error).toBeInstanceOf(HandlerError);
    const { handler, hint, message, cause } = error as HandlerError;
    expect(cause).toBeInstanceOf(VerifierError);
    expect(handler).toBe('broken');
    expect(message).toMatch(/^the kernel's verifier refused program broken at instruction 0: Permission denied\n/);
    expect(message.endsWith(`\n    hint: ${hint}`)).toBe(true);
  });

  kernelTest('refuses a handler that reads more than its argument, and says so', () => {
    using handler = loadHandler([load(8, 'r0', 'r1', 8), exit()], { name: 'greedy' });
    const error = thrown(() => xcall(0, handler));
    expect(error).toBeInstanceOf(HandlerError);
    expect((error as Error).message).toMatch(/^handler greedy was refused when it was to run: .*Invalid argument/);
  });

  hotplugTest('reports a CPU that has gone offline, and calls it again when it is back', (cpu, plug) => {
    using handler = loadHandler(cpuNumber);
    plug(false);
    expect(xcall(cpu, handler)).toEqual({ cpu, kind: 'offline' });
    expect(xcall('all', handler)).toContainEqual({ cpu, kind: 'offline' });
    expect(xcall(cpu, cpuNumber)).toEqual({ cpu, kind: 'offline' });
    plug(true);
    expect(xcall(cpu, handler)).toEqual({ cpu, kind: 'returned', value: cpu });
  });
});
