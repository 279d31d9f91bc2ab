import { describe, expect, it } from 'vitest';
import {
  BtfFormatError,
  createBtfWriter,
  describeType,
  fieldOffset,
  findField,
  findType,
  isSigned,
  MissingFieldError,
  parseBtf,
  percpuOffset,
  resolveType,
  tracepointPrototype,
  typeKind,
  typeName,
  typeSize,
} from '../../src/bpf/btf/index.js';

/** struct entity { u64 sum; }; struct task { int pid; union { struct entity se; char comm[16]; }; flags… }; and so on. */
const sample = () => {
  const writer = createBtfWriter();
  const int = writer.int('int', 4, 'signed');
  const long = writer.int('unsigned long', 8);
  const char = writer.int('char', 1, 'char');
  const u64 = writer.typedef('u64', long);
  const entity = writer.structure('struct', 'entity', 16, [
    { name: 'load', type: u64, bitOffset: 0 },
    { name: 'sum', type: writer.qualifier('const', u64), bitOffset: 64 },
  ]);
  const comm = writer.array(char, int, 16);
  const anonymous = writer.structure('union', '', 16, [
    { name: 'se', type: entity, bitOffset: 0 },
    { name: 'comm', type: comm, bitOffset: 0 },
  ]);
  const task = writer.structure('struct', 'task', 40, [
    { name: 'pid', type: int, bitOffset: 0, bitSize: 0 },
    { name: '', type: anonymous, bitOffset: 64, bitSize: 0 },
    { name: 'in_execve', type: int, bitOffset: 227, bitSize: 1 },
    { name: 'policy', type: int, bitOffset: 228, bitSize: 5 },
    { name: 'parent', type: writer.pointer(entity), bitOffset: 256, bitSize: 0 },
  ]);
  writer.typedef('task_t', task);
  const data = writer.pointer(0);
  const traced = writer.prototype(0, [
    ['', data],
    ['', writer.pointer(task)],
    ['', int],
  ]);
  writer.typedef('btf_trace_switch', writer.pointer(traced));
  const named = writer.prototype(int, [
    ['__data', data],
    ['prev', writer.pointer(task)],
    ['state', int],
  ]);
  writer.function('__traceiter_switch', named, 'global');
  const queue = writer.variable('queue', task);
  writer.section('.data..percpu', [
    [writer.variable('que', int), 8, 4],
    [queue, 64, 40],
  ]);
  writer.enumeration('state', [
    ['RUNNING', 0],
    ['DEAD', -2],
  ]);
  return parseBtf(writer.finish());
};

describe('types of BTF', () => {
  it('a type is found by kind and name, and by neither alone', () => {
    const btf = sample();
    const task = findType(btf, 'struct', 'task') ?? 0;
    expect([typeKind(btf, task), typeName(btf, task)]).toEqual(['struct', 'task']);
    expect(findType(btf, 'union', 'task')).toBeUndefined();
    expect(findType(btf, 'struct', 'tas')).toBeUndefined();
    expect(findType(btf, 'struct', 'task_t')).toBeUndefined();
    expect(resolveType(btf, findType(btf, 'typedef', 'task_t') ?? 0)).toBe(task);
  });

  it('sizes go through typedefs, qualifiers and arrays', () => {
    const btf = sample();
    const member = (name: string) => fieldOffset(btf, 'task', name).type;
    expect(['se.sum', 'comm', 'parent', 'pid'].map((name) => typeSize(btf, member(name)))).toEqual([8, 16, 8, 4]);
    expect([isSigned(btf, member('pid')), isSigned(btf, member('se.sum'))]).toEqual([true, false]);
  });

  it('a type is described with all that it says', () => {
    const btf = sample();
    expect(describeType(btf, findType(btf, 'enum', 'state') ?? 0)).toEqual({
      kind: 'enum',
      name: 'state',
      size: 4,
      signed: true,
      values: [
        { name: 'RUNNING', value: 0n },
        { name: 'DEAD', value: -2n },
      ],
    });
    expect(describeType(btf, findType(btf, 'struct', 'entity') ?? 0)).toMatchObject({
      name: 'entity',
      size: 16,
      members: [
        { name: 'load', bitOffset: 0, bitSize: 0 },
        { name: 'sum', bitOffset: 64, bitSize: 0 },
      ],
    });
    expect(describeType(btf, 0)).toEqual({ kind: 'void' });
  });

  it('a type that does not exist is an error', () => {
    const btf = sample();
    expect(() => typeName(btf, btf.count + 1)).toThrow(RangeError);
  });
});

describe('fields', () => {
  it.each([
    ['pid', { offset: 0, size: 4, signed: true }],
    ['se.sum', { offset: 16, size: 8, signed: false }],
    ['se', { offset: 8, size: 16, signed: false }],
    ['comm', { offset: 8, size: 16, signed: false }],
    ['in_execve', { offset: 28, size: 4, signed: true, bitfield: { shift: 3, bits: 1 } }],
    ['policy', { offset: 28, size: 4, signed: true, bitfield: { shift: 4, bits: 5 } }],
  ])('%s lies where its structure says, also through anonymous members', (path, field) => {
    const btf = sample();
    expect(fieldOffset(btf, 'task', path)).toMatchObject(field);
    expect(fieldOffset(btf, 'task_t', path)).toEqual(fieldOffset(btf, 'task', path));
  });

  it.each(['nothing', 'pid.nothing', 'parent.sum', 'se.nothing', ''])('there is no field %j', (path) => {
    const btf = sample();
    expect(findField(btf, 'task', path)).toBeUndefined();
    expect(() => fieldOffset(btf, 'task', path)).toThrow(MissingFieldError);
  });

  it('a missing structure is an error that names both', () => {
    expect(() => fieldOffset(sample(), 'tusk', 'pid')).toThrow('this kernel has no field pid in tusk');
  });
});

describe('what tracing looks up', () => {
  it('a tracepoint has its arguments without the first, with the names of the function that fires it', () => {
    const btf = sample();
    const prototype = tracepointPrototype(btf, 'switch');
    expect(prototype?.typeId).toBe(findType(btf, 'typedef', 'btf_trace_switch'));
    expect(prototype?.parameters.map(({ name, type }) => [name, typeKind(btf, type)])).toEqual([
      ['prev', 'pointer'],
      ['state', 'int'],
    ]);
    expect(tracepointPrototype(btf, 'nothing')).toBeUndefined();
  });

  it('a per-CPU variable has the offset of its section', () => {
    expect(percpuOffset(sample(), 'queue')).toBe(64);
    expect(percpuOffset(sample(), 'que')).toBe(8);
    expect(percpuOffset(sample(), 'q')).toBeUndefined();
  });
});

describe('bytes that are not BTF', () => {
  const whole = () => {
    const writer = createBtfWriter();
    writer.int('int', 4, 'signed');
    return writer.finish();
  };
  const patched = (offset: number, value: number) => {
    const bytes = whole();
    bytes[offset] = value;
    return bytes;
  };
  it.each([
    ['no bytes', () => new Uint8Array(0), /magic/],
    ['another magic number', () => patched(0, 1), /magic/],
    ['cut off', () => whole().subarray(0, 40), /cut off/],
    ['an unknown kind', () => patched(24 + 7, 31), /kind 31, which is not known/],
    ['a type longer than the section', () => patched(24 + 7, 3), /runs past the end/],
  ])('%s is refused', (_, bytes, message) => {
    expect(() => parseBtf(bytes())).toThrow(BtfFormatError);
    expect(() => parseBtf(bytes())).toThrow(message);
  });

  it('BTF at an odd address is read all the same', () => {
    const shifted = new Uint8Array(whole().length + 1);
    shifted.set(whole(), 1);
    expect(findType(parseBtf(shifted.subarray(1)), 'int', 'int')).toBe(1);
  });
});
