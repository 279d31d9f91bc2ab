import { describe, expect, it } from 'vitest';
import { checked, errnoName, errnoText, SystemCallError } from '../../src/sys/index.js';

describe('error numbers', () => {
  it.each([
    [1, 'EPERM', 'Operation not permitted'],
    [-22, 'EINVAL', 'Invalid argument'],
    [11, 'EAGAIN', 'Resource temporarily unavailable'],
    [524, 'ENOTSUPP', 'Operation is not supported'],
    [4000, 'errno 4000', 'Unknown error 4000'],
  ])('%i is %s', (number, name, text) => {
    expect([errnoName(number), errnoText(number)]).toEqual([name, text]);
  });

  it('a failed call says which call, the text and the name', () => {
    expect(() => checked('mmap', -12)).toThrow(new SystemCallError('mmap', 12));
    expect(new SystemCallError('mmap', -12)).toMatchObject({
      message: 'mmap: Cannot allocate memory (ENOMEM)',
      errno: 12,
      code: 'ENOMEM',
    });
    expect(checked('mmap', 4096)).toBe(4096);
  });
});
