/** Records as values: what a firing of a clause recorded, field by field. */

import { errorRecord, recordHeader } from '../d/codegen/memory/layout.js';
import type { DifClause, RecordField } from '../d/dif.js';
import { hexAddress } from './format/symbol.js';
import type { FormatValue } from './format/value.js';

/** Reads one field of a record that starts at `offset`. */
export type FieldReader = (view: DataView, bytes: Buffer, offset: number) => FormatValue;

/** EPID of the built-in clause of ERROR. */
export const builtinErrorEpid = 1;

const exact = (value: bigint): number | bigint => {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
};

/**
 * Makes the reader of a field. Integers come as numbers where they are exact, strings as byte strings, the frames of
 * stacks as `symbol` names their addresses.
 */
export function compileField(
  { difo, offset: at, size }: RecordField,
  symbol: (address: bigint) => string = hexAddress,
): FieldReader {
  const { type } = difo;
  if (type.kind === 'stack') return (_, bytes, offset) => readStack(bytes, offset + at, type.frames, symbol);
  if (type.kind === 'string') {
    return (_, bytes, offset) => {
      const start = offset + at;
      const end = bytes.indexOf(0, start);
      return bytes.toString('latin1', start, end < 0 || end > start + size ? start + size : end);
    };
  }
  switch (type.size) {
    case 1:
      return type.signed
        ? (view, _, offset) => view.getInt8(offset + at)
        : (view, _, offset) => view.getUint8(offset + at);
    case 2:
      return type.signed
        ? (view, _, offset) => view.getInt16(offset + at, true)
        : (view, _, offset) => view.getUint16(offset + at, true);
    case 4:
      return type.signed
        ? (view, _, offset) => view.getInt32(offset + at, true)
        : (view, _, offset) => view.getUint32(offset + at, true);
    case 8:
      return type.signed
        ? (view, _, offset) => readSigned(view, offset + at)
        : (view, _, offset) => readUnsigned(view, offset + at);
  }
}

/** Two halves of 32 bits make a number while the upper one is small: bigints only where they are needed. */
function readUnsigned(view: DataView, at: number): number | bigint {
  const upper = view.getUint32(at + 4, true);
  return upper < 0x20_0000 ? upper * 0x1_0000_0000 + view.getUint32(at, true) : exact(view.getBigUint64(at, true));
}

function readSigned(view: DataView, at: number): number | bigint {
  const upper = view.getInt32(at + 4, true);
  return upper < 0x20_0000 && upper >= -0x20_0000
    ? upper * 0x1_0000_0000 + view.getUint32(at, true)
    : exact(view.getBigInt64(at, true));
}

/** The frames of a stack of `frames` words at `at`, up to the first that is 0. */
export function readStack(
  bytes: Buffer,
  at: number,
  frames: number,
  symbol: (address: bigint) => string,
): readonly string[] {
  const names: string[] = [];
  for (let i = 0; i < frames; i += 1) {
    const address = bytes.readBigUInt64LE(at + 8 * i);
    if (address === 0n) break;
    names.push(symbol(address));
  }
  return names;
}

/** Bytes of a record by its EPID; 0 for an EPID that the program does not have. */
export function recordSizes(clauses: readonly DifClause[]): (epid: number) => number {
  const sizes = new Map(clauses.map((clause) => [clause.epid, clause.recordSize]));
  return (epid) => (epid === builtinErrorEpid ? errorRecord.size : (sizes.get(epid) ?? recordHeader.size));
}

/** What the built-in ERROR clause recorded. */
export interface FaultRecord {
  readonly epid: number;
  /** 0 for the predicate, otherwise the number of the statement from 1. */
  readonly action: number;
  readonly pc: number;
  readonly kind: number;
  readonly value: bigint;
}

/** Reads the record of EPID 1 at `offset`. */
export function readFault(view: DataView, offset: number): FaultRecord {
  const word = (at: number): bigint => view.getBigUint64(offset + at, true);
  return {
    epid: Number(word(errorRecord.epid)),
    action: Number(word(errorRecord.action)),
    pc: Number(word(errorRecord.pc)),
    kind: Number(word(errorRecord.kind)),
    value: word(errorRecord.value),
  };
}
