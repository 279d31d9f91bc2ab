import { closeSync, fsyncSync, mkdtempSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createIrqProvider, irqProvider } from '../../src/providers/irq.js';
import type { InterruptClass } from '../../src/providers/provider.js';
import type { KernelEvents } from '../../src/providers/tracepoint.js';
import { kernelTest } from '../kernel-test.js';
import { enable, tableOf, trace } from '../trace.js';

const milliseconds = (count: number) => (): Promise<void> => new Promise((resolve) => setTimeout(resolve, count));

const kernelWith = (prefixes: readonly string[]): KernelEvents => ({
  hasTracepoint: (name) => prefixes.some((prefix) => name.startsWith(prefix)),
  hasFunction: () => false,
});

const names = (prefixes: readonly string[]): string[] =>
  createIrqProvider(kernelWith(prefixes))
    .probes()
    .map((probe) => `${probe.function}:${probe.name}`);

describe('the probes of irq', () => {
  it.each([
    [
      'a kernel with the vector of its timer',
      ['local_timer'],
      ['local_timer:vector-entry', 'local_timer:vector-return'],
    ],
    [
      'a kernel without tracepoints of vectors',
      ['irq_', 'softirq_'],
      // irq_work is a vector whose name begins with irq_ too.
      [
        'irq_work:vector-entry',
        'irq_work:vector-return',
        'irq_handler:handler-entry',
        'irq_handler:handler-return',
        'softirq:softirq-raise',
        'softirq:softirq-entry',
        'softirq:softirq-return',
      ],
    ],
    ['a kernel without BTF', [], []],
  ])('on %s are those that exist', (_, prefixes, expected) => {
    expect(names(prefixes)).toEqual(expected);
  });

  it.each<readonly [string, readonly InterruptClass[]]>([
    ['vector-entry', ['hardirq']],
    ['vector-return', ['hardirq']],
    ['handler-entry', ['hardirq']],
    ['handler-return', ['hardirq']],
    ['softirq-raise', ['hardirq']],
    ['softirq-entry', ['softirq', 'task']],
    ['softirq-return', ['softirq', 'task']],
  ])('%s can begin in %j', (name, expected) => {
    const provider = createIrqProvider(kernelWith(['']));
    const enabled = provider
      .probes()
      .filter((probe) => probe.name === name)
      .map((probe, row) => ({ row, probe: { id: row + 1, ...probe } }));
    expect([...new Set(provider.plan(enabled).flatMap(({ interrupts }) => interrupts))].sort()).toEqual(expected);
  });
});

/** Interrupts of devices so far: those that have a number in /proc/interrupts. */
function deviceInterrupts(): number {
  const rows = readFileSync('/proc/interrupts', 'latin1').split('\n').slice(1);
  const counts = rows.flatMap((row) => {
    const [, columns = ''] = /^ *\d+:((?: +\d+)+)/.exec(row) ?? [];
    return columns.trim().split(/ +/).map(Number);
  });
  return counts.reduce((sum, count) => sum + count, 0);
}

/** Writes to a disk, where the folder for temporary files lies on one. */
function writeToDisk(): void {
  const folder = mkdtempSync(join(tmpdir(), 'dtrace-irq-'));
  const file = openSync(join(folder, 'file'), 'w');
  try {
    for (let times = 0; times < 20; times += 1) {
      writeSync(file, 'something');
      fsyncSync(file);
    }
  } finally {
    closeSync(file);
    rmSync(folder, { recursive: true });
  }
}

describe('irq on the live kernel', () => {
  kernelTest('lists every probe whose tracepoint the kernel has, and enables them all', () => {
    const enabling = enable('irq::: { @[probefunc, probename] = count(); }');
    const probes = enabling.probes.filter(({ provider }) => provider === 'irq');
    expect(probes).toHaveLength(irqProvider.probes().length);
    expect(probes.length).toBeGreaterThan(0);
  });

  kernelTest('sees the timer behind each tick of the profile provider, by its vector', async () => {
    const run = await trace(
      `irq::local_timer:vector-entry { @["timer", arg0, ipl] = count(); }
       profile-997 { @ticks["tick"] = count(); }`,
      { meanwhile: milliseconds(300) },
    );
    const { tick, ...timer } = tableOf(run.lines);
    // LOCAL_TIMER_VECTOR (arch/x86/include/asm/irq_vectors.h), in hardirq context.
    expect(Object.keys(timer)).toEqual([`timer ${0xec} 2`]);
    expect(tick).toBe(run.ticks.reduce((sum, { fired }) => sum + fired, 0));
    expect(tick).toBeGreaterThan(0);
    expect(Object.values(timer)[0]).toBeGreaterThan(0);
  });

  kernelTest('has softirqs at level 1, each entry with its return', async () => {
    const { lines } = await trace(
      'irq:::softirq-entry, irq:::softirq-return { @[probename, ipl] = count(); @kind = max(arg0); } END { printa("%s %d %@d\\n", @); printa("kind %@d\\n", @kind); }',
      { meanwhile: milliseconds(300) },
    );
    const counts = tableOf(lines);
    expect(Object.keys(counts).sort()).toEqual(['kind', 'softirq-entry 1', 'softirq-return 1']);
    expect(counts['softirq-entry 1']).toBeGreaterThan(0);
    // One may be running on each CPU when tracing begins, and when it ends.
    const apart = Math.abs((counts['softirq-entry 1'] ?? 0) - (counts['softirq-return 1'] ?? 0));
    expect(apart).toBeLessThanOrEqual(64);
    // NR_SOFTIRQS (linux/interrupt.h)
    expect(counts['kind']).toBeLessThan(10);
  });

  kernelTest('counts no handlers but those of interrupts that came, with function and result', async () => {
    const before = deviceInterrupts();
    const { lines } = await trace(
      `irq:::handler-entry { @entries = count(); }
       irq:::handler-entry, irq:::handler-return /(long)arg1 >= 0 || (long)arg2 >= 0 || arg3 < 0 || arg3 > 3/ { @wrong = count(); }
       irq:::handler-entry { @names[stringof(args[2])] = count(); }
       END { printa("entries %@d\\n", @entries); printa("wrong %@d\\n", @wrong); printa("name %@d\\n", @names); }`,
      { meanwhile: writeToDisk },
    );
    const { entries = 0, wrong = 0, name = 0 } = tableOf(lines);
    expect(wrong).toBe(0);
    // An interrupt can have several handlers.
    expect(entries).toBeLessThanOrEqual(8 * (deviceInterrupts() - before));
    expect(entries === 0).toBe(name === 0);
  });
});
