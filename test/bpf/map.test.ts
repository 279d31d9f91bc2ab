import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { exit, load, loadMapValue, store } from '../../src/bpf/instruction.js';
import { BpfSpecError } from '../../src/bpf/loader/errors.js';
import { loadProgram } from '../../src/bpf/loader.js';
import { createMap, createMaps } from '../../src/bpf/map.js';
import { runProgram } from '../../src/bpf/run.js';
import type { MapSpec } from '../../src/bpf/spec.js';
import { possibleCpus } from '../../src/sys/index.js';
import { kernelTest } from '../kernel-test.js';
import { mappedArray, program, returning } from './programs.js';

const hash: MapSpec = { name: 'h', type: 'hash', keySize: 4, valueSize: 8, maxEntries: 3 };
const key = (value: number) => new Uint8Array([value, 0, 0, 0]);
const value = (first: number) => new Uint8Array([first, 0, 0, 0, 0, 0, 0, 0]);
const descriptors = () => readdirSync('/proc/self/fd').length;

describe('hash maps', () => {
  it.each<[string, Partial<MapSpec>]>([
    ['a mapped hash', { mapped: true }],
    ['contents of a hash', { contents: new Uint8Array(1) }],
    ['a mapped frozen array', { type: 'array', mapped: true, frozen: true }],
    ['an array of two gigabytes that is mapped', { type: 'array', mapped: true, valueSize: 2 ** 30, maxEntries: 2 }],
    ['more contents than elements', { type: 'array', contents: new Uint8Array(25) }],
  ])('%s contradicts itself', (_, change) => {
    expect(() => createMap({ ...hash, ...change })).toThrow(BpfSpecError);
  });

  kernelTest('keys are set, found, listed and removed', () => {
    for (const type of ['hash', 'percpu-hash'] as const) {
      for (const preallocate of [true, false]) {
        using map = createMap({ ...hash, type, preallocate });
        const length = type === 'hash' ? 8 : 8 * possibleCpus().length;
        expect(map.lookup(key(1))).toBeUndefined();
        expect(map.update(key(1), value(11))).toBe(true);
        expect(map.update(key(1), value(12), 'create')).toBe(false);
        expect(map.update(key(2), value(12), 'replace')).toBe(false);
        expect(map.update(key(2), value(22), 'create')).toBe(true);
        expect(map.lookup(key(1))?.length).toBe(length);
        expect(map.lookup(key(1))?.[0]).toBe(11);
        expect([...map.keys()].map((bytes) => bytes[0]).sort()).toEqual([1, 2]);
        expect(map.delete(key(1))).toBe(true);
        expect(map.delete(key(1))).toBe(false);
        expect([...map.keys()].map((bytes) => bytes[0])).toEqual([2]);
      }
    }
  });

  kernelTest('a full map is an error that names it', () => {
    using map = createMap(hash);
    for (const first of [1, 2, 3]) {
      map.update(key(first), value(first));
    }
    expect(() => map.update(key(4), value(4))).toThrow(/on map h: Argument list too long \(E2BIG\)/);
  });

  kernelTest('a key or value that is too long is an error', () => {
    using map = createMap(hash);
    expect(() => map.lookup(new Uint8Array(5))).toThrow(RangeError);
  });
});

describe('arrays', () => {
  kernelTest('contents stand in the elements, and frozen ones stay as they are', () => {
    const contents = new Uint8Array(20).map((_, index) => index + 1);
    using map = createMap({
      name: 'c',
      type: 'array',
      keySize: 4,
      valueSize: 12,
      maxEntries: 2,
      contents,
      frozen: true,
    });
    expect(map.stride).toBe(16);
    expect([...(map.lookup(key(0)) ?? [])]).toEqual([...contents.subarray(0, 12)]);
    expect([...(map.lookup(key(1)) ?? [])]).toEqual([17, 18, 19, 20, 0, 0, 0, 0, 0, 0, 0, 0]);
    expect(() => map.update(key(0), value(0))).toThrow(/EPERM/);
    using one = createMap({ ...map.spec, maxEntries: 1, contents: contents.subarray(0, 12) });
    const readOnly = new Map([['c', one]]);
    const body = [loadMapValue('r1', 'c', 4), load(4, 'r0', 'r1', 0), exit()];
    using reader = loadProgram(program('reader', 'raw-tracepoint', body), readOnly);
    expect(runProgram(reader)).toMatchObject({ returnValue: 0x08070605 });
    const storing = program('storing', 'raw-tracepoint', [
      loadMapValue('r1', 'c'),
      store(4, 'r1', 0, 1),
      ...returning(0),
    ]);
    expect(() => loadProgram(storing, readOnly)).toThrow(/write into map forbidden/);
  });

  kernelTest('a mapped array shows what a program stores, and the program what is stored here', () => {
    using map = createMap({ ...mappedArray('m', 4100), contents: new Uint8Array([5]) });
    const body = [
      loadMapValue('r1', 'm'),
      load(8, 'r2', 'r1', 0),
      store(8, 'r1', 4088, 'r2'),
      store(4, 'r1', 4096, -1),
      ...returning(0),
    ];
    using copier = loadProgram(program('copier', 'raw-tracepoint', body), new Map([['m', map]]));
    runProgram(copier);
    expect(map.memory?.data.getBigUint64(4088, true)).toBe(5n);
    expect(map.memory?.data.getUint32(4096, true)).toBe(0xffffffff);
    map.memory?.data.setBigUint64(0, 77n, true);
    runProgram(copier);
    expect(map.memory?.data.getBigUint64(4088, true)).toBe(77n);
  });

  kernelTest('a closed map shows zeros and leaves no descriptor', () => {
    const before = descriptors();
    const map = createMap({ ...mappedArray('m', 8), contents: value(1) });
    expect(descriptors()).toBe(before + 1);
    const { memory } = map;
    map.close();
    map.close();
    expect(memory?.u64[0]).toBe(0n);
    expect(descriptors()).toBe(before);
  });
});

describe('several maps', () => {
  kernelTest('every type can be created', () => {
    const before = descriptors();
    const maps = createMaps([
      hash,
      { ...hash, name: 'ph', type: 'percpu-hash' },
      { ...mappedArray('a', 8) },
      { name: 'pa', type: 'percpu-array', keySize: 4, valueSize: 8, maxEntries: 1 },
      { name: 'task', type: 'task-storage', keySize: 4, valueSize: 24, maxEntries: 0 },
      { name: 'ring', type: 'ring-buffer', keySize: 0, valueSize: 0, maxEntries: 4096 },
    ]);
    expect([...maps.keys()]).toEqual(['h', 'ph', 'a', 'pa', 'task', 'ring']);
    for (const map of maps.values()) {
      map.close();
    }
    expect(descriptors()).toBe(before);
  });

  kernelTest('where one cannot be created, none is left', () => {
    const before = descriptors();
    expect(() => createMaps([hash, { ...hash, name: 'bad', keySize: 0 }])).toThrow(
      /^bpf\(BPF_MAP_CREATE\) of map bad: Invalid argument \(EINVAL\)$/,
    );
    expect(descriptors()).toBe(before);
  });
});
