/**
 * The guest's side: what its first process does, and what it prints that the host understands.
 *
 * The first serial line is the kernel's console, the second carries what the command prints, so that neither gets into
 * the other. The command's status is on the second too, in a last line that carries a word of the host's choosing.
 */

import type { CpioEntry } from './cpio.js';
import { projectFolder } from './tree.js';

/** Where the command of the run lies in the guest. */
const commandFile = 'lab/command';

const ending = 'dtrace-lab-status';

/** The text of /init: file systems, the loopback device, the command, its status, and the power switch. */
export const initScript = (nonce: string): string => `#!/bin/busybox sh
/bin/busybox mkdir -p /bin /sbin /usr/sbin /proc /sys /dev /run /tmp /root
/bin/busybox --install -s
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
mkdir -p /dev/shm /dev/pts
mount -t tmpfs tmpfs /dev/shm
mount -t devpts devpts /dev/pts
mount -t tracefs tracefs /sys/kernel/tracing
mount -t bpf bpf /sys/fs/bpf
ip link set lo up
ip address add 127.0.0.1/8 dev lo 2>/dev/null
hostname lab
export PATH=/usr/bin:/bin:/usr/sbin:/sbin HOME=/root TERM=dumb NO_COLOR=1 CI=1 NODE_NO_WARNINGS=1
stty -F /dev/ttyS1 raw -echo
cd ${projectFolder}
setsid sh /${commandFile} </dev/null >/dev/ttyS1 2>&1
echo "${ending} ${nonce} $?" >/dev/ttyS1
sync
poweroff -f
`;

/** What the guest needs beside node and the project: busybox, the first process, and what it runs. */
export function guestFiles(busybox: Uint8Array, nonce: string, command: string): CpioEntry[] {
  return [
    // The kernel opens its console before anything is mounted.
    { kind: 'device', path: 'dev/console', major: 5, minor: 1 },
    { kind: 'file', path: 'bin/busybox', contents: busybox, executable: true },
    { kind: 'file', path: 'init', contents: Buffer.from(initScript(nonce)), executable: true },
    { kind: 'file', path: commandFile, contents: Buffer.from(`${command}\n`) },
    { kind: 'file', path: 'etc/passwd', contents: Buffer.from('root:x:0:0:root:/root:/bin/sh\n') },
    { kind: 'file', path: 'etc/hosts', contents: Buffer.from('127.0.0.1 localhost lab\n') },
  ];
}

/** The status in a line of the guest, undefined if it is another line. */
export function statusIn(line: string, nonce: string): number | undefined {
  const prefix = `${ending} ${nonce} `;
  const at = line.indexOf(prefix);
  const status = at < 0 ? '' : line.slice(at + prefix.length).trim();
  return /^\d+$/.test(status) ? Number(status) : undefined;
}

/** Lines of the kernel's console that say that something went wrong in the kernel. */
const troubles: readonly RegExp[] = [
  /\bBUG: /,
  /\bWARNING: (CPU|possible|suspicious|inconsistent|bad)/,
  /\bINFO: (rcu_|task .* blocked for more than)/,
  /\bsoft lockup\b/,
  /\bhard LOCKUP\b/i,
  /\bKernel panic\b/,
  /\bOops\b/,
  /\bgeneral protection fault\b/,
  /\bOut of memory: Killed\b/,
  /\bscheduling while atomic\b/,
];

/** Those lines of the kernel's console. */
export const troublesIn = (log: string): string[] =>
  log.split(/\r?\n/).filter((line) => troubles.some((trouble) => trouble.test(line)));
