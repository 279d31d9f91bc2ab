import { describe, expect, it } from 'vitest';
import { syscallNames32, syscallNames64 } from '../../src/providers/syscall-table.generated.js';

describe('system call table', () => {
  it.each([
    [0, 'read'],
    [1, 'write'],
    [39, 'getpid'],
    [59, 'execve'],
    [257, 'openat'],
    [334, 'rseq'],
    [335, 'uretprobe'],
    [424, 'pidfd_send_signal'],
    [452, 'fchmodat2'],
    [469, 'file_setattr'],
  ])('names x86-64 call %d %s', (number, name) => {
    expect(syscallNames64[number]).toBe(name);
  });

  it.each([
    [1, 'exit'],
    [3, 'read'],
    [11, 'execve'],
    [20, 'getpid'],
    [295, 'openat'],
    [469, 'file_setattr'],
  ])('names i386 call %d %s', (number, name) => {
    expect(syscallNames32[number]).toBe(name);
  });

  it('leaves numbers that no call has undefined', () => {
    expect(syscallNames64[400]).toBeUndefined();
    expect(syscallNames32[17]).toBe('break');
    expect(syscallNames32[222]).toBeUndefined();
  });

  it('has no name twice', () => {
    for (const names of [syscallNames64, syscallNames32]) {
      const defined = names.filter((name) => name !== undefined);
      expect(new Set(defined).size).toBe(defined.length);
      for (const name of defined) expect(name).toMatch(/^[a-z_][a-z0-9_]*$/);
    }
  });
});
