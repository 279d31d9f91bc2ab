import { describe, expect, it } from 'vitest';
import { createSharedFile, mapShared, openNumberedCalls } from '../../src/sys/index.js';
import { kernelTest } from '../kernel-test.js';
import { tableOf, trace } from '../trace.js';

describe('a shared file', () => {
  it('is zero at first, and what is written through one mapping is read through another', () => {
    using file = createSharedFile('test', 8192);
    using one = mapShared(file.fd, 8192);
    using other = mapShared(file.fd, 8192);
    expect(other.bytes.every((byte) => byte === 0)).toBe(true);
    one.bytes[5000] = 42;
    expect(other.bytes[5000]).toBe(42);
  });
});

describe('numbered calls', () => {
  kernelTest('carry their numbers to whoever traces them, also those beyond 32 bits', async () => {
    const calls = openNumberedCalls();
    const { lines } = await trace(
      `syscall::getppid:entry /pid == $pid && arg1 == 4711/ { @["asked", arg0] = count(); }
       syscall::sendto:entry /pid == $pid && arg2 == 321/ { @["sent", arg5] = count(); }`,
      {
        meanwhile: () => {
          for (const number of [1, 2, 2 ** 40]) calls.ask(number, 4711);
          for (const number of [7, 2 ** 33]) calls.send(number, 321);
          calls.nap(1000);
        },
      },
    );
    expect(tableOf(lines)).toEqual({
      'asked 1': 1,
      'asked 2': 1,
      [`asked ${2 ** 40}`]: 1,
      'sent 7': 1,
      [`sent ${2 ** 33}`]: 1,
    });
  });
});
