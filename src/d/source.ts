/** Source text and places in it. */

/** A piece of D text with a name for messages: a file's path, or the option that carried it (`-n`). */
export interface Source {
  /** How messages name it. */
  readonly name: string;
  /** `script` for files (messages say "failed to compile script NAME"), otherwise the flag that carried the text. */
  readonly origin: 'script' | '-n' | '-P' | '-m' | '-f' | '-i';
  readonly text: string;
}

/** Half-open range of UTF-16 offsets in a source. */
export interface Span {
  readonly source: Source;
  readonly start: number;
  readonly end: number;
}

/** Line and column of an offset, both counted from 1, and the text of the line. */
export interface Place {
  readonly line: number;
  readonly column: number;
  readonly text: string;
}

/** The place of the offset `at` in `source`. Columns count UTF-16 units. */
export function placeOf(source: Source, at: number): Place {
  const before = source.text.slice(0, at);
  const start = before.lastIndexOf('\n') + 1;
  const end = source.text.indexOf('\n', start);
  let line = 1;
  for (let i = 0; i < start; i += 1) if (source.text.charCodeAt(i) === 10) line += 1;
  return { line, column: at - start + 1, text: source.text.slice(start, end < 0 ? undefined : end) };
}

/** The smallest span that covers both; they must lie in the same source. */
export function joinSpans(first: Span, last: Span): Span {
  return { source: first.source, start: Math.min(first.start, last.start), end: Math.max(first.end, last.end) };
}
