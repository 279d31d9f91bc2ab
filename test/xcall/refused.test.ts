/** The library where cross-calls are not possible: in processes of their own, which are given no way to make them. */

import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { kernelTest } from '../kernel-test.js';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** What a call ended in. */
interface Refusal {
  readonly name: string;
  readonly message: string;
  readonly minimumKernel?: string;
}

/** Prints what each of the library's entries throws, behind `prepare`. */
const script = (prepare: string): string => `
import { createMailbox, loadHandler, xcall } from 'dtrace-linux/xcall';
import { exit, move } from 'dtrace-linux/bpf';
const handler = [move('r0', 1), exit()];
const entries = {
  one: () => xcall(0, handler),
  all: () => xcall('all', handler),
  nowhere: () => xcall(60_000, handler),
  mailbox: () => createMailbox(),
};
${prepare}
const refusals = Object.entries(entries).map(([name, run]) => {
  try {
    run();
    return [name, {}];
  } catch (error) {
    const { message, minimumKernel } = error;
    return [name, { name: error.name, message, minimumKernel }];
  }
});
console.log(JSON.stringify(Object.fromEntries(refusals)));
`;

function refusals(prepare: string, before: readonly string[] = []): Readonly<Record<string, Refusal>> {
  const words = [...before, process.execPath, '--input-type=module', '-e', script(prepare)];
  const [command = '', ...rest] = words;
  const { status, stdout, stderr } = spawnSync(command, rest, { cwd: root, encoding: 'utf8', timeout: 50_000 });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  return JSON.parse(stdout) as Readonly<Record<string, Refusal>>;
}

describe('on a kernel before 5.10', () => {
  kernelTest('xcall() and createMailbox() throw UnsupportedFeatureError, which names that kernel', () => {
    const { one, all, mailbox, nowhere } = refusals('', [process.execPath, '--import', 'tsx', 'test/old-kernel.ts']);
    for (const refusal of [one, all, mailbox]) {
      expect(refusal).toMatchObject({ name: 'UnsupportedFeatureError', minimumKernel: '5.10' });
      expect(refusal?.message).toMatch(/^this kernel does not offer BPF_PROG_RUN on a chosen CPU/);
    }
    expect(nowhere?.name).toBe('NoSuchCpuError');
  });
});

describe('without privileges', () => {
  const mayChange = process.getuid?.() === 0;
  const why = mayChange ? '' : ' [skipped: not root]';
  it.skipIf(!mayChange)(`xcall() and createMailbox() throw PrivilegeError, with what to do${why}`, () => {
    // koffi is loaded while its files can be read for sure.
    const prepare = 'loadHandler(handler).close(); process.setgid(65534); process.setuid(65534);';
    const { one, all, mailbox, nowhere } = refusals(prepare);
    for (const refusal of [one, all, mailbox]) {
      expect(refusal?.name).toBe('PrivilegeError');
      expect(refusal?.message).toMatch(
        /Operation not permitted \(EPERM\); tracing needs root, or CAP_BPF and CAP_PERFMON/,
      );
    }
    expect(nowhere?.name).toBe('NoSuchCpuError');
  });
});
