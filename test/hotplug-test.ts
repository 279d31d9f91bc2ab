/** Tests that take a CPU offline and online again, where the machine allows it. */

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { it } from 'vitest';
import { onlineCpus } from '../src/sys/index.js';
import { kernelTest } from './kernel-test.js';

const switchFile = (cpu: number): string => `/sys/devices/system/cpu/cpu${cpu}/online`;

/** A CPU that can be taken offline here, or why there is none. */
const removableCpu = (): number | string => {
  const cpu = onlineCpus().at(-1) ?? 0;
  const file = switchFile(cpu);
  if (onlineCpus().length < 2) return 'one CPU only';
  if (!existsSync(file)) return 'CPUs cannot go offline';
  try {
    writeFileSync(file, readFileSync(file));
  } catch (error) {
    return (error as Error).message;
  }
  return cpu;
};

const removable = removableCpu();

/** A test that takes a CPU offline; it is online again afterwards, whatever happens. */
export const hotplugTest = (
  name: string,
  run: (cpu: number, plug: (online: boolean) => void) => void | Promise<void>,
): void => {
  if (typeof removable === 'string') {
    it.skip(`${name} [skipped: ${removable}]`, () => {});
    return;
  }
  const plug = (online: boolean): void => writeFileSync(switchFile(removable), online ? '1' : '0');
  kernelTest(name, async () => {
    try {
      await run(removable, plug);
    } finally {
      plug(true);
    }
  });
};
