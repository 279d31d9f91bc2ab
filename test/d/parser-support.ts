import { CompileError, type Diagnostic } from '../../src/d/diagnostic.js';
import { placeOf, type Source } from '../../src/d/source.js';
import { parse } from '../../src/d/syntax/parser.js';
import { printProgram } from '../../src/d/syntax/print-ast.js';

export const script = (text: string): Source => ({ name: 'test.d', origin: 'script', text });

export const print = (text: string, origin: Source['origin'] = 'script'): string =>
  printProgram(parse({ name: 'test.d', origin, text }));

/** The statements of a clause that has the given body, printed. */
export const printBody = (body: string): string => {
  const lines = print(`BEGIN { ${body} }`).split('\n');
  return lines
    .slice(2)
    .join('\n')
    .replace(/^ {2}\(do\n?|\)\)$/g, '')
    .replace(/^ {4}/gm, '');
};

/** The diagnostic that `run` throws; anything else thrown, or nothing, fails the test. */
export function diagnosticOf(run: () => unknown): Diagnostic {
  try {
    run();
  } catch (error) {
    if (error instanceof CompileError) return error.diagnostic;
    throw error;
  }
  throw new Error('expected a CompileError');
}

/** Tag, line, column and marked text of the error in a program. */
export function errorIn(text: string, origin: Source['origin'] = 'script') {
  const { tag, message, span } = diagnosticOf(() => parse({ name: 'test.d', origin, text }));
  const { line, column } = placeOf(span.source, span.start);
  return { tag, message, at: `${line}:${column}`, marked: text.slice(span.start, span.end) };
}
