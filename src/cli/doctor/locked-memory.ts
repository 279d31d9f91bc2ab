/** The limit on locked memory: kernels before Linux 5.11 count maps against it. Found out by trying, not by version. */

import { createMap } from '../../bpf/map.js';
import { type DoctorCheck, fine, short } from './check.js';

const name = 'locked memory';
const page = 4096;
/** Where the limit is higher than this, it is in nobody's way, and trying would take time. */
const largest = 64 * 1024 * 1024;

/** The soft limit in bytes, from /proc/self/limits; infinite for `unlimited`, undefined where the text has none. */
export function lockedMemoryLimit(limits: string): number | undefined {
  const value = /^Max locked memory\s+(\S+)/m.exec(limits)?.[1];
  if (value === undefined) return undefined;
  return value === 'unlimited' ? Number.POSITIVE_INFINITY : Number(value);
}

const asText = (bytes: number): string =>
  bytes >= 1024 * 1024 ? `${Math.floor(bytes / (1024 * 1024))} MiB` : `${Math.floor(bytes / 1024)} KiB`;

/** A map that is larger than the limit is made, if that is possible without the limit. */
export function lockedMemoryCheck(limits: string | undefined): DoctorCheck {
  const limit = limits === undefined ? undefined : lockedMemoryLimit(limits);
  if (limit === undefined) return fine(name, 'limit not shown here');
  if (limit > largest) return fine(name, limit === Number.POSITIVE_INFINITY ? 'no limit' : `limit ${asText(limit)}`);
  const attempt = (bytes: number): Error | undefined => {
    try {
      createMap({
        name: 'doctor',
        type: 'array',
        keySize: 4,
        valueSize: page,
        maxEntries: Math.ceil(bytes / page),
      }).close();
      return undefined;
    } catch (error) {
      return error instanceof Error ? error : new Error(String(error));
    }
  };
  if (attempt(page) !== undefined)
    return fine(name, `limit ${asText(limit)}; no map can be made, so it decides nothing`);
  if (attempt(limit + page) === undefined)
    return fine(name, `limit ${asText(limit)}, which does not count for eBPF here`);
  return short(
    name,
    'missing',
    `limit ${asText(limit)}`,
    'this kernel counts maps against it, and buffers are larger',
    'ulimit -l unlimited, in the shell that starts dtrace',
  );
}
