/** What a DIFO works on: values, what it reaches outside itself, and the faults that end it. */

import type { BuiltinVariable } from '../../dif.js';
import type { ByteString } from '../byte-string.js';

/** The frames of a stack, from the innermost outwards, 64-bit addresses. */
export type DifStack = readonly bigint[];

/** A D value at run time: integers in the range of their type, strings as bytes, stacks. */
export type DifValue = bigint | ByteString | DifStack;

/** What a DIFO reaches outside itself. Values that it is given are wrapped or cut to the type that the DIFO expects. */
export interface DifContext {
  builtin(variable: BuiltinVariable): DifValue;
  /** The variable's value; undefined if it was never assigned. */
  get(variable: number): DifValue | undefined;
  set(variable: number, value: DifValue): void;
  getElement(variable: number, keys: readonly DifValue[]): DifValue | undefined;
  setElement(variable: number, keys: readonly DifValue[], value: DifValue): void;
  /** `size` bytes at `address` (0 to 2^64-1), little-endian; undefined if they cannot be read. */
  load(space: 'kernel' | 'user', address: bigint, size: 1 | 2 | 4 | 8): bigint | undefined;
  /** The bytes before the NUL, at most `limit` of them; undefined if they cannot be read. */
  loadString(space: 'kernel' | 'user', address: bigint, limit: number): ByteString | undefined;
  /** The stack, `frames` frames of it at most; without one every stack is empty. */
  readonly stack?: ((frames: number) => DifStack) | undefined;
  /** Takes a speculation: its number, or 0. */
  speculation(): bigint;
  /** Where syncs are asked for; without one no request is ever taken. */
  readonly requests?: Requests | undefined;
}

/** Requests for a sync, which is done elsewhere and later. */
export interface Requests {
  /** Asks for one: the request's number, or 0. */
  post(): bigint;
  isComplete(number: bigint): boolean;
}

/** Why a DIFO stopped, in dtrace's words. */
export type DifFaultKind = 'invalid address' | 'divide-by-zero' | 'illegal operation';

/** A fault inside a DIFO. Caught by whoever runs the clause; users see it as an ERROR firing. */
export class DifFault extends Error {
  readonly kind: DifFaultKind;
  /** The address that could not be read, or the number of no speculation; 0 for a division. */
  readonly value: bigint;
  /** Index of the instruction. */
  readonly pc: number;

  constructor(kind: DifFaultKind, value: bigint, pc: number) {
    super(kind);
    this.name = 'DifFault';
    this.kind = kind;
    this.value = value;
    this.pc = pc;
  }
}
