import { describe, expect, it } from 'vitest';
import { countsLockedMemory, failure, PrivilegeError } from '../../src/bpf/loader/errors.js';
import { LimitError } from '../../src/sys/index.js';

describe('a call of bpf(2) that is refused', () => {
  it.each([
    ['bpf(BPF_MAP_CREATE) of map control', -1, true, LimitError, /ulimit -l/],
    ['bpf(BPF_PROG_LOAD) of program begin', -1, true, LimitError, /ulimit -l/],
    ['bpf(BPF_BTF_LOAD)', -1, true, LimitError, /ulimit -l/],
    ['bpf(BPF_MAP_CREATE) of map control', -1, false, PrivilegeError, /--doctor/],
    ['bpf(BPF_LINK_CREATE) of a perf event', -1, true, PrivilegeError, /--doctor/],
    ['bpf(BPF_PROG_LOAD) of program begin', -13, true, PrivilegeError, /--doctor/],
    ['bpf(BPF_PROG_LOAD) of program begin', -24, false, LimitError, /ulimit -n/],
    ['bpf(BPF_MAP_CREATE) of map principal', -12, false, LimitError, /bufsize/],
  ] as const)('%s, error %i, where small maps can be made: %s', (call, result, permitted, type, advice) => {
    const error = failure(call, result, () => permitted);
    expect(error).toBeInstanceOf(type);
    expect(error.message).toContain(call);
    expect(error instanceof LimitError ? error.hint : error.message).toMatch(advice);
  });

  it.each([
    ['4.19.0-27-amd64', true],
    ['5.10.0-30-amd64', true],
    ['5.11.0', false],
    ['6.1.0-56-amd64', false],
    ['6.18.44', false],
  ])('can be a limit on locked memory on Linux %s: %s', (release, counted) => {
    expect(countsLockedMemory(release)).toBe(counted);
  });
});
