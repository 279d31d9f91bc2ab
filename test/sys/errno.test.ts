import { describe, expect, it } from 'vitest';
import { callError, checked, errnoName, errnoText, LimitError, limitOf, SystemCallError } from '../../src/sys/index.js';

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
    expect(() => checked('mmap', -12)).toThrow(callError('mmap', 12));
    expect(new SystemCallError('mmap', -12)).toMatchObject({
      message: 'mmap: Cannot allocate memory (ENOMEM)',
      errno: 12,
      code: 'ENOMEM',
    });
    expect(checked('mmap', 4096)).toBe(4096);
  });

  it.each([
    [-24, 'EMFILE', /ulimit -n/],
    [23, 'ENFILE', /fs\.file-max/],
    [-12, 'ENOMEM', /bufsize/],
  ])('%i is a limit that was reached, and says what to do', (number, code, hint) => {
    const error = callError('mmap', number);
    expect(error).toBeInstanceOf(LimitError);
    expect(error).toMatchObject({ call: 'mmap', code, errno: Math.abs(number), hint: expect.stringMatching(hint) });
    const ofNode = Object.assign(new Error('as Node has it'), { code, errno: -Math.abs(number) });
    expect(limitOf(ofNode, 'mmap')).toEqual(error);
  });

  it('other errors are none', () => {
    expect(callError('mmap', -22)).not.toBeInstanceOf(LimitError);
    expect(limitOf(Object.assign(new Error('gone'), { code: 'ENOENT' }), 'open')).toBeUndefined();
    expect(limitOf(new Error('no call'), 'open')).toBeUndefined();
  });
});
