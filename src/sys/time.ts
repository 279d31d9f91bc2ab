/** The kernel's clocks in nanoseconds. eBPF programs read CLOCK_MONOTONIC. */

import { addressOf, clockGetTime } from './ffi.js';

const clockId = { realtime: 0, monotonic: 1, boottime: 7 } as const;

let timespec: { readonly bytes: Uint8Array; readonly view: DataView; readonly address: number } | undefined;

/** Reads a clock: nanoseconds since its epoch (1970 for `realtime`, about the boot for the others). */
export const readClock = (clock: keyof typeof clockId): bigint => {
  if (timespec === undefined) {
    const bytes = new Uint8Array(new ArrayBuffer(16));
    timespec = { bytes, view: new DataView(bytes.buffer), address: addressOf(bytes) };
  }
  clockGetTime(clockId[clock], timespec.address);
  return timespec.view.getBigInt64(0, true) * 1_000_000_000n + timespec.view.getBigInt64(8, true);
};

/** How far two clocks are apart. */
export interface ClockOffset {
  /** Add this to a monotonic time to get the wall-clock time, in nanoseconds. */
  readonly nanoseconds: bigint;
  /** The true offset is at most this far from it. */
  readonly uncertainty: bigint;
}

const attempts = 16;

const sampleOffset = (): ClockOffset => {
  const before = readClock('monotonic');
  const realtime = readClock('realtime');
  const after = readClock('monotonic');
  return { nanoseconds: realtime - (before + after) / 2n, uncertainty: (after - before + 1n) / 2n };
};

/** CLOCK_REALTIME less CLOCK_MONOTONIC, the tightest of several readings. It changes when somebody sets the clock. */
export const realtimeOffset = (): ClockOffset => {
  let best = sampleOffset();
  for (let attempt = 1; attempt < attempts; attempt++) {
    const sample = sampleOffset();
    best = sample.uncertainty < best.uncertainty ? sample : best;
  }
  return best;
};
