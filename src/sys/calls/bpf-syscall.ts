/**
 * bpf(2): one system call, a command, and a structure of attributes that depends on it (linux/bpf.h, union bpf_attr).
 * Fields are written at their offset in that union; what is left out is zero, which every kernel takes as "not asked".
 */

import { addressOf, systemCall, withAddress } from '../ffi.js';
import { callNumber } from './system-calls.js';

/** Commands of bpf(2) (linux/bpf.h, enum bpf_cmd). */
export const bpfCommand = {
  BPF_MAP_CREATE: 0,
  BPF_MAP_LOOKUP_ELEM: 1,
  BPF_MAP_UPDATE_ELEM: 2,
  BPF_MAP_DELETE_ELEM: 3,
  BPF_MAP_GET_NEXT_KEY: 4,
  BPF_PROG_LOAD: 5,
  BPF_PROG_RUN: 10,
  BPF_PROG_GET_NEXT_ID: 11,
  BPF_PROG_GET_FD_BY_ID: 13,
  BPF_MAP_GET_FD_BY_ID: 14,
  BPF_OBJ_GET_INFO_BY_FD: 15,
  BPF_RAW_TRACEPOINT_OPEN: 17,
  BPF_BTF_LOAD: 18,
  BPF_MAP_FREEZE: 22,
  BPF_LINK_CREATE: 28,
  BPF_ENABLE_STATS: 32,
} as const;

/** The name of a command. */
export type BpfCommand = keyof typeof bpfCommand;

/** The attributes of one call. Reuse it for repeated calls: the kernel may write results into it. */
export interface BpfAttributes {
  /** The bytes of the union, as many as the command's last field needs. */
  readonly bytes: Uint8Array;
  /** Writes a 32-bit field. */
  u32(offset: number, value: number): BpfAttributes;
  /** Writes a 64-bit field. */
  u64(offset: number, value: bigint): BpfAttributes;
  /** Writes the address of `pointee`, and keeps that alive. */
  pointer(offset: number, pointee: Uint8Array): BpfAttributes;
  /** Writes a name of at most 15 characters and a NUL; characters that the kernel refuses become `_`. */
  name(offset: number, text: string): BpfAttributes;
  /** Reads a 32-bit field, after the call. */
  readU32(offset: number): number;
  /** How many pointees are kept alive. */
  readonly pointees: readonly Uint8Array[];
}

const nameLimit = 15;

/** Attributes of `size` bytes, all zero. */
export const createAttributes = (size: number): BpfAttributes => {
  const bytes = new Uint8Array(new ArrayBuffer(size));
  const view = new DataView(bytes.buffer);
  const pointees: Uint8Array[] = [];
  const attributes: BpfAttributes = {
    bytes,
    pointees,
    u32: (offset, value) => {
      view.setUint32(offset, value, true);
      return attributes;
    },
    u64: (offset, value) => {
      view.setBigUint64(offset, value, true);
      return attributes;
    },
    pointer: (offset, pointee) => {
      pointees.push(pointee);
      return attributes.u64(offset, BigInt(addressOf(pointee)));
    },
    name: (offset, text) => {
      const plain = text.replaceAll(/[^A-Za-z0-9_.]/g, '_').slice(0, nameLimit);
      bytes.set(new TextEncoder().encode(plain), offset);
      return attributes;
    },
    readU32: (offset) => view.getUint32(offset, true),
  };
  return attributes;
};

/**
 * Makes the call, with all that it points to kept alive; returns its result (a descriptor or 0) or the negative error
 * number. Throws NativeCallError.
 */
export const bpf = (command: BpfCommand, attributes: BpfAttributes): number => {
  const { bytes } = attributes;
  const result = withAddress(bytes, (address) =>
    systemCall(callNumber.bpf, bpfCommand[command], address, bytes.length),
  );
  return attributes.pointees.length >= 0 ? result : 0;
};

/**
 * The same call many times: returns a function that does nothing but the system call, on the attributes as they then
 * are.
 */
export const prepareBpf = (command: BpfCommand, attributes: BpfAttributes): (() => number) => {
  const number = bpfCommand[command];
  const address = addressOf(attributes.bytes);
  const size = attributes.bytes.length;
  return () => {
    const result = systemCall(callNumber.bpf, number, address, size);
    return attributes.pointees.length >= 0 ? result : 0;
  };
};
