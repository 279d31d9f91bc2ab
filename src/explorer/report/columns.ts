/** Text in columns, one a CPU: what reads a trace from top to bottom and sees who did what. */

/** The shape of a table with a column for each CPU. */
export interface Columns {
  readonly cpus: number;
  /** Characters of a column's text. */
  readonly width: number;
}

/** Width of the numbers left of the columns, the blanks after them included. */
const gutter = 6;
const separator = ' | ';
/** Narrower than that, a column cannot be read: the lines get longer instead. */
const leastWidth = 24;

/** Columns for lines of at most `width` characters, as far as the CPUs leave room. */
export function columnsFor(cpus: number, width: number): Columns {
  const room = Math.floor((width - gutter - separator.length * (cpus - 1)) / cpus);
  return { cpus, width: Math.max(leastWidth, room) };
}

/** The line over the columns. */
export const headingLine = (columns: Columns): string =>
  line(
    columns,
    '',
    Array.from({ length: columns.cpus }, (_, cpu) => `CPU ${cpu}`),
  );

/** The lines of one text in the column of a CPU, `indent` levels deep; the number stands left of the first. */
export function columnLines(columns: Columns, number: string, cpu: number, indent: number, text: string): string[] {
  // However deep a frame is, half of the column is left for its text.
  const before = ' '.repeat(Math.min(2 * indent, columns.width >> 1));
  const [first = '', ...rest] = wrap(text, columns.width - before.length);
  return [first, ...rest].map((part, index) =>
    line(
      columns,
      index === 0 ? number : '',
      Array.from({ length: columns.cpus }, (_, column) => (column === cpu ? before + part : '')),
    ),
  );
}

function line({ cpus, width }: Columns, number: string, cells: readonly string[]): string {
  const padded = cells.map((cell, cpu) => (cpu === cpus - 1 ? cell : cell.padEnd(width)));
  return `${number.padStart(gutter - 2)}  ${padded.join(separator)}`.trimEnd();
}

/** Breaks a text at blanks; lines after the first hang by two blanks. Words longer than a line are cut. A line has 8 characters at least. */
export function wrap(text: string, wanted: number): string[] {
  const width = Math.max(8, wanted);
  const hanging = '  ';
  const lines: string[] = [];
  let current = '';
  for (const word of text.split(' ')) {
    let rest = word;
    const joined = current === '' ? rest : current === hanging ? hanging + rest : `${current} ${rest}`;
    if (joined.length <= width) {
      current = joined;
      continue;
    }
    if (current.trim() !== '') {
      lines.push(current);
      current = hanging;
    }
    while (current.length + rest.length > width) {
      const room = Math.max(1, width - current.length);
      lines.push(current + rest.slice(0, room));
      rest = rest.slice(room);
      current = hanging;
    }
    current += rest;
  }
  return [...lines, current];
}
