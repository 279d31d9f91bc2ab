import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { assemble } from '../../src/bpf/assembly/assembler.js';
import {
  alu,
  callFunction,
  callHelper,
  callKernel,
  exit,
  functionStart,
  jumpIf,
  label,
  load,
  loadMap,
  loadMapValue,
  move,
  store,
} from '../../src/bpf/instruction.js';
import { BpfSpecError, MissingKernelSymbolError, PrivilegeError, VerifierError } from '../../src/bpf/loader/errors.js';
import { positionAt, readVerifierLog } from '../../src/bpf/loader/log.js';
import { loadProgram } from '../../src/bpf/loader.js';
import { createMap } from '../../src/bpf/map.js';
import { programStatistics } from '../../src/bpf/program.js';
import { runProgram } from '../../src/bpf/run.js';
import { bpf, createAttributes, errno } from '../../src/sys/index.js';
import { kernelTest } from '../kernel-test.js';
import { at, helper, mappedArray, program, returning } from './programs.js';

const caught = (run: () => unknown): unknown => {
  try {
    run();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
};

/** What opening a program by its number gives: a descriptor, or a negative error number. */
const openById = (id: number): number => bpf('BPF_PROG_GET_FD_BY_ID', createAttributes(12).u32(0, id));

const bpftool = ['/usr/sbin/bpftool', '/usr/local/sbin/bpftool', '/usr/bin/bpftool'].find((path) => existsSync(path));

describe('the log of the verifier', () => {
  const assembled = assemble([
    functionStart('main', 1, 'static'),
    at(3, 'first'),
    move('r1', 1),
    callFunction('clause'),
    exit(),
    functionStart('clause', 1, 'global'),
    at(5, 'second'),
    move('r0', 0),
    at(6, 'third'),
    exit(),
  ]);

  it.each([
    ['0: (b7) r1 = 1\n3: (b7) r0 = 0   ; R0=0\nR1 is bad\nprocessed 4 insns (limit 1000000)\n', 3, 5],
    ['; x @ a.d:1\n4: (95) exit\nlast words', 4, 6],
    ['unreachable insn 1\n', 1, 3],
    ['func#1 @3\n', undefined, undefined],
  ])('%j stopped at instruction %s, line %s', (log, instruction, line) => {
    const rejection = readVerifierLog(log, assembled);
    expect(rejection.instruction).toBe(instruction);
    expect(rejection.position?.line).toBe(line);
  });

  it('keeps the last lines, without statistics, and counts the rest', () => {
    const log = [...Array.from({ length: 30 }, (_, i) => `line ${i}`), 'processed 9 insns', ''].join('\n');
    const { lines, omitted } = readVerifierLog(log, assembled, 5);
    expect(lines).toEqual(['line 25', 'line 26', 'line 27', 'line 28', 'line 29']);
    expect(omitted).toBe(25);
  });

  it('an instruction before the first position of its function has none', () => {
    const late = assemble([functionStart('main', 1, 'static'), move('r0', 0), at(2, 'x'), exit()]);
    expect(positionAt(late, 1)?.line).toBe(2);
    expect(positionAt(late, 0)?.line).not.toBe(2);
  });
});

describe('loading', () => {
  kernelTest('a program reaches the maps that it names, by handle and by address', () => {
    using first = createMap(mappedArray('first', 16));
    using second = createMap({ name: 'second', type: 'hash', keySize: 4, valueSize: 8, maxEntries: 4 });
    const key = new Uint8Array([9, 0, 0, 0]);
    second.update(key, new Uint8Array([33]));
    const spec = program('maps', 'raw-tracepoint', [
      store(4, 'r10', -4, 9),
      loadMap('r1', 'second'),
      move('r2', 'r10'),
      alu('add', 'r2', -4),
      callHelper(1),
      jumpIf('eq', 'r0', 0, 'none'),
      load(8, 'r2', 'r0', 0),
      loadMapValue('r1', 'first', 8),
      store(8, 'r1', 0, 'r2'),
      move('r0', 1),
      label('none'),
      exit(),
    ]);
    using loaded = loadProgram(
      spec,
      new Map([
        ['first', first],
        ['second', second],
      ]),
    );
    expect(runProgram(loaded)).toEqual({ kind: 'returned', returnValue: 1 });
    expect(first.memory?.u64[1]).toBe(33n);
  });

  kernelTest('a closed program is gone from the kernel, and cannot be used', () => {
    const loaded = loadProgram(program('gone', 'raw-tracepoint', returning(0)));
    const { id } = programStatistics(loaded);
    loaded.close();
    loaded.close();
    expect(openById(id)).toBe(-errno.ENOENT);
    expect(() => loaded.fd).toThrow(/program gone, which is closed/);
  });

  kernelTest('a program that the verifier refuses names the line, shows its text and what the verifier says', () => {
    const spec = program('refused', 'raw-tracepoint', [
      at(1, 'self->x = 1;'),
      move('r3', 0),
      at(2, '  trace(*self->x);', 9),
      load(8, 'r0', 'r3', 0),
      at(3, 'exit(0);'),
      exit(),
    ]);
    const error = caught(() => loadProgram(spec));
    expect(error).toBeInstanceOf(VerifierError);
    expect(error).toMatchObject({
      program: 'refused',
      errno: errno.EACCES,
      instruction: 1,
      position: { file: 'test.d', line: 2, column: 9 },
    });
    const { message } = error as VerifierError;
    expect(message).toContain('test.d:2:9');
    expect(message).toContain('    trace(*self->x);');
    expect(message).toContain("R3 invalid mem access 'scalar'");
  });

  kernelTest('a refusal inside a function names the line of that function', () => {
    const spec = program('outer', 'raw-tracepoint', [at(1, 'outer'), move('r1', 1), callFunction('inner'), exit()]);
    const inner = [
      functionStart('inner', 1, 'global'),
      at(12, 'inner'),
      move('r2', 'r1'),
      at(13, 'bad'),
      load(8, 'r0', 'r2', 0),
      exit(),
    ];
    expect(caught(() => loadProgram({ ...spec, items: [...spec.items, ...inner] }))).toMatchObject({
      name: 'VerifierError',
      position: { line: 13 },
    });
  });

  kernelTest('a loop without end is refused at one of its lines', () => {
    const body = [
      at(4, 'again'),
      label('again'),
      callHelper(helper.getSmpProcessorId),
      jumpIf('ne', 'r0', 1000, 'again'),
      ...returning(0),
    ];
    expect(caught(() => loadProgram(program('loop', 'raw-tracepoint', body)))).toMatchObject({
      name: 'VerifierError',
      position: { line: 4 },
    });
  });

  kernelTest('what is not there is named: maps, tracepoints, kernel functions', () => {
    const names = program('names', 'raw-tracepoint', [loadMap('r1', 'nowhere'), ...returning(0)]);
    expect(() => loadProgram(names)).toThrow(
      new BpfSpecError('the program uses map nowhere, which is not among the ones given to it'),
    );
    const tracepoint = { ...names, kind: { type: 'typed-raw-tracepoint', tracepoint: 'no_such' } } as const;
    expect(() => loadProgram({ ...tracepoint, items: [functionStart('f', 1, 'static'), ...returning(0)] })).toThrow(
      MissingKernelSymbolError,
    );
    expect(() => loadProgram(program('k', 'raw-tracepoint', [callKernel('no_such'), exit()]))).toThrow(
      'this kernel has no kernel function no_such',
    );
  });

  kernelTest('the D source stands in the kernel beside the instructions', () => {
    using loaded = loadProgram(
      program('lines', 'raw-tracepoint', [
        move('r6', 0),
        at(41, '@a[execname] = count();', 5),
        move('r0', 'r6'),
        at(42, 'exit(0);'),
        exit(),
      ]),
    );
    const { id, lineCount } = programStatistics(loaded);
    expect(lineCount).toBeGreaterThanOrEqual(2);
    if (bpftool !== undefined) {
      const dump = execFileSync(bpftool, ['prog', 'dump', 'xlated', 'id', String(id), 'linum'], { encoding: 'utf8' });
      expect(dump).toMatch(/; @a\[execname\] = count\(\); \[file:test\.d line_num:41 line_col:5\]/);
      expect(dump).toMatch(/; exit\(0\); \[file:test\.d line_num:42 line_col:1\]/);
    }
  });
});

describe('errors', () => {
  it('a privilege error gives a command and names the doctor', () => {
    const { message, code } = new PrivilegeError('bpf(BPF_PROG_LOAD)', -errno.EPERM);
    expect(code).toBe('EPERM');
    expect(message).toContain('bpf(BPF_PROG_LOAD): Operation not permitted (EPERM)');
    expect(message).toContain('`dtrace --doctor`');
  });
});
