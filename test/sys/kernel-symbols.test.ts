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
