import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CompileError, renderDiagnostic } from '../../src/d/diagnostic.js';
import type { Source } from '../../src/d/source.js';
import { keywords } from '../../src/d/syntax/lexer.js';
import { parse } from '../../src/d/syntax/parser.js';
import { printProgram } from '../../src/d/syntax/print-ast.js';

const origins = fc.constantFrom<Source['origin']>('script', '-n', '-P', '-m', '-f', '-i');

/** Parses, and demands that the text is either a program that can be printed or an error that lies within the text. */
function parseOrRefuse(text: string, origin: Source['origin']): void {
  try {
    expect(typeof printProgram(parse({ name: 'x.d', origin, text }))).toBe('string');
  } catch (error) {
    if (!(error instanceof CompileError)) throw error;
    const { span, message } = error.diagnostic;
    expect(message).not.toBe('');
    expect(span.start).toBeGreaterThanOrEqual(0);
    expect(span.end).toBeGreaterThanOrEqual(span.start);
    expect(span.end).toBeLessThanOrEqual(text.length);
    const rendered = renderDiagnostic(error.diagnostic, { errorTags: true, terminal: false });
    expect(rendered).toContain(`[${error.diagnostic.tag}] `);
  }
}

const programs = [
  'syscall:::entry /pid == $target/ { @[probefunc] = count(); }',
  '#pragma D option quiet\nself int ts[int, string];\nsyscall::read:entry,\nsyscall::write:entry\n/execname == "x" && (a/b)/\n{\n\tself->ts[1, "x"] = timestamp;\n}\n',
  'BEGIN { x = (uint64_t)-1 >> 3; y = sizeof (struct foo *) ? \'ab\' : 0x1fUL; printf("%d\\n", x++); /* c */ }',
  'profile:::profile-4999 { @a[stringof(args[0]->x), `jiffies] = quantize(*(int *)arg0); this->y ^= ~$1 ^^ !$$2; }',
];
const pieces = [
  ...keywords,
  ...'+ - * / % ++ -- = == != < <= << <<= > >> ( ) [ ] { } , ; : ? . -> && || ^^ ! ~ & | ^ ... # $ @ ` \\ " \''.split(
    ' ',
  ),
  ...[
    '\n',
    ' ',
    '/*',
    '*/',
    '#pragma D option x\n',
    '# 3 "y.d"\n',
    'x',
    'uint64_t',
    '$1',
    '@a',
    '0x1',
    '08',
    '1.5',
    '"s"',
  ],
  ...["'c'", 'BEGIN', 'syscall:::entry', 'self->', '\u0000', '\u00e9', '\ud800', '\ufeff'],
];

describe('any text is parsed or refused with a place in it', () => {
  it('random text', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 80 }), origins, parseOrRefuse), { numRuns: 2000 });
  });

  it('random bytes', () => {
    const bytes = fc.uint8Array({ maxLength: 80 }).map((array) => new TextDecoder().decode(array));
    fc.assert(fc.property(bytes, origins, parseOrRefuse), { numRuns: 1000 });
  });

  it('random tokens', () => {
    const tokens = fc.array(fc.constantFrom(...pieces), { maxLength: 40 });
    const text = fc.tuple(fc.constantFrom('', 'BEGIN {', 'BEGIN /', 'int '), tokens, fc.constantFrom('', ' '));
    fc.assert(
      fc.property(text, origins, ([start, words, separator], origin) =>
        parseOrRefuse(start + words.join(separator), origin),
      ),
      { numRuns: 4000 },
    );
  });

  it('programs with a piece taken out, put in, or put in the place of another', () => {
    const edit = fc.record({
      program: fc.constantFrom(...programs),
      at: fc.nat(200),
      removed: fc.nat(12),
      added: fc.constantFrom('', ...pieces),
    });
    fc.assert(
      fc.property(edit, origins, ({ program, at, removed, added }, origin) =>
        parseOrRefuse(program.slice(0, at) + added + program.slice(at + removed), origin),
      ),
      { numRuns: 4000 },
    );
  });

  it('programs cut off anywhere', () => {
    for (const program of programs) {
      for (let end = 0; end <= program.length; end += 1) parseOrRefuse(program.slice(0, end), 'script');
    }
  });

  it('the programs themselves are parsed', () => {
    for (const text of programs) expect(() => parse({ name: 'x.d', origin: 'script', text })).not.toThrow();
  });
});
