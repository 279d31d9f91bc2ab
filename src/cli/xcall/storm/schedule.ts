/** What happens in a storm, one epoch after the other. */

import type { Company } from './outcome/tally.js';

/** One epoch of it. */
export interface PlannedEpoch {
  readonly milliseconds: number;
  readonly company: Company;
}

/** An epoch is about as long, s. */
const usual = 10;

const companies: readonly Company[] = ['alone', 'dtrace', 'hotplug', 'bpftrace'];

/** The epochs of a storm of so many seconds: four at least, so that everything has its turn. */
export function planStorm(seconds: number): readonly PlannedEpoch[] {
  const epochs = Math.max(companies.length, Math.round(seconds / usual));
  return Array.from({ length: epochs }, (_, index) => ({
    milliseconds: (seconds * 1000) / epochs,
    company: companies[index % companies.length] ?? 'alone',
  }));
}

/** With a wrong mechanism nothing else runs beside; epochs are short, since some things show only at a stop. */
export function planBreak(seconds: number): readonly PlannedEpoch[] {
  const epochs = Math.max(1, Math.round(seconds / 2));
  return Array.from({ length: epochs }, () => ({ milliseconds: (seconds * 1000) / epochs, company: 'alone' }));
}
