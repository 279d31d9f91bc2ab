import { describe, expect, it } from 'vitest';
import { sizeOf } from '../../../src/d/check/types/sizes.js';
import { namedType, typeWords } from '../../../src/d/check/types/typedefs.js';
import { cookValue, typeOf } from './support.js';

describe('constants', () => {
  it.each([
    ['0', 'int'],
    ['2147483647', 'int'],
    ['2147483648', 'long'],
    ['0x7fffffff', 'int'],
    ['0x80000000', 'unsigned int'],
    ['0xffffffff', 'unsigned int'],
    ['0x100000000', 'long'],
    ['0xffffffffffffffff', 'unsigned long'],
    ['037777777777', 'unsigned int'],
    ['1u', 'unsigned int'],
    ['4294967296u', 'unsigned long'],
    ['18446744073709551615u', 'unsigned long'],
    ['1l', 'long'],
    ['0x8000000000000000l', 'unsigned long'],
    ['1ul', 'unsigned long'],
    ['1ull', 'unsigned long'],
    ["'a'", 'int'],
    ['"text"', 'string'],
    ['sizeof (int)', 'size_t'],
    ['NULL', 'void *'],
  ])('%s is of type %s', (text, type) => {
    expect(typeOf(text)).toBe(type);
  });

  it('gives a string constant the bound of its UTF-8 form', () => {
    expect(cookValue('"äb"').type).toEqual({ kind: 'string', bound: 4 });
    expect(cookValue(`"${'x'.repeat(300)}"`).type).toEqual({ kind: 'string', bound: 256 });
  });
});

describe('operators', () => {
  it.each([
    ['1 + 1', 'int'],
    ['1 + 1u', 'unsigned int'],
    ['1u + 1l', 'long'],
    ['1l + 1ul', 'unsigned long'],
    ['-1ul', 'unsigned long'],
    ['(char)1 + (char)1', 'int'],
    ['-(unsigned char)1', 'int'],
    ['~(short)1', 'int'],
    ['+(uint8_t)1', 'int'],
    ['!1ul', 'int'],
    ['(char)1 << 1ul', 'int'],
    ['1ul >> 1', 'unsigned long'],
    ['1l == 1ul', 'int'],
    ['1l && 1ul', 'int'],
    ['1 ? 1 : 1ul', 'unsigned long'],
    ['(1, 2l)', 'long'],
    ['timestamp - 1', 'uint64_t'],
    ['pid + 1', 'pid_t'],
    ['uid + 1', 'uid_t'],
    ['arg0 + 1', 'int64_t'],
    ['walltimestamp', 'int64_t'],
    ['cpu', 'processorid_t'],
    ['ipl', 'unsigned int'],
    ['1 ? "a" : execname', 'string'],
    ['(int *)arg0', 'int *'],
    ['(int *)arg0 + 1', 'int *'],
    ['1 + (int *)arg0', 'int *'],
    ['(int *)arg0 - (int *)arg1', 'ptrdiff_t'],
    ['*(unsigned short *)arg0', 'unsigned short'],
    ['((char **)arg0)[1]', 'char *'],
    ['&((long *)arg0)[1]', 'long *'],
    ['(int *)arg0 == 0', 'int'],
    ['(int *)arg0 != NULL', 'int'],
    ['arg0 != NULL', 'int'],
    ['1 ? (int *)arg0 : NULL', 'int *'],
    ['stringof(arg0)', 'string'],
    ['copyinstr(arg0)', 'string'],
    ['(string)arg0', 'string'],
    ['(struct proc *)arg0', 'struct proc *'],
    ['(uint_t)1', 'unsigned int'],
  ])('%s is of type %s', (text, type) => {
    expect(typeOf(text)).toBe(type);
  });

  it.each([
    ['sizeof (char)', 1n],
    ['sizeof (unsigned long *)', 8n],
    ['sizeof (int[4])', 16n],
    ['sizeof (string)', 256n],
    ['sizeof ("abc")', 4n],
    ['sizeof (execname)', 256n],
    ['sizeof (pid)', 4n],
    ['sizeof (timestamp)', 8n],
    ['sizeof (1 + 1l)', 8n],
  ])('%s is %s', (text, value) => {
    expect(cookValue(text)).toMatchObject({ kind: 'constant', value });
  });
});

describe('type names', () => {
  it.each([
    ['unsigned', 'unsigned int'],
    ['long unsigned int', 'unsigned long'],
    ['long long', 'long long'],
    ['unsigned char', 'unsigned char'],
    ['signed char', 'signed char'],
    ['short int', 'short'],
    ['int unsigned short', 'unsigned short'],
    ['const int', 'int'],
    ['uint64_t', 'uint64_t'],
    ['uint_t', 'unsigned int'],
    ['hrtime_t', 'hrtime_t'],
  ])('%s is %s', (written, name) => {
    expect(typeOf(`(${written})1`)).toBe(name);
  });

  it('every word that names a type has one, with a size unless it is void', () => {
    for (const word of typeWords) {
      const type = namedType(word, 256);
      expect(type, word).toBeDefined();
      if (type !== undefined && word !== 'void') expect(sizeOf(type), word).toBeGreaterThan(0);
    }
    expect(namedType('toString', 256)).toBeUndefined();
  });
});
