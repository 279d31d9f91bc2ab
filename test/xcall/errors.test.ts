import { describe, expect, it } from 'vitest';
import { PrivilegeError, UnsupportedFeatureError } from '../../src/bpf/loader/errors.js';
import { errno, SystemCallError } from '../../src/sys/index.js';
import { cpuListText, HandlerError, NoSuchCpuError, runFailure } from '../../src/xcall/errors.js';

describe('a list of CPUs', () => {
  it.each([
    [[], ''],
    [[0], '0'],
    [[0, 1, 2, 3], '0-3'],
    [[0, 2, 3, 5], '0,2-3,5'],
  ])('%j is written as sysfs does: %s', (cpus, text) => {
    expect(cpuListText(cpus)).toBe(text);
  });
});

it('a CPU that does not exist is named with those that do', () => {
  const error = new NoSuchCpuError(7, [0, 1, 2, 3]);
  expect(error.message).toBe("there is no CPU 7; call one of 0-3, or 'all'");
  expect([error.cpu, error.possible]).toEqual([7, [0, 1, 2, 3]]);
});

describe('a run that the kernel refuses', () => {
  const refused = (number: number) => new SystemCallError('bpf(BPF_PROG_RUN) of program h on CPU 1', number);
  const old = () => ({ supported: false, reason: 'bpf(BPF_PROG_RUN): unknown' });
  const current = () => ({ supported: true });

  it.each(['EINVAL', 'E2BIG', 'ENOTSUPP', 'EOPNOTSUPP'] as const)(
    '%s on a kernel that cannot run a program on a chosen CPU names the feature and the first kernel that has it',
    (name) => {
      const error = runFailure(refused(errno[name]), 'h', old);
      expect(error).toBeInstanceOf(UnsupportedFeatureError);
      expect((error as UnsupportedFeatureError).minimumKernel).toBe('5.10');
      expect((error as Error).message).toBe(
        'this kernel does not offer BPF_PROG_RUN on a chosen CPU, which Linux has since 5.10: ' +
          'bpf(BPF_PROG_RUN): unknown; cross-calls need a kernel that does',
      );
    },
  );

  it('on such a kernel is told by the words of the call where trying it gives no reason', () => {
    const error = runFailure(refused(errno.EINVAL), 'h', () => ({ supported: false }));
    expect((error as Error).message).toMatch(/: bpf\(BPF_PROG_RUN\) of program h on CPU 1: .*; cross-calls need/);
  });

  it('as invalid where the kernel can is the fault of the handler', () => {
    const cause = refused(errno.EINVAL);
    const error = runFailure(cause, 'h', current);
    expect((error as Error).cause).toBe(cause);
    expect(error).toBeInstanceOf(HandlerError);
    expect((error as HandlerError).handler).toBe('h');
    expect((error as HandlerError).hint).toMatch(/it may read nothing behind/);
  });

  it.each(['E2BIG', 'ENOTSUPP', 'EOPNOTSUPP'] as const)('%s where the kernel can is told as it is', (name) => {
    const error = refused(errno[name]);
    expect(runFailure(error, 'h', current)).toBe(error);
  });

  it.each([
    ['for another reason', refused(errno.ENOMEM)],
    ['for want of privileges', new PrivilegeError('bpf(BPF_PROG_RUN)', errno.EPERM)],
    ['by none of its errors', new TypeError('no')],
  ])('%s is told as it is, and nothing is tried', (_, error) => {
    expect(runFailure(error, 'h', () => expect.unreachable('the kernel was probed'))).toBe(error);
  });
});
