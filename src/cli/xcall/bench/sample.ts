/** Timing calls. */

/** How long to measure. */
export interface Span {
  readonly milliseconds: number;
  /** Enough, however short a call is. */
  readonly most: number;
}

/** What became of a call: it counts, it was made under another condition than asked for, or it cannot be made any more. */
export type Attempt = 'done' | 'unfit' | 'impossible';

/** Does what is measured. */
export type TimedCall = () => Attempt;

/** Calls in a row of one kind, where several are measured in turn. */
const block = 64;

/** A call of more than this (ms) makes up a block by itself. */
const long = 1;

/**
 * Times calls of several kinds in turn, a block of each, so that whatever else the machine does falls on all of them:
 * the nanoseconds of each call, the reading of the clock included (some 50 ns). The first block of each is for warming
 * up. At least one call of each is counted unless they are unfit. Undefined: a call is impossible.
 */
export function sampleInTurn(
  calls: readonly TimedCall[],
  { milliseconds, most }: Span,
): readonly Float64Array[] | undefined {
  const kinds = calls.map((call) => ({ call, times: new Float64Array(most), taken: 0 }));
  const end = performance.now() + milliseconds;
  for (let round = 0; round < 2 || performance.now() < end; round += 1) {
    if (round > 0 && kinds.every(({ taken }) => taken === most)) break;
    for (const kind of kinds) {
      const { call, times } = kind;
      for (let made = 0; made < block && kind.taken < most; made += 1) {
        const start = performance.now();
        const attempt = call();
        const took = performance.now() - start;
        if (attempt === 'impossible') return undefined;
        if (round > 0 && attempt === 'done') {
          times[kind.taken] = took * 1e6;
          kind.taken += 1;
        }
        if (took > long) break;
      }
    }
  }
  return kinds.map(({ times, taken }) => times.subarray(0, taken));
}
