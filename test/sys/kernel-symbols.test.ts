import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseKernelSymbols, readKernelSymbols } from '../../src/sys/kernel-symbols.js';

const text = [
  'ffffffff81000200 T second',
  'ffffffff81000100 t first',
  'ffffffff81000100 t first_by_another_name',
  'ffffffff81000180 D data',
  'ffffffff81000300 W weak',
  'ffffffffa0000000 t inside\t[module]',
  '0000000000000000 T absolute',
  '',
].join('\n');

describe('kernel symbols', () => {
  const symbols = parseKernelSymbols(text);

  it.each([
    ['its first byte', 0xffffffff81000100n, 'first'],
    ['a byte within, whatever data lies before', 0xffffffff810001ffn, 'first'],
    ['the first byte of the next one', 0xffffffff81000200n, 'second'],
    ['a weak one', 0xffffffff81000301n, 'weak'],
    ['one of a module', 0xffffffffa0000010n, 'inside [module]'],
    ['nothing below the first', 0xffffffff810000ffn, undefined],
  ])('name the function that holds %s', (_, address, name) => {
    expect(symbols?.nameOf(address)).toBe(name);
  });

  it.each([
    ['at its start', 0xffffffff81000200n, { name: 'second', module: undefined, offset: 0n }],
    ['within it', 0xffffffff810002ffn, { name: 'second', module: undefined, offset: 0xffn }],
    ['in a module', 0xffffffffa0000010n, { name: 'inside', module: 'module', offset: 0x10n }],
    ['far behind the last one', 0xffffffffa0010000n, undefined],
    ['that is the highest', 0xffffffffffffffffn, undefined],
    ['that is 0', 0n, undefined],
  ])('locate an address %s', (_, address, place) => {
    expect(symbols?.locate(address)).toEqual(place);
  });

  it('locate nothing behind the end of the code', () => {
    const code = parseKernelSymbols('ffffffff81000000 T one\nffffffff81000100 T _etext\nffffffffa0000000 t two\t[m]\n');
    expect(code?.locate(0xffffffff810000ffn)?.name).toBe('one');
    expect(code?.locate(0xffffffff81000100n)).toBeUndefined();
    expect(code?.locate(0xffffffff90000000n)).toBeUndefined();
  });

  it('are found in whatever order the kernel lists them', () => {
    const shuffled = parseKernelSymbols(text.split('\n').reverse().join('\n'));
    for (const address of [0xffffffff81000150n, 0xffffffff81000250n, 0xffffffffa0000001n]) {
      expect(shuffled?.locate(address)?.offset).toBe(symbols?.locate(address)?.offset);
    }
  });

  it.each([
    ['one function', (name: string) => name === 'second', [{ start: 0xffffffff81000200n, size: 0x100 }]],
    [
      'functions side by side as one range',
      (name: string) => name === 'first' || name === 'second',
      [{ start: 0xffffffff81000100n, size: 0x200 }],
    ],
    [
      'functions apart as ranges of their own',
      (name: string) => name === 'first' || name === 'weak',
      [
        { start: 0xffffffff81000100n, size: 0x100 },
        { start: 0xffffffff81000300n, size: 0x1efffd00 },
      ],
    ],
    ['no function', () => false, []],
  ])('give the code of %s', (_, isWanted, ranges) => {
    expect(symbols?.rangesOf(isWanted)).toEqual(ranges);
  });

  it('are none where the addresses are hidden', () => {
    expect(parseKernelSymbols('0000000000000000 T second\n0000000000000000 t first\n')).toBeUndefined();
    expect(parseKernelSymbols('')).toBeUndefined();
  });

  const path = '/proc/kallsyms';
  const line = /^(?!0+ )([0-9a-f]+) [tT] schedule$/m.exec(existsSync(path) ? readFileSync(path, 'latin1') : '');
  it.skipIf(line === null)('of the running kernel agree with /proc/kallsyms', () => {
    expect(readKernelSymbols()?.nameOf(BigInt(`0x${line?.[1]}`) + 4n)).toBe('schedule');
  });
});
