import { statSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { pidNamespace, readProcessArguments, readProcessStatus, readSysctl, threadId } from '../../src/sys/index.js';

describe('processes', () => {
  it('the status of this process has its ids and its user', () => {
    const status = readProcessStatus('self');
    expect(status).toMatchObject({
      pid: process.pid,
      parentPid: process.ppid,
      effectiveUser: process.geteuid?.(),
      tracerPid: 0,
    });
    expect(status?.namespacePids).toContain(process.pid);
    expect(readProcessStatus(process.pid)).toEqual(status);
  });

  it('the arguments of this process start with node', () => {
    expect(readProcessArguments('self')?.[0]).toMatch(/node/);
  });

  it('a process that is not there has no status and no arguments', () => {
    expect(readProcessStatus(2 ** 22 + 1)).toBeUndefined();
    expect(readProcessArguments(2 ** 22 + 1)).toBeUndefined();
  });

  it('the calling thread is one of this process', () => {
    expect(statSync(`/proc/self/task/${threadId()}`).isDirectory()).toBe(true);
  });

  it('the pid namespace is that of /proc/self/ns/pid', () => {
    const { inode, initial } = pidNamespace();
    expect(inode).toBe(statSync('/proc/self/ns/pid').ino);
    expect(initial).toBe(inode === 4026531836);
  });

  it('sysctls are numbers, or undefined where the kernel has none', () => {
    expect(readSysctl('kernel/pid_max')).toBeGreaterThan(300);
    expect(readSysctl('kernel/no_such_thing')).toBeUndefined();
  });
});
