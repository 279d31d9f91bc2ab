/** DIFOs and clauses written down by hand. */

import { byteString } from '../../../src/d/dif/byte-string.js';
import type { DifContext, DifValue } from '../../../src/d/dif/interpret/context.js';
import type { Firing } from '../../../src/d/dif/interpret/interpret-clause.js';
import type { DifAction, DifClause, DifInstruction, Difo, DifProgram, DifType } from '../../../src/d/dif.js';
import type { Span } from '../../../src/d/source.js';

const span: Span = { source: { name: 'test', origin: '-n', text: '' }, start: 0, end: 0 };

export const int8: DifType = { kind: 'integer', size: 1, signed: true };
export const uint8: DifType = { kind: 'integer', size: 1, signed: false };
export const int16: DifType = { kind: 'integer', size: 2, signed: true };
export const int32: DifType = { kind: 'integer', size: 4, signed: true };
export const uint32: DifType = { kind: 'integer', size: 4, signed: false };
export const int64: DifType = { kind: 'integer', size: 8, signed: true };
export const uint64: DifType = { kind: 'integer', size: 8, signed: false };
export const string = (bound: number): DifType => ({ kind: 'string', bound });

/** A DIFO whose type is that of the register that it returns. */
export function difo(registers: readonly DifType[], instructions: readonly DifInstruction[]): Difo {
  const last = instructions.at(-1);
  const type = (last?.op === 'ret' ? registers[last.src] : undefined) ?? int64;
  return { registers, instructions, type, span };
}

/** A DIFO of a constant. */
export function constant(value: bigint, type: DifType = int64): Difo {
  return difo(
    [type],
    [
      { op: 'setx', dst: 0, value },
      { op: 'ret', src: 0 },
    ],
  );
}

/** A DIFO of a literal. */
export function literal(text: string, bound = Buffer.byteLength(text) + 1): Difo {
  return difo(
    [string(bound)],
    [
      { op: 'sets', dst: 0, text },
      { op: 'ret', src: 0 },
    ],
  );
}

/** A DIFO that divides 1 by 0. */
export const faulting: Difo = difo(
  [int64, int64, int64],
  [
    { op: 'setx', dst: 0, value: 1n },
    { op: 'setx', dst: 1, value: 0n },
    { op: 'alu', operation: 'sdiv', dst: 2, left: 0, right: 1 },
    { op: 'ret', src: 2 },
  ],
);

/** A DIFO that adds `value` to the variable 0, of type int64, and returns the sum. */
export function adding(value: bigint): Difo {
  return difo(
    [int64, int64, int64],
    [
      { op: 'get', dst: 0, variable: 0 },
      { op: 'setx', dst: 1, value },
      { op: 'alu', operation: 'add', dst: 2, left: 0, right: 1 },
      { op: 'set', variable: 0, src: 2 },
      { op: 'ret', src: 2 },
    ],
  );
}

/** Actions without their spans. */
type Bare<T> = T extends unknown ? Omit<T, 'span'> : never;

export function clause(
  epid: number,
  actions: readonly Bare<DifAction>[],
  rest: Partial<Pick<DifClause, 'predicate' | 'recordSize'>> = {},
): DifClause {
  return {
    epid,
    probes: [],
    predicate: undefined,
    recordSize: 0,
    ...rest,
    actions: actions.map((action) => ({ ...action, span })),
    span,
  };
}

export function program(parts: Partial<DifProgram>): DifProgram {
  return { clauses: [], variables: [], aggregations: [], stringSize: 64, ...parts };
}

/** A firing of the probe 7 whose every builtin is `value`, over readable memory at the addresses of `memory`. */
export function firingOf(value: DifValue = 0n, memory: ReadonlyMap<bigint, number> = new Map()): Firing {
  return { probeId: 7, thread: 100n, builtin: () => value, ...memoryOf(memory) };
}

/** Kernel memory byte by byte; user memory is not readable. */
export function memoryOf(bytes: ReadonlyMap<bigint, number>): Pick<DifContext, 'load' | 'loadString'> {
  return {
    load(space, address, size) {
      let value = 0n;
      for (let i = size - 1; i >= 0; i -= 1) {
        const byte = bytes.get(address + BigInt(i));
        if (byte === undefined || space === 'user') return undefined;
        value = (value << 8n) | BigInt(byte);
      }
      return value;
    },
    loadString(space, address, limit) {
      let text = '';
      while (text.length < limit) {
        const byte = bytes.get(address + BigInt(text.length));
        if (byte === undefined || space === 'user') return undefined;
        if (byte === 0) break;
        text += String.fromCharCode(byte);
      }
      return text;
    },
  };
}

/** `text` with its NUL at `address`. */
export function stringAt(address: bigint, text: string): ReadonlyMap<bigint, number> {
  return new Map([...`${byteString(text)}\0`].map((byte, i) => [address + BigInt(i), byte.charCodeAt(0)]));
}
