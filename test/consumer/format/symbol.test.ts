import { describe, expect, it } from 'vitest';
import { createSymbolizer, hexAddress } from '../../../src/consumer/format/symbol.js';
import { parseKernelSymbols } from '../../../src/sys/index.js';

const symbols = parseKernelSymbols(
  ['ffffffff81000100 t first', 'ffffffff81000200 T second', 'ffffffffa0000000 t inside\t[module]', ''].join('\n'),
);

describe('names of addresses', () => {
  const name = createSymbolizer(() => symbols);

  it.each([
    ['the start of a function', 0xffffffff81000100n, 'vmlinux`first'],
    ['a place within one', 0xffffffff8100012an, 'vmlinux`first+0x2a'],
    ['a place in a module', 0xffffffffa0000001n, 'module`inside+0x1'],
    ['an address in no function', 0xfen, '0xfe'],
    ['null', 0n, '0x0'],
    ['a negative number', -1n, '0xffffffffffffffff'],
  ])('for %s', (_, address, expected) => {
    expect(name(address)).toBe(expected);
  });

  it('are in hex where the kernel hides its symbols, which it is asked for once', () => {
    let asked = 0;
    const hidden = createSymbolizer(() => {
      asked += 1;
      return undefined;
    });
    expect([0xffffffff81000100n, 1n, 1n].map(hidden)).toEqual(['0xffffffff81000100', '0x1', '0x1']);
    expect(asked).toBe(1);
    expect(hexAddress(0x10n)).toBe('0x10');
  });

  it('are not asked for before an address is', () => {
    expect(() => createSymbolizer(() => expect.unreachable('nobody has asked'))).not.toThrow();
  });
});
