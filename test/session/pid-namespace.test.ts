import { execFile, spawnSync } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { kernelTest } from '../kernel-test.js';

const unshare = ['-pf', '--mount-proc'];

/** Why a pid namespace cannot be made here; undefined: it can. */
const refusal = ((): string | undefined => {
  const { error, status, stderr } = spawnSync('unshare', [...unshare, 'true'], { encoding: 'utf8' });
  return error !== undefined ? error.message : status === 0 ? undefined : stderr.trim();
})();

const namespaceTest = (name: string, run: () => Promise<void>): void => {
  if (refusal === undefined) kernelTest(name, run);
  else it.skip(`${name} [skipped: ${refusal}]`, run);
};

interface Report {
  readonly pid: number;
  readonly ppid: number;
  readonly target: number;
  readonly lines: readonly string[];
}

const traceInside = async (text: string): Promise<Report> => {
  const tracer = [process.execPath, '--import', 'tsx', 'test/tracer.ts', text];
  const { stdout } = await promisify(execFile)('unshare', [...unshare, ...tracer]);
  return JSON.parse(stdout) as Report;
};

describe('in a pid namespace', () => {
  namespaceTest('pid, ppid, tid, $pid and $target are its ids', async () => {
    const { pid, target, lines } = await traceInside(
      `BEGIN { printf("BEGIN %d %d %d %d\\n", pid, tid, $pid, $target); }
       syscall::getpgid:entry /pid == $target/ { printf("call %d %d %d\\n", pid, tid, ppid); }`,
    );
    expect(pid).toBe(1);
    expect(lines).toEqual([`BEGIN 1 1 1 ${target}`, ...Array<string>(3).fill(`call ${target} ${target} 1`)]);
  });

  namespaceTest(
    'processes of other namespaces have the pid 0: a predicate never mistakes one for its own',
    async () => {
      const { target, lines } = await traceInside(
        `syscall::getpgid:entry /pid == $target/ { @own = count(); }
       profile-997 /pid != 0 && pid != $target && pid > 1000/ { printf("foreign %d\\n", pid); }
       END { printa("%@d\\n", @own); }`,
      );
      expect(target).toBeLessThan(1000);
      expect(lines).toEqual(['3']);
    },
  );
});
