/** Latencies in four numbers. */

/** Nanoseconds. */
export interface Figures {
  readonly min: number;
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

/** The figures of some samples, in nanoseconds; each is one of them. Throws RangeError if there are none. */
export function figuresOf(samples: Float64Array): Figures {
  const sorted = samples.toSorted();
  // The smallest sample that at least this share of all does not exceed.
  const at = (share: number): number => {
    const value = sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)];
    if (value === undefined) throw new RangeError('nothing was measured');
    return Math.round(value);
  };
  return { min: at(0), p50: at(0.5), p99: at(0.99), max: at(1) };
}
