/** Which CPUs there are, and on which the calling thread may run. */

import { readFileSync } from 'node:fs';
import { callNumber } from './calls/system-calls.js';
import { checked, errno } from './errno/errno.js';
import { systemCall, withAddress } from './ffi.js';

/** The numbers of a list as sysfs writes it: `0-2,5` is 0, 1, 2, 5. */
export const parseCpuList = (text: string): number[] =>
  text
    .trim()
    .split(',')
    .filter((part) => part !== '')
    .flatMap((part) => {
      const [first = 0, last = first] = part.split('-').map(Number);
      return Array.from({ length: last - first + 1 }, (_, index) => first + index);
    });

const readList = (name: string): number[] => parseCpuList(readFileSync(`/sys/devices/system/cpu/${name}`, 'latin1'));

/** CPUs that can ever come online: what per-CPU memory is sized for. */
export const possibleCpus = (): number[] => readList('possible');

/** CPUs that are online now. Do not keep the list. */
export const onlineCpus = (): number[] => readList('online');

const maskBytes = 1024;

/** Lets the calling thread run on these CPUs only. Throws SystemCallError (EINVAL: none of them is online). */
export const setAffinity = (cpus: readonly number[]): void => {
  const mask = new Uint8Array(new ArrayBuffer(maskBytes));
  for (const cpu of cpus) {
    mask[cpu >> 3] = (mask[cpu >> 3] ?? 0) | (1 << (cpu & 7));
  }
  const set = (address: number) => systemCall(callNumber.schedSetaffinity, 0, mask.length, address);
  checked(`sched_setaffinity(${cpus.join(',')})`, withAddress(mask, set));
};

/** The CPUs that the calling thread may run on. Throws SystemCallError. */
export const getAffinity = (): number[] => {
  const mask = new Uint8Array(new ArrayBuffer(maskBytes));
  const get = (address: number) => systemCall(callNumber.schedGetaffinity, 0, mask.length, address);
  checked('sched_getaffinity', withAddress(mask, get));
  return Array.from({ length: maskBytes * 8 }, (_, cpu) => cpu).filter(
    (cpu) => ((mask[cpu >> 3] ?? 0) & (1 << (cpu & 7))) !== 0,
  );
};

/** SCHED_FIFO, and SCHED_RESET_ON_FORK: what the thread starts is not to have it (linux/sched.h). */
const realTimePolicy = 1 | 0x4000_0000;

/**
 * Lets the calling thread run before all threads that have no such priority, as soon as it wakes (SCHED_FIFO, 1 to 99);
 * false where it may not (no CAP_SYS_NICE, or a group without time for it). Throws SystemCallError.
 */
export const setRealTime = (priority: number): boolean => {
  const parameter = new Uint8Array(Int32Array.of(priority).buffer);
  const set = (address: number) => systemCall(callNumber.schedSetscheduler, 0, realTimePolicy, address);
  const result = withAddress(parameter, set);
  if (result === -errno.EPERM) return false;
  checked('sched_setscheduler', result);
  return true;
};
