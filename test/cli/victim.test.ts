import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { constants, mkdtempSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { GrabError, grabProcess } from '../../src/cli/targets/grab.js';
import { describeEnd, processState } from '../../src/cli/targets/traced-process.js';
import { startVictim, VictimError } from '../../src/cli/targets/victim.js';
import { kernelTest } from '../kernel-test.js';

const onLinux = describe.skipIf(process.platform !== 'linux');

const sleep = (milliseconds: number) => new Promise<void>((resolve) => setTimeout(resolve, milliseconds));

const isThere = (pid: number): boolean => {
  const state = processState(pid)?.state;
  return state !== undefined && state !== 'Z';
};

const untilGone = async (pid: number): Promise<void> => {
  while (isThere(pid)) await sleep(5);
};

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'dtrace-victim-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

onLinux('the process of -c', () => {
  it('waits, and then becomes the command under the same id', async () => {
    const file = join(folder, 'pid');
    using victim = startVictim(`sh -c "echo $$ > ${file}"`);
    await victim.ready;
    expect(processState(victim.pid)?.state).toBe('S');
    expect(() => readFileSync(file)).toThrow(/ENOENT/);
    victim.release();
    await victim.ended;
    expect(Number(readFileSync(file, 'utf8'))).toBe(victim.pid);
  });

  it.each<[string, { status: number | null; signal: string | null }]>([
    ['true', { status: 0, signal: null }],
    ['sh -c "exit 7"', { status: 7, signal: null }],
    ["sh -c 'kill -TERM $$'", { status: null, signal: 'SIGTERM' }],
  ])('%s ends with its status or signal', async (command, end) => {
    using victim = startVictim(command);
    victim.release();
    expect(await victim.ended).toEqual(end);
  });

  it('hands its words over as they are', async () => {
    const file = join(folder, 'words');
    const program = join(folder, 'write-words');
    writeFileSync(program, `#!/bin/sh\nprintf '%s\\n' "$0" "$@" > ${file}\n`, { mode: 0o755 });
    using victim = startVictim(`${program} -n "a  b" '$HOME' "" \\*`);
    victim.release();
    await victim.ended;
    expect(readFileSync(file, 'utf8').split('\n')).toEqual([program, '-n', 'a  b', '$HOME', '', '\\*', '']);
  });

  it('has the standard input and output of dtrace, and no descriptor more', async () => {
    using victim = startVictim('sleep 1000');
    await victim.ready;
    victim.release();
    while (readFileSync(`/proc/${victim.pid}/comm`, 'utf8') !== 'sleep\n') await sleep(1);
    const target = (pid: number | 'self', descriptor: number) => readlinkSync(`/proc/${pid}/fd/${descriptor}`);
    for (const descriptor of [0, 1, 2]) expect(target(victim.pid, descriptor)).toBe(target('self', descriptor));
    expect(() => target(victim.pid, 3)).toThrow(/ENOENT/);
    expect(() => target(victim.pid, 4)).toThrow(/ENOENT/);
  });

  it.each(['waiting', 'running', 'stopped'])('is gone after close() while it is %s', async (state) => {
    const victim = startVictim('sleep 1000');
    await victim.ready;
    if (state !== 'waiting') victim.release();
    if (state === 'stopped') {
      process.kill(victim.pid, 'SIGSTOP');
      while (processState(victim.pid)?.state !== 'T') await sleep(1);
    }
    victim.close();
    victim.close();
    expect(await victim.ended).toEqual({ status: null, signal: 'SIGKILL' });
    expect(isThere(victim.pid)).toBe(false);
  });

  it('can be released and closed after it has ended', async () => {
    const victim = startVictim('true');
    victim.release();
    await victim.ended;
    victim.release();
    victim.close();
    await expect(victim.ready).resolves.toBeUndefined();
  });

  it.each([
    ['no-such-command-anywhere a', 'failed to execute no-such-command-anywhere: No such file or directory'],
    ['/no/such/command', 'failed to execute /no/such/command: No such file or directory'],
    ['/etc/passwd', 'failed to execute /etc/passwd: Permission denied'],
    ['/usr', 'failed to execute /usr: Permission denied'],
  ])('%s: nothing is started', (command, message) => {
    expect(() => startVictim(command)).toThrow(VictimError);
    expect(() => startVictim(command)).toThrow(message);
  });
});

/** A process of its own that starts the victim `command`; gives both ids. */
async function startElsewhere(
  command: string,
  then: 'release' | 'wait',
): Promise<{ parent: ChildProcess; pid: number }> {
  const script = join(import.meta.dirname, 'start-victim.ts');
  const parent = spawn(process.execPath, ['--import', 'tsx', script, command, then], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (parent.stdout === null) throw new Error('there is no pipe');
  for await (const line of createInterface(parent.stdout)) return { parent, pid: Number(line) };
  throw new Error('the process said nothing');
}

onLinux('SIGKILL of dtrace', () => {
  it('ends a process that waits, which never becomes the command', async () => {
    const file = join(folder, 'ran');
    const { parent, pid } = await startElsewhere(`touch ${file}`, 'wait');
    expect(isThere(pid)).toBe(true);
    parent.kill('SIGKILL');
    await untilGone(pid);
    expect(() => readFileSync(file)).toThrow(/ENOENT/);
  });

  it('leaves a command that runs running, not stopped', async () => {
    const { parent, pid } = await startElsewhere('sleep 1000', 'release');
    try {
      parent.kill('SIGKILL');
      await untilGone(parent.pid ?? 0);
      expect(processState(pid)?.state).toMatch(/[SR]/);
    } finally {
      process.kill(pid, 'SIGKILL');
    }
    await untilGone(pid);
  });
});

onLinux('a process of -p', () => {
  it('is seen to end, and lives on after close()', async () => {
    const child = spawn('sleep', ['1000'], { stdio: 'ignore' });
    const pid = child.pid ?? 0;
    const left = grabProcess(pid);
    left.close();
    const watched = grabProcess(pid);
    await watched.ready;
    expect(isThere(pid)).toBe(true);
    child.kill('SIGKILL');
    expect(await watched.ended).toEqual({ status: null, signal: null });
    expect(await Promise.race([left.ended, sleep(200).then(() => 'not told')])).toBe('not told');
  });

  it('has ended when it is a zombie', async () => {
    // The parent never asks for the status of its child.
    const parent = spawn('sh', ['-c', 'sleep 1000 & echo $!; exec sleep 1000'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    try {
      const pid = await new Promise<number>((resolve) => {
        parent.stdout.once('data', (data) => resolve(Number(data)));
      });
      const watched = grabProcess(pid);
      process.kill(pid, 'SIGKILL');
      await watched.ended;
      expect(processState(pid)?.state).toBe('Z');
      expect(() => grabProcess(pid)).toThrow(`failed to grab pid ${pid}: No such process`);
    } finally {
      parent.kill('SIGKILL');
    }
  });

  it('must exist', () => {
    const { pid } = spawnSync('true');
    expect(() => grabProcess(pid)).toThrow(GrabError);
    expect(() => grabProcess(pid)).toThrow(`failed to grab pid ${pid}: No such process`);
  });

  it('must not be a thread', () => {
    const threads = spawnSync('ls', [`/proc/${process.pid}/task`], { encoding: 'utf8' })
      .stdout.trim()
      .split('\n');
    const thread = Number(threads.find((name) => Number(name) !== process.pid));
    expect(() => grabProcess(thread)).toThrow(`it is a thread of process ${process.pid}, use -p ${process.pid}`);
  });
});

describe('a command that shares the output of its dtrace', () => {
  // What /proc shows of descriptors: the flags in octal. Standard output and error are sockets here, and one pipe there.
  const flags = 'cat /proc/self/fdinfo/1 /proc/self/fdinfo/2';
  const dtrace = `exec '${process.execPath}' bin/dtrace -n 'BEGIN { sync(); }' -c 'sh -c "${flags}; sleep 2; ${flags}"'`;
  const root = join(import.meta.dirname, '../..');

  for (const [what, script] of [
    ['sockets', dtrace],
    ['one pipe', `(${dtrace}) 2>&1 | cat`],
  ] as const) {
    kernelTest(`is never turned away by them (${what}): they do not become non-blocking`, () => {
      const { stdout } = spawnSync('sh', ['-c', script], { cwd: root, encoding: 'utf8', timeout: 30_000 });
      const found = [...stdout.matchAll(/^flags:\t([0-7]+)$/gm)].map(([, octal = '']) => Number.parseInt(octal, 8));
      expect(found.map((flag) => flag & constants.O_NONBLOCK)).toEqual([0, 0, 0, 0]);
    });
  }
});

it.each([
  [{ status: 0, signal: null }, 'pid 12 has exited'],
  [{ status: 3, signal: null }, 'pid 12 exited with status 3'],
  [{ status: null, signal: 'SIGTERM' }, 'pid 12 terminated by SIGTERM'],
  [{ status: null, signal: null }, 'pid 12 has exited'],
])('the end %j reads as dtrace(1) has it', (end, text) => {
  expect(describeEnd(12, end)).toBe(text);
});
