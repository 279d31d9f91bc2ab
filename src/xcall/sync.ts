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
import { tryCall } from './handler.js';
import { createLatency } from './latency.js';

const markerMask = 0xffff_0000;

/** What the syncs of a session have cost so far; it changes with each. */
export interface SyncStatistics {
  /** How often `sync()` was called. */
  readonly calls: number;
  /** Cross-calls beyond the first to a CPU, because it was inside a probe or the kernel skipped the run. */
  readonly retries: number;
  /**
   * How long the calls took, in nanoseconds, as quantize() of D counts it: a copy, with a word for each bucket
   * (`quantizeBucket` in `d/aggregation-data.ts`: 63 zero, 64 + i for [2^i, 2^(i+1))). A call that ended in a SyncError
   * is among them.
   */
  readonly latency: BigInt64Array;
  /** Nanoseconds of the longest call. */
  readonly longest: number;
}

/** Who is in the probe that does not end. */
export interface Straggler {
  readonly cpu: number;
  /** Enabled probe id of the clause that ran last on the CPU, 0 if none has. */
  readonly epid: number;
  /** The process that was running there when the CPU was last asked, 0 if unknown. */
  readonly pid: number;
}

/** What may keep a CPU inside, and what to do. */
export const stragglerHint =
  'either that CPU is kept from running (by the host of a virtual machine, by interrupts without end), or probes that ' +
  'can be preempted overlap without end: enable fewer, or such that fire less often';

/** A CPU did not leave its probe within the time allowed. */
export class SyncError extends Error {
  readonly straggler: Straggler;
  /** What to do. */
  readonly hint = stragglerHint;

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
  /**
   * dtrace_sync(): when it resolves, no CPU is inside a probe context that was open when it was called, and all their
   * stores are visible. Probe contexts that open afterwards see everything that was stored before the call.
   *
   * It resolves by returning: it is synchronous, some microseconds for each CPU, called one after the other. Throws
   * SyncError, which names the CPU, if one does not leave its probe; nothing is promised then.
   */
  sync(): void;
  readonly statistics: SyncStatistics;
}

/** Cross-calls to one CPU without a pause between them. */
const eagerTries = 64;

const pause = new Int32Array(new SharedArrayBuffer(4));

/**
 * Makes the sync of a session. Throws UnsupportedFeatureError where the kernel makes no cross-calls (Linux before 5.10),
 * PrivilegeError, SystemCallError.
 */
export function createSync(options: SyncOptions): Sync {
  const { call, possibleCpus, inspect, patience = 2_000 } = options;
  tryCall(call, 'sync_depth');
  const latency = createLatency();
  let calls = 0;
  let retries = 0;
  let longest = 0;

  const drain = (cpu: number): void => {
    const start = performance.now();
    for (let tries = 0; ; tries += 1) {
      const result = call(cpu);
      if (result === crossCallOffline) return;
      // A run that the kernel skipped returns no marker, and says nothing about the CPU.
      if ((result & markerMask) >>> 0 === depthMarker && (result & 0xffff) === 0) return;
      retries += 1;
      if (tries < eagerTries) continue;
      if (performance.now() - start > patience) throw new SyncError(inspect(cpu), patience);
      Atomics.wait(pause, 0, 0, 1);
    }
  };
  return {
    statistics: {
      get calls() {
        return calls;
      },
      get retries() {
        return retries;
      },
      get latency() {
        return latency.buckets();
      },
      get longest() {
        return longest;
      },
    },
    sync: () => {
      calls += 1;
      const start = performance.now();
      try {
        for (const cpu of possibleCpus) drain(cpu);
      } finally {
        const nanoseconds = (performance.now() - start) * 1e6;
        latency.add(nanoseconds);
        if (nanoseconds > longest) longest = nanoseconds;
      }
    },
  };
}
