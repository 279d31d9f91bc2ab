/** What the lab makes of `xcall storm --json`. */

/** As much of it as is judged here (`StormJson` of src/cli/xcall/storm/outcome/report.ts). */
export interface StormOutcome {
  readonly seconds: number;
  readonly cpus: number;
  readonly posts: number;
  readonly posted: number;
  readonly completed: number;
  readonly switches: number;
  readonly records: number;
  readonly counts: number;
  readonly counts_expected: number;
  readonly ticks: { readonly fired: number; readonly skipped: number; readonly lost: number };
  readonly hotplug: { readonly times: number; readonly reason: string | null };
  readonly violations: readonly { readonly check: string; readonly text: string }[];
}

/**
 * What is wrong with a storm in the guest; nothing: it holds. How much was exercised a second is left out, since that is
 * set for real machines; what must not be missing altogether is asked for here.
 */
export function stormDefects(storm: StormOutcome, cpus: number): string[] {
  const { posts, posted, completed, switches, records, counts, ticks, hotplug } = storm;
  const least: readonly (readonly [string, number])[] = [
    ['posts', posts],
    ['requests', posted],
    ['switches of buffers', switches],
    ['records', records],
    ['counts', counts],
    ['ticks', ticks.fired],
    ['CPUs that went offline', hotplug.times],
  ];
  return [
    ...storm.violations.filter(({ check }) => check !== 'exercise').map(({ check, text }) => `${check}: ${text}`),
    ...least.flatMap(([what, count]) => (count > 0 ? [] : [`there were no ${what}`])),
    ...(completed < posted ? [`${posted - completed} requests are not complete`] : []),
    ...(storm.cpus === cpus ? [] : [`it was raised on ${storm.cpus} CPUs of ${cpus}`]),
  ];
}

/** It in a line. */
export const describeStorm = ({
  seconds,
  cpus,
  posts,
  posted,
  completed,
  switches,
  records,
  counts,
  counts_expected: expected,
  ticks,
}: StormOutcome): string =>
  `${seconds} s on ${cpus} CPUs: ${posts} posts, ${completed} of ${posted} requests complete, ${switches} switches, ${records} records, ` +
  `${counts} of ${expected} counts, ${ticks.fired} ticks (${ticks.skipped} skipped, ${ticks.lost} lost)`;
