/** Compile errors: data first, text on demand. The first line of the text is dtrace(1)'s, since scripts parse it. */

import type { ErrorTag } from './error-tags.js';
import { placeOf, type Source, type Span } from './source.js';
import { namedLine } from './syntax/line-directive.js';

/** What is wrong with a program, and where. */
export interface Diagnostic {
  readonly tag: ErrorTag;
  /** Starts in lower case, without a place and without a final stop. */
  readonly message: string;
  readonly span: Span;
  /** Lines under the message, such as the `prototype` and the `argument` that disagree. */
  readonly details?: readonly { readonly label: string; readonly text: string }[];
  /** What to do, if there is one thing to do. */
  readonly hint?: string;
  /** Other places that matter, such as a first declaration. */
  readonly related?: readonly { readonly message: string; readonly span: Span }[];
}

/** A program that does not compile. Its `message` is that of the diagnostic; `renderDiagnostic` gives the whole text. */
export class CompileError extends Error {
  readonly diagnostic: Diagnostic;

  constructor(diagnostic: Diagnostic) {
    super(diagnostic.message);
    this.name = 'CompileError';
    this.diagnostic = diagnostic;
  }
}

/** How to write a diagnostic: with its tag (`-x errtags`), with colours for a terminal. */
export interface DiagnosticStyle {
  readonly errorTags: boolean;
  readonly terminal: boolean;
}

/**
 * The text of a diagnostic, without a final newline: the message as dtrace(1) gives it, detail lines, the line of the
 * source with the place marked, related places, the hint.
 */
export function renderDiagnostic(diagnostic: Diagnostic, style: DiagnosticStyle): string {
  const { tag, message, span, details = [], hint, related = [] } = diagnostic;
  const width = Math.max(0, ...details.map(({ label }) => label.length));
  const lines = [
    `dtrace: ${subject(span.source)}: ${style.errorTags ? `[${tag}] ` : ''}${lineNumber(span)}${message}`,
    ...details.map(({ label, text }) => `\t${label.padStart(width)}: ${text}`),
    ...excerpt(span, style.terminal),
  ];
  for (const other of related) {
    const { line } = namedLine(other.span.source, other.span.start);
    lines.push(`    line ${line}: ${other.message}`, ...excerpt(other.span, style.terminal));
  }
  if (hint !== undefined) lines.push(`    hint: ${hint}`);
  return lines.join('\n');
}

function subject(source: Source): string {
  return source.origin === 'script'
    ? `failed to compile script ${source.name}`
    : `invalid probe specifier ${source.text}`;
}

/** dtrace(1) numbers the lines of files only; here also those of an argument that has several. */
function lineNumber(span: Span): string {
  const { origin, name, text } = span.source;
  if (origin !== 'script' && !text.includes('\n')) return '';
  const { line, file } = namedLine(span.source, span.start);
  return file === name ? `line ${line}: ` : `"${file}", line ${line}: `;
}

const indent = '    ';
/** Longer lines are shown in part, around the place. */
const excerptColumns = 160;

/** The line of the source and a line of marks under it. */
function excerpt(span: Span, terminal: boolean): readonly string[] {
  const place = placeOf(span.source, span.start);
  const at = place.column - 1;
  const first = at > excerptColumns - 20 ? at - excerptColumns / 2 : 0;
  const line = place.text.replace(/\r$/, '').slice(first, first + excerptColumns);
  const length = Math.max(1, Math.min(span.end - span.start, line.length - (at - first)));
  // Tabs stay tabs above and below, so that the mark stands under its place whatever their width.
  const before = printable(line.slice(0, at - first)).replace(/[^\t]/gu, ' ');
  const marks = `^${'~'.repeat([...line.slice(at - first, at - first + length)].length).slice(1)}`;
  return [indent + printable(line), indent + before + (terminal ? `\u001b[1;31m${marks}\u001b[m` : marks)];
}

/** Control characters of the source must not reach the terminal. */
function printable(text: string): string {
  return text.replace(/[^\P{Cc}\t]/gu, '?');
}
