import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { kernelBehind, onPath, suiteOptions } from '../../lab/debian.js';
import { guestFiles, initScript, statusIn, troublesIn } from '../../lab/guest.js';
import { boot, qemuWords } from '../../lab/qemu.js';
import { describeSyncCost, medianOf } from '../../lab/sync-cost.js';
import { librariesOf } from '../../lab/tree.js';

const machine = { kernel: '/boot/vmlinuz', cpus: 4, memory: 3072, append: ['preempt=full'] };

describe('the guest', () => {
  it('begins with a script that the shell can read', () => {
    expect(spawnSync('sh', ['-n'], { input: initScript('n'), encoding: 'utf8' })).toMatchObject({
      status: 0,
      stderr: '',
    });
  });

  it('has its command, its first process and a console', () => {
    const files = guestFiles(new Uint8Array(3), 'n', 'uname -a');
    expect(files.map(({ path }) => path)).toEqual(expect.arrayContaining(['init', 'bin/busybox', 'dev/console']));
    expect(files.find(({ path }) => path === 'lab/command')).toMatchObject({ contents: Buffer.from('uname -a\n') });
  });

  it.each([
    ['dtrace-lab-status n 0', 0],
    ['dtrace-lab-status n 137\r', 137],
    ['half a linedtrace-lab-status n 3', 3],
    ['dtrace-lab-status other 0', undefined],
    ['dtrace-lab-status n', undefined],
    ['dtrace-lab-status n zero', undefined],
  ])('says its status: "%s" is %s', (line, status) => {
    expect(statusIn(line, 'n')).toBe(status);
  });

  it.each([
    '[    1.2] BUG: scheduling while atomic: node/123/0x00000002',
    '[    1.2] WARNING: CPU: 1 PID: 12 at kernel/smp.c:912 smp_call_function_many_cond+0x12/0x34',
    '[    1.2] rcu: INFO: rcu_preempt detected stalls on CPUs/tasks:',
    '[    1.2] watchdog: BUG: soft lockup - CPU#1 stuck for 26s! [node:123]',
    '[    1.2] Kernel panic - not syncing: Attempted to kill init! exitcode=0x00000100',
    '[    1.2] INFO: task node:12 blocked for more than 120 seconds.',
  ])('is in trouble where its console says %s', (line) => {
    expect(troublesIn(`[    0.0] Linux version 6.1\r\n${line}\r\nmore`)).toEqual([line]);
  });

  it.each(['AMD-Vi: AMD IOMMUv2 functionality not available on this system - This is not a bug.', 'NMI watchdog: off'])(
    'is in no trouble where its console says %s',
    (line) => {
      expect(troublesIn(line)).toEqual([]);
    },
  );
});

describe('qemu', () => {
  const folder = mkdtempSync(join(tmpdir(), 'dtrace-lab-test-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  it('is told the kernel, the CPUs, the memory, and the words for the kernel', () => {
    const words = qemuWords(machine, '/initramfs', '/console');
    const behind = (word: string) => words[words.indexOf(word) + 1];
    expect([behind('-kernel'), behind('-smp'), behind('-m'), behind('-initrd')]).toEqual([
      ...['/boot/vmlinuz', '4', '3072M', '/initramfs'],
    ]);
    expect(behind('-accel')).toBe('tcg,thread=multi');
    expect(qemuWords({ ...machine, turns: true }, '', '')).toContain('tcg,thread=single');
    expect(behind('-append')).toMatch(/^console=ttyS0.* preempt=full$/);
  });

  const bootWith = (text: string, timeout = 20) => {
    const qemu = join(folder, 'qemu');
    writeFileSync(qemu, `#!/bin/sh\n${text}\n`, { mode: 0o755 });
    const lines: string[] = [];
    const onLine = (line: string): number => lines.push(line);
    return boot({ machine, files: [], nonce: 'n', timeout, onLine, qemu }).then((result) => ({ ...result, lines }));
  };

  it.each([
    [
      'a status is the result',
      'echo one; echo "dtrace-lab-status n 7"',
      { status: 7, reason: undefined, lines: ['one'] },
    ],
    ['a guest that goes down has none', 'echo one', { reason: 'the guest went down before its command had ended' }],
    [
      'nor has one that does not start',
      'echo "no such file" >&2; exit 1',
      { reason: 'qemu ended with status 1: no such file' },
    ],
  ])('%s', async (_, text, expected) => {
    expect(await bootWith(text)).toMatchObject(expected);
  });

  it('is ended, and its files go, where the lab is told to end', async () => {
    const written = join(folder, 'words');
    const running = bootWith(`echo "$@" >${written}; exec sleep 60`);
    const told = expect(running).rejects.toThrow('ended by SIGHUP');
    while (!existsSync(written) || readFileSync(written, 'utf8') === '')
      await new Promise((done) => setTimeout(done, 5));
    process.kill(process.pid, 'SIGHUP');
    await told;
    const initramfs = / -initrd (\S+)/.exec(readFileSync(written, 'utf8'))?.[1] ?? expect.unreachable('no initramfs');
    expect(existsSync(initramfs)).toBe(false);
  });

  it('that is not there is an error', async () => {
    const onLine = (): void => {};
    const options = { machine, files: [], nonce: 'n', timeout: 5, onLine, qemu: join(folder, 'no-qemu') };
    await expect(boot(options)).rejects.toThrow(/no-qemu cannot be started: .*ENOENT/);
  });

  it('a guest that hangs is ended, and its console is kept', async () => {
    // The console is the word behind -serial that begins with file:.
    const text =
      'for word in "$@"; do case $word in file:*) echo "BUG: stuck" >"$' + '{word#file:}";; esac; done; exec sleep 60';
    expect(await bootWith(text, 1)).toMatchObject({
      ...{ status: undefined, reason: 'it had not ended after 1 s' },
      ...{ console: 'BUG: stuck\n', troubles: ['BUG: stuck'] },
    });
  });
});

describe('what other programs print', () => {
  it('the libraries in the lines of ldd(1)', () => {
    const printed = `\tlinux-vdso.so.1 (0x00007f2c5a572000)
\tlibm.so.6 => /lib/x86_64-linux-gnu/libm.so.6 (0x00007f2c5a47c000)
\tlibgone.so.1 => not found
\t/lib64/ld-linux-x86-64.so.2 (0x00007f2c5a574000)
`;
    expect(librariesOf(printed)).toEqual(['/lib/x86_64-linux-gnu/libm.so.6', '/lib64/ld-linux-x86-64.so.2']);
  });

  it.each([
    ['linux-image-amd64', 'linux-image-amd64\n  Depends: linux-image-6.1.0-56-amd64\n', 'linux-image-6.1.0-56-amd64'],
    ['linux-image-6.1.0-9-amd64', 'linux-image-6.1.0-9-amd64\n  Depends: kmod\n', 'linux-image-6.1.0-9-amd64'],
    ['linux-image-7.2-amd64', '  Depends: linux-base\n  Depends: linux-binary-7.2-amd64\n', 'linux-binary-7.2-amd64'],
    ['linux-binary-7.2-amd64', '  Depends: linux-binary-7.2-amd64\n', 'linux-binary-7.2-amd64'],
  ])('the package behind %s', (name, printed, expected) => {
    expect(kernelBehind(name, printed)).toBe(expected);
  });

  it('a suite has sources and a state of its own', (context) => {
    const folder = mkdtempSync(join(tmpdir(), 'dtrace-lab-test-'));
    try {
      expect(suiteOptions(undefined, folder)).toEqual([]);
      if (!existsSync('/usr/share/keyrings/debian-archive-keyring.gpg')) context.skip('no keys of Debian here');
      const options = suiteOptions('sid', folder);
      expect(options).toContain(`Dir::Etc::SourceList=${folder}/apt/sid/sources`);
      expect(readFileSync(`${folder}/apt/sid/sources`, 'utf8')).toMatch(/^deb \[signed-by=.*\] http.* sid main\n$/);
      expect(existsSync(`${folder}/apt/sid/lists/partial`)).toBe(true);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('a command is on the path, or not', () => {
    expect([onPath('sh'), onPath('no-such-command'), onPath('sh', '')]).toEqual([true, false, false]);
  });
});

describe('the figures of sync()', () => {
  it('are medians, their ratio that of the pairs', () => {
    const pairs = [
      [10, 20],
      [10, 25],
      [20, 30],
    ] as const;
    expect(describeSyncCost({ cpus: [2, 4], pairs })).toBe(
      'sync(): 10.0 us with 2 CPUs, 25.0 us with 4 CPUs; ratio 2.00 (1.50..2.50 in 3 rounds), target <= 2.2: met',
    );
  });

  it('miss the target where they do, and have none for other CPUs', () => {
    expect(describeSyncCost({ cpus: [2, 4], pairs: [[10, 23]] })).toMatch(/MISSED$/);
    expect(describeSyncCost({ cpus: [2, 8], pairs: [[10, 23]] })).toMatch(/rounds\)$/);
  });

  it('have no median where there are none', () => {
    expect(medianOf([3, 1, 2])).toBe(2);
    expect(() => medianOf([])).toThrow(RangeError);
  });
});
