/** Whether a storm has exercised enough for its result to mean something. */

import type { Violation } from './checks.js';
import type { Totals } from './tally.js';

/** How much must have happened, a second, on each CPU where it says so. */
export const minimum = {
  ticks: { rate: 1000, each: true, text: 'ticks a CPU and second' },
  posts: { rate: 1000, each: true, text: 'posts a CPU and second' },
  records: { rate: 1000, each: true, text: 'records a CPU and second' },
  seen: { rate: 10, each: false, text: 'ticks a second that saw a request complete' },
  switches: { rate: 100, each: false, text: 'switches a second' },
  readings: { rate: 10, each: false, text: 'readings of aggregations a second' },
} as const;

/** The least rate of that name: of ticks, and of those that see something, no more than a fifth of those asked for. */
export const leastOf = (name: keyof typeof minimum, { tickRate }: Pick<Totals, 'tickRate'>): number =>
  name === 'ticks' || name === 'seen' ? Math.min(minimum[name].rate, Math.ceil(tickRate / 5)) : minimum[name].rate;

/** What was reached of the minimum, by the same names. */
export function exerciseOf({ seconds, cpus, ...totals }: Totals): Readonly<Record<keyof typeof minimum, number>> {
  const rate = (count: number, each: boolean): number =>
    count / Math.max(0.001, seconds) / (each ? Math.max(1, cpus) : 1);
  return {
    ticks: rate(totals.ticks.fired, true),
    posts: rate(totals.posts, true),
    records: rate(totals.records, true),
    seen: rate(totals.complete, false),
    switches: rate(totals.switches, false),
    readings: rate(totals.readings, false),
  };
}

/** What was exercised too little. */
export function tooLittle(totals: Totals): readonly Violation[] {
  const reached = exerciseOf(totals);
  return (Object.keys(minimum) as (keyof typeof minimum)[]).flatMap((name) => {
    const { text } = minimum[name];
    const rate = leastOf(name, totals);
    const found = Math.floor(reached[name]);
    return found >= rate ? [] : [{ check: 'exercise', text: `${found} ${text}, at least ${rate} are needed` }];
  });
}
