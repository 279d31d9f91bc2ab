import { readdirSync, readFileSync } from 'node:fs';
import { expect } from 'vitest';
import { measure } from '../../../../src/cli/xcall/bench/measure.js';
import { occupy } from '../../../../src/cli/xcall/bench/neighbour.js';
import { getAffinity, onlineCpus, parseCpuList } from '../../../../src/sys/index.js';
import { hotplugTest } from '../../../hotplug-test.js';
import { heldObjects } from '../../../kernel-objects.js';
import { kernelTest } from '../../../kernel-test.js';

kernelTest('measuring calls from each CPU on that CPU, tells how far it is, and leaves no trace', () => {
  const before = { affinity: getAffinity(), held: heldObjects() };
  const callers = onlineCpus().filter((cpu) => before.affinity.includes(cpu));
  const [first = 0] = callers;
  const steps: [string, readonly number[]][] = [];
  const shares: number[] = [];
  const { pairs, notes } = measure(600, (share, what) => {
    shares.push(share);
    steps.push([what, getAffinity()]);
  });
  expect(steps).toEqual([
    ['BPF_PROG_RUN', [first]],
    ...callers.flatMap((cpu) => onlineCpus().map((to) => [`CPU ${cpu} calls CPU ${to}`, [cpu]])),
    ...['sync()', 'membarrier private', 'membarrier global'].map((what) => [what, [first]]),
  ]);
  expect(pairs.map(({ from, to }) => [from, to])).toEqual(
    callers.flatMap((from) => onlineCpus().map((to) => [from, to])),
  );
  // Each pair is measured by itself.
  const figures = pairs.map(({ min, p50, p99, max }) => [min, p50, p99, max].join());
  expect(new Set(figures).size).toBe(figures.length);
  expect(shares).toEqual(shares.toSorted((a, b) => a - b));
  expect(shares[0]).toBe(0);
  expect(shares.at(-1)).toBeLessThanOrEqual(1);
  // On a busy machine the thread that is to be interrupted may not get to run.
  const others = notes.filter((note) => !/^no membarrier\(2\) private: CPU \d+ was too busy/.test(note));
  expect(others.length === 0 || callers.length < 2, others.join('; ')).toBe(true);
  expect({ affinity: getAffinity(), held: heldObjects() }).toEqual(before);
});

hotplugTest('measuring goes on where a CPU goes offline, and says what is missing', (cpu, plug) => {
  const before = getAffinity();
  const cpus = onlineCpus();
  const { pairs, notes } = measure(300, (_, what) => {
    if (what === `CPU ${cpus[0]} calls CPU ${cpus[0]}`) plug(false);
  });
  plug(true);
  // What was called with BPF_PROG_RUN was called before.
  const [from, compared] = [cpus[0], cpus.find((each) => each !== cpus[0])];
  const there = cpus.filter((each) => each !== cpu);
  const kept = there.flatMap((caller) =>
    cpus.filter((to) => to !== cpu || (caller === from && to === compared)).map((to) => [caller, to]),
  );
  expect(pairs.map((pair) => [pair.from, pair.to])).toEqual(kept);
  expect(notes).toContain(`no calls from CPU ${cpu}: it went offline`);
  if (cpu === compared) expect(notes).toContain(`no membarrier(2) private: CPU ${cpu} went offline`);
  expect(getAffinity()).toEqual(before);
});

kernelTest('a neighbour runs on its CPU, and nowhere else, until it is disposed of', async () => {
  const before = getAffinity();
  const cpu = before.at(-1) ?? 0;
  const threads = (): readonly string[] => readdirSync('/proc/self/task');
  const known = new Set(threads());
  const neighbour = occupy(cpu);
  const mine = threads().filter((thread) => !known.has(thread));
  try {
    expect(getAffinity()).toEqual(before);
    const allowed = mine.flatMap((thread) => {
      try {
        return (
          /^Cpus_allowed_list:\s*(.*)$/m.exec(readFileSync(`/proc/self/task/${thread}/status`, 'latin1'))?.[1] ?? []
        );
      } catch {
        // Another one of Node's has ended meanwhile.
        return [];
      }
    });
    expect(allowed.map((list) => parseCpuList(list))).toContainEqual([cpu]);
    const from = neighbour.turns();
    for (const deadline = Date.now() + 20_000; neighbour.turns() === from && Date.now() < deadline; );
    expect(neighbour.turns()).not.toBe(from);
  } finally {
    neighbour[Symbol.dispose]();
  }
  const left = (): boolean => threads().some((thread) => mine.includes(thread));
  for (let tries = 0; tries < 1_000 && left(); tries += 1) await new Promise((resolve) => setTimeout(resolve, 10));
  expect(left()).toBe(false);
});
