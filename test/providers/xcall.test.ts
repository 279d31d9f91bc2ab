import { describe, expect, it } from 'vitest';
import { createEmitter } from '../../src/d/codegen/emitter.js';
import type { SiteCode } from '../../src/d/codegen/site.js';
import type { SitePlan } from '../../src/providers/provider.js';
import type { KernelEvents } from '../../src/providers/tracepoint.js';
import { createXcallProvider, xcallArguments, xcallProvider } from '../../src/providers/xcall.js';
import { onlineCpus, threadId } from '../../src/sys/index.js';
import { kernelSkipReason, kernelTest } from '../kernel-test.js';
import { ownCpus, runFunction, traceOwnCalls } from '../own-calls.js';
import { calls, startProgram } from '../programs.js';
import { enable, tableOf, trace } from '../trace.js';

/** A kernel that has tracepoints whose names begin with one of `prefixes`, and functions likewise. */
const kernelWith = (prefixes: readonly string[], functions: readonly string[] = []): KernelEvents => ({
  hasTracepoint: (name) => prefixes.some((prefix) => name.startsWith(prefix)),
  hasFunction: (name) => functions.includes(name),
});

const irqFunctions = ['bpf_local_irq_save', 'bpf_local_irq_restore'];

const vectors = ['call_function', 'call_function_single', 'reschedule', 'irq_work'];
const ofVectors = vectors.flatMap((vector) => [`${vector}:ipi-entry`, `${vector}:ipi-return`]);
const ofIpi = ['ipi_send_cpu:send', 'ipi_send_cpumask:send'];
const ofCsd = ['csd_queue_cpu:queue', 'csd_function:function-entry', 'csd_function:function-return'];

describe('the probes of xcall', () => {
  it.each([
    ['a kernel with every tracepoint', [''], [...ofCsd, ...ofIpi, ...ofVectors]],
    ['a kernel before csd and ipi', ['call_', 'resched', 'irq_work'], ofVectors],
    ['a kernel with ipi only', ['ipi_'], ofIpi],
    ['a kernel where functions are queued but not followed', ['csd_queue'], ['csd_queue_cpu:queue']],
    ['a kernel without BTF', [], []],
  ])('on %s are those that exist', (_, prefixes, expected) => {
    const probes = createXcallProvider(kernelWith(prefixes)).probes();
    expect(probes.map((probe) => `${probe.function}:${probe.name}`).sort()).toEqual([...expected].sort());
    expect(probes.every(({ provider, module }) => provider === 'xcall' && module === 'vmlinux')).toBe(true);
  });

  it('are programs of their own, one a tracepoint', () => {
    const provider = createXcallProvider(kernelWith(['']));
    const enabled = provider.probes().map((probe, row) => ({ row, probe: { id: row + 1, ...probe } }));
    const attached = provider
      .plan(enabled)
      .flatMap(({ attachment }) => (attachment.kind === 'typed-raw-tracepoint' ? [attachment.tracepoint] : []));
    expect(attached).toHaveLength(enabled.length);
    expect(new Set(attached).size).toBe(enabled.length);
  });
});

describe('the contexts of xcall', () => {
  it('are all three where calls are requested, and interrupts where they are handled', () => {
    const provider = createXcallProvider(kernelWith(['']));
    const enabled = provider.probes().map((probe, row) => ({ row, probe: { id: row + 1, ...probe } }));
    for (const { probes, interrupts } of provider.plan(enabled)) {
      const requested = ['queue', 'send'].includes(probes[0]?.probe.name ?? '');
      expect(interrupts, probes[0]?.probe.function).toEqual(requested ? ['task', 'softirq', 'hardirq'] : ['hardirq']);
    }
  });
});

/** The code that a plan makes for one argument. */
function codeFor(plan: SitePlan | undefined, argument: number) {
  const emitter = createEmitter();
  const stored: { readonly index: number; readonly from: string | number }[] = [];
  const code = {
    emitter,
    kernel: { fieldOffset: () => 0 },
    memory: { scratch: 0 },
    kernelContext: 'r6',
    contextArea: 'r9',
    readsArgument: (index: number) => index === argument,
    readsErrno: false,
    leave: 'leave',
    setArgument: (index: number, from: string | number) => stored.push({ index, from }),
    setErrno: () => undefined,
  } as unknown as SiteCode;
  plan?.emitArguments(code);
  const functions = emitter.items.flatMap((item) => (item.kind === 'call-kernel' ? [item.name] : []));
  return { stored: stored.filter(({ index }) => index === argument), functions };
}

describe('the interrupt flag', () => {
  const planOn = (events: KernelEvents): readonly SitePlan[] => {
    const provider = createXcallProvider(events);
    return provider
      .plan(provider.probes().map((probe, row) => ({ row, probe: { id: row + 1, ...probe } })))
      .filter(({ probes }) => probes.length > 0);
  };

  it('is unknown where the kernel does not let a program read it', () => {
    for (const functions of [[], irqFunctions.slice(0, 1), irqFunctions.slice(1)]) {
      for (const plan of planOn(kernelWith([''], functions))) {
        const { stored, functions: called } = codeFor(plan, xcallArguments.interruptsOn);
        expect(stored, plan.name).toEqual([{ index: xcallArguments.interruptsOn, from: -1 }]);
        expect(called).toEqual([]);
      }
    }
  });

  it('is read by saving and restoring it, at every probe, where it is asked for', () => {
    for (const plan of planOn(kernelWith([''], irqFunctions))) {
      expect(codeFor(plan, xcallArguments.interruptsOn).functions, plan.name).toEqual(irqFunctions);
      expect(codeFor(plan, xcallArguments.target).functions, plan.name).toEqual([]);
    }
  });
});

/** What the running kernel lacks for a test. */
const lacking = (...names: readonly string[]): string | undefined => {
  if (kernelSkipReason !== undefined) return kernelSkipReason;
  if (onlineCpus().length < 2) return 'one CPU only';
  const there = new Set(xcallProvider.probes().map(({ name }) => name));
  const missing = names.filter((name) => !there.has(name));
  return missing.length === 0 ? undefined : `the kernel has no tracepoint for ${missing.join(', ')}`;
};

const crossCallTest = (name: string, probes: readonly string[], run: () => Promise<void>): void => {
  const reason = lacking(...probes);
  if (reason === undefined) kernelTest(name, run);
  else it.skip(`${name} [skipped: ${reason}]`, run);
};

const { from: here, to: there } = ownCpus;

async function linesOfOwnCalls(text: string, times: number): Promise<readonly string[]> {
  const { lines, drops } = await traceOwnCalls(text, times);
  // An interrupt inside the program of a probe can ask for a cross-call too: the kernel skips that firing, and counts it.
  expect(drops.filter(({ kind }) => kind !== 'recursion')).toEqual([]);
  return lines;
}

/** Of this thread, for it alone: it wakes tasks and flushes mappings of the other CPU as well. */
const ours = (): string => `tid == ${threadId()} && arg0 == ${here} && arg1 == ${there} && arg3 == ${runFunction()}`;

describe('xcall on the live kernel', () => {
  kernelTest('lists every probe whose tracepoint the kernel has, and enables them all', () => {
    const enabling = enable('xcall::: { @[probefunc, probename] = count(); }');
    const probes = enabling.probes.filter(({ provider }) => provider === 'xcall');
    expect(probes).toHaveLength(xcallProvider.probes().length);
    expect(probes.length).toBeGreaterThan(0);
  });

  crossCallTest(
    'sees each cross-call of ours queued, begun and ended, with its CPUs and its function',
    ['queue', 'function-entry'],
    async () => {
      const lines = await linesOfOwnCalls(
        `xcall:::queue /${ours()}/
       { mine[arg6] = arg3; @[probename, arg0, arg1, arg2, arg5, arg8, ipl] = count(); }
       xcall:::function-entry, xcall:::function-return /mine[arg6] && mine[arg6] == arg3/
       { @[probename, arg0, arg1, arg2, arg5, arg8, ipl] = count(); }
       xcall:::function-return /mine[arg6]/ { mine[arg6] = 0; }`,
        500,
      );
      const mask = 2 ** there;
      const counts = Object.entries(tableOf(lines));
      const of = (name: string): typeof counts => counts.filter(([key]) => key.startsWith(name));
      expect(of('queue')).toEqual([[`queue ${here} ${there} ${mask} -1 1 0`, 500]]);
      for (const name of ['function-entry', 'function-return']) {
        // An idle CPU that polls serves its list in its own task; otherwise it is the interrupt's handler.
        for (const [key] of of(name)) expect(key).toMatch(new RegExp(`^${name} -1 ${there} ${mask} -1 1 [02]$`));
        expect(of(name).reduce((sum, [, count]) => sum + count, 0)).toBe(500);
      }
    },
  );

  crossCallTest(
    'says who sends, to whom, and that the interrupt arrives there',
    ['queue', 'send', 'ipi-entry'],
    async () => {
      const lines = await linesOfOwnCalls(
        `xcall:::queue /${ours()}/ { self->queued = arg4; }
       xcall::ipi_send_cpu:send /self->queued && arg1 == ${there}/
       { @sent["sent", arg0, arg2, arg3 != 0, arg4 != 0, arg5, arg8] = count(); self->queued = 0; }
       xcall::call_function_single:ipi-entry /cpu == ${there}/ { @["arrived", arg1, arg5] = count(); }`,
        500,
      );
      const counts = tableOf(lines);
      const [vector] = Object.keys(counts).filter((key) => key.startsWith('arrived'));
      // CALL_FUNCTION_SINGLE_VECTOR (arch/x86/include/asm/irq_vectors.h)
      expect(vector).toBe(`arrived ${there} ${0xfb}`);
      const sent = counts[`sent ${here} ${2 ** there} 1 1 -1 -1`] ?? 0;
      expect(sent).toBeGreaterThan(0);
      expect(sent).toBeLessThanOrEqual(500);
      expect(counts[vector ?? ''] ?? 0).toBeGreaterThan(0);
    },
  );

  crossCallTest('knows the source of what a CPU runs for itself', ['function-entry'], async () => {
    const lines = await linesOfOwnCalls(
      'xcall:::function-entry { @[arg6 == 0, arg6 == 0 ? arg0 == arg1 && arg1 == cpu : arg0 == -1 && arg1 == cpu] = count(); }',
      100,
    );
    for (const key of Object.keys(tableOf(lines))) expect(key).toMatch(/^[01] 1$/);
    expect(lines.length).toBeGreaterThan(0);
  });

  crossCallTest('tells whether interrupts are on, or says -1', ['queue', 'function-entry'], async () => {
    const lines = await linesOfOwnCalls(
      `xcall:::queue /${ours()}/ { @["queue", arg7] = count(); }
       xcall:::function-entry { @["handler", arg7] = count(); }`,
      100,
    );
    const keys = Object.keys(tableOf(lines)).sort();
    // A call that waits is made with interrupts on; handlers run with interrupts off.
    expect([
      ['handler -1', 'queue -1'],
      ['handler 0', 'queue 1'],
    ]).toContainEqual(keys);
  });

  kernelTest('counts exactly where its probes, those of irq, ticks and system calls nest', async () => {
    const made = 100_000;
    const storm = () => startProgram([{ call: calls.getpgid, arguments: ['counter'], times: made }]);
    const run = await trace(
      `syscall::getpgid:entry /ppid == $pid/ { @all = count(); @[probeprov] = count(); }
       profile-4999, xcall:::, irq::: { @all = count(); @[probeprov] = count(); }
       END { printa("all %@d\\n", @all); printa("%s %@d\\n", @); }`,
      { programs: [await storm(), await storm()] },
    );
    const { all, ...each } = tableOf(run.lines);
    const sum = Object.values(each).reduce((total, count) => total + count, 0);
    expect(all).toBe(sum);
    expect(each['syscall']).toBe(2 * made);
    expect(each['profile']).toBe(run.ticks.reduce((total, { fired }) => total + fired, 0));
    expect(each['irq']).toBeGreaterThan(0);
    // What interrupts its own program at its own tracepoint the kernel skips, and counts; no level may be missing.
    expect(run.drops.filter(({ kind }) => kind !== 'recursion')).toEqual([]);
  });
});
