/**
 * dtrace_sync(): no CPU is inside a probe that began before now.
 *
 * A handler runs on each possible CPU by a cross-call and returns how many probe contexts are open there. Zero means that
 * every earlier probe on that CPU has finished and its stores are visible, and that every later one sees what was stored
 * before the call: the interrupt is precise, and the IPI orders memory. Otherwise the IPI landed inside a probe, and the
 * CPU is called again. No possible CPU is left out because it looks offline or idle from afar: only the CPU itself can
 * say (docs/architecture.md has the argument).
 */

import { type CrossCall, crossCallOffline } from '../bpf/run.js';
import { depthMarker } from '../d/codegen/handler.js';

const markerMask = 0xffff_0000;

/** What a sync has cost so far. */
export interface SyncStatistics {
  /** How often `sync()` was called. */
  calls: number;
  /** Cross-calls beyond the first to a CPU, because it was inside a probe. */
  retries: number;
  /** Nanoseconds of the longest call. */
  longest: number;
}

/** Who is in the probe that does not end. */
export interface Straggler {
  readonly cpu: number;
  /** Enabled probe id of the clause that ran last on the CPU, 0 if none has. */
  readonly epid: number;
  /** The process that was running there when the CPU was last asked, 0 if unknown. */
  readonly pid: number;
}

/** A CPU did not leave its probe within the time allowed. */
export class SyncError extends Error {
  readonly straggler: Straggler;

  constructor(straggler: Straggler, milliseconds: number) {
    const { cpu, epid, pid } = straggler;
    super(`CPU ${cpu} has been inside a probe for ${milliseconds} ms: enabled probe ID ${epid}, process ${pid}`);
    this.name = 'SyncError';
    this.straggler = straggler;
  }
}

/** What a sync needs. */
export interface SyncOptions {
  /** Runs the depth handler on a CPU. */
  readonly call: CrossCall;
  /**
   * The possible CPUs: every one that can ever come online. Linux fixes them at boot, so one reading serves a session;
   * which of them are online changes, and is never asked: an offline CPU answers that itself.
   */
  readonly possibleCpus: readonly number[];
  /** Names who keeps a CPU from draining. */
  readonly inspect: (cpu: number) => Straggler;
  /** How long a CPU may stay inside a probe, ms. */
  readonly patience?: number;
}

/** Synchronisation with the probes of one session. */
export interface Sync {
  /** Returns when no CPU is inside a probe context that was open when it was called. Throws SyncError. */
  sync(): void;
  readonly statistics: Readonly<SyncStatistics>;
}

/** Cross-calls to one CPU without a pause between them. */
const eagerTries = 64;

const pause = new Int32Array(new SharedArrayBuffer(4));

/** Makes the sync of a session. */
export function createSync(options: SyncOptions): Sync {
  const { call, possibleCpus, inspect, patience = 2_000 } = options;
  const statistics: SyncStatistics = { calls: 0, retries: 0, longest: 0 };

  const drain = (cpu: number): void => {
    const start = performance.now();
    for (let tries = 0; ; tries += 1) {
      const result = call(cpu);
      if (result === crossCallOffline) return;
      // A run that the kernel skipped returns no marker, and says nothing about the CPU.
      if ((result & markerMask) >>> 0 === depthMarker && (result & 0xffff) === 0) return;
      statistics.retries += 1;
      if (tries < eagerTries) continue;
      if (performance.now() - start > patience) throw new SyncError(inspect(cpu), patience);
      Atomics.wait(pause, 0, 0, 1);
    }
  };
  return {
    statistics,
    sync: () => {
      const start = performance.now();
      statistics.calls += 1;
      for (const cpu of possibleCpus) drain(cpu);
      statistics.longest = Math.max(statistics.longest, (performance.now() - start) * 1e6);
    },
  };
}
