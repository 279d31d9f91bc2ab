import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Picture, TraceEntry } from '../../../src/explorer/exploration.js';
import { seededRandom } from '../../../src/explorer/run/random.js';
import { type RunEvent, type RunnableMachine, type RunOptions, run } from '../../../src/explorer/run/run.js';
import { outcomeLines, runWriter } from '../../../src/explorer/run/text.js';
import { cpuPicture, entry, framePicture } from '../report/sample.js';

describe('seededRandom', () => {
  it('gives the same for the same seed, and numbers in range', () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 1, max: 2 ** 32 }), (seed, below) => {
        const one = seededRandom(seed);
        const other = seededRandom(seed);
        for (let count = 0; count < 20; count += 1) {
          const number = one(below);
          expect(number).toBe(other(below));
          expect(Number.isInteger(number) && number >= 0 && number < below).toBe(true);
        }
      }),
    );
  });

  it('favours no number, and seeds next to one another differ', () => {
    const counts = new Map<number, number>();
    for (let seed = 0; seed < 6000; seed += 1) {
      const number = seededRandom(seed)(6);
      counts.set(number, (counts.get(number) ?? 0) + 1);
    }
    expect([...counts.keys()].sort()).toEqual([0, 1, 2, 3, 4, 5]);
    for (const count of counts.values()) expect(Math.abs(count - 1000)).toBeLessThan(150);
  });
});

/**
 * Two CPUs that count. A state is both counts; CPU 0 stops at `limits[0]`, CPU 1 at `limits[1]`, and a CPU hangs that
 * stops before it has counted to 10.
 */
function counters(limits: readonly [number, number], change: Partial<TraceEntry> = {}): RunnableMachine {
  const picture = (state: Int32Array): Picture => ({
    memory: {},
    cpus: [...state].map((count, cpu) =>
      cpuPicture(cpu, {
        finished: count === 10,
        frames: [framePicture(`task counter ${cpu}`, 'count', count === 10 ? {} : { waitsFor: { bell: 0 } })],
      }),
    ),
  });
  return {
    crowded: () => false,
    initial: () => new Int32Array(2),
    ways: (state) =>
      [0, 1].flatMap((cpu) => {
        const count = state[cpu] ?? 0;
        if (count >= (limits[cpu] ?? 0)) return [];
        return [
          {
            entry: entry(`count ${count}`, { cpu, frame: `task counter ${cpu}`, ...change }),
            next: state.with(cpu, count + 1),
          },
        ];
      }),
    broken: (state) => (state[0] === 5 ? ['CPU 0 counts to 4'] : []),
    unmet: (state) => (state[0] === state[1] ? ['the counts differ'] : []),
    picture,
  };
}

function all(machine: RunnableMachine, options: RunOptions = {}) {
  const events: RunEvent[] = [];
  const running = run(machine, options);
  for (let next = running.next(); ; next = running.next()) {
    if (next.done === true) return { events, outcome: next.value };
    events.push(next.value);
  }
}

function textOf(machine: RunnableMachine, options: RunOptions = {}): string {
  const { events, outcome } = all(machine, options);
  const writer = runWriter(2, 80);
  return [writer.heading, ...events.flatMap((event) => writer.lines(event)), ...outcomeLines(outcome), ''].join('\n');
}

describe('run', () => {
  it('ends when every CPU has finished', () => {
    const { events, outcome } = all(counters([10, 10]));
    expect(outcome).toMatchObject({ end: 'finished', steps: 20, hanging: [], breaches: [] });
    expect(events.map((event) => event.kind)).toEqual(Array.from({ length: 20 }, () => 'step'));
    expect(events.map((event) => event.number)).toEqual(Array.from({ length: 20 }, (_, index) => index + 1));
  });

  it('prints the same for the same seed, and other things for others', () => {
    const texts = Array.from({ length: 20 }, (_, seed) => textOf(counters([10, 10]), { seed }));
    expect(texts).toEqual(Array.from({ length: 20 }, (_, seed) => textOf(counters([10, 10]), { seed })));
    expect(new Set(texts).size).toBe(20);
  });

  it('reports every CPU that can never go on once nothing can happen, with what it waits for', () => {
    const { events, outcome } = all(counters([3, 10]));
    expect(outcome).toMatchObject({ end: 'halted', steps: 13, hanging: [0] });
    expect(events.filter(({ kind }) => kind === 'hang')).toHaveLength(1);
    expect(textOf(counters([3, 4]))).toMatch(
      /watchdog: CPU 0 is stuck: it can never move again\n {4}task counter 0, call_others: waits in 'count' for bell, which is 0\nwatchdog: CPU 1 is stuck/,
    );
  });

  it('reports a CPU that stands still while others go on, once', () => {
    const { events, outcome } = all(counters([0, 1000]), { patience: 5, steps: 50 });
    const hangs = events.filter((event) => event.kind === 'hang');
    expect(hangs).toHaveLength(1);
    expect(hangs[0]).toMatchObject({ number: 5, hangs: [{ since: 5, halted: false, cpu: { cpu: 0 } }] });
    expect(textOf(counters([0, 1000]), { patience: 5, steps: 50 })).toContain(
      'watchdog: CPU 0 is stuck: it has not moved for 5 steps of the machine\n    task counter 0, call_others: waits',
    );
    expect(outcome).toMatchObject({ end: 'steps', steps: 50, hanging: [0] });
  });

  it('says once where an always property breaks, and at the end of an eventually property that never came true', () => {
    const { events, outcome } = all(counters([10, 10]));
    const broken = events.flatMap((event) =>
      event.kind === 'step' ? event.broken.map((name) => [event.entry.step, name]) : [],
    );
    expect(broken).toEqual([['count 4', 'CPU 0 counts to 4']]);
    expect(outcome.broken).toEqual(['CPU 0 counts to 4', 'the counts differ']);
    expect(textOf(counters([10, 10]))).toContain('! does not hold: CPU 0 counts to 4');
    // A run that is cut short says nothing of what might still come.
    expect(all(counters([10, 10]), { steps: 8, seed: 2 }).outcome.broken).not.toContain('the counts differ');
  });

  it('goes on after a breach and a broken property and remembers each once', () => {
    const change = { breaches: ['not-nmi'], broken: ['counts are small'] } as const;
    const { outcome } = all(counters([10, 10], change));
    expect(outcome).toMatchObject({
      end: 'finished',
      broken: ['counts are small', 'CPU 0 counts to 4', 'the counts differ'],
      breaches: ['not-nmi'],
    });
    expect(outcomeLines(outcome)).toEqual([
      'does not hold: counts are small',
      'does not hold: CPU 0 counts to 4',
      'does not hold: the counts differ',
      'a rule is broken: not-nmi',
      'after 20 steps every CPU has finished',
    ]);
    expect(all(counters([10, 10], change), { stopAtContract: true }).outcome).toMatchObject({
      end: 'contract',
      steps: 1,
    });
  });
});
