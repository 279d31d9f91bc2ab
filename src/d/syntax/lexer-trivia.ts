/** What stands between tokens: white space, comments, and control lines (lines that start with `#`). */

import type { Source } from '../source.js';
import { parseLineDirective } from './line-directive.js';

/** A line that starts with `#`, without comments and continuations; `#!` lines and line directives are left out. */
export interface ControlLine {
  /** What follows the `#`, comments replaced by a blank. */
  readonly text: string;
  /** Offset of the `#`. */
  readonly start: number;
  /** Offset after the last character, the newline not included. */
  readonly end: number;
}

/** The result of skipping: where the next token starts, and what was passed. */
export interface Trivia {
  readonly end: number;
  readonly controls: readonly ControlLine[];
  /** A comment that is wrong; then `end` is where it starts. */
  readonly error?: { readonly message: string; readonly start: number; readonly end: number; readonly hint?: string };
}

const blanks = /(?:[\f\n\r\t\v ]|\\\r?\n|^\ufeff)+/y;

/** Skips white space, comments and control lines from the offset `at`. */
export function skipTrivia(source: Source, at: number): Trivia {
  const { text } = source;
  const controls: ControlLine[] = [];
  let end = at;
  for (;;) {
    blanks.lastIndex = end;
    if (blanks.test(text)) {
      end = blanks.lastIndex;
    } else if (text.startsWith('/*', end)) {
      const comment = readComment(text, end);
      if (typeof comment !== 'number') return { end, controls, error: comment };
      end = comment;
    } else if (text[end] === '#' && startsLine(text, end)) {
      const control = readControlLine(text, end);
      if ('message' in control) return { end, controls, error: control };
      if (!isSilent(source, control)) controls.push(control);
      end = control.end;
    } else {
      return { end, controls };
    }
  }
}

/** The end of the comment that starts at `start`, or what is wrong with it. */
function readComment(text: string, start: number): number | NonNullable<Trivia['error']> {
  const close = text.indexOf('*/', start + 2);
  if (close < 0) return { message: 'end of input before the comment is closed by */', start, end: start + 2 };
  const nested = text.indexOf('/*', start + 2);
  if (nested >= 0 && nested < close) {
    return {
      message: '/* encountered inside a comment',
      start: nested,
      end: nested + 2,
      hint: 'comments do not nest; the comment before is not closed, or this one must go',
    };
  }
  return close + 2;
}

function startsLine(text: string, at: number): boolean {
  let i = at;
  while (i > 0 && '\t\v\f '.includes(text.charAt(i - 1))) i -= 1;
  return i === 0 || text[i - 1] === '\n';
}

/** Reads to the end of the line; a comment or a backslash may carry it over to further lines. */
function readControlLine(text: string, start: number): ControlLine | NonNullable<Trivia['error']> {
  let end = start + 1;
  let words = '';
  const interpreter = text[end] === '!';
  while (end < text.length && text[end] !== '\n') {
    const rest = text.slice(end, end + 3);
    if (interpreter) {
      end += 1;
    } else if (rest.startsWith('/*')) {
      const comment = readComment(text, end);
      if (typeof comment !== 'number') return comment;
      words += ' ';
      end = comment;
    } else if (rest.startsWith('\\\n') || rest === '\\\r\n') {
      words += ' ';
      end = text.indexOf('\n', end) + 1;
    } else if (text[end] === '"') {
      const quoted = /"(?:\\[^\n]|[^"\\\n])*"?/y;
      quoted.lastIndex = end;
      const match = quoted.exec(text)?.[0] ?? '"';
      words += match;
      end += match.length;
    } else {
      words += text.charAt(end);
      end += 1;
    }
  }
  return { text: interpreter ? '!' : words.trim(), start, end };
}

function isSilent(source: Source, control: ControlLine): boolean {
  return (
    control.text === '!' ||
    control.text === '' ||
    parseLineDirective(source.text.slice(control.start, control.end)) !== undefined
  );
}
