/** What sync() costs with two CPUs and with more (measured by lab/guest/sync-cost.ts), and whether that is in proportion. */

/** Medians of many calls, in microseconds, taken in turns: [with few CPUs, with all]. */
export interface SyncCost {
  readonly cpus: readonly [few: number, all: number];
  readonly pairs: readonly (readonly [few: number, all: number])[];
}

/** The middle one; of an even number the higher of the two. Throws a RangeError for none. */
export function medianOf(values: readonly number[]): number {
  const middle = values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
  if (middle === undefined) throw new RangeError('there is no median of nothing');
  return middle;
}

/** The most that four CPUs may cost, in times of two. */
export const mostRatio = 2.2;

/** The figures in words, with the median of the ratios of the pairs. */
export function describeSyncCost({ cpus: [few, all], pairs }: SyncCost): string {
  const ratios = pairs.map(([one, other]) => other / one);
  const ratio = medianOf(ratios);
  const us = (at: 0 | 1): string => medianOf(pairs.map((pair) => pair[at])).toFixed(1);
  const range = `${Math.min(...ratios).toFixed(2)}..${Math.max(...ratios).toFixed(2)}`;
  const judged = few === 2 && all === 4 ? `, target <= ${mostRatio}: ${ratio <= mostRatio ? 'met' : 'MISSED'}` : '';
  return (
    `sync(): ${us(0)} us with ${few} CPUs, ${us(1)} us with ${all} CPUs; ` +
    `ratio ${ratio.toFixed(2)} (${range} in ${pairs.length} rounds)${judged}`
  );
}
