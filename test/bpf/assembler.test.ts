import { describe, expect, it } from 'vitest';
import { AssemblyError, assemble } from '../../src/bpf/assembly/assembler.js';
import {
  type AssemblyItem,
  alu,
  callFunction,
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
  type SourcePosition,
  store,
} from '../../src/bpf/instruction.js';

const at = (line: number): SourcePosition => ({ file: 'a.d', line, column: 1, text: `line ${line}` });
const position = (line: number): AssemblyItem => ({ kind: 'position', position: at(line) });
const main = functionStart('main', 1, 'global');

const codeOf = (items: readonly AssemblyItem[]): string => {
  try {
    assemble(items);
  } catch (error) {
    if (error instanceof AssemblyError) {
      return error.code;
    }
    throw error;
  }
  return 'assembled';
};

describe('assemble', () => {
  it('counts 64-bit loads as two slots, in jumps back and forth', () => {
    const { code, instructions, labels } = assemble([
      main,
      label('again'),
      loadConstant('r1', 1n << 40n),
      jumpIf('eq', 'r1', 0, 'done'),
      loadMap('r2', 'm'),
      jump('again'),
      label('done'),
      exit(),
    ]);
    expect(instructions.map(({ slot }) => slot)).toEqual([0, 2, 3, 5, 6]);
    const view = new DataView(code.buffer);
    expect([view.getInt16(2 * 8 + 2, true), view.getInt16(5 * 8 + 2, true)]).toEqual([3, -6]);
    expect([...labels]).toEqual([
      ['main', 0],
      ['again', 0],
      ['done', 6],
    ]);
  });

  it('lists maps, map values and kernel functions for the loader and leaves them zero', () => {
    const { code, relocations } = assemble([
      main,
      loadMap('r1', 'counts'),
      loadMapValue('r2', 'control', 16),
      callKernel('bpf_rdonly_cast'),
      exit(),
    ]);
    expect(relocations).toEqual([
      { kind: 'map', slot: 0, map: 'counts' },
      { kind: 'map-value', slot: 2, map: 'control', offset: 16 },
      { kind: 'kernel-function', slot: 4, name: 'bpf_rdonly_cast' },
    ]);
    const view = new DataView(code.buffer);
    expect([0, 2, 4].map((slot) => view.getInt32(slot * 8 + 4, true))).toEqual([0, 0, 0]);
    expect(view.getInt32(3 * 8 + 4, true)).toBe(16);
  });

  it('gives each function its first slot and its signature', () => {
    const { functions } = assemble([
      main,
      callFunction('clause_0'),
      exit(),
      functionStart('clause_0', 2, 'static'),
      move('r0', 0),
      exit(),
    ]);
    expect(functions).toEqual([
      { name: 'main', slot: 0, parameters: 1, linkage: 'global' },
      { name: 'clause_0', slot: 2, parameters: 2, linkage: 'static' },
    ]);
  });

  it('collapses equal source positions, except at the start of a function', () => {
    const { lines } = assemble([
      position(1),
      main,
      move('r0', 0),
      position(1),
      move('r1', 0),
      position(2),
      position(3),
      exit(),
      functionStart('f', 0, 'static'),
      move('r0', 0),
      exit(),
      position(9),
    ]);
    expect(lines.map(({ slot, position: { line } }) => [slot, line])).toEqual([
      [0, 1],
      [2, 3],
      [3, 3],
    ]);
  });

  it('accepts a jump of 32767 instructions and refuses one of 32768', () => {
    const padded = (count: number) => [
      main,
      jump('end'),
      ...Array.from({ length: count }, () => move('r0', 0)),
      label('end'),
      exit(),
    ];
    expect(codeOf(padded(32767))).toBe('assembled');
    expect(codeOf(padded(32768))).toBe('jump-out-of-range');
  });

  it.each<{ name: string; items: readonly AssemblyItem[]; code: string }>([
    { name: 'nothing', items: [], code: 'empty-program' },
    { name: 'a label twice', items: [main, label('a'), label('a'), exit()], code: 'duplicate-label' },
    { name: 'a label with the name of a function', items: [main, label('main'), exit()], code: 'duplicate-label' },
    { name: 'a jump to no label', items: [main, jump('nowhere'), exit()], code: 'undefined-label' },
    { name: 'a label at the very end', items: [main, jump('end'), label('end')], code: 'falls-off-end' },
    { name: 'an end without exit', items: [main, move('r0', 0)], code: 'falls-off-end' },
    {
      name: 'a function that runs into the next',
      items: [main, move('r0', 0), functionStart('f', 0, 'static'), exit()],
      code: 'falls-off-end',
    },
    { name: 'an empty function', items: [main, exit(), functionStart('f', 0, 'static')], code: 'falls-off-end' },
    { name: 'a call of a label', items: [main, callFunction('l'), label('l'), exit()], code: 'not-a-function' },
    { name: 'instructions before the first function', items: [exit(), main, exit()], code: 'outside-function' },
    {
      name: 'a jump into another function',
      items: [main, jump('l'), functionStart('f', 0, 'static'), label('l'), exit()],
      code: 'jump-out-of-function',
    },
    { name: 'an offset of 32768', items: [main, load(8, 'r0', 'r1', 32768), exit()], code: 'field-out-of-range' },
    { name: 'an offset of -32769', items: [main, store(8, 'r1', -32769, 0), exit()], code: 'field-out-of-range' },
    { name: 'an immediate of 2^31', items: [main, alu('and', 'r0', 2 ** 31), exit()], code: 'field-out-of-range' },
    { name: 'a fraction', items: [main, move('r0', 0.5), exit()], code: 'field-out-of-range' },
  ])('refuses $name as $code', ({ items, code }) => {
    expect(codeOf(items)).toBe(code);
  });

  it('says what was written and where', () => {
    expect(() => assemble([main, position(4), jump('nowhere')])).toThrow(
      "the label 'nowhere' is not defined, at instruction 0 (a.d:4:1)",
    );
  });
});
