/** The arguments of each probe of xcall, from what the kernel hands its program. */

import { describe, expect, it } from 'vitest';
import { createXcallProvider } from '../../src/providers/xcall.js';
import { argumentCode, type Event, firedArguments, kernelRegion, tracepointOf } from './fired-arguments.js';

const provider = createXcallProvider({ hasTracepoint: () => true, hasFunction: () => false });

const fields = { '__call_single_data.node.u_flags': 12, 'cpumask.bits': 24 };
const caller = 0xffff_ffff_8110_0040n;
const called = 0xffff_ffff_8120_0000n;
const csd = 0xffff_8880_0050_0000n;
const mask = 0xffff_8880_0060_0000n;
const address = (unsigned: bigint): bigint => BigInt.asIntN(64, unsigned);

/** A csd with these flags (`u_flags`, 32 bits behind the next pointer), set bits before them and nothing behind. */
const csdOf = (flags: bigint) => kernelRegion('csd', csd, { 0: -1n, 8: (flags << 32n) | 0xffff_ffffn });

/** CSD_FLAG_LOCK and the types of linux/smp_types.h. */
const flag = { lock: 0x01n, async: 0x00n, sync: 0x10n, irqWork: 0x20n, wakeup: 0x30n } as const;

const unknown = -1n;

/** arg0 to arg8: source, target, targets, function, caller, vector, csd, interrupts on, waits. */
type Row = readonly [what: string, probe: string, tracepoint: string, Event, readonly bigint[]];

/** csd_queue_cpu(cpu, callsite, func, csd); the upper half of a 32-bit argument may hold anything. */
const queue = (cpu: number, regions: Event['regions'] = [csdOf(flag.sync | flag.lock)]): Event => ({
  context: [0x5555_0000_0000n | BigInt(cpu), caller, called, csd],
  regions: regions ?? [],
  cpu: 3,
});
const queued = (cpu: bigint, targets: bigint, waits: bigint): readonly bigint[] => [
  ...[3n, cpu, targets, address(called), address(caller)],
  ...[unknown, address(csd), unknown, waits],
];

const rows: readonly Row[] = [
  ['a request', 'csd_queue_cpu:queue', 'csd_queue_cpu', queue(5), queued(5n, 1n << 5n, 1n)],
  [
    'a request that does not wait',
    'csd_queue_cpu:queue',
    'csd_queue_cpu',
    queue(5, [csdOf(flag.async)]),
    queued(5n, 32n, 0n),
  ],
  ['a wakeup', 'csd_queue_cpu:queue', 'csd_queue_cpu', queue(5, [csdOf(flag.wakeup)]), queued(5n, 32n, 0n)],
  [
    'irq_work for another CPU',
    'csd_queue_cpu:queue',
    'csd_queue_cpu',
    queue(5, [csdOf(flag.irqWork | flag.lock)]),
    queued(5n, 32n, 0n),
  ],
  [
    'a request whose csd cannot be read',
    'csd_queue_cpu:queue',
    'csd_queue_cpu',
    queue(5, []),
    queued(5n, 32n, unknown),
  ],
  ['a request to CPU 0', 'csd_queue_cpu:queue', 'csd_queue_cpu', queue(0), queued(0n, 1n, 1n)],
  [
    'a request to the last CPU of the mask',
    'csd_queue_cpu:queue',
    'csd_queue_cpu',
    queue(63),
    queued(63n, address(1n << 63n), 1n),
  ],
  [
    'a request to the first CPU behind the mask',
    'csd_queue_cpu:queue',
    'csd_queue_cpu',
    queue(64),
    queued(64n, 0n, 1n),
  ],
  [
    'an interrupt to one CPU',
    'ipi_send_cpu:send',
    'ipi_send_cpu',
    { context: [0x5555_0000_0006n, caller, called], cpu: 2 },
    [2n, 6n, 64n, address(called), address(caller), unknown, 0n, unknown, unknown],
  ],
  [
    'an interrupt to several CPUs',
    'ipi_send_cpumask:send',
    'ipi_send_cpumask',
    { context: [mask, caller, 0n], regions: [kernelRegion('mask', mask, { 0: 1n, 24: 0b1011_0000n })], cpu: 2 },
    [2n, unknown, 0b1011_0000n, 0n, address(caller), unknown, 0n, unknown, unknown],
  ],
  ...(
    [
      ['function-entry', 'csd_function_entry'],
      ['function-return', 'csd_function_exit'],
    ] as const
  ).flatMap(([name, tracepoint]): readonly Row[] => [
    [
      `the function of another CPU (${name})`,
      `csd_function:${name}`,
      tracepoint,
      { context: [called, csd], regions: [csdOf(flag.sync)], cpu: 7 },
      [unknown, 7n, 128n, address(called), 0n, unknown, address(csd), unknown, 1n],
    ],
    [
      `a function that a CPU runs for itself (${name})`,
      `csd_function:${name}`,
      tracepoint,
      { context: [called, 0n], cpu: 7 },
      [7n, 7n, 128n, address(called), 0n, unknown, 0n, unknown, unknown],
    ],
    [
      `a function on a CPU behind the mask (${name})`,
      `csd_function:${name}`,
      tracepoint,
      { context: [called, csd], regions: [csdOf(flag.async)], cpu: 100 },
      [unknown, 100n, 0n, address(called), 0n, unknown, address(csd), unknown, 0n],
    ],
  ]),
  ...['call_function', 'call_function_single', 'reschedule', 'irq_work'].flatMap((vector) =>
    (
      [
        ['ipi-entry', `${vector}_entry`],
        ['ipi-return', `${vector}_exit`],
      ] as const
    ).map(
      ([name, tracepoint]): Row => [
        `the interrupt ${vector} (${name})`,
        `${vector}:${name}`,
        tracepoint,
        { context: [0xfbn], cpu: 4 },
        [unknown, 4n, 16n, 0n, 0n, 0xfbn, 0n, unknown, unknown],
      ],
    ),
  ),
];

describe('the arguments of xcall', () => {
  it.each(rows)('of %s', (_, probe, tracepoint, event, expected) => {
    const full = `xcall::${probe}`;
    const read = (indices: readonly number[]) => firedArguments(provider, full, indices, event, fields);
    expect(tracepointOf(provider, full)).toBe(tracepoint);
    // Who asks, arg9, is the caller where the kernel shows no addresses, as this one.
    const values = [...expected, expected[4]];
    const all = values.map((_value, index) => index);
    expect(read(all)).toEqual(values);
    // Each by itself: none needs that another one is read, too.
    expect(all.map((index) => read([index])[0])).toEqual(values);
    // A csd is looked for in any case.
    expect(argumentCode(provider, full, [], fields)).toBe(probe.startsWith('csd_') ? 2 : 0);
  });
});
