/**
 * Line directives: `# 12 "file.d"` and `#line 12 "file.d"` as the C preprocessor leaves them, and `#pragma D line 12
 * "file.d"`. They change how the lines after them are named in messages, not the text.
 */

import type { Source } from '../source.js';

/** A directive: the line that follows it is `line` of `file` (the source's own name if undefined). */
export interface LineDirective {
  readonly line: number;
  readonly file: string | undefined;
}

const form = /^[ \t]*#[ \t]*(?:(?:pragma[ \t]+D[ \t]+)?line[ \t]+)?(\d{1,9})(?:[ \t]+"([^"\n]*)")?[ \t\d]*\r?$/;

/** The directive that `line` (one line, without its newline) is, if it is one. */
export function parseLineDirective(line: string): LineDirective | undefined {
  const match = form.exec(line);
  return match ? { line: Number(match[1]), file: match[2] } : undefined;
}

/** Comments and literals, in which a directive is only text, or else a whole line that starts with `#`. */
const passages = /\/\*[\s\S]*?(?:\*\/|$(?![\s\S]))|"(?:\\[^\n]|[^"\\\n])*"?|'(?:\\[^\n]|[^'\\\n])*'?|^[ \t]*#[^\n]*/gm;

/** The line and file by which messages name the offset `at`, all line directives before it obeyed. */
export function namedLine(source: Source, at: number): { readonly line: number; readonly file: string } {
  let line = 1;
  let file = source.name;
  let from = 0;
  for (const passage of source.text.matchAll(passages)) {
    if (passage.index + passage[0].length >= at) break;
    const directive = /^[ \t]*#/.test(passage[0]) ? parseLineDirective(passage[0]) : undefined;
    if (!directive) continue;
    line = directive.line;
    file = directive.file ?? file;
    from = passage.index + passage[0].length + 1;
  }
  for (let i = from; i < at; i += 1) if (source.text.charCodeAt(i) === 10) line += 1;
  return { line, file };
}
