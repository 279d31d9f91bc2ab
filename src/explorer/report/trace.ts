/** A trace as text: a column a CPU, indented by frames, and at the end the sentence that says what went wrong. */

import type { Exploration } from '../exploration.js';
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
  const { cpus, trace, cycle, verdict, stuck, end, explanation } = exploration;
  const lines: string[] = [];
  if (trace.length + cycle.length > 0) {
    const columns = columnsFor(cpus, width);
    const writer = entryWriter(columns);
    lines.push(headingLine(columns));
    for (const [index, entry] of [...trace, ...cycle].entries()) {
      if (index === trace.length) lines.push('again and again:');
      lines.push(...writer.lines(index + 1, entry));
    }
    lines.push('');
  }
  if (verdict === 'deadlock' && end !== undefined) lines.push('where it ends:', ...hangLines(end, stuck), '');
  lines.push(...wrap(explanation, width).map((line) => line.trimStart()));
  return `${lines.join('\n')}\n`;
}
