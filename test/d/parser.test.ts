import { describe, expect, it } from 'vitest';
import { parse, parseDescriptionArgument } from '../../src/d/syntax/parser.js';
import { printProgram } from '../../src/d/syntax/print-ast.js';
import { errorIn, print, script } from './parser-support.js';

const probesOf = (text: string, origin?: '-n' | '-P' | '-m' | '-f' | '-i') =>
  [...print(text, origin).matchAll(/\(probe (.*)\)$/gm)].map(([, probe]) => probe);

describe('probe descriptions', () => {
  it.each([
    ['BEGIN', [':::BEGIN']],
    ['tick-1s', [':::tick-1s']],
    ['read:entry', ['::read:entry']],
    ['vmlinux:read:entry', [':vmlinux:read:entry']],
    ['syscall::read:entry', ['syscall::read:entry']],
    ['syscall:::', ['syscall:::']],
    [':::', [':::']],
    ['syscall::*read*:entry, syscall::write:return', ['syscall::*read*:entry', 'syscall::write:return']],
    ['fbt::[a-c]*:\n,\n/* x */ END', ['fbt::[a-c]*:', ':::END']],
    ['pid$target:libc.so.6:malloc:entry', ['pid$target:libc.so.6:malloc:entry']],
    ['syscall::$1:entry', ['syscall::$1:entry']],
    ['3,BEGIN', ['3', ':::BEGIN']],
    // Words that begin like a type or a keyword, but go on as only descriptions do.
    ['self-test', [':::self-test']],
    ['int:::x', ['int:::x']],
    ['string?', [':::string?']],
    ['struct_alloc', [':::struct_alloc']],
  ])('%j names %j', (text, expected) => {
    expect(probesOf(`${text} {}`)).toEqual(expected);
  });

  it.each([
    ['-n', 'BEGIN', [':::BEGIN']],
    ['-n', 'read:entry', ['::read:entry']],
    ['-n', 'int*', [':::int*']],
    ['-n', 'uint64_t', [':::uint64_t']],
    ['-P', 'syscall', ['syscall:::']],
    ['-m', 'ext4', [':ext4::']],
    ['-m', 'fbt:ext4', ['fbt:ext4::']],
    ['-f', 'read', ['::read:']],
    ['-f', 'vmlinux:read', [':vmlinux:read:']],
    ['-f', 'syscall:vmlinux:read', ['syscall:vmlinux:read:']],
    ['-f', 'read,write', ['::read:', '::write:']],
    ['-i', '3', ['3']],
    ['-n', '3', ['3']],
  ] as const)('%s %s means %j, with a clause behind it or not', (flag, text, expected) => {
    expect(probesOf(text, flag)).toEqual(expected);
    expect(probesOf(`${text}/1/{trace(1)}`, flag)).toEqual(expected);
    expect(printProgram(parseDescriptionArgument(flag, text))).toContain('(default)');
  });

  it('a description keeps its text and place', () => {
    const source = script('BEGIN, syscall::$1:entry {}');
    const [clause] = parse(source).parts;
    expect(clause).toMatchObject({
      probes: [
        { name: 'BEGIN', text: 'BEGIN', span: { start: 0, end: 5 } },
        { function: '$1', text: 'syscall::$1:entry', span: { start: 7, end: 24 } },
      ],
    });
  });

  it('a number matches no probe by its name', () => {
    expect(parse(script('3 {}')).parts).toMatchObject([{ probes: [{ id: 3, name: '3', provider: '' }] }]);
  });

  it.each([
    ['script', 'a:b:c:d:e {}', 'D_PDESC_INVAL', 'a:b:c:d:e', /^invalid probe description "a:b:c:d:e": Overspecified/],
    ['-n', 'x, a:::::', 'D_PDESC_INVAL', 'a:::::', /Overspecified/],
    ['-P', 'a:b', 'D_PDESC_INVAL', 'a:b', /Overspecified/],
    ['-m', 'a:b:c', 'D_PDESC_INVAL', 'a:b:c', /Overspecified/],
    ['-f', 'a:b:c:d', 'D_PDESC_INVAL', 'a:b:c:d', /Overspecified/],
    ['-f', '3', 'D_PDESC_INVAL', '3', /^probe identifier 3 not permitted when specifying functions$/],
    ['-i', 'BEGIN', 'D_PDESC_INVAL', 'BEGIN', /^invalid probe identifier "BEGIN"$/],
    ['-n', '4294967296', 'D_PDESC_INVAL', '4294967296', /exceeds maximum probe id$/],
  ] as const)('%s %s is %s', (origin, text, tag, marked, message) => {
    expect(errorIn(text, origin)).toMatchObject({
      tag,
      marked,
      message: expect.stringMatching(message),
    });
  });
});

describe('predicates', () => {
  it.each([
    ['/a/', 'a'],
    ['/a / b == 2/', '(== (/ a b) 2)'],
    ['/execname == "x" && (a/b)/', '(&& (== execname "x") (/ a b))'],
    ['/a / b / c/', '(/ (/ a b) c)'],
    ['/(a) /\n/* c */', 'a'],
    ['/"/{" != x/', '(!= "/{" x)'],
    ['/a[1 / 2] ? b / c : d/', '(?: (index a (/ 1 2)) (/ b c) d)'],
    ['/ a / /* c */ b /', '(/ a b)'],
    ['/pid == $target/', '(== pid $target)'],
    ['/self->x && this->y/', '(&& self->x this->y)'],
  ])('%s', (predicate, expected) => {
    expect(print(`BEGIN ${predicate} { x / 1; }`)).toBe(
      `(clause\n  (probe :::BEGIN)\n  (predicate ${expected})\n  (do\n    (/ x 1)))`,
    );
  });
});

describe('declarations and pragmas', () => {
  it.each([
    ['int x;', '(declare global <int> x)'],
    ['int*x;', '(declare global <int *> x)'],
    [
      'uint64_t x, *y, z[10];',
      '(declare global <uint64_t> x)\n(declare global <uint64_t *> y)\n(declare global <uint64_t[10]> z)',
    ],
    ['self int x;', '(declare self <int> x)'],
    ['this string x;', '(declare this <string> x)'],
    ['extern int x;', '(declare global <int> x)'],
    ['unsigned long long int x;', '(declare global <unsigned long long int> x)'],
    ['const volatile char *restrict x;', '(declare global <char *> x)'],
    ['struct foo *x;', '(declare global <struct foo *> x)'],
    ['struct nt`_GUID *x;', '(declare global <struct nt`_GUID *> x)'],
    ['foo_t x;', '(declare global <foo_t> x)'],
    ['foo *x[int];', '(declare global <foo *> x (keys <int>))'],
    ['int x[int, string];', '(declare global <int> x (keys <int> <string>))'],
    ['string x[uint32_t pid, char *name];', '(declare global <string> x (keys <uint32_t> <char *>))'],
    ['int x[int][3];', '(declare global <int[3]> x (keys <int>))'],
    ['char x[];', '(declare global <char[]> x)'],
    ['int x[2 * 3][4];', '(declare global <int[(* 2 3)][4]> x)'],
    ['#pragma D option quiet', '(pragma option "quiet")'],
    ['#pragma D option aggsize=512k /* big */', '(pragma option "aggsize=512k")'],
    ['  # pragma D depends_on provider "a b"', '(pragma depends_on "provider" "a b")'],
    ['#pragma D option x="a b"', '(pragma option "x=a b")'],
    [
      '#pragma D attributes Stable/Stable/Common provider fbt',
      '(pragma attributes "Stable/Stable/Common" "provider" "fbt")',
    ],
    ['#pragma once\n#ident "x"\n#pragma D line 3 "x.d"', ''],
    ['/* nothing */', ''],
  ])('%s', (text, expected) => {
    expect(print(`${text}\n`)).toBe(expected);
  });

  it('a name that is declared is a variable in parentheses, whatever it looks like', () => {
    expect(print('int x_t; BEGIN { (x_t) - 1; sizeof (x_t); }')).toContain('(- x_t 1)\n    (sizeof x_t)');
  });

  it('parts come in the order of the text', () => {
    const text = '#pragma D option a\nint x;\nBEGIN {\n#pragma D option b\n}\n#pragma D option c\nEND {}';
    expect(parse(script(text)).parts.map(({ kind }) => kind)).toEqual([
      'pragma',
      'declaration',
      'clause',
      'pragma',
      'pragma',
      'clause',
    ]);
  });
});

describe('clauses', () => {
  it('reads the program of the README', () => {
    expect(print('syscall:::entry /pid == $target/ { @[probefunc] = count(); }', '-n')).toMatchInlineSnapshot(`
      "(clause
        (probe syscall:::entry)
        (predicate (== pid $target))
        (do
          (= (@ probefunc) (call count))))"
    `);
  });

  it('empty braces are a clause without statements, no braces the default action', () => {
    expect(print('BEGIN {}')).toBe('(clause\n  (probe :::BEGIN)\n  (do))');
    expect(print('BEGIN', '-n')).toBe('(clause\n  (probe :::BEGIN)\n  (default))');
  });

  it('every node covers its text', () => {
    const text = 'BEGIN /a/ { x = (b + c) * -d[1]; }';
    const [clause] = parse(script(text)).parts;
    if (clause?.kind !== 'clause') throw new Error('expected a clause');
    const [assignment] = clause.statements ?? [];
    if (assignment?.kind !== 'assignment' || assignment.value.kind !== 'binary') throw new Error('expected x = … * …');
    const { left, right, span } = assignment.value;
    const marked = [clause, clause.predicate, assignment, { span }, left, right].map((node) =>
      text.slice(node?.span.start, node?.span.end),
    );
    expect(marked).toEqual([text, 'a', 'x = (b + c) * -d[1]', '(b + c) * -d[1]', 'b + c', '-d[1]']);
  });
});
