import { describe, expect, it } from 'vitest';
import { followCpus } from '../../src/session/hotplug.js';
import type { Timers } from '../../src/session/ticks.js';
import { hotplugTest } from '../hotplug-test.js';
import { calls, startProgram } from '../programs.js';
import { open, tableOf, trace } from '../trace.js';

const timersOf = (reopened: readonly number[]): Pick<Timers, 'follow'> => ({ follow: () => new Set(reopened) });

describe('followCpus', () => {
  const follow = (cpuOfSlot: (number | undefined)[], online: number[][], reopened: readonly number[] = []) => {
    const slots = new Uint8Array(16).fill(255);
    let turn = 0;
    let time = 0;
    const look = followCpus({
      cpuOfSlot,
      slots,
      timers: timersOf(reopened) as Timers,
      onlineCpus: () => online[Math.min(turn++, online.length - 1)] ?? [],
      now: () => {
        time += 100;
        return time;
      },
    });
    return { look, slots };
  };

  it('does nothing where nothing changes', () => {
    const { look, slots } = follow([0, 1, undefined], [[0, 1]]);
    expect(look()).toEqual([]);
    expect([...slots].every((slot) => slot === 255)).toBe(true);
  });

  it('gives a CPU that comes a free slot', () => {
    const cpuOfSlot = [0, undefined, undefined];
    const { look, slots } = follow(cpuOfSlot, [[0], [0, 5]]);
    expect(look()).toEqual([{ cpu: 5, hasSlot: true, gap: 0 }]);
    expect(cpuOfSlot).toEqual([0, 5, undefined]);
    expect(slots[5]).toBe(1);
    expect(look()).toEqual([]);
  });

  it('leaves a CPU that comes back its slot, and says how long timers may have stood still there', () => {
    const { look, slots } = follow([0, 1], [[0, 1], [0], [0, 1]], [1]);
    look();
    const [arrival] = look();
    expect(arrival).toMatchObject({ cpu: 1, hasSlot: true });
    expect(arrival?.gap).toBeGreaterThan(0);
    expect(slots[1]).toBe(255);
  });

  it('says that there is no slot where all are taken', () => {
    const { look } = follow(
      [0, 1],
      [
        [0, 1],
        [0, 1, 2],
      ],
    );
    expect(look()).toEqual([{ cpu: 2, hasSlot: false, gap: 0 }]);
  });
});

const firedOn = (cpu: number, ticks: readonly { readonly cpu: number; readonly fired: number }[]): number =>
  ticks.find((tick) => tick.cpu === cpu)?.fired ?? 0;

const untilFired = async (cpu: number, session: { ticks(): readonly { cpu: number; fired: number }[] }) => {
  const before = firedOn(cpu, session.ticks());
  while (firedOn(cpu, session.ticks()) === before) await new Promise((resolve) => setTimeout(resolve, 5));
};

describe('a CPU that goes', () => {
  hotplugTest('is quiescent for sync(), and what it had recorded is not lost', async (cpu, plug) => {
    const { lines } = await trace('profile-997 { @[cpu] = count(); }', {
      meanwhile: async (session) => {
        await untilFired(cpu, session);
        plug(false);
        session.sync.sync();
        plug(true);
      },
    });
    expect(Object.keys(tableOf(lines))).toContain(String(cpu));
  });

  hotplugTest('fires its timers again once it is back, and the gap is reported', async (cpu, plug) => {
    const { messages, lines, ticks } = await trace('profile-997 { @[cpu] = count(); }', {
      options: { statusrate: 20_000_000 },
      meanwhile: async (session) => {
        await untilFired(cpu, session);
        plug(false);
        plug(true);
        await untilFired(cpu, session);
      },
    });
    const arrival = new RegExp(
      `^dtrace: CPU ${cpu} came online while tracing: timers did not run there for up to \\d+ ms$`,
    );
    expect(messages.filter((message) => arrival.test(message))).toHaveLength(1);
    expect(tableOf(lines)[String(cpu)]).toBe(firedOn(cpu, ticks));
  });
});

describe('a CPU that comes while a session traces', () => {
  hotplugTest('gets a slot: its firings are recorded, those before are counted drops', async (cpu, plug) => {
    plug(false);
    using session = open('syscall::getpgid:entry { @[cpu] = count(); } profile-997 { @[cpu] = count(); }');
    session.go();
    expect(session.cpuOfSlot).not.toContain(cpu);
    plug(true);
    const made = 2_000;
    // On two CPUs at least one of three runs on the one that came.
    const storm = async (): Promise<void> => {
      const programs = await Promise.all([0, 1, 2].map(() => startProgram([{ call: calls.getpgid, times: made }])));
      for (const program of programs) program.release();
      await Promise.all(programs.map(({ ended }) => ended));
    };
    while (session.control.slotlessDrops() === 0) await storm();
    expect(session.drops().find(({ kind }) => kind === 'slotless')?.count).toBeGreaterThan(0);
    expect(session.followCpus()).toMatchObject([{ cpu, hasSlot: true }]);
    expect(session.cpuOfSlot).toContain(cpu);
    await untilFired(cpu, session);
    const seen = new Set<number>();
    session.takeAggregations((_, from) => seen.add(from));
    expect(seen).toContain(cpu);
    session.stop(() => {});
  });
});
