import { describe, expect, it } from 'vitest';
import { helperNumber } from '../../../src/bpf/helper.js';
import {
  type AssemblyItem,
  type AtomicOperation,
  alu,
  alu32,
  atomic,
  callFunction,
  callHelper,
  callKernel,
  exit,
  functionStart,
  jump,
  jumpIf,
  label,
  load,
  loadConstant,
  loadMap,
  loadMapValue,
  move,
  negate,
  type Size,
  store,
} from '../../../src/bpf/instruction.js';
import { arrayBytes, type MemoryRegion, run, SetupError } from '../../../src/bpf/interpreter/index.js';
import type { MapSpec } from '../../../src/bpf/spec.js';
import { outcome, outcomeIn, prepare } from './machine.js';

const cell: MapSpec = { name: 'cell', type: 'array', keySize: 4, valueSize: 20, maxEntries: 1 };
const table: MapSpec = { name: 'table', type: 'array', keySize: 4, valueSize: 8, maxEntries: 4 };
const constants: MapSpec = {
  name: 'constants',
  type: 'array',
  keySize: 4,
  valueSize: 8,
  maxEntries: 1,
  contents: Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 0x88),
  frozen: true,
};
const maps = [cell, table, constants];
const taskAddress = 0xffff888000001000n;
const task: MemoryRegion = {
  name: 'task',
  space: 'kernel',
  address: taskAddress,
  bytes: new Uint8Array(new BigUint64Array([7n, taskAddress, 0xffff888000009000n]).buffer),
};
const regions = [task];

describe('memory', () => {
  it.each<{ size: Size; signed: boolean; expected: bigint }>([
    { size: 1, signed: false, expected: 0x88n },
    { size: 2, signed: false, expected: 0x8807n },
    { size: 4, signed: false, expected: 0x88070605n },
    { size: 8, signed: false, expected: 0x8807060504030201n },
    { size: 1, signed: true, expected: 0xffffffffffffff88n },
    { size: 2, signed: true, expected: 0xffffffffffff8807n },
    { size: 4, signed: true, expected: 0xffffffff88070605n },
  ])('loads $size bytes, signed: $signed', ({ size, signed, expected }) => {
    const items: AssemblyItem[] = [
      loadMapValue('r1', 'constants'),
      { kind: 'load', size, signed, dst: 'r0', base: 'r1', offset: 8 - size },
    ];
    expect(outcome(items, { maps })).toBe(expected);
  });

  it.each<{ size: Size; expected: string }>([
    { size: 1, expected: 'f000000000000000' },
    { size: 2, expected: 'f0de000000000000' },
    { size: 4, expected: 'f0debc9a00000000' },
    { size: 8, expected: 'f0debc9a78563412' },
  ])('stores $size bytes and no more', ({ size, expected }) => {
    const { memory } = prepare([exit()], { maps });
    const value = loadConstant('r2', 0x123456789abcdef0n);
    expect(
      outcomeIn(memory, [loadMapValue('r1', 'cell'), value, store(size, 'r1', 0, 'r2'), move('r0', 0)], { maps }),
    ).toBe(0n);
    expect(Buffer.from(arrayBytes(memory, 'cell').subarray(0, 8)).toString('hex')).toBe(expected);
  });

  it('sign-extends a stored immediate', () => {
    const items = [store(8, 'r10', -8, -2), load(8, 'r0', 'r10', -8)];
    expect(outcome(items)).toBe(0xfffffffffffffffen);
  });

  it('keeps a pointer through a spill to the stack, but not through a map', () => {
    const start = [loadMapValue('r1', 'cell'), store(8, 'r1', 8, 77)];
    const throughStack = [store(8, 'r10', -8, 'r1'), load(8, 'r2', 'r10', -8), load(8, 'r0', 'r2', 8)];
    const throughMap = [store(8, 'r1', 0, 'r1'), load(8, 'r2', 'r1', 0), load(8, 'r0', 'r2', 8)];
    expect(outcome([...start, ...throughStack], { maps })).toBe(77n);
    expect(outcome([...start, ...throughMap], { maps })).toBe('not-a-pointer');
  });

  it('reaches the same memory by lookup and by address', () => {
    const items = [
      loadMapValue('r6', 'cell', 8),
      store(8, 'r6', 0, 5),
      store(4, 'r10', -4, 0),
      loadMap('r1', 'cell'),
      move('r2', 'r10'),
      alu('add', 'r2', -4),
      callHelper(helperNumber.mapLookupElem),
      jumpIf('eq', 'r0', 0, 'end'),
      move('r1', 2),
      atomic('add', 8, 'r0', 8, 'r1'),
      load(8, 'r0', 'r6', 0),
      label('end'),
    ];
    expect(outcome(items, { maps })).toBe(7n);
  });

  it('subtracts pointers to a number', () => {
    const items = [
      loadMapValue('r1', 'cell', 2),
      loadMapValue('r2', 'cell', 16),
      move('r0', 'r2'),
      alu('sub', 'r0', 'r1'),
      alu('mul', 'r0', 2),
    ];
    expect(outcome(items, { maps })).toBe(28n);
  });

  it('gives a callee what the caller has on its stack, and the caller its registers back', () => {
    const { program, memory, state } = prepare([
      move('r6', 40),
      store(8, 'r10', -8, 2),
      move('r1', 'r10'),
      callFunction('f'),
      alu('add', 'r0', 'r6'),
      load(8, 'r1', 'r10', -8),
      alu('mul', 'r0', 'r1'),
      exit(),
      functionStart('f', 1, 'static'),
      move('r6', 1),
      store(8, 'r10', -8, 9),
      load(8, 'r0', 'r1', -8),
      store(8, 'r1', -8, 3),
      exit(),
    ]);
    expect(run(program, state, memory)).toEqual({ kind: 'exit', value: 126n });
  });
});

describe('kernel memory', () => {
  it('is read through the current task, from pointer to pointer', () => {
    const items = [
      callHelper(helperNumber.getCurrentTaskBtf),
      load(8, 'r1', 'r0', 8),
      load(8, 'r1', 'r1', 8),
      load(4, 'r0', 'r1', 0),
    ];
    expect(outcome(items, { regions })).toBe(7n);
  });

  it('reads as zero where nothing is mapped, null included', () => {
    const items = [
      callHelper(helperNumber.getCurrentTaskBtf),
      load(8, 'r1', 'r0', 16),
      load(8, 'r2', 'r1', 0),
      load(8, 'r3', 'r2', 64),
      move('r0', 'r3'),
    ];
    expect(outcome(items, { regions })).toBe(0n);
  });

  it('is read at any number that bpf_rdonly_cast makes a pointer', () => {
    const items = [
      loadConstant('r1', taskAddress),
      move('r2', 1),
      callKernel('bpf_rdonly_cast'),
      load(8, 'r0', 'r0', 0),
    ];
    expect(outcome(items, { regions })).toBe(7n);
  });

  it('is behind the arguments of a typed context, and not of a plain one', () => {
    const items = [load(8, 'r2', 'r1', 8), load(8, 'r0', 'r2', 0)];
    const context = [1n, taskAddress];
    expect(outcome(items, { regions, context, typedContext: true })).toBe(7n);
    expect(outcome(items, { regions, context })).toBe('not-a-pointer');
  });
});

const atomics: readonly (readonly [AtomicOperation, bigint, bigint])[] = [
  // operation, memory after, source register after; before: memory 0xf0, source 0x3c, r0 0xf0.
  ['add', 0x12cn, 0x3cn],
  ['or', 0xfcn, 0x3cn],
  ['and', 0x30n, 0x3cn],
  ['xor', 0xccn, 0x3cn],
  ['fetch-add', 0x12cn, 0xf0n],
  ['fetch-or', 0xfcn, 0xf0n],
  ['fetch-and', 0x30n, 0xf0n],
  ['fetch-xor', 0xccn, 0xf0n],
  ['xchg', 0x3cn, 0xf0n],
  ['cmpxchg', 0x3cn, 0x3cn],
];

describe('atomics', () => {
  it.each(
    atomics.flatMap(([operation, after, source]) =>
      ([4, 8] as const).map((size) => ({ operation, size, after, source })),
    ),
  )('$operation of $size bytes leaves $after and, in the source, $source', ({ operation, size, after, source }) => {
    const high = 0x5500000000n;
    const items = (result: AssemblyItem) => [
      loadMapValue('r6', 'cell'),
      loadConstant('r1', size === 4 ? 0xf0n + high : 0xf0n),
      store(8, 'r6', 0, 'r1'),
      loadConstant('r2', 0x3cn),
      move('r0', 0xf0),
      atomic(operation, size, 'r6', 0, 'r2'),
      result,
    ];
    expect(outcome(items(load(8, 'r0', 'r6', 0)), { maps })).toBe(size === 4 ? after + high : after);
    expect(outcome(items(move('r0', 'r2')), { maps })).toBe(source);
  });

  it('wraps a 32-bit fetch-add and clears the upper half of the source', () => {
    const items = [
      store(8, 'r10', -8, -1),
      loadConstant('r1', 0x7700000002n),
      atomic('fetch-add', 4, 'r10', -8, 'r1'),
      load(8, 'r2', 'r10', -8),
      alu('rsh', 'r2', 32),
      move('r0', 'r1'),
      alu('sub', 'r0', 'r2'),
    ];
    expect(outcome(items)).toBe(0n);
  });

  it('leaves memory alone where cmpxchg finds something else, and tells what', () => {
    const items = (result: AssemblyItem) => [
      store(8, 'r10', -8, 5),
      move('r0', 4),
      move('r1', 9),
      atomic('cmpxchg', 8, 'r10', -8, 'r1'),
      result,
    ];
    expect(outcome(items(move('r1', 0)))).toBe(5n);
    expect(outcome(items(load(8, 'r0', 'r10', -8)))).toBe(5n);
  });
});

describe('faults', () => {
  const key = [store(4, 'r10', -4, 0), move('r2', 'r10'), alu('add', 'r2', -4)];
  it.each<{ name: string; items: readonly AssemblyItem[]; code: string }>([
    { name: 'reading a register before it is written', items: [move('r0', 'r5')], code: 'uninitialised-register' },
    { name: 'returning without a value', items: [], code: 'uninitialised-register' },
    {
      name: 'reading an argument register after a call',
      items: [move('r3', 1), callHelper(helperNumber.ktimeGetNs), move('r0', 'r3')],
      code: 'uninitialised-register',
    },
    { name: 'reading the stack before it is written', items: [load(8, 'r0', 'r10', -8)], code: 'uninitialised-stack' },
    {
      name: 'reading the stack where part of it is written',
      items: [store(4, 'r10', -8, 0), load(8, 'r0', 'r10', -8)],
      code: 'uninitialised-stack',
    },
    {
      name: 'passing a key that is not written',
      items: [loadMap('r1', 'table'), move('r2', 'r10'), alu('add', 'r2', -4), callHelper(1)],
      code: 'uninitialised-stack',
    },
    {
      name: 'using a lookup without a test for null',
      items: [...key, store(4, 'r10', -4, 9), loadMap('r1', 'table'), callHelper(1), load(8, 'r0', 'r0', 0)],
      code: 'null-dereference',
    },
    { name: 'reading through a number', items: [move('r1', 8), load(8, 'r0', 'r1', 0)], code: 'not-a-pointer' },
    { name: 'reading above the stack', items: [load(8, 'r0', 'r10', 0)], code: 'out-of-bounds' },
    { name: 'writing below the stack', items: [store(8, 'r10', -520, 0)], code: 'out-of-bounds' },
    { name: 'reading behind the context', items: [load(8, 'r0', 'r1', 16)], code: 'out-of-bounds' },
    {
      name: 'reading behind a map value',
      items: [loadMapValue('r1', 'cell'), load(8, 'r0', 'r1', 16)],
      code: 'out-of-bounds',
    },
    {
      name: 'reading before a map value',
      items: [loadMapValue('r1', 'cell'), load(1, 'r0', 'r1', -1)],
      code: 'out-of-bounds',
    },
    {
      name: 'reading the element after the one looked up',
      items: [...key, loadMap('r1', 'table'), callHelper(1), load(8, 'r0', 'r0', 8)],
      code: 'out-of-bounds',
    },
    { name: 'reading the map itself', items: [loadMap('r1', 'table'), load(8, 'r0', 'r1', 0)], code: 'not-a-pointer' },
    { name: 'writing the stack unaligned', items: [store(8, 'r10', -12, 0)], code: 'misaligned' },
    {
      name: 'an unaligned atomic',
      items: [loadMapValue('r1', 'cell', 2), move('r2', 1), atomic('add', 4, 'r1', 0, 'r2')],
      code: 'misaligned',
    },
    { name: 'writing the context', items: [store(8, 'r1', 0, 0)], code: 'read-only' },
    { name: 'writing a frozen map', items: [loadMapValue('r1', 'constants'), store(8, 'r1', 0, 0)], code: 'read-only' },
    { name: 'writing kernel memory', items: [callHelper(158), store(8, 'r0', 0, 0)], code: 'read-only' },
    { name: 'writing r10', items: [alu('add', 'r10', 8)], code: 'read-only' },
    { name: 'multiplying a pointer', items: [alu('mul', 'r1', 2)], code: 'pointer-arithmetic' },
    { name: 'negating a pointer', items: [negate('r1')], code: 'pointer-arithmetic' },
    { name: 'adding two pointers', items: [alu('add', 'r1', 'r10')], code: 'pointer-arithmetic' },
    {
      name: 'subtracting a pointer from a number',
      items: [move('r2', 1), alu('sub', 'r2', 'r1')],
      code: 'pointer-arithmetic',
    },
    {
      name: 'using half a pointer',
      items: [alu32('mov', 'r2', 'r10'), load(8, 'r0', 'r2', -8)],
      code: 'not-a-pointer',
    },
    { name: 'passing a number as a map', items: [...key, move('r1', 0), callHelper(1)], code: 'bad-argument' },
    { name: 'an unknown helper', items: [callHelper(9999)], code: 'unsupported-helper' },
    { name: 'an unknown kernel function', items: [callKernel('bpf_nothing')], code: 'unsupported-kernel-function' },
    { name: 'a loop without end', items: [label('again'), jump('again')], code: 'runaway' },
  ])('$name: $code', ({ items, code }) => {
    expect(outcome(items, { maps, regions, context: [1n, 2n] })).toBe(code);
  });

  it('makes the arguments of a global function numbers, as the verifier sees them', () => {
    const items = (linkage: 'static' | 'global') => [
      store(8, 'r10', -8, 5),
      move('r1', 'r10'),
      callFunction('f'),
      exit(),
      functionStart('f', 1, linkage),
      load(8, 'r0', 'r1', -8),
    ];
    expect(outcome(items('static'))).toBe(5n);
    expect(outcome(items('global'))).toBe('not-a-pointer');
  });

  it('says in which slot it happened, and says it again', () => {
    const { program, memory, state } = prepare([move('r1', 0), load(8, 'r0', 'r1', 0), exit()]);
    const end = run(program, state, memory);
    expect(end).toEqual({
      kind: 'fault',
      fault: { code: 'not-a-pointer', message: '0x0 is a number, not a pointer', slot: 1 },
    });
    expect(run(program, state, memory)).toEqual(end);
  });
});

describe('setting up', () => {
  it.each<{ name: string; act: () => unknown; code: string }>([
    {
      name: 'a program with a map that is not given',
      act: () => prepare([loadMap('r1', 'none'), exit()]),
      code: 'unknown-map',
    },
    {
      name: 'the address of a value in an array of several',
      act: () => prepare([loadMapValue('r1', 'table'), exit()], { maps }),
      code: 'not-an-array',
    },
    {
      name: 'the address of a byte behind the value',
      act: () => prepare([loadMapValue('r1', 'cell', 20), exit()], { maps }),
      code: 'not-an-array',
    },
    { name: 'a function that calls itself', act: () => prepare([callFunction('main'), exit()]), code: 'recursion' },
    {
      name: 'regions that overlap',
      act: () => prepare([exit()], { regions: [task, { ...task, name: 'copy', address: taskAddress + 8n }] }),
      code: 'overlapping-regions',
    },
  ])('refuses $name as $code', ({ act, code }) => {
    try {
      act();
    } catch (error) {
      expect(error).toBeInstanceOf(SetupError);
      expect((error as SetupError).code).toBe(code);
      return;
    }
    expect.unreachable();
  });
});
