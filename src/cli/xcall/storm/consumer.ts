/** What the storm takes of a session: records, of which each must come once, in order and whole, and counts. */

import { type PrincipalBatch, recordsOf } from '../../../session/principal.js';
import type { Load, Series } from './load/load.js';
import { aggregationNames, leeway, type StormProgram } from './program.js';
import { createSequence, type Sequence, type SequenceCount } from './sequence.js';

/** One series of records. */
export interface SeriesResult extends SequenceCount {
  readonly name: Series['name'];
  readonly cpu: number;
  /** What the clause counted beside its records. */
  readonly counted: number;
  /** The number that was begun when tracing had started, and the one that was done before it began to stop. */
  readonly begunAtStart: number;
  readonly doneAtStop: number;
}

/** All that was taken. */
export interface Taken {
  readonly series: readonly SeriesResult[];
  /** Records whose parts do not belong together, and those that found no room. */
  readonly torn: number;
  readonly noRoom: number;
  /**
   * Sums of the aggregations by name; `complete`: ticks whose request of the tick before was complete, `hasty`: requests
   * that were complete while the probe that had posted them was still open.
   */
  readonly sums: Readonly<Record<(typeof aggregationNames)[number], number>> & {
    readonly complete: number;
    readonly hasty: number;
  };
}

/** Takes what the session has, and has the workers go on. */
export interface StormConsumer {
  take(this: void, batches: readonly PrincipalBatch[]): void;
  read(): void;
  /** Whether no record was found to be wrong so far. */
  readonly sound: boolean;
  /** `begun` and `done` are those of each series. */
  result(begun: readonly number[], done: readonly number[]): Taken;
}

const integerAt = (view: DataView, at: number): number =>
  view.getUint32(at, true) + view.getInt32(at + 4, true) * 0x1_0000_0000;

/** Hands over what the aggregations have counted since the last time: id, key, data. */
export type ReadCounts = (visit: (id: number, key: Uint8Array, data: BigUint64Array) => void) => void;

/** Makes one that has taken nothing. */
export function createStormConsumer(
  readCounts: ReadCounts,
  program: Pick<StormProgram, 'records' | 'idOf' | 'sizeOf'>,
  load: Pick<Load, 'series'>,
): StormConsumer {
  const { sizeOf } = program;
  const sequences = load.series.map((series) => ({ series, sequence: createSequence() }));
  const places = new Map(
    program.records.map((place) => {
      const own = sequences.filter(({ series }) => series.name === place.series);
      const byPid = new Map<number, Sequence>(own.map(({ series, sequence }) => [series.pid, sequence]));
      return [place.epid, { ...place, byPid }];
    }),
  );
  const nameOf = new Map(aggregationNames.map((name) => [program.idOf(name), name]));
  const sums = {
    calls: 0,
    datagrams: 0,
    ticks: 0,
    shared: 0,
    posts: 0,
    polled: 0,
    events: 0,
    asked: 0,
    complete: 0,
    hasty: 0,
  };
  const counted = new Map<string, number>();
  let torn = 0;
  let noRoom = 0;

  const takeBatch = ({ cpu, bytes, drops }: PrincipalBatch): void => {
    noRoom += drops;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    for (const { epid, offset } of recordsOf(bytes, sizeOf)) {
      const place = places.get(epid);
      const number = place === undefined ? -1 : integerAt(view, offset + place.head);
      const sequence = place?.byPid.get(view.getInt32(offset + place.pid, true));
      if (place === undefined || sequence === undefined || integerAt(view, offset + place.tail) !== number) torn += 1;
      else sequence.take(number, cpu);
    }
  };
  return {
    take: (batches) => {
      for (const batch of batches) takeBatch(batch);
      for (const { series, sequence } of sequences) {
        const { last } = sequence.count;
        if (last !== undefined) series.allow(last + leeway);
      }
    },
    read: () => {
      readCounts((id, key, data) => {
        const name = nameOf.get(id);
        const count = Number(data[0] ?? 0n);
        if (name === undefined) return;
        sums[name] += count;
        if (name === 'polled' && (key[0] ?? 0) === 1) sums.complete += count;
        if (name === 'asked' && (key[0] ?? 0) === 1) sums.hasty += count;
        if (name !== 'calls' && name !== 'datagrams') return;
        const pid = new DataView(key.buffer, key.byteOffset).getInt32(0, true);
        counted.set(`${name} ${pid}`, (counted.get(`${name} ${pid}`) ?? 0) + count);
      });
    },
    get sound() {
      return torn === 0 && noRoom === 0 && sequences.every(({ sequence }) => sequence.sound);
    },
    result: (begun, done) => ({
      series: sequences.map(({ series: { name, cpu, pid }, sequence }, index) => ({
        ...{ name, cpu, ...sequence.count, counted: counted.get(`${name} ${pid}`) ?? 0 },
        ...{ begunAtStart: begun[index] ?? 0, doneAtStop: done[index] ?? 0 },
      })),
      ...{ torn, noRoom, sums },
    }),
  };
}
