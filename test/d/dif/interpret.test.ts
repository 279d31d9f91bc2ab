import { describe, expect, it } from 'vitest';
import { byteString, cutText, textOf } from '../../../src/d/dif/byte-string.js';
import { type DifContext, DifFault } from '../../../src/d/dif/interpret/context.js';
import { interpretDifo } from '../../../src/d/dif/interpret/interpret.js';
import type { DifCondition, DifInstruction, DifOperation, DifType } from '../../../src/d/dif.js';
import { difo, int8, int16, int32, int64, memoryOf, string, stringAt, uint8, uint32, uint64 } from './build.js';

const nothing: DifContext = {
  builtin: () => 0n,
  get: () => undefined,
  set: () => undefined,
  getElement: () => undefined,
  setElement: () => undefined,
  load: () => undefined,
  loadString: () => undefined,
  speculation: () => 0n,
};

const most = 2n ** 64n - 1n;
const least = -(2n ** 63n);

describe('interpretDifo', () => {
  it.each<[DifOperation, DifType, bigint, bigint, bigint]>([
    ['add', uint64, most, 1n, 0n],
    ['add', int64, 2n ** 63n - 1n, 1n, least],
    ['sub', uint64, 0n, 1n, most],
    ['mul', int64, least, -1n, least],
    ['mul', uint64, 2n ** 32n, 2n ** 32n, 0n],
    ['sdiv', int64, -7n, 2n, -3n],
    ['sdiv', int64, least, -1n, least],
    ['udiv', uint64, most, 2n, 2n ** 63n - 1n],
    ['srem', int64, -7n, 2n, -1n],
    ['srem', int64, least, -1n, 0n],
    ['urem', uint64, most, 10n, 5n],
    ['and', int64, -1n, 5n, 5n],
    ['or', int64, -8n, 1n, -7n],
    ['xor', uint64, most, 1n, most - 1n],
    ['sll', int64, 1n, 63n, least],
    ['sll', int64, 1n, 64n, 1n],
    ['srl', uint64, most, 63n, 1n],
    ['srl', int64, -1n, 65n, 2n ** 63n - 1n],
    ['sra', int64, -8n, 2n, -2n],
    ['sra', int64, least, -1n, -1n],
  ])('%s of %o: %d and %d is %d', (operation, type, left, right, expected) => {
    const unit = difo(
      [type, type, type],
      [
        { op: 'setx', dst: 0, value: left },
        { op: 'setx', dst: 1, value: right },
        { op: 'alu', operation, dst: 2, left: 0, right: 1 },
        { op: 'ret', src: 2 },
      ],
    );
    expect(interpretDifo(unit, nothing)).toBe(expected);
  });

  it.each<[DifOperation]>([['sdiv'], ['udiv'], ['srem'], ['urem']])('%s by zero faults at its pc', (operation) => {
    const unit = difo(
      [int64, int64, int64],
      [
        { op: 'setx', dst: 0, value: 1n },
        { op: 'setx', dst: 1, value: 0n },
        { op: 'alu', operation, dst: 2, left: 0, right: 1 },
        { op: 'ret', src: 2 },
      ],
    );
    expect(() => interpretDifo(unit, nothing)).toThrow(new DifFault('divide-by-zero', 0n, 2));
  });

  it.each<[DifCondition, DifType, bigint, bigint, bigint]>([
    ['eq', int64, -1n, -1n, 1n],
    ['ne', int64, -1n, -1n, 0n],
    ['lt', int64, -1n, 1n, 0n],
    ['slt', int64, -1n, 1n, 1n],
    ['le', uint64, 3n, 3n, 1n],
    ['gt', int64, -1n, 1n, 1n],
    ['sgt', int64, -1n, 1n, 0n],
    ['ge', uint64, 2n, 3n, 0n],
    ['sge', int64, -3n, -3n, 1n],
    ['sle', uint64, most, 0n, 1n],
  ])('compare %s of %o: %d and %d is %d', (condition, type, left, right, expected) => {
    const unit = difo(
      [type, type, int32],
      [
        { op: 'setx', dst: 0, value: left },
        { op: 'setx', dst: 1, value: right },
        { op: 'compare', condition, dst: 2, left: 0, right: 1 },
        { op: 'ret', src: 2 },
      ],
    );
    expect(interpretDifo(unit, nothing)).toBe(expected);
  });

  it.each<['eq' | 'ne' | 'lt' | 'le' | 'gt' | 'ge', string, string, bigint]>([
    ['eq', 'abc', 'abc', 1n],
    ['ne', 'abc', 'ab', 1n],
    ['lt', 'ab', 'abc', 1n],
    ['le', '', '', 1n],
    ['gt', 'é', 'z', 1n],
    // By bytes, as strcmp(3): U+FFFD is below U+1F600 in UTF-8, though not in UTF-16.
    ['ge', '\ufffd', '😀', 0n],
  ])('scompare %s of %o and %o is %d', (condition, left, right, expected) => {
    const unit = difo(
      [string(16), string(16), int32],
      [
        { op: 'sets', dst: 0, text: left },
        { op: 'sets', dst: 1, text: right },
        { op: 'scompare', condition, dst: 2, left: 0, right: 1 },
        { op: 'ret', src: 2 },
      ],
    );
    expect(interpretDifo(unit, nothing)).toBe(expected);
  });

  it.each<[string, DifType, DifType, DifInstruction, bigint, bigint]>([
    ['neg', int64, int64, { op: 'neg', dst: 1, src: 0 }, least, least],
    ['neg', uint64, uint64, { op: 'neg', dst: 1, src: 0 }, 1n, most],
    ['not', int8, int8, { op: 'not', dst: 1, src: 0 }, 5n, -6n],
    ['not', uint64, uint64, { op: 'not', dst: 1, src: 0 }, 5n, most - 5n],
    ['extend', int64, int8, { op: 'extend', dst: 1, src: 0, bits: 8, signed: true }, 255n, -1n],
    ['extend', int64, uint8, { op: 'extend', dst: 1, src: 0, bits: 8, signed: false }, -1n, 255n],
    ['extend', uint64, int16, { op: 'extend', dst: 1, src: 0, bits: 16, signed: true }, 0x18000n, -32768n],
    ['extend', int64, uint32, { op: 'extend', dst: 1, src: 0, bits: 32, signed: false }, -2n, 0xfffffffen],
    ['mov', int8, uint64, { op: 'mov', dst: 1, src: 0 }, -1n, most],
    ['mov', uint64, int64, { op: 'mov', dst: 1, src: 0 }, most, -1n],
  ])('%s from %o to %o', (_, from, to, instruction, value, expected) => {
    const unit = difo([from, to], [{ op: 'setx', dst: 0, value }, instruction, { op: 'ret', src: 1 }]);
    expect(interpretDifo(unit, nothing)).toBe(expected);
  });

  it.each([
    [0n, 10n],
    [5n, 20n],
  ])('branches on %d', (condition, expected) => {
    const unit = difo(
      [int64, int64],
      [
        { op: 'setx', dst: 0, value: condition },
        { op: 'branch-if', src: 0, when: 'nonzero', target: 'yes' },
        { op: 'setx', dst: 1, value: 10n },
        { op: 'branch', target: 'end' },
        { op: 'label', name: 'yes' },
        { op: 'setx', dst: 1, value: 20n },
        { op: 'label', name: 'end' },
        { op: 'ret', src: 1 },
      ],
    );
    expect(interpretDifo(unit, nothing)).toBe(expected);
  });

  const loading = (type: DifType, instruction: DifInstruction) =>
    difo([uint64, type], [{ op: 'setx', dst: 0, value: 0x1000n }, instruction, { op: 'ret', src: 1 }]);

  it.each<[DifType, 1 | 2 | 4 | 8, boolean, bigint]>([
    [int8, 1, true, -1n],
    [uint8, 1, false, 255n],
    [int16, 2, true, 0x01ffn],
    [uint64, 8, false, 0x01ffn],
  ])('load gives %o', (type, size, signed, expected) => {
    const memory = memoryOf(new Map([255, 1, 0, 0, 0, 0, 0, 0].map((byte, i) => [0x1000n + BigInt(i), byte])));
    const unit = loading(type, { op: 'load', dst: 1, address: 0, size, signed, space: 'kernel' });
    expect(interpretDifo(unit, { ...nothing, ...memory })).toBe(expected);
  });

  it('load and load-string of what cannot be read fault with the address', () => {
    const memory = { ...nothing, ...memoryOf(stringAt(0x1000n, 'abc')) };
    const bytes = loading(uint64, { op: 'load', dst: 1, address: 0, size: 8, signed: false, space: 'kernel' });
    const user = loading(string(8), { op: 'load-string', dst: 1, address: 0, space: 'user' });
    for (const unit of [bytes, user])
      expect(() => interpretDifo(unit, memory)).toThrow(new DifFault('invalid address', 0x1000n, 1));
  });

  it('load-string stops at the NUL and at the bound', () => {
    const memory = { ...nothing, ...memoryOf(stringAt(0x1000n, 'abcdef')) };
    const load: DifInstruction = { op: 'load-string', dst: 1, address: 0, space: 'kernel' };
    expect(interpretDifo(loading(string(64), load), memory)).toBe('abcdef');
    expect(interpretDifo(loading(string(4), load), memory)).toBe('abc');
  });

  it('cuts strings that are copied to a smaller bound, and builtins to the range of their register', () => {
    const context = { ...nothing, builtin: () => byteString('dtrace') };
    const instructions: DifInstruction[] = [
      { op: 'builtin', dst: 0, variable: 'execname' },
      { op: 'mov', dst: 1, src: 0 },
      { op: 'ret', src: 1 },
    ];
    expect(interpretDifo(difo([string(16), string(3)], instructions), context)).toBe('dt');
    const wide = { ...nothing, builtin: () => 0xffffffffn };
    expect(interpretDifo(difo([int32, int32], instructions), wide)).toBe(-1n);
  });

  it('reads variables that were never assigned as 0 and ""', () => {
    const get: DifInstruction[] = [
      { op: 'get', dst: 0, variable: 0 },
      { op: 'ret', src: 0 },
    ];
    expect(interpretDifo(difo([int16], get), nothing)).toBe(0n);
    expect(interpretDifo(difo([string(8)], get), nothing)).toBe('');
  });
});

describe('byte strings', () => {
  it.each([
    ['', ''],
    ['abc', 'abc'],
    ['é', '\u00c3\u00a9'],
    ['a\0b', 'a'],
  ])('%o has the bytes %o', (text, bytes) => {
    expect(byteString(text)).toBe(bytes);
    expect(textOf(bytes)).toBe(text.replace(/\0.*/, ''));
  });

  it.each([
    ['abc', 4, 'abc'],
    ['abc', 3, 'ab'],
    ['aé', 3, 'a'],
    ['aé', 4, 'aé'],
    ['😀', 4, ''],
    ['a\0b', 8, 'a'],
    ['abc', 1, ''],
  ])('%o cut to %d bytes is %o', (text, bound, expected) => {
    expect(cutText(text, bound)).toBe(expected);
  });
});
