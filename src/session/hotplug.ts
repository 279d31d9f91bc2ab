/**
 * CPUs that come online while a session traces. Each gets a slot, so that its firings are recorded from then on, and an
 * event for each timer: the kernel drops the events of a CPU when it goes. Firings before that are counted drops; what
 * timers would have fired is told by its time.
 */

import type { Timers } from './ticks.js';

/** A CPU that came online. */
export interface CpuArrival {
  readonly cpu: number;
  /** Whether its firings are recorded now: there was a slot for it. */
  readonly hasSlot: boolean;
  /** Timers that did not run there, nanoseconds at most; 0 where the session has none. */
  readonly gap: number;
}

/** What following CPUs works on. */
export interface CpuFollowing {
  /** CPU by slot; free ones are filled in. */
  readonly cpuOfSlot: (number | undefined)[];
  /** The mapped map `slots`, a byte for each CPU. */
  readonly slots: Uint8Array;
  readonly timers: Timers | undefined;
  /** Timers that no probe of the program has. */
  readonly own?: Pick<Timers, 'follow'> | undefined;
  readonly onlineCpus: () => readonly number[];
  /** Nanoseconds of a monotonic clock. */
  readonly now: () => number;
}

/** Makes the function that takes in what has changed since it was last called, and gives the CPUs that came. */
export function followCpus(following: CpuFollowing): () => readonly CpuArrival[] {
  const { cpuOfSlot, slots, timers, own, onlineCpus, now } = following;
  let online = new Set(onlineCpus());
  // An event that ended after the last look had still advanced at this one: the gap may reach back two looks.
  let looks: readonly [number, number] = [now(), now()];
  const takeSlot = (cpu: number): boolean => {
    if (cpuOfSlot.includes(cpu)) return true;
    const slot = cpuOfSlot.indexOf(undefined);
    if (slot < 0 || cpu >= slots.length) return false;
    // The consumer knows the slot before the first probe can use it.
    cpuOfSlot[slot] = cpu;
    slots[cpu] = slot;
    return true;
  };
  return () => {
    const before = online;
    const [start, last] = looks;
    online = new Set(onlineCpus());
    looks = [last, now()];
    const arrived = new Set([...online].filter((cpu) => !before.has(cpu)));
    const slotted = new Map([...online].map((cpu) => [cpu, takeSlot(cpu)]));
    const reopened = timers?.follow(online, arrived) ?? new Set();
    own?.follow(online, arrived);
    return [...online]
      .filter((cpu) => arrived.has(cpu) || reopened.has(cpu))
      .map((cpu) => ({
        cpu,
        hasSlot: slotted.get(cpu) ?? false,
        gap: reopened.has(cpu) ? looks[1] - start : 0,
      }));
  };
}
