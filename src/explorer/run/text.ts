/** A run as text: a lane a CPU, the watchdog's reports between, a sentence at the end. */

import { columnsFor, headingLine } from '../report/columns.js';
import { entryWriter } from '../report/entry.js';
import { cpuLines } from '../report/hang.js';
import type { RunEvent, RunOutcome } from './run.js';
import type { Hang } from './watchdog.js';

/** Writes the events of one run, in their order. */
export interface RunWriter {
  /** The line over the lanes. */
  readonly heading: string;
  lines(event: RunEvent): readonly string[];
}

/** A writer for so many CPUs and characters a line. `effects`: whether it tells what was read and written. */
export function runWriter(cpus: number, width: number, effects = true): RunWriter {
  const columns = columnsFor(cpus, width);
  const entries = entryWriter(columns, effects);
  return {
    heading: headingLine(columns),
    lines(event) {
      if (event.kind === 'hang') return event.hangs.flatMap(hangReport);
      const { number, entry, broken } = event;
      return entries.lines(number, { ...entry, broken: [...entry.broken, ...broken] });
    },
  };
}

function hangReport({ since, halted, cpu }: Hang): readonly string[] {
  const how = halted ? 'can never move again' : `has not moved for ${since} steps of the machine`;
  const [head = '', ...frames] = cpuLines(cpu, `is stuck: it ${how}`);
  return [`watchdog: ${head}`, ...frames.map((line) => `  ${line}`)];
}

/** How a run ended, in a sentence; rules and properties that were broken are told before. */
export function outcomeLines(outcome: RunOutcome): readonly string[] {
  const { broken, breaches } = outcome;
  return [
    ...broken.map((property) => `does not hold: ${property}`),
    ...breaches.map((rule) => `a rule is broken: ${rule}`),
    outcomeSentence(outcome),
  ];
}

function outcomeSentence({ end, steps, hanging }: RunOutcome): string {
  const after = `after ${steps} step${steps === 1 ? '' : 's'}`;
  const cpus = hanging.map((cpu) => `CPU ${cpu}`).join(' and ');
  const hang = hanging.length === 1 ? `${cpus} hangs` : `${cpus} hang`;
  switch (end) {
    case 'finished':
      return `${after} every CPU has finished`;
    case 'halted':
      return `${after} nothing can happen any more: ${hang}`;
    case 'crowded':
      return `stopped ${after}: an interrupt finds no room on the stack of frames that the model declares (frames)`;
    case 'steps':
      return hanging.length === 0 ? `stopped ${after}` : `stopped ${after}: ${hang}`;
    case 'contract':
      return `stopped ${after}, at the first rule that was broken`;
  }
}
