/** Maps: memory that programs and user space share. */

import {
  bpf,
  closeDescriptor,
  createAttributes,
  errno,
  type MappedMemory,
  mappedLimit,
  mapShared,
  type OwnedDescriptor,
  ownDescriptor,
  possibleCpus,
} from '../sys/index.js';
import { taskStorageBtf } from './btf/index.js';
import { BpfSpecError, failure, succeeded } from './loader/errors.js';
import { loadBtf } from './loader/load-btf.js';
import type { MapSpec, MapType } from './spec.js';

/** What an update expects: nothing, that the key is new (BPF_NOEXIST), or that it is there (BPF_EXIST). */
export type UpdateMode = 'any' | 'create' | 'replace';

/** A map in the kernel. It goes when it is closed and no program uses it. */
export interface BpfMap extends OwnedDescriptor {
  readonly spec: MapSpec;
  /** Bytes from one element of an array to the next. */
  readonly stride: number;
  /** The elements of a mapped array, `stride` apart. Closing the map ends it: it reads zeros then. */
  readonly memory: MappedMemory | undefined;
  /** The value of a key; for per-CPU maps those of all possible CPUs, `stride` apart. Undefined: no such key. */
  lookup(key: Uint8Array): Uint8Array | undefined;
  /** Sets the value of a key; false if `mode` does not hold. Throws SystemCallError (E2BIG: the map is full). */
  update(key: Uint8Array, value: Uint8Array, mode?: UpdateMode): boolean;
  /** Removes a key; false if there is no such key. */
  delete(key: Uint8Array): boolean;
  /** The keys, in the kernel's order; what changes meanwhile may be seen or not. */
  keys(): IterableIterator<Uint8Array>;
}

/** linux/bpf.h, enum bpf_map_type. */
const mapTypeNumber: Readonly<Record<MapType, number>> = {
  hash: 1,
  array: 2,
  'percpu-hash': 5,
  'percpu-array': 6,
  'ring-buffer': 27,
  'task-storage': 29,
};

const flag = { noPreallocation: 1 << 0, readOnlyToPrograms: 1 << 7, mmapable: 1 << 10 } as const;

const updateFlag: Readonly<Record<UpdateMode, bigint>> = { any: 0n, create: 1n, replace: 2n };

const isPerCpu = (type: MapType): boolean => type === 'percpu-array' || type === 'percpu-hash';

const strideOf = ({ valueSize }: MapSpec): number => Math.ceil(valueSize / 8) * 8;

const checkSpec = (spec: MapSpec): void => {
  const { name, type, mapped = false, contents, frozen = false, maxEntries } = spec;
  const problem = [
    mapped && type !== 'array' ? `is of type ${type}, only arrays can be mapped` : undefined,
    mapped && strideOf(spec) * maxEntries > mappedLimit
      ? `has ${strideOf(spec) * maxEntries} bytes, at most ${mappedLimit} can be mapped`
      : undefined,
    mapped && frozen ? 'cannot be both mapped and frozen: the mapping could be written' : undefined,
    (contents !== undefined || frozen) && type !== 'array'
      ? `is of type ${type}, only arrays have contents`
      : undefined,
    contents !== undefined && contents.length > strideOf(spec) * maxEntries
      ? `has ${contents.length} bytes of contents for ${strideOf(spec) * maxEntries} bytes of elements`
      : undefined,
  ].find((text) => text !== undefined);
  if (problem !== undefined) {
    throw new BpfSpecError(`map ${name} ${problem}`);
  }
};

const flagsOf = ({ type, mapped = false, preallocate = true, frozen = false }: MapSpec): number =>
  (mapped ? flag.mmapable : 0) |
  (!preallocate || type === 'task-storage' ? flag.noPreallocation : 0) |
  (frozen ? flag.readOnlyToPrograms : 0);

const create = (spec: MapSpec): number => {
  const attributes = createAttributes(64)
    .u32(0, mapTypeNumber[spec.type])
    .u32(4, spec.keySize)
    .u32(8, spec.valueSize)
    .u32(12, spec.maxEntries)
    .u32(16, flagsOf(spec))
    .name(28, spec.name);
  const call = `bpf(BPF_MAP_CREATE) of map ${spec.name}`;
  if (spec.type !== 'task-storage') {
    return succeeded(call, bpf('BPF_MAP_CREATE', attributes));
  }
  const types = taskStorageBtf(spec.valueSize);
  const btf = loadBtf(types.btf);
  try {
    return succeeded(call, bpf('BPF_MAP_CREATE', attributes.u32(48, btf).u32(52, types.key).u32(56, types.value)));
  } finally {
    closeDescriptor(btf);
  }
};

const own = (bytes: Uint8Array, length: number): Uint8Array => {
  if (bytes.length > length) {
    throw new RangeError(`${bytes.length} bytes for a key or value of ${length}`);
  }
  const copy = new Uint8Array(new ArrayBuffer(length));
  copy.set(bytes);
  return copy;
};

type Elements = Pick<BpfMap, 'lookup' | 'update' | 'delete' | 'keys'>;

/** The bpf(2) operations on single elements, of the map that `descriptor` has open. */
const elementsOf = (spec: MapSpec, descriptor: OwnedDescriptor): Elements => {
  const valueLength = isPerCpu(spec.type) ? strideOf(spec) * possibleCpus().length : spec.valueSize;
  const attributesFor = (key: Uint8Array | undefined) => {
    const attributes = createAttributes(32).u32(0, descriptor.fd);
    return key === undefined ? attributes : attributes.pointer(8, own(key, spec.keySize));
  };
  /** True, or false for the error `expected`. */
  const done = (operation: string, result: number, ...expected: number[]): boolean => {
    if (result < 0 && !expected.includes(-result)) {
      throw failure(`bpf(${operation}) on map ${spec.name}`, result);
    }
    return result >= 0;
  };
  return {
    lookup: (key) => {
      const value = own(new Uint8Array(0), valueLength);
      const result = bpf('BPF_MAP_LOOKUP_ELEM', attributesFor(key).pointer(16, value));
      return done('BPF_MAP_LOOKUP_ELEM', result, errno.ENOENT) ? value : undefined;
    },
    update: (key, value, mode = 'any') => {
      const attributes = attributesFor(key).pointer(16, own(value, valueLength)).u64(24, updateFlag[mode]);
      const expected = mode === 'create' ? errno.EEXIST : errno.ENOENT;
      return done('BPF_MAP_UPDATE_ELEM', bpf('BPF_MAP_UPDATE_ELEM', attributes), expected);
    },
    delete: (key) => done('BPF_MAP_DELETE_ELEM', bpf('BPF_MAP_DELETE_ELEM', attributesFor(key)), errno.ENOENT),
    *keys() {
      let key: Uint8Array | undefined;
      for (;;) {
        const next = own(new Uint8Array(0), spec.keySize);
        const result = bpf('BPF_MAP_GET_NEXT_KEY', attributesFor(key).pointer(16, next));
        if (!done('BPF_MAP_GET_NEXT_KEY', result, errno.ENOENT)) {
          return;
        }
        yield next.slice();
        key = next;
      }
    },
  };
};

const indexKey = (index: number): Uint8Array => new Uint8Array(Uint32Array.of(index).buffer);

/** Stores `contents` from the first element on; what is left stays zero. */
const fill = (spec: MapSpec, contents: Uint8Array, elements: Elements): void => {
  const stride = strideOf(spec);
  for (let index = 0; index * stride < contents.length; index++) {
    elements.update(indexKey(index), contents.subarray(index * stride, index * stride + spec.valueSize));
  }
};

const freeze = ({ name }: MapSpec, fd: number): void => {
  succeeded(`bpf(BPF_MAP_FREEZE) of map ${name}`, bpf('BPF_MAP_FREEZE', createAttributes(8).u32(0, fd)));
};

/**
 * Creates a map, mapped and filled as the spec says. Throws BpfSpecError for a spec that contradicts itself,
 * PrivilegeError, LimitError (EMFILE, ENOMEM), SystemCallError.
 */
export const createMap = (spec: MapSpec): BpfMap => {
  checkSpec(spec);
  const descriptor = ownDescriptor(create(spec), `map ${spec.name}`);
  const stride = strideOf(spec);
  let memory: MappedMemory | undefined;
  const close = () => {
    memory?.close();
    descriptor.close();
  };
  try {
    const elements = elementsOf(spec, descriptor);
    memory = spec.mapped === true ? mapShared(descriptor.fd, stride * spec.maxEntries) : undefined;
    if (spec.contents !== undefined && memory !== undefined) {
      memory.bytes.set(spec.contents);
    } else if (spec.contents !== undefined) {
      fill(spec, spec.contents, elements);
    }
    if (spec.frozen === true) {
      freeze(spec, descriptor.fd);
    }
    return {
      spec,
      stride,
      memory,
      ...elements,
      get fd() {
        return descriptor.fd;
      },
      get closed() {
        return descriptor.closed;
      },
      close,
      [Symbol.dispose]: close,
    };
  } catch (error) {
    close();
    throw error;
  }
};

/** Creates several maps, by their names; on an error none of them is left. */
export const createMaps = (specs: readonly MapSpec[]): ReadonlyMap<string, BpfMap> => {
  const maps = new Map<string, BpfMap>();
  try {
    for (const spec of specs) {
      maps.set(spec.name, createMap(spec));
    }
    return maps;
  } catch (error) {
    for (const map of maps.values()) {
      map.close();
    }
    throw error;
  }
};
