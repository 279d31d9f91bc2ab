/** A trace as text: a column a CPU, indented by frames, and at the end the sentence that says what went wrong. */

import type { Exploration, TraceEntry } from '../exploration.js';
import { columnsFor, headingLine, wrap } from './columns.js';
import { entryWriter } from './entry.js';
import { hangLines } from './hang.js';

/** How a report is set. */
export interface TextOptions {
  /** Characters a line, as far as the CPUs leave room; 100 unless told. */
  readonly width?: number;
}

/** Lines have so many characters unless told. */
export const defaultWidth = 100;

/**
 * The trace of an exploration. Where machines hang, what each CPU waits for follows; of a livelock, the cycle. The last
 * line is the explanation. Every line ends with a newline.
 */
export function traceText(exploration: Exploration, { width = defaultWidth }: TextOptions = {}): string {
  const { cpus, trace, cycle, verdict, end, explanation } = exploration;
  const lines: string[] = [];
  if (trace.length + cycle.length > 0) {
    const columns = columnsFor(cpus, width);
    const writer = entryWriter(columns);
    const all = [...trace, ...cycle];
    lines.push(headingLine(columns));
    for (const [index, entry] of all.entries()) {
      if (index === trace.length) lines.push('again and again:');
      lines.push(...writer.lines(index + 1, entry, handlerOf(all, index)));
    }
    lines.push('');
  }
  if (verdict === 'deadlock' && end !== undefined) lines.push('where it ends:', ...hangLines(end), '');
  lines.push(...wrap(explanation, width).map((line) => line.trimStart()));
  return `${lines.join('\n')}\n`;
}

/** The routine of the frame that a delivery begins: that of the frame's first step, if it makes one. */
function handlerOf(entries: readonly TraceEntry[], index: number): string {
  const delivery = entries[index];
  if (delivery?.kind !== 'deliver') return '';
  const { cpu, depth } = delivery;
  for (const entry of entries.slice(index + 1)) {
    if (entry.cpu !== cpu) continue;
    if (entry.kind === 'return' && entry.depth <= depth) return '';
    if (entry.kind === 'step' && entry.depth === depth) return entry.routine;
  }
  return '';
}
