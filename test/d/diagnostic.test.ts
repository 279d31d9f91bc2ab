import { describe, expect, it } from 'vitest';
import { CompileError, type Diagnostic, renderDiagnostic } from '../../src/d/diagnostic.js';
import { errorTags } from '../../src/d/error-tags.js';
import type { Source } from '../../src/d/source.js';
import { namedLine } from '../../src/d/syntax/line-directive.js';

const plain = { errorTags: false, terminal: false };

/** A diagnostic at the first place of `marked` in the text. */
function at(
  text: string,
  marked: string,
  more: Partial<Diagnostic> = {},
  origin: Source['origin'] = 'script',
): Diagnostic {
  const start = text.indexOf(marked);
  const source = { name: 'dir/x.d', origin, text };
  return { tag: 'D_SYNTAX', message: 'wrong', span: { source, start, end: start + marked.length }, ...more };
}

describe('the first line is that of dtrace(1)', () => {
  it.each([
    ['a script', at('BEGIN\n{\n  x\n}', 'x'), 'dtrace: failed to compile script dir/x.d: line 3: wrong'],
    ['an argument', at('BEGIN { x }', 'x', {}, '-n'), 'dtrace: invalid probe specifier BEGIN { x }: wrong'],
    ['the value of -P', at('a:b', 'a:b', {}, '-P'), 'dtrace: invalid probe specifier a:b: wrong'],
    [
      'a script after a line directive',
      at('# 40 "dir/x.d"\nBEGIN {\nx }', 'x }'),
      'dtrace: failed to compile script dir/x.d: line 41: wrong',
    ],
    [
      'another file, by a line directive',
      at('#line 7 "y.h"\nx', 'x'),
      'dtrace: failed to compile script dir/x.d: "y.h", line 7: wrong',
    ],
  ])('for %s', (_, diagnostic, expected) => {
    expect(renderDiagnostic(diagnostic, plain).split('\n')[0]).toBe(expected);
    expect(renderDiagnostic(diagnostic, { ...plain, errorTags: true }).split('\n')[0]).toBe(
      expected.replace(/: (?=("y.h", )?(line \d+: )?wrong)/, ': [D_SYNTAX] '),
    );
  });

  it('an argument of several lines is given with the line, since it is not seen as one', () => {
    expect(renderDiagnostic(at('BEGIN {\n  x }', 'x', {}, '-n'), plain)).toBe(
      'dtrace: invalid probe specifier BEGIN {\n  x }: line 2: wrong\n      x }\n      ^',
    );
  });
});

describe('the place is shown', () => {
  const shown = (diagnostic: Diagnostic) => renderDiagnostic(diagnostic, plain).split('\n').slice(1);

  it.each([
    ['a word', at('BEGIN { foo; }', 'foo'), ['    BEGIN { foo; }', '            ^~~']],
    ['the end of the input', at('BEGIN {', ''), ['    BEGIN {', '    ^']],
    ['tabs kept', at('\tx =\ty;', 'y'), ['    \tx =\ty;', '    \t   \t^']],
    ['several lines', at('a (b\nc)', '(b\nc)'), ['    a (b', '      ^~']],
    ['carriage returns left out', at('a b\r\nc', 'b'), ['    a b', '      ^']],
    ['characters of two units', at('"😀" x', 'x'), ['    "😀" x', '        ^']],
    ['control characters made harmless', at('\u001b[2J x', 'x'), ['    ?[2J x', '         ^']],
    ['an empty line', at('\n\n', '\n\n'), ['    ', '    ^']],
  ])('with %s', (_, diagnostic, expected) => {
    expect(shown(diagnostic)).toEqual(expected);
  });

  it('of a long line the part around the place', () => {
    const [line = '', marks = ''] = shown(at(`${'a '.repeat(500)}x${' b'.repeat(500)}`, 'x'));
    expect(line.length).toBeLessThanOrEqual(4 + 160);
    expect(line.charAt(marks.indexOf('^'))).toBe('x');
  });

  it('with the marks coloured for a terminal', () => {
    expect(renderDiagnostic(at('x', 'x'), { ...plain, terminal: true })).toBe(
      `dtrace: failed to compile script dir/x.d: line 1: wrong\n    x\n    \u001b[1;31m^\u001b[m`,
    );
  });
});

describe('what belongs to a message', () => {
  it('details stand under it, their labels right-aligned, then the place, related places and the hint', () => {
    const text = 'int x;\nBEGIN { f(x) }';
    const source = { name: 'x.d', origin: 'script', text } as const;
    const diagnostic: Diagnostic = {
      tag: 'D_PROTO_ARG',
      message: 'f( ) argument #1 is incompatible with prototype:',
      span: { source, start: 17, end: 18 },
      details: [
        { label: 'prototype', text: 'string' },
        { label: 'argument', text: 'int' },
      ],
      related: [{ message: 'x is declared here', span: { source, start: 4, end: 5 } }],
      hint: 'declare x as a string',
    };
    expect(renderDiagnostic(diagnostic, { ...plain, errorTags: true })).toMatchInlineSnapshot(`
      "dtrace: failed to compile script x.d: [D_PROTO_ARG] line 2: f( ) argument #1 is incompatible with prototype:
      	prototype: string
      	 argument: int
          BEGIN { f(x) }
                    ^
          line 1: x is declared here
          int x;
              ^
          hint: declare x as a string"
    `);
  });

  it('an error carries its diagnostic and says its message', () => {
    const diagnostic = at('x', 'x');
    const error = new CompileError(diagnostic);
    expect([error.message, error.name, error.diagnostic]).toEqual(['wrong', 'CompileError', diagnostic]);
  });

  it('every tag has the prefix and a gloss', () => {
    for (const [tag, gloss] of Object.entries(errorTags)) {
      expect(tag).toMatch(/^D_[A-Z_]+$/);
      expect(gloss).toMatch(/^\S.*[^.\s]$/);
    }
  });
});

describe('line directives', () => {
  it.each([
    ['a\nb\nX', 3, 'x.d'],
    ['# 10\nX', 10, 'x.d'],
    ['# 10 "y.d" 1 3\n\nX', 11, 'y.d'],
    ['#line 10 "y.d"\nX', 10, 'y.d'],
    ['#pragma D line 10 "y.d"\nX', 10, 'y.d'],
    ['# 10 "y.d"\n# 20\nX', 20, 'y.d'],
    ['/*\n# 10 "y.d"\n*/X', 3, 'x.d'],
    ['"# 10 /*"\n# 5\nX', 5, 'x.d'],
    ['# 10 "y.d"X', 1, 'x.d'],
    ['X\n# 10 "y.d"\n', 1, 'x.d'],
    ['# 10 "y.d"\r\nX', 10, 'y.d'],
  ])('%j names the place', (text, line, file) => {
    const source = { name: 'x.d', origin: 'script', text } as const;
    expect(namedLine(source, text.indexOf('X'))).toEqual({ line, file });
  });
});
