/** Taking CPUs of the guest offline and online. */

import { readFileSync, writeFileSync } from 'node:fs';

const switchOf = (cpu: number): string => `/sys/devices/system/cpu/cpu${cpu}/online`;

/** Takes a CPU offline or online; done when it returns. Throws where the kernel refuses. */
export function plug(cpu: number, online: boolean): void {
  writeFileSync(switchOf(cpu), online ? '1' : '0');
  const now = readFileSync(switchOf(cpu), 'latin1').trim();
  if (now !== (online ? '1' : '0')) throw new Error(`CPU ${cpu} is ${online ? 'not online' : 'still online'}`);
}
