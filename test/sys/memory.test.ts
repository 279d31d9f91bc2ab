import { closeSync, openSync, statSync } from 'node:fs';
import { describe, expect } from 'vitest';
import {
  bpf,
  closeDescriptor,
  createAttributes,
  errno,
  mapFile,
  mapShared,
  readDescriptor,
  SystemCallError,
} from '../../src/sys/index.js';
import { kernelTest } from '../kernel-test.js';

const mmapable = 1 << 10;
const createArray = (valueSize: number): number =>
  bpf('BPF_MAP_CREATE', createAttributes(72).u32(0, 2).u32(4, 4).u32(8, valueSize).u32(12, 1).u32(16, mmapable));

const lookUp = (map: number, valueSize: number): Uint8Array => {
  const value = new Uint8Array(valueSize);
  const attributes = createAttributes(32).u32(0, map).pointer(8, new Uint8Array(4)).pointer(16, value);
  expect(bpf('BPF_MAP_LOOKUP_ELEM', attributes)).toBe(0);
  return value;
};

describe('mapped memory', () => {
  kernelTest('a store through the view is what the kernel reads', () => {
    const map = createArray(100);
    const memory = mapShared(map, 100);
    expect([memory.bytes.length, memory.u32.length, memory.u64.length]).toEqual([100, 25, 12]);
    memory.bytes[99] = 7;
    memory.u64[1] = 0x1122334455667788n;
    const value = lookUp(map, 100);
    expect(value[99]).toBe(7);
    expect([...value.subarray(8, 10)]).toEqual([0x88, 0x77]);
    expect(Atomics.add(memory.i32, 0, 5)).toBe(0);
    expect(Atomics.load(memory.i32, 0)).toBe(5);
    memory.close();
    closeDescriptor(map);
  });

  kernelTest('a view that outlives close() reads zeros and takes stores that reach nobody', () => {
    const map = createArray(8192);
    const memory = mapShared(map, 8192);
    memory.bytes.fill(9);
    memory.close();
    memory.close();
    expect(memory.bytes.every((byte) => byte === 0)).toBe(true);
    memory.bytes[8000] = 1;
    expect(lookUp(map, 8192)[8000]).toBe(9);
    closeDescriptor(map);
  });

  kernelTest('closing a descriptor twice names it', () => {
    const map = createArray(8);
    closeDescriptor(map);
    expect(() => closeDescriptor(map)).toThrow(new SystemCallError(`close(${map})`, errno.EBADF));
  });

  kernelTest('a mapped file has the bytes that read(2) gives', () => {
    const path = '/proc/self/exe';
    const descriptor = openSync(path, 'r');
    const head = new Uint8Array(4096);
    expect(readDescriptor(descriptor, head)).toBe(4096);
    const memory = mapFile(descriptor, statSync(path).size);
    closeSync(descriptor);
    expect(memory.bytes.subarray(0, 4096)).toEqual(head);
    memory.close();
  });
});
