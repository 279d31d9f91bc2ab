import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { assemble } from '../../src/bpf/assembly/assembler.js';
import {
  btfIdentifier,
  createBtfWriter,
  describeType,
  findType,
  parseBtf,
  programBtf,
  typeName,
} from '../../src/bpf/btf/index.js';
import { callFunction, exit, functionStart, move } from '../../src/bpf/instruction.js';
import { at } from './programs.js';

const words = (bytes: Uint8Array): number[] => [...new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4)];

const items = [
  functionStart('sys_enter', 1, 'static'),
  move('r1', 1),
  callFunction('clause-1'),
  at(7, '  exit(0);', 3),
  exit(),
  functionStart('clause-1', 1, 'global'),
  at(9, '\t@ = count();', 2000),
  move('r0', 'r1'),
  exit(),
];

describe('the BTF of a program', () => {
  const assembled = assemble(items);
  const { btf: bytes, functions, lines } = programBtf(assembled, { type: 'raw-tracepoint' });
  const btf = parseBtf(bytes);

  it('has a function for each function, with a valid name', () => {
    const [first, second] = [functions.subarray(0, 8), functions.subarray(8)].map((row) => words(row.slice()));
    expect([first?.[0], second?.[0]]).toEqual([0, 3]);
    expect([first?.[1], second?.[1]].map((id) => typeName(btf, id ?? 0))).toEqual(['sys_enter', 'clause_1']);
  });

  it('a global function takes and returns 64-bit integers, the entry takes the context', () => {
    const parameters = (name: string) => {
      const type = describeType(btf, findType(btf, 'function', name) ?? 0);
      const prototype = type.kind === 'function' ? describeType(btf, type.prototype) : undefined;
      return prototype?.kind === 'function-prototype' ? prototype.parameters.map((p) => describeType(btf, p.type)) : [];
    };
    expect(parameters('clause_1')).toMatchObject([{ kind: 'int', size: 8 }]);
    expect(parameters('sys_enter')).toMatchObject([{ kind: 'pointer' }]);
  });

  it('has a line at the start of each function, also where the source has none, in order', () => {
    const rows = words(lines);
    expect(rows.filter((_, index) => index % 4 === 0)).toEqual([0, 2, 3]);
    expect(rows.filter((_, index) => index % 4 === 3)).toEqual([0, 7 * 1024 + 3, 9 * 1024 + 1023]);
  });

  it('has no lines at all where the program has no positions', () => {
    const plain = items.filter((item) => item.kind !== 'position');
    expect(programBtf(assemble(plain), { type: 'perf-event' }).lines.length).toBe(0);
  });
});

describe('writing BTF', () => {
  it('what is written is what is read', () => {
    const name = fc.stringMatching(/^[a-z_][a-z0-9_]{0,20}$/);
    const member = fc.record({ name, bitOffset: fc.integer({ min: 0, max: 2 ** 24 - 1 }) });
    fc.assert(
      fc.property(name, fc.array(member, { maxLength: 20 }), fc.boolean(), (structure, members, packed) => {
        const writer = createBtfWriter();
        const type = writer.int('int', 4, 'signed');
        const written = members.map((m) => ({ ...m, type, ...(packed ? { bitSize: 3 } : {}) }));
        const id = writer.structure('struct', structure, 100, written);
        const btf = parseBtf(writer.finish());
        expect(describeType(btf, id)).toEqual({
          kind: 'struct',
          name: structure,
          size: 100,
          members: members.map((m) => ({ ...m, type, bitSize: packed ? 3 : 0 })),
        });
        expect(findType(btf, 'struct', structure)).toBe(id);
      }),
    );
  });

  it('a string stands once', () => {
    const writer = createBtfWriter();
    expect(writer.string('abc')).toBe(writer.string('abc'));
    expect(writer.string('')).toBe(0);
  });

  it.each([
    ['syscall:::entry', 'syscall___entry'],
    ['1st', '_1st'],
    ['ok_1', 'ok_1'],
  ])('the identifier for %s is %s', (from, to) => {
    expect(btfIdentifier(from)).toBe(to);
  });
});
