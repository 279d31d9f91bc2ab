/**
 * Maps as plain data. Arrays are bytes; hashes hold entries by the content of their keys. Every element has an address
 * that follows from its content (arrays: the index; hashes: a hash of the key), not from the order of insertions, so
 * that equal contents are equal states.
 *
 * As in the kernel, replacing or deleting an entry of a hash leaves the old value behind for those who hold a pointer to
 * it. Such a detached value stays until `reclaim`, which stands for the end of an RCU grace period.
 */

import { updateFlag } from '../../helper.js';
import type { MapSpec, MapType } from '../../spec.js';
import { errno } from '../errno.js';
import { elementAddress, elementsOf, spanOf } from './address.js';
import { createHasher, digest, mixBytes, mixNumber, mixString } from './hash.js';

/** An entry of a hash: its value, for per-CPU hashes one value a CPU after the other, each `stride` bytes. */
export interface HashEntry {
  readonly slot: number;
  readonly bytes: Uint8Array;
}

/** What arrays and hashes share. */
interface MapBase {
  /** Its number, which is its place in the list of maps. */
  readonly id: number;
  readonly name: string;
  readonly type: MapType;
  readonly keySize: number;
  readonly valueSize: number;
  readonly maxEntries: number;
  /** CPUs with a value of their own: 1 unless the map is per CPU. */
  readonly cpus: number;
  /** Bytes from one value to the next: the value size rounded up to 8. */
  readonly stride: number;
  /** Bytes of address space from one element to the next. */
  readonly span: number;
  /** Programs may not write it. */
  readonly frozen: boolean;
}

/** The contents of a map. */
export type MapStorage =
  /** Element `cpu * maxEntries + index` starts at byte `element * stride`. */
  | (MapBase & { readonly kind: 'array'; readonly bytes: Uint8Array })
  /** `entries` by key (a latin-1 character a byte); `slots` also has the detached ones. */
  | (MapBase & {
      readonly kind: 'hash';
      readonly entries: Map<string, HashEntry>;
      readonly slots: Map<number, HashEntry>;
    })
  /** What was written since the start: nobody reads it. */
  | (MapBase & { readonly kind: 'ring'; readonly records: Uint8Array[] });

type Hash = Extract<MapStorage, { kind: 'hash' }>;
type Ring = Extract<MapStorage, { kind: 'ring' }>;
type Elements = Exclude<MapStorage, Ring>;

const roundUp = (bytes: number): number => Math.ceil(bytes / 8) * 8;

/** A map in its initial state, number `id`, on a machine with `cpus` CPUs. */
export const createMap = (spec: MapSpec, id: number, cpus: number): MapStorage => {
  const { name, type, keySize, valueSize, frozen = false } = spec;
  const stride = roundUp(valueSize);
  const own = type === 'percpu-array' || type === 'percpu-hash' ? cpus : 1;
  const base = { id, name, type, valueSize, cpus: own, stride, span: spanOf(stride), frozen };
  switch (type) {
    case 'array':
    case 'percpu-array': {
      const bytes = new Uint8Array(own * spec.maxEntries * stride);
      bytes.set(spec.contents ?? new Uint8Array());
      return { ...base, kind: 'array', keySize, maxEntries: spec.maxEntries, bytes };
    }
    case 'hash':
    case 'percpu-hash':
      return { ...base, kind: 'hash', keySize, maxEntries: spec.maxEntries, entries: new Map(), slots: new Map() };
    case 'task-storage': {
      // The key is the address of the task.
      const maxEntries = Number.MAX_SAFE_INTEGER;
      return { ...base, kind: 'hash', keySize: 8, maxEntries, entries: new Map(), slots: new Map() };
    }
    case 'ring-buffer':
      return { ...base, kind: 'ring', keySize, maxEntries: spec.maxEntries, records: [] };
  }
};

/** The key of a hash entry as text, and back. */
export const keyText = (key: Uint8Array): string => Buffer.from(key).toString('latin1');

/** The bytes of a key made by `keyText`. */
export const keyBytes = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'latin1'));

const arrayIndex = (key: Uint8Array): number =>
  new DataView(key.buffer, key.byteOffset, key.byteLength).getUint32(0, true);

/** The first free slot in the order that belongs to this key. */
const freeSlot = (map: Hash, key: string): number => {
  const limit = Math.floor(elementsOf(map.span) / map.cpus);
  for (let attempt = 0; ; attempt += 1) {
    const hasher = createHasher();
    mixNumber(hasher, attempt);
    mixString(hasher, key);
    const slot = Number(digest(hasher) % BigInt(limit));
    if (!map.slots.has(slot)) {
      return slot;
    }
  }
};

const insert = (map: Hash, key: string): HashEntry => {
  const entry = { slot: freeSlot(map, key), bytes: new Uint8Array(map.cpus * map.stride) };
  map.entries.set(key, entry);
  map.slots.set(entry.slot, entry);
  return entry;
};

/** The address of the value of `key` for CPU `cpu`, or 0 if there is none. */
export const lookup = (map: Elements, key: Uint8Array, cpu: number): bigint => {
  const own = map.cpus === 1 ? 0 : cpu;
  if (map.kind === 'array') {
    const index = arrayIndex(key);
    return index < map.maxEntries ? elementAddress(map.id, own * map.maxEntries + index, map.span) : 0n;
  }
  const entry = map.entries.get(keyText(key));
  return entry === undefined ? 0n : elementAddress(map.id, entry.slot * map.cpus + own, map.span);
};

/** Where an element lies in bytes: `undefined` if the map has none of that number. */
export const element = (
  map: MapStorage,
  number: number,
): { readonly bytes: Uint8Array; readonly start: number } | undefined => {
  if (map.kind === 'ring') {
    return undefined;
  }
  if (map.kind === 'array') {
    return number < map.cpus * map.maxEntries ? { bytes: map.bytes, start: number * map.stride } : undefined;
  }
  const bytes = map.slots.get(Math.floor(number / map.cpus))?.bytes;
  return bytes === undefined ? undefined : { bytes, start: (number % map.cpus) * map.stride };
};

/** bpf_map_update_elem from a program on CPU `cpu`: 0 or a negative errno. */
export const update = (map: Elements, key: Uint8Array, value: Uint8Array, flags: bigint, cpu: number): number => {
  const own = map.cpus === 1 ? 0 : cpu;
  if (flags > BigInt(updateFlag.exist)) {
    return -errno.EINVAL;
  }
  if (map.kind === 'array') {
    const index = arrayIndex(key);
    if (index >= map.maxEntries) {
      return -errno.E2BIG;
    }
    if (flags === BigInt(updateFlag.noExist)) {
      return -errno.EEXIST;
    }
    map.bytes.set(value, (own * map.maxEntries + index) * map.stride);
    return 0;
  }
  const text = keyText(key);
  const old = map.entries.get(text);
  if (old !== undefined && flags === BigInt(updateFlag.noExist)) {
    return -errno.EEXIST;
  }
  if (old === undefined && flags === BigInt(updateFlag.exist)) {
    return -errno.ENOENT;
  }
  if (old === undefined && map.entries.size >= map.maxEntries) {
    return -errno.E2BIG;
  }
  // The kernel overwrites per-CPU values in place, and replaces the entry of a plain hash by a new one.
  const entry = old !== undefined && map.type === 'percpu-hash' ? old : insert(map, text);
  entry.bytes.set(value, own * map.stride);
  return 0;
};

/** bpf_map_delete_elem: 0 or a negative errno. */
export const remove = (map: Elements, key: Uint8Array): number => {
  if (map.kind === 'array') {
    return -errno.EINVAL;
  }
  return map.entries.delete(keyText(key)) ? 0 : -errno.ENOENT;
};

/** Bytes of a ring buffer that a record takes beside its own, and what those are rounded up to. */
const recordOverhead = 8;

/** bpf_ringbuf_output: 0, or a negative errno where there is no room (nothing is ever read here). */
export const output = (map: Ring, record: Uint8Array): number => {
  const used = [...map.records, record].reduce((sum, { length }) => sum + recordOverhead + roundUp(length), 0);
  if (used > map.maxEntries) {
    return -errno.EAGAIN;
  }
  map.records.push(record.slice());
  return 0;
};

/** The address of a task's value, created from `initial` (zero without) if `create`; 0 if there is none. */
export const storage = (map: Hash, task: Uint8Array, create: boolean, initial: Uint8Array | undefined): bigint => {
  const text = keyText(task);
  let entry = map.entries.get(text);
  if (entry === undefined && create) {
    entry = insert(map, text);
    entry.bytes.set(initial ?? new Uint8Array());
  }
  return entry === undefined ? 0n : elementAddress(map.id, entry.slot, map.span);
};

/** Forgets detached values. Only when no machine holds a pointer into the map: entries may move. */
export const reclaimMap = (map: MapStorage): void => {
  if (map.kind !== 'hash') {
    return;
  }
  const entries = [...map.entries].sort(([a], [b]) => (a < b ? -1 : 1));
  map.entries.clear();
  map.slots.clear();
  for (const [key, { bytes }] of entries) {
    insert(map, key).bytes.set(bytes);
  }
};

/** A copy that shares nothing that can change. */
export const cloneMap = (map: MapStorage): MapStorage => {
  if (map.kind === 'array') {
    return map.frozen ? map : { ...map, bytes: map.bytes.slice() };
  }
  if (map.kind === 'ring') {
    return { ...map, records: [...map.records] };
  }
  const slots = new Map<number, HashEntry>();
  for (const [slot, entry] of map.slots) {
    slots.set(slot, { slot, bytes: entry.bytes.slice() });
  }
  const entries = new Map<string, HashEntry>();
  for (const [key, { slot }] of map.entries) {
    const entry = slots.get(slot);
    if (entry !== undefined) {
      entries.set(key, entry);
    }
  }
  return { ...map, entries, slots };
};

/** A hash of the contents: the same for the same contents in whatever order they were inserted. */
export const hashMap = (map: MapStorage): bigint => {
  if (map.kind === 'array') {
    const hasher = createHasher();
    mixBytes(hasher, map.bytes);
    return digest(hasher);
  }
  if (map.kind === 'ring') {
    const hasher = createHasher();
    for (const record of map.records) {
      mixBytes(hasher, record);
    }
    return digest(hasher);
  }
  let sum = 0n;
  for (const [key, { slot, bytes }] of map.entries) {
    const hasher = createHasher();
    mixString(hasher, key);
    mixNumber(hasher, slot);
    mixBytes(hasher, bytes);
    sum += digest(hasher);
  }
  if (map.slots.size > map.entries.size) {
    const attached = new Set([...map.entries.values()].map(({ slot }) => slot));
    for (const [slot, { bytes }] of map.slots) {
      if (!attached.has(slot)) {
        const hasher = createHasher();
        mixNumber(hasher, ~slot);
        mixBytes(hasher, bytes);
        sum += digest(hasher);
      }
    }
  }
  return BigInt.asUintN(64, sum);
};
