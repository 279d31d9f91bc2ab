/** What became of the ticks of an epoch. */

import type { EpochResult } from '../epoch.js';

/** Ticks, over all CPUs. */
export interface TickTotals {
  /** By the time that the timers ran. */
  readonly expected: number;
  /** For which the clause ran. */
  readonly fired: number;
  /** That came late by whole periods, and those for which the kernel ran no program: it counts neither, we do. */
  readonly late: number;
  readonly missed: number;
  /** That came after the tracer had begun to stop. */
  readonly atStop: number;
  /** That found the tracer at work and did not fire: there must be none. */
  readonly lost: number;
}

/** No ticks. */
export const noTicks: TickTotals = { expected: 0, fired: 0, late: 0, missed: 0, atStop: 0, lost: 0 };

/** The ticks of an epoch. Those that came while it stopped found a tracer that was stopping: so many can they be at most. */
export function ticksOf({
  ticks,
  tickRate,
  stopping,
}: Pick<EpochResult, 'ticks' | 'tickRate' | 'stopping'>): TickTotals {
  const most = Math.ceil((stopping / 1000) * tickRate) + 1;
  return ticks.reduce((total, { expected, delivered, fired, late, missed }) => {
    const silent = delivered - fired;
    return {
      expected: total.expected + expected,
      fired: total.fired + fired,
      late: total.late + late,
      missed: total.missed + missed,
      atStop: total.atStop + Math.min(silent, most),
      lost: total.lost + Math.max(0, silent - most),
    };
  }, noTicks);
}

/** The ticks of both. */
export const addTicks = (a: TickTotals, b: TickTotals): TickTotals => ({
  expected: a.expected + b.expected,
  fired: a.fired + b.fired,
  late: a.late + b.late,
  missed: a.missed + b.missed,
  atStop: a.atStop + b.atStop,
  lost: a.lost + b.lost,
});
