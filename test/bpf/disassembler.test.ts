import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { assemble } from '../../src/bpf/assembly/assembler.js';
import { DecodeError, decode } from '../../src/bpf/assembly/decode.js';
import { disassemble } from '../../src/bpf/assembly/disassembler.js';
import {
  type AssemblyItem,
  callFunction,
  callHelper,
  exit,
  functionStart,
  jumpIf,
  label,
  load,
  loadConstant,
  loadMap,
  move,
} from '../../src/bpf/instruction.js';
import { arbitraryInstruction } from './arbitrary.js';

const program: readonly AssemblyItem[] = [
  functionStart('entry', 1, 'global'),
  { kind: 'position', position: { file: 'a.d', line: 3, column: 5, text: '  /pid == 7/' } },
  load(4, 'r2', 'r1', 8),
  jumpIf('sgt', 'r2', 'r1', 'skip'),
  loadConstant('r3', 1n << 36n),
  loadMap('r1', 'counts'),
  callHelper(5),
  label('skip'),
  callFunction('clause_0'),
  exit(),
  functionStart('clause_0', 2, 'static'),
  move('r0', 0),
  exit(),
];

const bytes = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex.replaceAll(' ', ''), 'hex'));

describe('disassemble', () => {
  it('shows functions, labels, distances and D source positions', () => {
    expect(disassemble(program)).toBe(
      [
        'entry: ; global function of 1 parameter',
        '; /pid == 7/ [a.d:3:5]',
        '   0: r2 = *(u32 *)(r1 +8)',
        '   1: if r2 s> r1 goto +5 <skip>',
        '   2: r3 = 0x1000000000',
        '   4: r1 = map[counts]',
        '   6: call bpf_ktime_get_ns#5',
        'skip:',
        '   7: call +1 <clause_0>',
        '   8: exit',
        'clause_0: ; static function of 2 parameters',
        '   9: r0 = 0',
        '  10: exit',
        '',
      ].join('\n'),
    );
  });

  it('leaves numbers out for golden files, so that an added instruction is a one-line difference', () => {
    expect(disassemble(program, { numbers: false }).split('\n').slice(2, 4)).toEqual([
      '  r2 = *(u32 *)(r1 +8)',
      '  if r2 s> r1 goto skip',
    ]);
  });

  it('names labels and functions of bare bytes by their slots', () => {
    const text = disassemble(assemble(program).code);
    expect(text).toContain('if r2 s> r1 goto +5 <L7>\n');
    expect(text).toContain('L7:\n   7: call +1 <function_9>\n');
    expect(text).toContain('function_9: ; static');
  });
});

describe('decode', () => {
  it('is undone by assemble, for every instruction with every field', () => {
    const labels = ['main', 'first', 'last'];
    const functions = ['main', 'other'];
    fc.assert(
      fc.property(fc.array(arbitraryInstruction(labels, functions), { maxLength: 40 }), (body) => {
        const { code } = assemble([
          functionStart('main', 5, 'static'),
          move('r0', 0),
          label('first'),
          ...body,
          label('last'),
          exit(),
          functionStart('other', 5, 'static'),
          exit(),
        ]);
        expect(assemble(decode(code)).code).toEqual(code);
      }),
      { numRuns: 300 },
    );
  });

  it('either refuses random bytes with DecodeError or gives items that encode to them', () => {
    const slot = fc.tuple(fc.nat(255), fc.nat(255), fc.constantFrom(0, 1, 8, 16), fc.constantFrom(0, 1, 16, 64, 0xf1));
    let decoded = 0;
    fc.assert(
      fc.property(slot, ([opcode, operands, offset, immediate]) => {
        const code = Uint8Array.of(opcode, operands, offset, 0, immediate, 0, 0, 0, 0x95, 0, 0, 0, 0, 0, 0, 0);
        let items: readonly AssemblyItem[];
        try {
          items = decode(code);
        } catch (error) {
          expect(error).toBeInstanceOf(DecodeError);
          return;
        }
        decoded += 1;
        const reference = items.some((item) => item.kind === 'call-kernel');
        expect(assemble(items).code).toEqual(reference ? code.with(4, 0) : code);
      }),
      { numRuns: 2000 },
    );
    expect(decoded).toBeGreaterThan(0);
  });

  it.each([
    { name: 'an unknown opcode', code: 'ff00 0000 00000000' },
    { name: 'an arithmetic operation that does not exist', code: 'e700 0000 00000000' },
    { name: 'register 11', code: 'b70b 0000 00000000' },
    { name: 'an immediate beside a register', code: 'bf21 0000 01000000' },
    { name: 'a source register in exit', code: '9510 0000 00000000' },
    { name: 'an atomic on one byte', code: 'd321 0000 00000000' },
    { name: 'an unknown atomic', code: 'db21 0000 02000000' },
    { name: 'a swap of 8 bits', code: 'dc01 0000 08000000' },
    { name: 'half a 64-bit immediate', code: '1801 0000 00000000' },
    { name: 'a 64-bit immediate with a dirty second slot', code: '1801 0000 00000000 0100 0000 00000000' },
    { name: 'a jump beyond the end', code: '0500 0100 00000000 9500 0000 00000000' },
    { name: 'a jump into a 64-bit immediate', code: '0500 0100 00000000 1801 0000 00000000 0000 0000 00000000' },
    { name: 'a part of a slot', code: '9500 0000' },
  ])('refuses $name', ({ code }) => {
    expect(() => decode(bytes(code))).toThrow(DecodeError);
  });
});
