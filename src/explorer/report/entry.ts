/** What happened in a transition, in words, as lines in the column of its CPU. */

import type { TraceEntry } from '../exploration.js';
import { type Columns, columnLines } from './columns.js';

/** Writes entries one after the other; it remembers which routine each CPU was last seen in. */
export interface EntryWriter {
  lines(number: number, entry: TraceEntry): readonly string[];
}

/** A writer that starts with nothing said. `effects`: whether it tells what was read and written. */
export function entryWriter(columns: Columns, effects = true): EntryWriter {
  const announced = new Map<number, string>();
  return {
    lines(number, entry) {
      const { cpu, kind, frame, depth, routine } = entry;
      const lines: string[] = [];
      // Frames above the task are named by their delivery.
      if (kind === 'step' && depth === 0 && announced.get(cpu) !== frame) {
        lines.push(...columnLines(columns, '', cpu, 0, `${frame}: ${routine}`));
        announced.set(cpu, frame);
      }
      lines.push(...columnLines(columns, String(number), cpu, indentOf(entry), entryText(entry, effects)));
      for (const text of troubles(entry)) lines.push(...columnLines(columns, '', cpu, depth, text));
      return lines;
    },
  };
}

/** Deliveries and returns stand at what is interrupted; what is not a frame's doing, at the left. */
function indentOf({ kind, depth }: TraceEntry): number {
  if (kind === 'step') return depth;
  return kind === 'deliver' || kind === 'return' ? depth - 1 : 0;
}

/** An entry in one line. */
export function entryText(entry: TraceEntry, effects = true): string {
  const { kind, frame, routine, step } = entry;
  switch (kind) {
    case 'deliver':
      return `> ${frame}: ${routine}`;
    case 'return':
      return `< ${frame}`;
    case 'step':
    case 'drain':
    case 'switch':
    case 'fire':
      return `${kind === 'step' ? '' : '* '}${step}${effects ? effectsText(entry) : ''}`;
  }
}

function effectsText({ reads, writes }: TraceEntry): string {
  const parts = [...placesText('reads', reads), ...placesText('writes', writes)];
  return parts.length === 0 ? '' : ` (${parts.join('; ')})`;
}

function placesText(verb: string, values: Readonly<Record<string, number>>): readonly string[] {
  const places = Object.entries(values).map(([place, value]) => `${place}=${value}`);
  return places.length === 0 ? [] : [`${verb} ${places.join(', ')}`];
}

const troubles = ({ breaches, broken }: TraceEntry): readonly string[] => [
  ...breaches.map((rule) => `! breaks the rule ${rule}`),
  ...broken.map((property) => `! does not hold: ${property}`),
];
