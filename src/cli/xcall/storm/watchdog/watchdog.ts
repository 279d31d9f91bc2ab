/** Starting the watchdog. */

import { Worker } from 'node:worker_threads';
import type { Load } from '../load/load.js';
import type { Pulse } from './pulse.js';
import type { WatchdogOrders } from './storm-watchdog.js';

/** How long the storm, or a call of a worker, may make no progress, ms. */
const patience = 60_000;

/** A watchdog that watches. */
export interface Watchdog {
  /** Calls it off; settled when it is gone. What it watches must stay open until then. */
  end(): Promise<void>;
}

/** Has a thread watch the storm; it ends the process where that hangs. */
export function startWatchdog(pulse: Pulse, load: Load): Watchdog {
  const orders: WatchdogOrders = { pulse: pulse.buffer, load: load.place, cpus: load.cpus, patience };
  const thread = new Worker(new URL('./storm-watchdog.js', import.meta.url), { workerData: orders, execArgv: [] });
  const gone = new Promise<void>((resolve) => thread.once('exit', () => resolve()));
  thread.unref();
  return {
    end: () => {
      pulse.end();
      thread.ref();
      return gone;
    },
  };
}
