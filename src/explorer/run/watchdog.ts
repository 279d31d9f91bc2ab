/** Notices CPUs that hang, as a kernel's watchdog does: a CPU that has work and makes no step for long, or never can. */

import type { CpuPicture, Picture } from '../exploration.js';

/** A CPU that hangs. */
export interface Hang {
  /** How long it has stood still, in steps of the machine. */
  readonly since: number;
  /** Nothing can happen any more: it will stand still for ever. */
  readonly halted: boolean;
  readonly cpu: CpuPicture;
}

/** Watches a run. */
export interface Watchdog {
  /** A CPU has moved, at that step of the machine. */
  moved(cpu: number, step: number): void;
  /** CPUs that have been found to hang since it was asked last. `halted`: nothing can happen any more. */
  look(step: number, picture: Picture, halted: boolean): readonly Hang[];
  /** CPUs that were reported and have not moved since. */
  readonly hanging: readonly number[];
}

/** A watchdog that waits for so many steps of the machine before it barks. */
export function createWatchdog(cpus: number, patience: number): Watchdog {
  const last = Array.from({ length: cpus }, () => 0);
  const reported = new Set<number>();
  return {
    moved(cpu, step) {
      last[cpu] = step;
      reported.delete(cpu);
    },
    look(step, picture, halted) {
      const hangs = picture.cpus
        .map((cpu) => ({ cpu, since: step - (last[cpu.cpu] ?? 0), halted }))
        .filter(({ cpu, since }) => !cpu.finished && !reported.has(cpu.cpu) && (halted || since >= patience));
      for (const { cpu } of hangs) reported.add(cpu.cpu);
      return hangs;
    },
    get hanging() {
      return [...reported].sort((left, right) => left - right);
    },
  };
}
