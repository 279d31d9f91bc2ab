import { describe, expect, it } from 'vitest';
import { createStormConsumer } from '../../../../src/cli/xcall/storm/consumer.js';
import { aggregationNames, leeway } from '../../../../src/cli/xcall/storm/program.js';
import { recordHeader } from '../../../../src/d/codegen/memory/layout.js';

const pid = 41;
const [calls, datagrams] = [7, 9];
const place = { head: 8, pid: 16, tail: 24 };
const size = 32;

interface Given {
  readonly epid?: number;
  readonly number: number;
  readonly pid?: number;
  readonly tail?: number;
  readonly voided?: boolean;
}

const batchOf = (records: readonly Given[], cpu = 0, drops = 0) => {
  const bytes = new Uint8Array(new ArrayBuffer(size * records.length));
  for (const [index, record] of records.entries()) {
    const { number, tail = number, epid = calls, voided = false } = record;
    const view = new DataView(bytes.buffer, index * size);
    view.setUint32(recordHeader.epid, (epid | (voided ? recordHeader.voidFlag : 0)) >>> 0, true);
    view.setBigInt64(place.head, BigInt(number), true);
    view.setInt32(place.pid, record.pid ?? pid, true);
    view.setBigInt64(place.tail, BigInt(tail), true);
  }
  return { cpu, bytes, drops };
};

type Count = readonly [(typeof aggregationNames)[number], number, number];

/** A consumer of two series of a worker, with what it has allowed, and the counts that it reads next. */
function consumer() {
  const allowed = { calls: 0, datagrams: 0 };
  const series = (['calls', 'datagrams'] as const).map((name) => ({
    ...{ name, cpu: 0, pid, begun: 0, done: 0 },
    allow: (number: number) => {
      allowed[name] = number;
    },
  }));
  const counts: Count[] = [];
  const made = createStormConsumer(
    (visit) => {
      for (const [name, key, count] of counts.splice(0)) {
        visit(
          aggregationNames.indexOf(name),
          new Uint8Array(Int32Array.of(key, 0).buffer),
          BigUint64Array.of(BigInt(count)),
        );
      }
    },
    {
      records: [
        { series: 'calls', epid: calls, ...place },
        { series: 'datagrams', epid: datagrams, ...place },
      ],
      sizeOf: () => size,
      idOf: (name) => aggregationNames.indexOf(name),
    },
    { series },
  );
  return { made, counts, allowed, result: () => made.result([10, 20], [30, 40]) };
}

describe('the consumer of the storm', () => {
  it('takes the numbers of each series, by clause and process, and lets the worker go on', () => {
    const { made, allowed, result } = consumer();
    made.take([batchOf([{ number: 1 }, { number: 5, epid: datagrams }, { number: 2 }])]);
    made.take([batchOf([{ number: 3 }, { number: 6, epid: datagrams }])]);
    expect(made.sound).toBe(true);
    expect(result().series).toMatchObject([
      { name: 'calls', records: 3, first: 1, last: 3, missing: 0, doubled: 0, begunAtStart: 10, doneAtStop: 30 },
      { name: 'datagrams', records: 2, first: 5, last: 6, missing: 0, doubled: 0, begunAtStart: 20, doneAtStop: 40 },
    ]);
    expect(allowed).toEqual({ calls: 3 + leeway, datagrams: 6 + leeway });
  });

  it.each<readonly [string, Given]>([
    ['whose two numbers differ', { number: 2, tail: 1 }],
    ['whose second number is not written', { number: 2, tail: 0 }],
    ['whose numbers differ in their upper half only', { number: 2, tail: 2 + 2 ** 32 }],
    ['of a process that is no worker', { number: 2, pid: pid + 1 }],
    ['of a clause that records none', { number: 2, epid: 8 }],
  ])('takes a record for torn %s', (_, record) => {
    const { made, result } = consumer();
    made.take([batchOf([{ number: 1 }, record, { number: 3 }])]);
    expect(made.sound).toBe(false);
    expect(result()).toMatchObject({ torn: 1, series: [{ records: 2, missing: 1 }, { records: 0 }] });
  });

  it('counts what is missing of a record that a fault has voided', () => {
    const { made, result } = consumer();
    made.take([batchOf([{ number: 1 }, { number: 2, voided: true }, { number: 3 }])]);
    expect(result()).toMatchObject({ torn: 0, series: [{ records: 2, missing: 1 }, {}] });
  });

  it('counts records without room on every CPU, and is not sound then', () => {
    const { made, result } = consumer();
    made.take([batchOf([], 0, 2), batchOf([], 1, 3)]);
    expect(made.sound).toBe(false);
    expect(result().noRoom).toBe(5);
  });

  it('bears the older numbers of a CPU that the worker has left, and no older ones of the same CPU', () => {
    const left = consumer();
    left.made.take([batchOf([{ number: 1 }], 1), batchOf([{ number: 3 }], 0), batchOf([{ number: 2 }], 1)]);
    expect(left.result().series).toMatchObject([{ records: 3, missing: 0, late: 0 }, {}]);
    const same = consumer();
    same.made.take([batchOf([{ number: 1 }, { number: 3 }], 1), batchOf([{ number: 2 }], 1)]);
    expect(same.result().series).toMatchObject([{ records: 3, missing: 0, late: 1 }, {}]);
  });

  it('is not sound once a number came twice', () => {
    const { made } = consumer();
    made.take([batchOf([{ number: 1 }, { number: 1 }])]);
    expect(made.sound).toBe(false);
  });

  it('adds up each aggregation, those of calls and datagrams by process besides', () => {
    const { made, counts, result } = consumer();
    counts.push(['calls', pid, 5], ['datagrams', pid, 3], ['ticks', 0, 2], ['shared', 0, 10], ['posts', 0, 4]);
    counts.push(['events', 1, 6], ['polled', 0, 7], ['polled', 1, 8], ['asked', 0, 9], ['asked', 1, 1]);
    made.read();
    counts.push(['calls', pid, 1], ['calls', pid + 1, 100]);
    made.read();
    const { sums, series } = result();
    expect(sums).toEqual({
      ...{ calls: 106, datagrams: 3, ticks: 2, shared: 10, posts: 4, events: 6 },
      ...{ polled: 15, complete: 8, asked: 10, hasty: 1 },
    });
    expect(series.map(({ counted }) => counted)).toEqual([6, 3]);
  });
});
