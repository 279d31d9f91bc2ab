/** The eBPF objects that this process holds, as its descriptors show them. */

import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { bpf, closeDescriptor, createAttributes, type MappedMemory, mapShared } from '../src/sys/index.js';

/** A descriptor of this process that stands for a kernel object. */
export interface HeldObject {
  readonly fd: number;
  readonly kind: 'map' | 'program' | 'link' | 'event';
  /** The kernel's number for it, 0 for an event. */
  readonly id: number;
}

const kinds: Readonly<Record<string, HeldObject['kind']>> = {
  'anon_inode:bpf-map': 'map',
  'anon_inode:bpf-prog': 'program',
  'anon_inode:bpf_link': 'link',
  'anon_inode:[perf_event]': 'event',
};

const idField = { map: 'map_id', program: 'prog_id', link: 'link_id', event: undefined } as const;

const orNothing = <T>(read: () => T): T | undefined => {
  try {
    return read();
  } catch {
    return undefined;
  }
};

/** Every kernel object that a process of ours has a descriptor of; this one unless told. */
export function heldObjects(pid: number | 'self' = 'self'): readonly HeldObject[] {
  return readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
    const kind = kinds[orNothing(() => readlinkSync(`/proc/${pid}/fd/${fd}`)) ?? ''];
    const information = orNothing(() => readFileSync(`/proc/${pid}/fdinfo/${fd}`, 'latin1'));
    if (kind === undefined || information === undefined) return [];
    const field = idField[kind];
    const id = field === undefined ? 0 : Number(new RegExp(`^${field}:\\s*(\\d+)`, 'm').exec(information)?.[1] ?? 0);
    return [{ fd: Number(fd), kind, id }];
  });
}

/** How many descriptors this process has open. */
export const openDescriptors = (): number => readdirSync('/proc/self/fd').length;

/** What a process has of itself. */
export interface Holdings {
  readonly threads: number;
  readonly descriptors: number;
}

/** How many threads and descriptors this process has. */
const holdings = (): Holdings => ({
  threads: readdirSync('/proc/self/task').length,
  descriptors: openDescriptors(),
});

/** The same once it has not changed for half a second: a thread, and what it has open, goes a moment after it has ended. */
export async function holdingsAtRest(): Promise<Holdings> {
  let last = holdings();
  for (let same = 0; same < 20; ) {
    await new Promise((resolve) => setTimeout(resolve, 25));
    const now = holdings();
    same = isDeepStrictEqual(now, last) ? same + 1 : 0;
    last = now;
  }
  return last;
}

/**
 * What this process has beyond that, once it has nothing more or after ten seconds: a thread that is told to end while it
 * starts ends only then.
 */
export async function holdingsBeyond(before: Holdings): Promise<Holdings> {
  const beyond = (): Holdings => {
    const now = holdings();
    return {
      threads: Math.max(0, now.threads - before.threads),
      descriptors: Math.max(0, now.descriptors - before.descriptors),
    };
  };
  for (let tries = 0; tries < 400 && !isDeepStrictEqual(beyond(), nothing); tries += 1) {
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  return beyond();
}

/** Of threads and descriptors. */
export const nothing: Holdings = { threads: 0, descriptors: 0 };

const exists = (command: 'BPF_PROG_GET_FD_BY_ID' | 'BPF_MAP_GET_FD_BY_ID', id: number): boolean => {
  const fd = bpf(command, createAttributes(12).u32(0, id));
  if (fd < 0) return false;
  closeDescriptor(fd);
  return true;
};

/**
 * Whether the kernel still has a program. A link and an event hold their program, and a program its maps, so that where
 * every program is gone, and the descriptors too, nothing is left.
 */
export const programExists = (id: number): boolean => exists('BPF_PROG_GET_FD_BY_ID', id);

/** Whether the kernel still has a map. */
export const mapExists = (id: number): boolean => exists('BPF_MAP_GET_FD_BY_ID', id);

/** Maps the array of the name that a process of ours holds, to look at it or change it; undefined if there is none. */
export function mapByName(name: string, pid: number | 'self' = 'self'): MappedMemory | undefined {
  for (const { id, kind } of heldObjects(pid)) {
    if (kind !== 'map') continue;
    const fd = bpf('BPF_MAP_GET_FD_BY_ID', createAttributes(12).u32(0, id));
    if (fd < 0) continue;
    const found = mappedIfNamed(fd, name);
    closeDescriptor(fd);
    if (found !== undefined) return found;
  }
  return undefined;
}

function mappedIfNamed(fd: number, name: string): MappedMemory | undefined {
  const information = new Uint8Array(new ArrayBuffer(88));
  if (bpf('BPF_OBJ_GET_INFO_BY_FD', createAttributes(16).u32(0, fd).u32(4, 88).pointer(8, information)) < 0) {
    return undefined;
  }
  const text = Buffer.from(information).toString('latin1', 24, 40);
  // struct bpf_map_info: value_size at 12, name at 24.
  if (text.slice(0, text.indexOf('\0')) !== name) return undefined;
  return mapShared(fd, new DataView(information.buffer).getUint32(12, true));
}
