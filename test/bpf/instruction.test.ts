import { describe, expect, it } from 'vitest';
import { assemble } from '../../src/bpf/assembly/assembler.js';
import { decode } from '../../src/bpf/assembly/decode.js';
import { formatInstruction } from '../../src/bpf/assembly/disassembler.js';
import {
  alu,
  alu32,
  atomic,
  byteSwap,
  callFunction,
  callHelper,
  callKernel,
  exit,
  functionStart,
  type Instruction,
  jump,
  jumpIf,
  jumpIf32,
  label,
  load,
  loadConstant,
  loadLabelAddress,
  loadMap,
  loadMapValue,
  move,
  negate,
  store,
} from '../../src/bpf/instruction.js';

/**
 * Every form of instruction: its bytes as clang or the kernel's own macros make them (opcode, registers, offset,
 * immediate; little endian), and its text. `end` is a label two instructions further on, `fn` a function three further.
 */
const rows: readonly (readonly [Instruction, string, string])[] = [
  [alu('add', 'r1', 'r2'), '0f21 0000 00000000', 'r1 += r2'],
  [alu('add', 'r1', -1), '0701 0000 ffffffff', 'r1 += -1'],
  [alu('sub', 'r3', 'r4'), '1f43 0000 00000000', 'r3 -= r4'],
  [alu('sub', 'r3', 16), '1703 0000 10000000', 'r3 -= 16'],
  [alu('mul', 'r0', 'r9'), '2f90 0000 00000000', 'r0 *= r9'],
  [alu('mul', 'r0', 3), '2700 0000 03000000', 'r0 *= 3'],
  [alu('div', 'r0', 'r1'), '3f10 0000 00000000', 'r0 /= r1'],
  [alu('div', 'r0', 7), '3700 0000 07000000', 'r0 /= 7'],
  [alu('sdiv', 'r0', 'r1'), '3f10 0100 00000000', 'r0 s/= r1'],
  [alu('sdiv', 'r0', -7), '3700 0100 f9ffffff', 'r0 s/= -7'],
  [alu('or', 'r5', 'r6'), '4f65 0000 00000000', 'r5 |= r6'],
  [alu('or', 'r5', 1), '4705 0000 01000000', 'r5 |= 1'],
  [alu('and', 'r5', 'r6'), '5f65 0000 00000000', 'r5 &= r6'],
  [alu('and', 'r5', 255), '5705 0000 ff000000', 'r5 &= 255'],
  [alu('lsh', 'r5', 'r6'), '6f65 0000 00000000', 'r5 <<= r6'],
  [alu('lsh', 'r5', 32), '6705 0000 20000000', 'r5 <<= 32'],
  [alu('rsh', 'r5', 'r6'), '7f65 0000 00000000', 'r5 >>= r6'],
  [alu('rsh', 'r5', 32), '7705 0000 20000000', 'r5 >>= 32'],
  [alu('mod', 'r5', 'r6'), '9f65 0000 00000000', 'r5 %= r6'],
  [alu('mod', 'r5', 10), '9705 0000 0a000000', 'r5 %= 10'],
  [alu('smod', 'r5', 'r6'), '9f65 0100 00000000', 'r5 s%= r6'],
  [alu('smod', 'r5', 10), '9705 0100 0a000000', 'r5 s%= 10'],
  [alu('xor', 'r5', 'r6'), 'af65 0000 00000000', 'r5 ^= r6'],
  [alu('xor', 'r5', -1), 'a705 0000 ffffffff', 'r5 ^= -1'],
  [move('r6', 'r1'), 'bf16 0000 00000000', 'r6 = r1'],
  [move('r6', 42), 'b706 0000 2a000000', 'r6 = 42'],
  [alu('arsh', 'r5', 'r6'), 'cf65 0000 00000000', 'r5 s>>= r6'],
  [alu('arsh', 'r5', 63), 'c705 0000 3f000000', 'r5 s>>= 63'],
  [alu32('add', 'r1', 'r2'), '0c21 0000 00000000', 'w1 += w2'],
  [alu32('add', 'r1', 5), '0401 0000 05000000', 'w1 += 5'],
  [alu32('sub', 'r1', 'r2'), '1c21 0000 00000000', 'w1 -= w2'],
  [alu32('mul', 'r1', 'r2'), '2c21 0000 00000000', 'w1 *= w2'],
  [alu32('div', 'r1', 'r2'), '3c21 0000 00000000', 'w1 /= w2'],
  [alu32('sdiv', 'r1', 'r2'), '3c21 0100 00000000', 'w1 s/= w2'],
  [alu32('or', 'r1', 'r2'), '4c21 0000 00000000', 'w1 |= w2'],
  [alu32('and', 'r1', 'r2'), '5c21 0000 00000000', 'w1 &= w2'],
  [alu32('lsh', 'r1', 'r2'), '6c21 0000 00000000', 'w1 <<= w2'],
  [alu32('rsh', 'r1', 'r2'), '7c21 0000 00000000', 'w1 >>= w2'],
  [alu32('mod', 'r1', 'r2'), '9c21 0000 00000000', 'w1 %= w2'],
  [alu32('smod', 'r1', 'r2'), '9c21 0100 00000000', 'w1 s%= w2'],
  [alu32('xor', 'r1', 'r2'), 'ac21 0000 00000000', 'w1 ^= w2'],
  [alu32('mov', 'r1', 'r2'), 'bc21 0000 00000000', 'w1 = w2'],
  [alu32('mov', 'r1', -2), 'b401 0000 feffffff', 'w1 = -2'],
  [alu32('arsh', 'r1', 'r2'), 'cc21 0000 00000000', 'w1 s>>= w2'],
  [{ kind: 'sign-extend', bits: 8, dst: 'r1', src: 'r2' }, 'bf21 0800 00000000', 'r1 = (s8)r2'],
  [{ kind: 'sign-extend', bits: 16, dst: 'r1', src: 'r2' }, 'bf21 1000 00000000', 'r1 = (s16)r2'],
  [{ kind: 'sign-extend', bits: 32, dst: 'r1', src: 'r2' }, 'bf21 2000 00000000', 'r1 = (s32)r2'],
  [negate('r7'), '8707 0000 00000000', 'r7 = -r7'],
  [{ kind: 'negate', bits: 32, dst: 'r7' }, '8407 0000 00000000', 'w7 = -w7'],
  [byteSwap('be', 16, 'r1'), 'dc01 0000 10000000', 'r1 = be16 r1'],
  [byteSwap('be', 32, 'r1'), 'dc01 0000 20000000', 'r1 = be32 r1'],
  [byteSwap('be', 64, 'r1'), 'dc01 0000 40000000', 'r1 = be64 r1'],
  [byteSwap('le', 16, 'r1'), 'd401 0000 10000000', 'r1 = le16 r1'],
  [byteSwap('le', 32, 'r1'), 'd401 0000 20000000', 'r1 = le32 r1'],
  [byteSwap('le', 64, 'r1'), 'd401 0000 40000000', 'r1 = le64 r1'],
  [byteSwap('swap', 16, 'r1'), 'd701 0000 10000000', 'r1 = bswap16 r1'],
  [byteSwap('swap', 32, 'r1'), 'd701 0000 20000000', 'r1 = bswap32 r1'],
  [byteSwap('swap', 64, 'r1'), 'd701 0000 40000000', 'r1 = bswap64 r1'],
  [loadConstant('r2', 0x1122334455667788n), '1802 0000 88776655 0000 0000 44332211', 'r2 = 0x1122334455667788'],
  [loadConstant('r2', -0x80000001n), '1802 0000 ffffff7f 0000 0000 ffffffff', 'r2 = 0xffffffff7fffffff'],
  [loadMap('r1', 'counts'), '1811 0000 00000000 0000 0000 00000000', 'r1 = map[counts]'],
  [loadMapValue('r1', 'control', 24), '1821 0000 00000000 0000 0000 18000000', 'r1 = map[control][0]+24'],
  [load(1, 'r1', 'r6', 8), '7161 0800 00000000', 'r1 = *(u8 *)(r6 +8)'],
  [load(2, 'r1', 'r6', 8), '6961 0800 00000000', 'r1 = *(u16 *)(r6 +8)'],
  [load(4, 'r1', 'r6', 8), '6161 0800 00000000', 'r1 = *(u32 *)(r6 +8)'],
  [load(8, 'r1', 'r10', -8), '79a1 f8ff 00000000', 'r1 = *(u64 *)(r10 -8)'],
  [
    { kind: 'load', size: 1, signed: true, dst: 'r1', base: 'r6', offset: 0 },
    '9161 0000 00000000',
    'r1 = *(s8 *)(r6 +0)',
  ],
  [
    { kind: 'load', size: 2, signed: true, dst: 'r1', base: 'r6', offset: 0 },
    '8961 0000 00000000',
    'r1 = *(s16 *)(r6 +0)',
  ],
  [
    { kind: 'load', size: 4, signed: true, dst: 'r1', base: 'r6', offset: 0 },
    '8161 0000 00000000',
    'r1 = *(s32 *)(r6 +0)',
  ],
  [store(1, 'r10', -1, 'r0'), '730a ffff 00000000', '*(u8 *)(r10 -1) = r0'],
  [store(2, 'r10', -2, 'r0'), '6b0a feff 00000000', '*(u16 *)(r10 -2) = r0'],
  [store(4, 'r10', -4, 'r0'), '630a fcff 00000000', '*(u32 *)(r10 -4) = r0'],
  [store(8, 'r10', -8, 'r0'), '7b0a f8ff 00000000', '*(u64 *)(r10 -8) = r0'],
  [store(1, 'r10', -1, 7), '720a ffff 07000000', '*(u8 *)(r10 -1) = 7'],
  [store(2, 'r10', -2, 7), '6a0a feff 07000000', '*(u16 *)(r10 -2) = 7'],
  [store(4, 'r10', -4, 7), '620a fcff 07000000', '*(u32 *)(r10 -4) = 7'],
  [store(8, 'r10', -8, -7), '7a0a f8ff f9ffffff', '*(u64 *)(r10 -8) = -7'],
  [atomic('add', 8, 'r1', 0, 'r2'), 'db21 0000 00000000', 'lock *(u64 *)(r1 +0) += r2'],
  [atomic('or', 8, 'r1', 0, 'r2'), 'db21 0000 40000000', 'lock *(u64 *)(r1 +0) |= r2'],
  [atomic('and', 8, 'r1', 0, 'r2'), 'db21 0000 50000000', 'lock *(u64 *)(r1 +0) &= r2'],
  [atomic('xor', 4, 'r1', 4, 'r2'), 'c321 0400 a0000000', 'lock *(u32 *)(r1 +4) ^= w2'],
  [atomic('fetch-add', 8, 'r1', 0, 'r2'), 'db21 0000 01000000', 'r2 = atomic64_fetch_add((u64 *)(r1 +0), r2)'],
  [atomic('fetch-or', 8, 'r1', 0, 'r2'), 'db21 0000 41000000', 'r2 = atomic64_fetch_or((u64 *)(r1 +0), r2)'],
  [atomic('fetch-and', 8, 'r1', 0, 'r2'), 'db21 0000 51000000', 'r2 = atomic64_fetch_and((u64 *)(r1 +0), r2)'],
  [atomic('fetch-xor', 4, 'r1', 0, 'r2'), 'c321 0000 a1000000', 'w2 = atomic_fetch_xor((u32 *)(r1 +0), w2)'],
  [atomic('xchg', 8, 'r1', 0, 'r2'), 'db21 0000 e1000000', 'r2 = atomic64_xchg((u64 *)(r1 +0), r2)'],
  [atomic('cmpxchg', 8, 'r1', 0, 'r2'), 'db21 0000 f1000000', 'r0 = atomic64_cmpxchg((u64 *)(r1 +0), r0, r2)'],
  [atomic('cmpxchg', 4, 'r1', 0, 'r2'), 'c321 0000 f1000000', 'w0 = atomic_cmpxchg((u32 *)(r1 +0), w0, w2)'],
  [jump('end'), '0500 0100 00000000', 'goto +1 <end>'],
  [jumpIf('eq', 'r1', 'r2', 'end'), '1d21 0100 00000000', 'if r1 == r2 goto +1 <end>'],
  [jumpIf('eq', 'r1', 0, 'end'), '1501 0100 00000000', 'if r1 == 0 goto +1 <end>'],
  [jumpIf('gt', 'r1', 'r2', 'end'), '2d21 0100 00000000', 'if r1 > r2 goto +1 <end>'],
  [jumpIf('ge', 'r1', 'r2', 'end'), '3d21 0100 00000000', 'if r1 >= r2 goto +1 <end>'],
  [jumpIf('set', 'r1', 'r2', 'end'), '4d21 0100 00000000', 'if r1 & r2 goto +1 <end>'],
  [jumpIf('ne', 'r1', 'r2', 'end'), '5d21 0100 00000000', 'if r1 != r2 goto +1 <end>'],
  [jumpIf('sgt', 'r1', 'r2', 'end'), '6d21 0100 00000000', 'if r1 s> r2 goto +1 <end>'],
  [jumpIf('sge', 'r1', 'r2', 'end'), '7d21 0100 00000000', 'if r1 s>= r2 goto +1 <end>'],
  [jumpIf('lt', 'r1', 'r2', 'end'), 'ad21 0100 00000000', 'if r1 < r2 goto +1 <end>'],
  [jumpIf('le', 'r1', 'r2', 'end'), 'bd21 0100 00000000', 'if r1 <= r2 goto +1 <end>'],
  [jumpIf('slt', 'r1', -1, 'end'), 'c501 0100 ffffffff', 'if r1 s< -1 goto +1 <end>'],
  [jumpIf('sle', 'r1', 'r2', 'end'), 'dd21 0100 00000000', 'if r1 s<= r2 goto +1 <end>'],
  [jumpIf32('eq', 'r1', 'r2', 'end'), '1e21 0100 00000000', 'if w1 == w2 goto +1 <end>'],
  [jumpIf32('ne', 'r1', 9, 'end'), '5601 0100 09000000', 'if w1 != 9 goto +1 <end>'],
  [jumpIf32('slt', 'r1', 'r2', 'end'), 'ce21 0100 00000000', 'if w1 s< w2 goto +1 <end>'],
  [callHelper(5), '8500 0000 05000000', 'call bpf_ktime_get_ns#5'],
  [callHelper(9999), '8500 0000 0f270000', 'call unknown#9999'],
  [callFunction('fn'), '8510 0000 02000000', 'call +2 <fn>'],
  [callKernel('bpf_rdonly_cast'), '8520 0000 00000000', 'call kernel function bpf_rdonly_cast'],
  [exit(), '9500 0000 00000000', 'exit'],
];

/** The instruction alone, with the labels that it may name. */
const around = (instruction: Instruction) => [
  functionStart('main', 1, 'global'),
  instruction,
  move('r0', 0),
  label('end'),
  exit(),
  functionStart('fn', 0, 'static'),
  move('r0', 1),
  exit(),
];

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

describe('instructions', () => {
  it.each(rows.map(([instruction, bytes, text]) => ({ text, instruction, bytes })))(
    '%$text: encodes to $bytes',
    ({ instruction, bytes }) => {
      const expected = bytes.replaceAll(' ', '');
      expect(hex(assemble(around(instruction)).code.subarray(0, expected.length / 2))).toBe(expected);
    },
  );

  it.each(rows.map(([instruction, , text]) => ({ text, instruction })))(
    '%$text: has this text',
    ({ instruction, text }) => {
      const { labels } = assemble(around(instruction));
      expect(formatInstruction(instruction, (name) => (labels.get(name) ?? Number.NaN) - 1)).toBe(text);
    },
  );

  it.each(rows.map(([instruction, , text]) => ({ text, instruction })))(
    '%$text: decodes to what encodes the same',
    ({ instruction }) => {
      const { code } = assemble(around(instruction));
      expect(hex(assemble(decode(code)).code)).toBe(hex(code));
    },
  );

  it('loads the number of a labelled instruction as an immediate', () => {
    expect(hex(assemble(around(loadLabelAddress('r2', 'fn'))).code.subarray(0, 8))).toBe('b702000003000000');
  });

  it('takes the short form of a constant exactly where 32 signed bits hold it', () => {
    const kinds = [0x7fffffffn, 0x80000000n, -0x80000000n, -0x80000001n, 0xffffffffffffffffn].map(
      (value) => loadConstant('r1', value).kind,
    );
    expect(kinds).toEqual(['alu', 'load-immediate-64', 'alu', 'load-immediate-64', 'alu']);
  });
});
