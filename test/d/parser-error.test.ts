import { describe, expect, it } from 'vitest';
import { parse } from '../../src/d/syntax/parser.js';
import { maximumDepth, maximumNesting } from '../../src/d/syntax/parser-cursor.js';
import { diagnosticOf, errorIn, print, script } from './parser-support.js';

describe('errors stand at the first wrong place', () => {
  it.each([
    // Clauses.
    ['BEGIN', '1:1', 'BEGIN', 'D_SYNTAX', 'expected predicate and/or actions following probe description'],
    ['BEGIN /x/', '1:8', 'x', 'D_SYNTAX', 'expected actions { } following probe description and predicate'],
    ['BEGIN /x/ END {}', '1:8', 'x', 'D_SYNTAX', 'expected actions { } following probe description and predicate'],
    ['BEGIN /x/ a:b:c:d {}', '1:8', 'x', 'D_SYNTAX', 'expected actions { } following probe description and predicate'],
    ['BEGIN /x', '1:9', '', 'D_SYNTAX', 'syntax error near end of input: expected "/" after the predicate'],
    ['BEGIN /x {}', '1:10', '{', 'D_SYNTAX', 'syntax error near "{": expected "/" after the predicate'],
    ['BEGIN /(x/ {}', '1:10', '/', 'D_SYNTAX', 'closing ) expected in predicate before /'],
    ['BEGIN /f(x[1/ {}', '1:13', '/', 'D_SYNTAX', 'closing ] expected in predicate before /'],
    ['BEGIN // {}', '1:8', '/', 'D_SYNTAX', 'syntax error near "/": expected an expression'],
    [
      'BEGIN END {}',
      '1:7',
      'END',
      'D_SYNTAX',
      'syntax error near "END": expected "{", "/" or "," after a probe description',
    ],
    ['BEGIN, {}', '1:8', '{', 'D_SYNTAX', 'syntax error near "{": expected a probe description'],
    ['{}', '1:1', '{', 'D_SYNTAX', 'syntax error near "{": expected a probe description'],
    ['BEGIN {}}', '1:9', '}', 'D_SYNTAX', 'syntax error near "}": expected a probe description'],
    [
      'BEGIN {\n  x;\n\n',
      '2:5',
      '',
      'D_SYNTAX',
      'syntax error near end of input: expected "}" at the end of the clause',
    ],
    ['BEGIN { x }\n/* */ @', '2:7', '@', 'D_SYNTAX', 'syntax error near "@": expected a probe description'],
    ['12ab {}', '1:1', '12ab', 'D_INT_DIGIT', 'constant 12ab contains invalid digit a'],
    // Statements and expressions.
    ['BEGIN { x y }', '1:11', 'y', 'D_SYNTAX', 'syntax error near "y": expected ";" or "}" after the statement'],
    [
      'BEGIN {\n\tx = 1\n\ty = 2;\n}',
      '3:2',
      'y',
      'D_SYNTAX',
      'syntax error near "y": expected ";" or "}" after the statement',
    ],
    ['BEGIN { x) }', '1:10', ')', 'D_SYNTAX', 'syntax error near ")": expected ";" or "}" after the statement'],
    ['BEGIN { (x }', '1:12', '}', 'D_SYNTAX', 'syntax error near "}": expected ")" after the expression'],
    ['BEGIN { f(x; }', '1:12', ';', 'D_SYNTAX', 'syntax error near ";": expected ")" after the arguments of f'],
    ['BEGIN { f(x,) }', '1:13', ')', 'D_SYNTAX', 'syntax error near ")": expected an expression'],
    ['BEGIN { a[] }', '1:11', ']', 'D_SYNTAX', 'syntax error near "]": expected an expression'],
    [
      'BEGIN { @a[1 = count() }',
      '1:24',
      '}',
      'D_SYNTAX',
      'syntax error near "}": expected "]" after the keys of the aggregation',
    ],
    ['BEGIN { x + }', '1:13', '}', 'D_SYNTAX', 'syntax error near "}": expected an expression'],
    ['BEGIN { x ? y }', '1:15', '}', 'D_SYNTAX', 'syntax error near "}": expected ":" of the conditional expression'],
    ['BEGIN { x + y = 1 }', '1:15', '=', 'D_SYNTAX', 'syntax error near "=": expected the end of the expression'],
    ['BEGIN { self.x }', '1:13', '.', 'D_SYNTAX', 'syntax error near ".": expected "->" after self'],
    ['BEGIN { a->1 }', '1:12', '1', 'D_SYNTAX', 'syntax error near "1": expected the name of a member after ->'],
    ['BEGIN { a` }', '1:9', 'a`', 'D_SYNTAX', 'syntax error near "a`": expected a symbol after `'],
    ['BEGIN { (int)(a)(b) }', '1:17', '(', 'D_FUNC_IDENT', 'function designator is not of function type'],
    ['BEGIN { "f"() }', '1:12', '(', 'D_FUNC_IDENT', 'function designator is not of function type'],
    ['BEGIN { int x; }', '1:9', 'int', 'D_SYNTAX', 'syntax error near "int": expected an expression'],
    ['BEGIN { if (x) y; }', '1:9', 'if', 'D_SYNTAX', 'syntax error near "if": expected an expression'],
    ['BEGIN { counter++; }', '1:9', 'counter', 'D_SYNTAX', 'syntax error near "counter": expected an expression'],
    ['BEGIN { x = "a\n"; }', '1:13', '"a', 'D_STR_NL', 'newline encountered in string literal'],
    ["BEGIN { x = ''; }", '1:13', "''", 'D_CHR_NULL', 'empty character constant'],
    ['BEGIN { x £ y }', '1:11', '£', 'D_SYNTAX', 'syntax error near "£"'],
    ['BEGIN { x; /* }', '1:12', '/*', 'D_SYNTAX', 'end of input before the comment is closed by */'],
    ['BEGIN { x; # y\n }', '1:12', '#', 'D_SYNTAX', 'syntax error near "#"'],
    ['BEGIN { offsetof(x, y) }', '1:9', 'offsetof', 'D_UNSUPPORTED', 'offsetof is not available yet'],
    ['BEGIN { sizeof (int }', '1:21', '}', 'D_SYNTAX', 'syntax error near "}": expected ")" after the type'],
    ['BEGIN { (struct 1)x }', '1:17', '1', 'D_SYNTAX', 'syntax error near "1": expected the name of a struct'],
    // Declarations.
    ['int;', '1:1', 'int', 'D_DECL_USELESS', 'useless declaration: it names no variable'],
    ['int x', '1:6', '', 'D_SYNTAX', 'syntax error near end of input: expected ";" after the declaration'],
    ['int x = 1;', '1:7', '=', 'D_SYNTAX', 'syntax error near "=": expected ";" after the declaration'],
    ['int 1;', '1:5', '1', 'D_SYNTAX', 'syntax error near "1": expected the name of a variable'],
    ['int x[int', '1:10', '', 'D_SYNTAX', 'syntax error near end of input: expected "]" after the key types'],
    ['int x[...];', '1:7', '...', 'D_DECL_PROTO_VARARGS', 'a tuple of keys may not be of variable length'],
    ['self this int x;', '1:6', 'this', 'D_DECL_CLASS', 'only one storage class allowed in a declaration'],
    ['static int x;', '1:1', 'static', 'D_DECL_BADCLASS', 'specified storage class not appropriate in D'],
    ['self->x = 1;', '1:5', '->', 'D_SYNTAX', 'syntax error near "->": expected a type'],
    ['typedef int x;', '1:1', 'typedef', 'D_UNSUPPORTED', 'typedef is not available yet'],
    ['struct x { int y; };', '1:10', '{', 'D_UNSUPPORTED', 'struct definitions are not available yet'],
    ['int f(int);', '1:6', '(', 'D_UNSUPPORTED', 'declaring a function is not available yet'],
    // Control lines.
    ['#include <x.h>', '1:1', '#include <x.h>', 'D_PRAGCTL_INVAL', 'invalid control directive: #include'],
    ['x {}\n #bogus', '2:2', '#bogus', 'D_PRAGCTL_INVAL', 'invalid control directive: #bogus'],
    ['#line x', '1:1', '#line x', 'D_PRAGCTL_INVAL', 'invalid control directive: #line'],
    ['#error a  b', '1:1', '#error a  b', 'D_PRAGERR', '#error: a  b'],
    ['#pragma D error a b', '1:1', '#pragma D error a b', 'D_PRAGERR', '#pragma error: a b'],
    ['#pragma D bogus', '1:1', '#pragma D bogus', 'D_PRAGMA_INVAL', 'invalid pragma: #pragma D bogus'],
    ['#pragma D', '1:1', '#pragma D', 'D_PRAGMA_MALFORM', 'malformed #pragma D: the name of a pragma is missing'],
  ])('%j at %s', (text, at, marked, tag, message) => {
    expect(errorIn(text)).toEqual({ at, marked, tag, message });
  });

  it.each([
    ['BEGIN { x = 1\n y = 2 }', 'a ";" may be missing on the line before'],
    ['BEGIN { // comment\n}', 'comments are written /* … */ in D'],
    ['// comment\nBEGIN {}', 'comments are written /* … */ in D'],
    ['BEGIN { if (x) y; }', 'there is no if in this D: use a predicate, or the operator ?:'],
    ['BEGIN { int x; }', 'variables are declared outside clauses'],
    ['BEGIN { probe = 1; }', 'probe is a keyword of D'],
    ['int counter;', 'counter is a keyword of D'],
    ['#include "x.h"', 'run the script through cpp first: cpp -x c -undef FILE | dtrace -s /dev/stdin'],
    ['int x = 1;', 'variables get their values in clauses, such as BEGIN'],
    ['a:b:c:d:e {}', 'a description has at most 4 fields'],
  ])('%j is hinted at', (text, hint) => {
    expect(diagnosticOf(() => parse(script(text))).hint).toBe(hint);
  });

  it('an open clause is named with the place of its brace', () => {
    const { related } = diagnosticOf(() => parse(script('BEGIN {\n x;\n')));
    expect(related).toMatchObject([{ message: 'the clause opens here', span: { start: 6, end: 7 } }]);
  });
});

describe('limits, so that no stage can run out of stack', () => {
  const nested = (levels: number) => `BEGIN { ${'('.repeat(levels)}x${')'.repeat(levels)} }`;
  const chain = (operators: number) => `BEGIN { x${' + x'.repeat(operators)} }`;

  it('takes what is within them', () => {
    expect(print(nested(maximumNesting))).toContain('x');
    expect(print(chain(maximumDepth - 1))).toContain('(+ x x)');
  });

  it.each([
    ['parentheses', nested(maximumNesting + 1), /nested more than/],
    ['very many parentheses', '('.repeat(1e5), /a probe description/],
    ['very many open parentheses', `BEGIN { ${'('.repeat(1e5)}`, /nested more than/],
    ['prefixes', `BEGIN { ${'-'.repeat(3001)}x }`, /nested more than/],
    ['casts', `BEGIN { ${'(int)'.repeat(3000)}x }`, /nested more than/],
    ['assignments', `BEGIN { ${'x ='.repeat(3000)}x }`, /nested more than/],
    ['conditionals', `BEGIN { ${'x ? x : '.repeat(3000)}x }`, /nested more than/],
    ['sums', chain(maximumDepth), /operators in a row/],
    ['members', `BEGIN { x${'.x'.repeat(3000)} }`, /operators in a row/],
  ])('refuses too many %s', (_, text, message) => {
    expect(errorIn(text)).toMatchObject({ tag: 'D_SYNTAX', message: expect.stringMatching(message) });
  });
});
