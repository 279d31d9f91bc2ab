/** Options of `epoch-sync`, which of them go together, and the combinations that are reported. */

import { MechanismError } from '../../../model/error.js';
import type { MechanismOption, Setting } from '../../../model/mechanism.js';
import type { Counting } from '../probe.js';

/** What the options say about firings. */
export interface Firings {
  /** They end in any order. */
  readonly preemptible: boolean;
  readonly counting: Counting;
  /** There are two counts a CPU. */
  readonly parity: boolean;
  /** They begin for ever. */
  readonly endless: boolean;
  /** One of them ends on another CPU than it began on. */
  readonly migrate: boolean;
}

/** All options. */
export const options: readonly MechanismOption[] = [
  { name: 'nested', group: 'probes', summary: 'firings of a CPU nest, as in interrupts; one plain count a CPU' },
  { name: 'preemptible', group: 'probes', summary: 'firings of a CPU end in any order; one plain count a CPU' },
  { name: 'parity', group: 'probes', summary: 'firings end in any order; two atomic counts a CPU, by generation' },
  { name: 'parity-nested', group: 'probes', summary: 'firings of a CPU nest; two plain counts a CPU, by generation' },
  { name: 'call', group: 'asking', summary: 'every CPU is asked by a cross-call' },
  { name: 'no-ipi', group: 'asking', summary: 'the counts are read from afar' },
  { name: 'skip-idle', group: 'asking', summary: 'a CPU that looks idle from afar is not asked' },
  {
    name: 'exit-count-only',
    group: 'asking',
    summary: 'a CPU inside a probe is quiescent once its count of exits changes',
  },
  { name: 'own-cpu-inline', group: 'asking', summary: "the own CPU's handler runs in the task, with interrupts on" },
  { name: 'idle-polled', group: 'asking', summary: 'an idle CPU polls and runs the handler outside an interrupt' },
  { name: 'hotplug', group: 'asking', summary: 'CPUs go offline and come back; ENXIO is quiescent' },
  { name: 'cached-list', summary: 'with hotplug: who is online is read once, before the first sync' },
  { name: 'swap', summary: 'the selector is read before the count is raised' },
  { name: 'atomic', summary: 'with preemptible: the count is raised and lowered by locked instructions' },
  { name: 'endless', summary: 'probes fire for ever, and nothing bounds how they overlap' },
  { name: 'one-flip', summary: 'with parity: only the counts that were current are waited for' },
  {
    name: 'look-again',
    summary: 'with parity: as one-flip, and a firing reads the generation again once it has raised its count',
  },
  { name: 'quick', summary: 'with parity: a CPU that is outside all probes is done after one call' },
  { name: 'migrate', summary: 'with parity: a firing is moved to another CPU in its middle' },
];

/** Reads the options about firings. Throws {@link MechanismError} for options that do not go together. */
export function firingsOf(setting: Setting): Firings {
  const told = setting.options;
  const parity = told.has('parity') || told.has('parity-nested');
  const oneAsking = told.has('call') || told.has('no-ipi');
  const keepsCount = !told.has('preemptible') || told.has('atomic');
  const needs: readonly (readonly [string, boolean, string])[] = [
    ['atomic', told.has('preemptible'), 'preemptible'],
    ['cached-list', told.has('hotplug'), 'hotplug'],
    ['one-flip', parity, 'parity or parity-nested'],
    ['look-again', parity && !told.has('one-flip'), 'parity or parity-nested, and without one-flip'],
    ['quick', parity && !told.has('one-flip') && !told.has('look-again'), 'two waits: parity or parity-nested alone'],
    ['exit-count-only', !parity && !told.has('preemptible'), 'nested'],
    ['skip-idle', !parity && !told.has('preemptible'), 'nested'],
    ['idle-polled', !parity && !told.has('preemptible'), 'nested'],
    ['hotplug', !parity && !told.has('preemptible'), 'nested'],
    ['migrate', told.has('parity') && !told.has('endless'), 'parity, and without endless'],
    ['endless', oneAsking && keepsCount, 'call or no-ipi, and with counts that lose no update'],
  ];
  const broken = needs.find(([option, holds]) => told.has(option) && !holds);
  if (broken !== undefined) throw new MechanismError(`option ${broken[0]}`, `goes with ${broken[2]}`);
  return {
    preemptible: told.has('preemptible') || told.has('parity'),
    parity,
    counting: told.has('atomic') || told.has('parity') ? 'atomic' : 'plain',
    endless: told.has('endless'),
    migrate: told.has('migrate'),
  };
}

/** What is reported: what ships first, then what was refuted, then the search for a sync that does not starve. */
export const variants: readonly (readonly string[])[] = [
  [],
  ['no-ipi'],
  ['skip-idle'],
  ['exit-count-only'],
  ['swap'],
  ['own-cpu-inline'],
  ['idle-polled'],
  ['hotplug'],
  ['hotplug', 'cached-list'],
  ['endless'],
  ['preemptible'],
  ['preemptible', 'atomic'],
  ['preemptible', 'atomic', 'endless'],
  ['parity'],
  ['parity', 'endless'],
  ['parity', 'one-flip'],
  ['parity', 'look-again'],
  ['parity', 'look-again', 'endless'],
  ['parity', 'swap'],
  ['parity', 'quick'],
  ['parity', 'quick', 'endless'],
  ['parity', 'migrate'],
  ['parity', 'no-ipi'],
  ['parity', 'no-ipi', 'endless'],
  ['parity-nested'],
  ['parity-nested', 'endless'],
  ['parity-nested', 'quick', 'endless'],
  ['parity-nested', 'no-ipi'],
];
