/** An exploration as text: what was asked, the verdict, the way to it, and what it cost. */

import type { Exploration } from '../exploration.js';
import { settingText, verdictText } from './setting.js';
import { type TextOptions, traceText } from './trace.js';

/** The whole report; every line ends with a newline. The seconds in it differ from run to run. */
export function explorationText(exploration: Exploration, options: TextOptions = {}): string {
  const { property, contract, states, transitions, depth, seconds } = exploration;
  const lines = [
    settingText(exploration),
    `verdict: ${verdictText(exploration)}`,
    ...(property === null ? [] : [`broken property: ${property}`]),
    ...contract.map(({ rule, cpu, step }) => `contract: ${rule} is broken on CPU ${cpu} in ${step}`),
    `searched: ${counted(states, 'state')}, ${counted(transitions, 'transition')}, depth ${depth}, ${seconds.toFixed(1)} s`,
    '',
  ];
  return `${lines.join('\n')}\n${traceText(exploration, options)}`;
}

/** `1 state`, `12,345 states` */
export const counted = (count: number, noun: string): string =>
  `${count.toLocaleString('en-GB')} ${noun}${count === 1 ? '' : 's'}`;
