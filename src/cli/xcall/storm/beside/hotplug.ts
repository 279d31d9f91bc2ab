/** Taking a CPU offline and online again, where the machine allows it. */

import { spawn } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { onlineCpus } from '../../../../sys/index.js';

const switchFile = (cpu: number): string => `/sys/devices/system/cpu/cpu${cpu}/online`;

/** A CPU that can go, or why there is none. */
export type Removable = { readonly cpu: number } | { readonly reason: string };

/** Finds out whether a CPU can be taken offline here, without doing it. */
export function removableCpu(): Removable {
  const online = onlineCpus();
  const cpu = online.at(-1) ?? 0;
  if (online.length < 2) return { reason: 'there is one CPU only' };
  if (!existsSync(switchFile(cpu))) return { reason: `CPU ${cpu} has no switch in /sys/devices/system/cpu` };
  try {
    writeFileSync(switchFile(cpu), readFileSync(switchFile(cpu)));
    return { cpu };
  } catch (error) {
    return { reason: (error as Error).message };
  }
}

/** s. */
const away = 0.3;

/**
 * Takes the CPU offline, and online again a moment later; settled then, with what went wrong. A process of its own does
 * it, which nothing stops: the CPU comes back also if this process is killed.
 */
export function unplugBriefly(cpu: number): Promise<string | undefined> {
  const script = `trap '' INT TERM HUP; echo 0 > "$1" && sleep ${away}; echo 1 > "$1"`;
  const shell = spawn('/bin/sh', ['-c', script, 'xcall-storm', switchFile(cpu)], {
    stdio: ['ignore', 'ignore', 'pipe'],
    detached: true,
  });
  let text = '';
  shell.stderr?.on('data', (data) => {
    text += String(data);
  });
  return new Promise((resolve) => {
    shell.on('error', (error) => resolve(error.message));
    shell.on('close', () => resolve(text === '' ? undefined : text.trim()));
  });
}
