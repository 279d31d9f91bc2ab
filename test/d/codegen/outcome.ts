/** What a run of a program leaves behind, as text that can be compared: the same from every back end. */

import type { AggregationTable } from '../../../src/d/codegen/memory/aggregation-layout.js';
import { errorRecord, recordHeader } from '../../../src/d/codegen/memory/layout.js';
import { fieldsOf } from '../../../src/d/dif/actions.js';
import type { DifProgram } from '../../../src/d/dif.js';

/** One record of a principal buffer. */
export interface Recorded {
  readonly epid: number;
  readonly probeId: number;
  /** The clause faulted after the space was reserved. */
  readonly voided: boolean;
  /** The bytes behind the header, in hex; nothing of what a void record holds, which may be what was there before. */
  readonly data: string;
}

/** Everything that a program leaves. */
export interface Outcome {
  readonly records: readonly Recorded[];
  readonly exitStatus: bigint;
  /** The map of globals, in hex. */
  readonly globals: string;
  /** Elements of the associative arrays, `name[key] = value`, sorted. */
  readonly elements: readonly string[];
  /** Entries of the aggregations, merged: `@name[key] = words`, sorted. */
  readonly aggregations: readonly string[];
  readonly drops: Readonly<Record<'principal' | 'aggregation' | 'dynamic' | 'nesting' | 'error' | 'stack', number>>;
}

export const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

/** The 64-bit words of data in hex, little-endian. */
export const wordsOf = (data: string): readonly bigint[] => {
  const bytes = Buffer.from(data.padEnd(Math.ceil(data.length / 16) * 16, '0'), 'hex');
  return Array.from({ length: bytes.length / 8 }, (_, i) => bytes.readBigUInt64LE(8 * i));
};

/** Bytes of the records of an EPID. */
export const recordSizeOf = (program: DifProgram, epid: number): number =>
  epid === 1 ? errorRecord.size : (program.clauses.find((clause) => clause.epid === epid)?.recordSize ?? 0);

/** The bytes of a record behind its header, in hex; those between its fields, which may hold anything, as zeros. */
function fieldBytes(program: DifProgram, epid: number, record: Uint8Array): string {
  const clause = program.clauses.find((each) => each.epid === epid);
  if (clause === undefined) return hex(record.subarray(recordHeader.size));
  const kept = new Uint8Array(record.length);
  for (const { offset, size } of clause.actions.flatMap(fieldsOf)) {
    kept.set(record.subarray(offset, offset + size), offset);
  }
  return hex(kept.subarray(recordHeader.size));
}

/** Every record of a buffer, those that are void too. */
export function readRecords(program: DifProgram, bytes: Uint8Array): readonly Recorded[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const records: Recorded[] = [];
  for (let at = 0; at + recordHeader.size <= bytes.length; ) {
    const word = view.getUint32(at, true);
    const epid = word & ~recordHeader.voidFlag;
    const size = recordSizeOf(program, epid);
    if (epid === 0) break;
    if (size === 0) throw new Error(`a record of EPID ${epid}, which records nothing`);
    const voided = word >>> 0 !== epid;
    records.push({
      epid,
      probeId: view.getUint32(at + recordHeader.probeId, true),
      voided,
      data: voided ? '' : fieldBytes(program, epid, bytes.subarray(at, at + size)),
    });
    at += size;
  }
  return records;
}

/** Puts together what CPUs and levels have for the same key. */
export class Merger {
  readonly #entries = new Map<string, { readonly table: AggregationTable; readonly words: BigInt64Array }>();

  add(table: AggregationTable, key: Uint8Array, data: BigUint64Array | BigInt64Array): void {
    const { name, function: by } = table.aggregation;
    const text = `@${name}[${hex(key)}]`;
    const words = BigInt64Array.from(data, (word) => BigInt.asIntN(64, word));
    const old = this.#entries.get(text)?.words;
    if (old !== undefined) merge(by, words, old);
    this.#entries.set(text, { table, words });
  }

  lines(): readonly string[] {
    return [...this.#entries].map(([text, { words }]) => `${text} = ${words.join(' ')}`).sort();
  }
}

function merge(by: string, into: BigInt64Array, other: BigInt64Array): void {
  if (by !== 'min' && by !== 'max') {
    for (const [index, word] of other.entries()) into[index] = (into[index] ?? 0n) + word;
    return;
  }
  const [seen = 0n, value = 0n] = other;
  const own = into[1] ?? 0n;
  if (seen !== 0n && (into[0] === 0n || (by === 'min' ? value < own : value > own))) into.set(other);
}
