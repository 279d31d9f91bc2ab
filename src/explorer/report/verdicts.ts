/** Verdicts of many explorations as Markdown. Nothing in it differs from run to run. */

import type { Exploration } from '../exploration.js';
import { verdictText } from './setting.js';

/** Of an exploration, what the table shows. */
export type VerdictRow = Pick<
  Exploration,
  | 'mechanism'
  | 'cpus'
  | 'options'
  | 'memory'
  | 'verdict'
  | 'scope'
  | 'property'
  | 'properties'
  | 'contract'
  | 'states'
  | 'trace'
>;

/** A mechanism in the document: what it is, and its rows. */
export interface VerdictSection {
  readonly mechanism: string;
  readonly summary: string;
  readonly rows: readonly VerdictRow[];
}

const header = ['options', 'CPUs', 'memory', 'verdict', 'property', 'contract', 'states', 'steps to it'];

/** A table with a row for each exploration, in their order. */
export function verdictTable(rows: readonly VerdictRow[]): string {
  const separate =
    new Set(rows.flatMap((row) => row.properties)).size > 1 && rows.every((row) => row.properties.length === 1);
  const lines = [header, header.map(() => '---'), ...rows.map((row) => cellsOf(row, separate))];
  return lines.map((cells) => `| ${cells.join(' | ')} |\n`).join('');
}

/** A section for each mechanism: its summary, the properties it is asked, its table. */
export function verdictSections(sections: readonly VerdictSection[]): string {
  return sections.map(sectionText).join('\n');
}

function sectionText({ mechanism, summary, rows }: VerdictSection): string {
  const properties = [...new Set(rows.flatMap((row) => row.properties))];
  const asked = properties.map((name) => `- ${escaped(name)}\n`).join('');
  const also = 'Asked of each, besides deadlocks and livelocks:';
  return `## ${mechanism}\n\n${escaped(summary)}\n\n${asked === '' ? '' : `${also}\n\n${asked}\n`}${verdictTable(rows)}`;
}

function cellsOf(row: VerdictRow, separate: boolean): readonly string[] {
  const { cpus, options, memory, verdict, property, properties, contract, states, trace } = row;
  const refuted = verdict !== 'safe' && verdict !== 'incomplete';
  const breaches = [...new Set(contract.map(({ rule, step }) => `${rule} in ${step}`))];
  return [
    options.length === 0 ? '' : `\`${options.join(',')}\``,
    String(cpus),
    memory,
    refuted ? `**${verdictText(row)}**` : verdictText(row),
    // Asked on its own, it is named whether it holds or not.
    escaped(property ?? (separate ? (properties[0] ?? '') : '')),
    breaches.map(escaped).join('; '),
    String(states),
    refuted ? String(trace.length) : '',
  ];
}

/** A text that Markdown shows as it is, in a cell as well. */
const escaped = (text: string): string => text.replaceAll(/[|*_<>`\\]/g, '\\$&').replaceAll('\n', ' ');
