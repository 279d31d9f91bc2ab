/** Control lines: pragmas, and the lines of the C preprocessor that must not be there. */

import { CompileError } from '../diagnostic.js';
import type { Source, Span } from '../source.js';
import type { Pragma } from './ast.js';
import type { ControlLine } from './lexer-trivia.js';

const pragmas = ['attributes', 'binding', 'depends_on', 'error', 'line', 'option'];
const preprocessor = new Set('define elif else endif if ifdef ifndef include undef warning'.split(' '));

/**
 * The pragma that a control line is; undefined for a line that means nothing (`#ident`, pragmas of other languages).
 * @throws CompileError for unknown lines and pragmas, and for `#error` and `#pragma D error`.
 */
export function parseControl(source: Source, control: ControlLine): Pragma | undefined {
  const span: Span = { source, start: control.start, end: control.end };
  const [directive = '', ...words] = splitWords(control.text);
  const rest = control.text.slice(directive.length).trim();
  if (directive === 'ident' || (directive === 'pragma' && words[0] !== 'D')) return undefined;
  if (directive === 'error') throw new CompileError({ tag: 'D_PRAGERR', message: `#error: ${rest}`, span });
  if (directive !== 'pragma') {
    const hint = preprocessor.has(directive)
      ? 'run the script through cpp first: cpp -x c -undef FILE | dtrace -s /dev/stdin'
      : undefined;
    const message = `invalid control directive: #${directive}`;
    throw new CompileError({ tag: 'D_PRAGCTL_INVAL', message, span, ...(hint === undefined ? {} : { hint }) });
  }
  const [, name, ...values] = words;
  if (name === undefined) {
    const message = 'malformed #pragma D: the name of a pragma is missing';
    throw new CompileError({ tag: 'D_PRAGMA_MALFORM', message, span });
  }
  if (!pragmas.includes(name)) {
    const hint = `pragmas of D are ${pragmas.join(', ')}`;
    throw new CompileError({ tag: 'D_PRAGMA_INVAL', message: `invalid pragma: #pragma D ${name}`, span, hint });
  }
  if (name === 'error') {
    throw new CompileError({ tag: 'D_PRAGERR', message: `#pragma error: ${values.join(' ')}`, span });
  }
  if (name === 'line') {
    const message = 'malformed #pragma D line: expected the number of a line and the name of a file in quotes';
    throw new CompileError({ tag: 'D_PRAGMA_MALFORM', message, span });
  }
  return { kind: 'pragma', name, words: values, span };
}

/** Words separated by blanks; quotes keep blanks inside a word and are dropped. */
function splitWords(text: string): string[] {
  return [...text.matchAll(/(?:[^\s"]|"(?:\\.|[^"\\])*"?)+/gs)].map(([word]) =>
    word.replace(/"((?:\\.|[^"\\])*)"?/gs, '$1'),
  );
}
