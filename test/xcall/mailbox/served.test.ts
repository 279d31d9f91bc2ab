import { readdirSync, readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect } from 'vitest';
import { alu, callHelper, exit } from '../../../src/bpf/instruction.js';
import { requestKinds } from '../../../src/d/codegen/memory/mailbox-layout.js';
import { onlineCpus } from '../../../src/sys/index.js';
import { MailboxError } from '../../../src/xcall/mailbox/thread.js';
import { heldObjects, holdingsAtRest, holdingsBeyond, nothing } from '../../kernel-objects.js';
import { kernelSkipReason, kernelTest } from '../../kernel-test.js';
import { type LiveMailbox, openLive } from './serve.js';

const { sync, firstHandler } = requestKinds;
const getSmpProcessorId = 8;

/** Blocks the event loop until it holds. */
function waitFor(holds: () => boolean): void {
  const cell = new Int32Array(new SharedArrayBuffer(4));
  const deadline = Date.now() + 20_000;
  while (!holds()) {
    if (Date.now() > deadline) throw new Error('it did not come about');
    Atomics.wait(cell, 0, 0, 1);
  }
}

describe('a served mailbox', () => {
  let live: LiveMailbox;
  beforeEach(() => {
    if (kernelSkipReason !== undefined) return;
    // Answers with the number of its CPU and 100.
    const items = [callHelper(getSmpProcessorId), alu('add', 'r0', 100), exit()];
    live = openLive([
      { items, cpu: 'all' },
      { items, cpu: onlineCpus()[0] ?? 0 },
    ]);
  });
  afterEach(() => live?.close());

  kernelTest('completes what interrupts of every CPU post, while the event loop stands still', () => {
    const cpus = onlineCpus();
    for (const cpu of cpus) {
      const number = live.postOn(cpu, sync);
      expect(number & 0xffffn).toBe(BigInt(cpu));
      waitFor(() => live.mailbox.isComplete(number));
      for (const other of cpus) expect(live.syncedOn(other, number)).toBe(true);
      expect(live.syncedOn(cpu, number + (1n << 16n))).toBe(false);
    }
    const { posted, completed, drops, rounds, latency } = live.mailbox.statistics;
    expect([posted, completed, drops, latency.count]).toEqual([cpus.length, cpus.length, 0, cpus.length]);
    expect(rounds).toBeGreaterThan(0);
    expect(latency.min).toBeLessThanOrEqual(latency.p50);
    expect(latency.p99).toBeLessThanOrEqual(latency.max);
  });

  kernelTest('completes what its own process posts, and probes see it', () => {
    const number = live.mailbox.post(sync);
    waitFor(() => live.mailbox.isComplete(number));
    expect(live.syncedOn(onlineCpus()[0] ?? 0, number)).toBe(true);
  });

  kernelTest('calls the handler that a request names, on its CPUs', () => {
    const cpus = onlineCpus();
    const [first = 0] = cpus;
    const numbers = [live.postOn(first, firstHandler), live.mailbox.post(firstHandler + 1)];
    waitFor(() => numbers.every((number) => live.mailbox.isComplete(number)));
    expect(live.mailbox.answers(0)).toEqual(cpus.map((cpu) => ({ cpu, value: cpu + 100 })));
    expect(live.mailbox.answers(1)).toEqual([{ cpu: first, value: first + 100 }]);
  });

  kernelTest('whose server is killed says so, completes nothing, and a successor completes it', async () => {
    await live.mailbox.kill();
    expect(live.mailbox.failure).toBeInstanceOf(MailboxError);
    expect(live.mailbox.failure?.message).toBe('the server of the mailbox has ended');
    const [first = 0] = onlineCpus();
    const number = live.postOn(first, sync);
    expect(() => live.mailbox.drain()).toThrow(MailboxError);
    expect(live.mailbox.isComplete(number)).toBe(false);
    live.mailbox.restart();
    const threads = readdirSync('/proc/self/task');
    live.mailbox.restart();
    // One that serves is left alone.
    const known = new Set(threads);
    expect(readdirSync('/proc/self/task').filter((thread) => !known.has(thread))).toEqual([]);
    expect(live.mailbox.failure).toBeUndefined();
    live.mailbox.drain();
    expect(live.mailbox.isComplete(number)).toBe(true);
  });

  // More than the 16 bits in which the depth handler tells it: a bit that its marker has, and none of the lower ones.
  for (const count of [1n, 1n << 18n]) {
    kernelTest(`ends in an error that names CPU, probe and process where ${count} firings never end`, () => {
      const [first = 0] = onlineCpus();
      live.setInprobe(first, count);
      const number = live.mailbox.post(sync);
      waitFor(() => live.mailbox.failure !== undefined);
      expect(live.mailbox.failure?.cpu).toBe(first);
      expect(live.mailbox.failure?.message).toMatch(
        new RegExp(`^the server of the mailbox has ended: CPU ${first} .*enabled probe ID 77, process 88$`),
      );
      expect(live.mailbox.isComplete(number)).toBe(false);
    });
  }

  kernelTest('that ends anew names who keeps it from going on this time', () => {
    for (const cpu of onlineCpus().slice(0, 2)) {
      live.setInprobe(cpu, 1n);
      live.mailbox.post(sync);
      waitFor(() => live.mailbox.failure !== undefined);
      expect(live.mailbox.failure?.cpu).toBe(cpu);
      expect(live.mailbox.failure?.message).toContain(`: CPU ${cpu} has been inside a probe`);
      live.setInprobe(cpu, 0n);
      live.mailbox.restart();
    }
  });

  kernelTest('is not waited for without end', () => {
    const patient = openLive([], 20_000);
    try {
      const [first = 0] = onlineCpus();
      patient.setInprobe(first, 1n);
      const number = patient.mailbox.post(sync);
      expect(() => patient.mailbox.drain()).toThrow(
        'the server of the mailbox has not completed 1 of 1 requests within 5 seconds',
      );
      patient.setInprobe(first, 0n);
      patient.mailbox.drain();
      expect(patient.mailbox.isComplete(number)).toBe(true);
    } finally {
      patient.close();
    }
  });
});

describe('closing a mailbox', () => {
  kernelTest('finishes what was posted, and leaves no descriptor, map, program or thread', async () => {
    // The first thread leaves what Node keeps for others.
    openLive().close();
    const before = await holdingsAtRest();
    const objects = heldObjects();
    const mapped = () =>
      readFileSync('/proc/self/maps', 'latin1')
        .split('\n')
        .filter((line) => line.includes('bpf'));
    const [mappedBefore, listeners] = [mapped(), process.listenerCount('exit')];
    const threads = (): readonly string[] => readdirSync('/proc/self/task');
    const known = new Set(threads());
    const live = openLive();
    expect(threads().filter((thread) => !known.has(thread))).not.toEqual([]);
    for (let i = 0; i < 3; i += 1) live.mailbox.post(sync);
    live.mailbox.close();
    const { posted, completed } = live.mailbox.statistics;
    expect([posted, completed]).toEqual([posted, posted]);
    live.close();
    live.close();
    expect(heldObjects()).toEqual(objects);
    expect(mapped()).toEqual(mappedBefore);
    expect(await holdingsBeyond(before)).toEqual(nothing);
    const listening = (): boolean => process.listenerCount('exit') !== listeners;
    for (let tries = 0; tries < 400 && listening(); tries += 1) await new Promise((resolve) => setTimeout(resolve, 25));
    expect(listening()).toBe(false);
  });
});
