/** The types of arguments: those that the documents say, and live the same values as arg0 to arg9. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { typeName } from '../../src/d/check/types/type-text.js';
import { allProviders } from '../../src/providers/index.js';
import { createIrqProvider, irqProvider } from '../../src/providers/irq.js';
import type { ProbeName, Provider } from '../../src/providers/provider.js';
import type { KernelEvents } from '../../src/providers/tracepoint.js';
import { createXcallProvider, xcallProvider } from '../../src/providers/xcall.js';
import { threadId } from '../../src/sys/index.js';
import { kernelSkipReason, kernelTest } from '../kernel-test.js';
import { ownCpus, runFunctionName, traceOwnCalls } from '../own-calls.js';
import { tableOf } from '../trace.js';

const document = readFileSync(join(import.meta.dirname, '../../docs/providers.md'), 'utf8');

/** A kernel with every tracepoint. */
const everything: KernelEvents = { hasTracepoint: () => true, hasFunction: () => true };

const typesOf = (provider: Provider, probe: ProbeName): readonly string[] =>
  (provider.argumentTypes?.(probe) ?? []).map(typeName);

/** The rows of the document's tables that name a probe in their first column. */
const rowOf = (name: string): string | undefined =>
  document.split('\n').find((line) => line.startsWith('|') && line.split('|')[1]?.includes(`\`${name}\``));

describe('the types of arguments', () => {
  it('of xcall are those of the table, the same for every probe', () => {
    const written = [...document.matchAll(/^\| `args\[(\d)\]` \| `([^`]+)` \|/gm)].map(([, , type]) => type);
    const provider = createXcallProvider(everything);
    expect(provider.probes().length).toBeGreaterThan(0);
    for (const probe of provider.probes()) expect(typesOf(provider, probe), probe.name).toEqual(written);
    const listed = [...document.matchAll(/^\s+args\[\d\]: (.+)$/gm)].map(([, type]) => type);
    expect(listed).toEqual(written);
  });

  it('of irq are those of the rows of the probes', () => {
    const provider = createIrqProvider(everything);
    const inRow = (name: string): readonly string[] =>
      [...(rowOf(name) ?? '').matchAll(/`args\[\d\]` `([^`]+)`/g)].map(([, type = '']) => type);
    for (const probe of provider.probes()) {
      const before = probe.name === 'handler-return' ? inRow('handler-entry') : [];
      expect(typesOf(provider, probe), probe.name).toEqual([...before, ...inRow(probe.name)]);
      expect(inRow(probe.name).length, probe.name).toBeGreaterThan(0);
    }
  });

  it('of dtrace, syscall and profile are none', () => {
    for (const provider of allProviders.filter(({ name }) => ['dtrace', 'syscall', 'profile'].includes(name))) {
      for (const probe of provider.probes()) expect(typesOf(provider, probe)).toEqual([]);
    }
  });

  it('are integers and pointers, ten at most', () => {
    for (const provider of [createXcallProvider(everything), createIrqProvider(everything)]) {
      for (const probe of provider.probes()) {
        const types = provider.argumentTypes?.(probe) ?? [];
        expect(types.filter(({ kind }) => kind !== 'integer' && kind !== 'pointer')).toEqual([]);
        expect(types.length).toBeLessThanOrEqual(10);
      }
    }
  });
});

/** A clause for the probe that counts its firings, and those in which args[n] is not argn. */
function comparing(provider: Provider, probe: ProbeName): string {
  const differing = typesOf(provider, probe).map((_, index) => `(int64_t)args[${index}] != arg${index}`);
  const description = `${probe.provider}:${probe.module}:${probe.function}:${probe.name}`;
  return `${description} { @["fired", probeprov, ""] = count(); }
    ${description} /${differing.join(' || ')}/ { @["differs", probefunc, probename] = count(); }`;
}

describe('args[] on the live kernel', () => {
  kernelTest('is arg0 to arg9 in every probe of xcall and irq', async () => {
    const clauses = [xcallProvider, irqProvider].flatMap((provider) =>
      provider.probes().map((probe) => comparing(provider, probe)),
    );
    expect(clauses.length).toBeGreaterThan(0);
    const { lines } = await traceOwnCalls(clauses.join('\n'), 300);
    const counts = Object.entries(tableOf(lines));
    expect(counts.filter(([key]) => key.startsWith('differs'))).toEqual([]);
    const fired = counts.map(([key]) => key);
    expect(fired).toContain('fired irq');
    if (xcallProvider.probes().length > 0 && ownCpus.from !== ownCpus.to) expect(fired).toContain('fired xcall');
  });

  const queues = kernelSkipReason === undefined && xcallProvider.probes().some(({ name }) => name === 'queue');
  const queueTest = (name: string, run: () => Promise<void>): void => {
    if (queues && ownCpus.from !== ownCpus.to) kernelTest(name, run);
    else it.skip(`${name} [skipped: ${kernelSkipReason ?? 'no cross-calls to see here'}]`, run);
  };

  queueTest('names the function of a cross-call by %a, and has its CPUs as numbers of their type', async () => {
    const { lines } = await traceOwnCalls(
      `xcall:::queue /tid == ${threadId()} && args[1] == ${ownCpus.to} && args[2] == 1ul << args[1] && args[5] < 0/
       { @[args[3], args[0]] = count(); }
       END { printa("%a %d %@d\\n", @); }`,
      200,
    );
    // Others that the thread wakes on that CPU are there too.
    expect(tableOf(lines)[`${runFunctionName} ${ownCpus.from}`]).toBe(200);
  });
});
