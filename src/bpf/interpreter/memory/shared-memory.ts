/**
 * What all CPUs of a machine share: maps, kernel and user memory, the clock. Plain data, separate from the machine
 * states, so that an explorer can interleave several of them over one and copy, hash and restore it.
 */

import type { MapSpec } from '../../spec.js';
import { SetupError } from '../fault.js';
import { createHasher, digest, mixBytes, mixNumber, mixString } from './hash.js';
import { cloneMap, createMap, element, hashMap, keyBytes, type MapStorage, reclaimMap } from './maps.js';

/** Kernel or user memory at its own address; programs only read it. */
export interface MemoryRegion {
  readonly name: string;
  readonly space: 'kernel' | 'user';
  readonly address: bigint;
  readonly bytes: Uint8Array;
}

/** The clock of bpf_ktime_get_ns: every reading advances it by `step` first. */
export interface Clock {
  /** Nanoseconds since boot, without suspend. */
  now: bigint;
  readonly step: bigint;
  /** What bpf_ktime_get_boot_ns adds for suspend. */
  readonly suspended: bigint;
}

/** Everything that machines share. */
export interface SharedMemory {
  readonly maps: readonly MapStorage[];
  readonly regions: readonly MemoryRegion[];
  readonly clock: Clock;
}

/** What a shared memory starts with. */
export interface SharedMemoryOptions {
  /** In the order that the programs are linked with. */
  readonly maps?: readonly MapSpec[];
  /** CPUs that per-CPU maps have values for. */
  readonly cpus?: number;
  readonly regions?: readonly MemoryRegion[];
  readonly clock?: Clock;
}

/** A shared memory in its initial state. Throws SetupError for regions that overlap. */
export const createSharedMemory = ({
  maps = [],
  cpus = 1,
  regions = [],
  clock = { now: 0n, step: 1n, suspended: 0n },
}: SharedMemoryOptions): SharedMemory => {
  for (const spaceName of ['kernel', 'user']) {
    const sorted = regions
      .filter((region) => region.space === spaceName)
      .sort((a, b) => (a.address < b.address ? -1 : 1));
    for (const [index, { name, address, bytes }] of sorted.entries()) {
      const next = sorted[index + 1];
      if (next !== undefined && address + BigInt(bytes.length) > next.address) {
        throw new SetupError('overlapping-regions', `the regions '${name}' and '${next.name}' overlap`);
      }
    }
  }
  return { maps: maps.map((spec, id) => createMap(spec, id, cpus)), regions, clock: { ...clock } };
};

/** A copy that shares nothing that can change. */
export const cloneMemory = ({ maps, regions, clock }: SharedMemory): SharedMemory => ({
  maps: maps.map(cloneMap),
  regions: regions.map((region) => ({ ...region, bytes: region.bytes.slice() })),
  clock: { ...clock },
});

/** A stable hash of the contents, independent of the order in which hash entries were made. */
export const hashMemory = ({ maps, regions, clock }: SharedMemory): bigint => {
  const hasher = createHasher();
  const mixWide = (value: bigint): void => {
    mixNumber(hasher, Number(BigInt.asIntN(32, value)));
    mixNumber(hasher, Number(BigInt.asIntN(32, value >> 32n)));
  };
  for (const map of maps) {
    if (!map.frozen) {
      mixWide(hashMap(map));
    }
  }
  for (const { name, bytes } of regions) {
    mixString(hasher, name);
    mixBytes(hasher, bytes);
  }
  mixWide(clock.now);
  return digest(hasher);
};

/**
 * Ends an RCU grace period: values of hash entries that were deleted or replaced are gone, and entries get the
 * addresses that their keys ask for. Only while no machine holds a pointer into a hash, that is, when all have exited.
 */
export const reclaim = ({ maps }: SharedMemory): void => {
  for (const map of maps) {
    reclaimMap(map);
  }
};

const mapNamed = (memory: SharedMemory, name: string): MapStorage => {
  const map = memory.maps.find((candidate) => candidate.name === name);
  if (map === undefined) {
    throw new SetupError('unknown-map', `there is no map '${name}'`);
  }
  return map;
};

/** The bytes of an array map, as user space sees them through mmap(2): a view, not a copy. Throws SetupError. */
export const arrayBytes = (memory: SharedMemory, name: string): Uint8Array => {
  const map = mapNamed(memory, name);
  if (map.kind !== 'array') {
    throw new SetupError('not-an-array', `the map '${name}' is not an array`);
  }
  return map.bytes;
};

/**
 * The entries of a map ordered by key: for per-CPU maps with a value for each CPU, else with one; of a ring buffer the
 * records, by their number. Throws SetupError.
 */
export const mapEntries = (
  memory: SharedMemory,
  name: string,
): readonly { readonly key: Uint8Array; readonly values: readonly Uint8Array[] }[] => {
  const map = mapNamed(memory, name);
  const values = (numbers: readonly number[]): Uint8Array[] =>
    numbers.flatMap((number) => {
      const place = element(map, number);
      return place === undefined ? [] : [place.bytes.slice(place.start, place.start + map.valueSize)];
    });
  const cpus = Array.from({ length: map.cpus }, (_, cpu) => cpu);
  if (map.kind === 'ring') {
    return map.records.map((record, index) => ({
      key: new Uint8Array(Uint32Array.of(index).buffer),
      values: [record.slice()],
    }));
  }
  if (map.kind === 'array') {
    return Array.from({ length: map.maxEntries }, (_, index) => ({
      key: new Uint8Array(Uint32Array.of(index).buffer),
      values: values(cpus.map((cpu) => cpu * map.maxEntries + index)),
    }));
  }
  return [...map.entries]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, { slot }]) => ({ key: keyBytes(key), values: values(cpus.map((cpu) => slot * map.cpus + cpu)) }));
};
