/** The arguments of each probe of irq, from what the kernel hands its program; and which tracepoint is behind it. */

import { describe, expect, it } from 'vitest';
import { createIrqProvider } from '../../src/providers/irq.js';
import { argumentCode, type Event, firedArguments, kernelRegion, tracepointOf } from './fired-arguments.js';

const provider = createIrqProvider({ hasTracepoint: () => true, hasFunction: () => false });

const fields = { 'irqaction.handler': 0, 'irqaction.name': 120 };
const action = 0xffff_8880_0050_0000n;
const handler = 0xffff_ffff_8130_0000n;
const name = 0xffff_ffff_8240_0000n;
const regions = [kernelRegion('irqaction', action, { 0: handler, 120: name })];
const address = (unsigned: bigint): bigint => BigInt.asIntN(64, unsigned);

const vectors = [
  ...['local_timer', 'reschedule', 'call_function', 'call_function_single', 'irq_work', 'x86_platform_ipi'],
  ...['thermal_apic', 'threshold_apic', 'deferred_error_apic', 'spurious_apic', 'error_apic'],
];

type Row = readonly [string, string, Event, readonly bigint[]];

const rows: readonly Row[] = [
  ...vectors.flatMap((vector): readonly Row[] => [
    [`${vector}:vector-entry`, `${vector}_entry`, { context: [0xecn] }, [0xecn]],
    [`${vector}:vector-return`, `${vector}_exit`, { context: [0xecn] }, [0xecn]],
  ]),
  [
    'irq_handler:handler-entry',
    'irq_handler_entry',
    { context: [17n, action], regions },
    [17n, address(handler), address(name)],
  ],
  ['irq_handler:handler-entry', 'irq_handler_entry', { context: [17n, 0n] }, [17n, 0n, 0n]],
  [
    'irq_handler:handler-return',
    'irq_handler_exit',
    { context: [17n, action, 2n], regions },
    [17n, address(handler), address(name), 2n],
  ],
  ['softirq:softirq-raise', 'softirq_raise', { context: [9n] }, [9n]],
  ['softirq:softirq-entry', 'softirq_entry', { context: [7n] }, [7n]],
  ['softirq:softirq-return', 'softirq_exit', { context: [7n] }, [7n]],
];

describe('a probe of irq', () => {
  it.each(rows)('%s is on %s and has its arguments', (probe, tracepoint, event, expected) => {
    const full = `irq::${probe}`;
    const read = (indices: readonly number[]) => firedArguments(provider, full, indices, event, fields);
    const all = expected.map((_, index) => index);
    expect(tracepointOf(provider, full)).toBe(tracepoint);
    expect(read(all)).toEqual(expected);
    expect(all.map((index) => read([index])[0])).toEqual(expected);
    expect(argumentCode(provider, full, [], fields)).toBe(0);
  });
});
