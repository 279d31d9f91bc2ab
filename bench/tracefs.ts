/** bpftrace finds tracepoints in tracefs, which some machines do not mount; dtrace needs none. */

import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

const folder = '/sys/kernel/tracing';

/** Mounts tracefs where it is not; gives what undoes it. Throws where it cannot be mounted. */
export function mountTracefs(): { close(): void } {
  if (existsSync(`${folder}/events`)) return { close: () => {} };
  const { status, stderr } = spawnSync('mount', ['-t', 'tracefs', 'tracefs', folder], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`bpftrace needs tracefs on ${folder}, which cannot be mounted: ${stderr.trim()}`);
  return {
    close: () => {
      spawnSync('umount', [folder]);
    },
  };
}
