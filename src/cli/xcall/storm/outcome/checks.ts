/** What must not be in an epoch. */

import { dropKinds } from '../../../../consumer/losses.js';
import { dropText } from '../../../../consumer/messages.js';
import type { SeriesResult } from '../consumer.js';
import type { EpochResult } from '../epoch.js';
import { ticksOf } from './tick-totals.js';

/** Something that must not be. */
export interface Violation {
  readonly check: 'hang' | 'posts' | 'records' | 'counts' | 'ticks' | 'drops' | 'exercise' | 'peer';
  readonly text: string;
}

/** The sum of what `of` gives for each item. */
export const sum = <T>(items: readonly T[], of: (item: T) => number): number =>
  items.reduce((total, item) => total + of(item), 0);

/** The first calls that had to be recorded, and the last, are; the clause counted as many as it recorded. */
function seriesViolations(series: SeriesResult): readonly Violation[] {
  const { name, cpu, records, missing, doubled, late, first, last, counted, begunAtStart, doneAtStop } = series;
  const which = `${name} of CPU ${cpu}`;
  const found: Violation[] = [];
  const record = (count: number, text: string): void => {
    if (count > 0) found.push({ check: 'records', text: `${which}: ${count} ${text}` });
  };
  record(missing, 'missing');
  record(doubled, 'doubled');
  record(late, 'later than their successors');
  if (doneAtStop > begunAtStart + 1) {
    record((first ?? doneAtStop) - begunAtStart - 1, 'missing after the start');
    record(doneAtStop - (last ?? begunAtStart), 'missing before the stop');
  }
  if (counted !== records) {
    found.push({ check: 'counts', text: `${which}: ${records} records, and ${counted} counted` });
  }
  return found;
}

/** Everything in an epoch that must not be. */
export function violationsOf(epoch: EpochResult): readonly Violation[] {
  const { series, torn, noRoom, sums, mailbox, drops } = epoch;
  const found: Violation[] = series.flatMap(seriesViolations);
  const expect = (check: Violation['check'], wrong: boolean, text: string): void => {
    if (wrong) found.push({ check, text });
  };
  const records = sum(series, (each) => each.records);
  const ticks = ticksOf(epoch);
  expect('records', torn > 0, `${torn} torn: read before they were written`);
  expect('records', noRoom > 0, `${noRoom} found no room in the buffer`);
  const { posted, coalesced, completed, cyclic, drops: refused } = mailbox;
  const accounted = posted + coalesced + refused - cyclic;
  expect('posts', completed !== posted, `${posted} requests, of which ${completed} are complete`);
  expect('posts', sums.posts > accounted, `${sums.posts} posts, of which the mailbox knows ${accounted}`);
  expect('posts', sums.hasty > 0, `${sums.hasty} were complete while the probe that had posted them was still open`);
  expect('counts', sums.posts < accounted, `${accounted} posts, of which ${sums.posts} are counted`);
  expect('counts', sums.ticks !== ticks.fired, `${ticks.fired} ticks fired, ${sums.ticks} counted`);
  const both = records + ticks.fired;
  expect('counts', sums.shared !== both, `${both} calls and ticks under shared keys, ${sums.shared} counted`);
  expect('ticks', ticks.lost > 0, `${ticks.lost} found the tracer at work and did not fire`);
  for (const { kind, cpu, count } of drops) {
    // Those of requests are checked above; stacks are recorded for the time that they take.
    const known = kind === 'recursion' || kind === 'requests' || kind === 'stacks';
    expect('drops', !known, dropText(dropKinds[kind], count, cpu < 0 ? undefined : cpu));
  }
  return found;
}
