import { describe, expect, it } from 'vitest';
import { keywords, scanDescription, scanToken, type Token } from '../../src/d/syntax/lexer.js';
import { script } from './parser-support.js';

function tokens(text: string): Token[] {
  const all: Token[] = [];
  for (let at = 0; ; ) {
    const token = scanToken(script(text), at);
    if (token.kind === 'end') return all;
    all.push(token);
    at = token.end;
  }
}

const words = (text: string) => tokens(text).map((token) => token.text);
const only = (text: string) => {
  const [token, ...more] = tokens(text);
  expect(more).toEqual([]);
  return token;
};

describe('integer constants', () => {
  it.each([
    ['0', 0n, true, ''],
    ['42', 42n, true, ''],
    ['017', 15n, false, ''],
    ['00', 0n, false, ''],
    ['0x1fF', 511n, false, ''],
    ['0XAB', 171n, false, ''],
    ['1u', 1n, true, 'u'],
    ['1L', 1n, true, 'l'],
    ['1ll', 1n, true, 'l'],
    ['1ULL', 1n, true, 'ul'],
    ['1lu', 1n, true, 'ul'],
    ['0x1fu', 31n, false, 'u'],
    ['18446744073709551615', 18446744073709551615n, true, ''],
    ['0xffffffffffffffff', 18446744073709551615n, false, ''],
    ['01777777777777777777777', 18446744073709551615n, false, ''],
  ])('%s has the value %s', (text, value, decimal, suffix) => {
    expect(only(text)).toMatchObject({
      kind: 'integer',
      value,
      decimal,
      unsigned: suffix.includes('u'),
      long: suffix.includes('l'),
    });
  });
});

describe('character constants', () => {
  it.each([
    ["'a'", 0x61n],
    ["'ab'", 0x6162n],
    ["'abcdefgh'", 0x6162636465666768n],
    ["'\\n'", 10n],
    ["'\\''", 39n],
    ["'\"'", 34n],
    ["'\\0'", 0n],
    ["'\\101'", 65n],
    ["'\\x41'", 65n],
    ["'\\377'", 255n],
    ["'é'", 0xc3a9n],
  ])('%s is %s, first character in the most significant byte', (text, value) => {
    expect(only(text)).toMatchObject({ kind: 'character', value });
  });
});

describe('strings', () => {
  it.each([
    ['""', ''],
    ['"a b"', 'a b'],
    ['"/* no comment */"', '/* no comment */'],
    ['"\\a\\b\\f\\n\\r\\t\\v\\\\\\"\\\'\\?"', '\u0007\b\f\n\r\t\v\\"\'?'],
    ['"\\101\\x42\\7x"', 'AB\u0007x'],
    ['"\\q"', '\\q'],
    ['"ab\\0cd"', 'ab'],
    ['"\\303\\251 é"', 'é é'],
    ['"\\377"', '\udcff'],
    ['"\\x1ff"', '\udcff'],
    ['"%d\\n"', '%d\n'],
  ])('%s is read as C reads it', (text, value) => {
    expect(only(text)).toMatchObject({ kind: 'string', value });
  });
});

describe('constants that are wrong', () => {
  it.each([
    ['08', 'D_INT_DIGIT', 'constant 08 contains invalid digit 8'],
    ['0x', 'D_INT_DIGIT', 'constant 0x contains invalid digit x'],
    ['12ab', 'D_INT_DIGIT', 'constant 12ab contains invalid digit a'],
    ['0xfg', 'D_INT_DIGIT', 'constant 0xfg contains invalid digit g'],
    ['1ull3', 'D_INT_DIGIT', 'constant 1ull3 contains invalid digit 3'],
    ['18446744073709551616', 'D_INT_OFLOW', 'constant 18446744073709551616 results in integer overflow'],
    ['0x10000000000000000', 'D_INT_OFLOW', 'constant 0x10000000000000000 results in integer overflow'],
    ['1.5', 'D_SYNTAX', 'floating-point constants are not permitted'],
    ['.5', 'D_SYNTAX', 'floating-point constants are not permitted'],
    ['1e9', 'D_SYNTAX', 'floating-point constants are not permitted'],
    ["''", 'D_CHR_NULL', 'empty character constant'],
    ["'abcdefghi'", 'D_CHR_OFLOW', 'character constant is too long'],
    ["'a", 'D_CHR_NL', 'newline encountered in character constant'],
    ['"a', 'D_STR_NL', 'newline encountered in string literal'],
    ['"a\\"', 'D_STR_NL', 'newline encountered in string literal'],
    ['£', 'D_SYNTAX', 'syntax error near "£"'],
    ['\\', 'D_SYNTAX', 'syntax error near "\\"'],
    ['\u0001', 'D_SYNTAX', 'syntax error near "\\x01"'],
  ])('%j is %s', (text, tag, message) => {
    expect(scanToken(script(` ${text}`), 0)).toMatchObject({
      kind: 'error',
      diagnostic: { tag, message, span: { start: 1, end: 1 + text.length } },
    });
  });

  it('a newline ends neither a string nor a character constant', () => {
    expect(scanToken(script('"a\n"'), 0)).toMatchObject({
      diagnostic: { tag: 'D_STR_NL', span: { start: 0, end: 2 } },
    });
    expect(scanToken(script("'a\n'"), 0)).toMatchObject({
      diagnostic: { tag: 'D_CHR_NL', span: { start: 0, end: 2 } },
    });
  });
});

describe('words and operators', () => {
  it('reads the longest operator', () => {
    expect(words('a<<=b>>=c<<d>>e<=f>=g&&h||i^^j==k!=l++ --m->n...')).toEqual(
      'a <<= b >>= c << d >> e <= f >= g && h || i ^^ j == k != l ++ -- m -> n ...'.split(' '),
    );
    expect(words('+=-=*=/=%=&=|=^=!~?:.,;(){}[]<>+-*/%&|^=')).toEqual(
      '+= -= *= /= %= &= |= ^= ! ~ ? : . , ; ( ) { } [ ] < > + - * / % & | ^ ='.replaceAll('^ =', '^=').split(' '),
    );
  });

  it('keeps the dollars of macros, the @ of aggregations and the backquotes of symbols', () => {
    expect(
      tokens('$target $1 $$1 $$target @ @a @_ `jiffies vmlinux`jiffies').map(({ kind, text }) => [kind, text]),
    ).toEqual([
      ['macro', '$target'],
      ['macro', '$1'],
      ['macro', '$$1'],
      ['macro', '$$target'],
      ['aggregation', '@'],
      ['aggregation', '@a'],
      ['aggregation', '@_'],
      ['identifier', '`jiffies'],
      ['identifier', 'vmlinux`jiffies'],
    ]);
  });

  it('tells keywords from identifiers', () => {
    expect([...keywords].every((word) => only(word)?.kind === 'keyword')).toBe(true);
    expect(only('selfish')?.kind).toBe('identifier');
    expect(only('uint64_t')?.kind).toBe('identifier');
  });
});

describe('what stands between tokens', () => {
  it.each([
    ['a /* b */ c', ['a', 'c']],
    ['a/**/c', ['a', 'c']],
    ['a /* / * " \' */ c', ['a', 'c']],
    ['#!/usr/sbin/dtrace -qs\na', ['a']],
    ['a\n  #!x /*\nb', ['a', 'b']],
    ['# 12 "x.d" 2\na', ['a']],
    ['#line 12\na', ['a']],
    ['a \\\n b', ['a', 'b']],
    ['\ufeffa\r\n\f\vb', ['a', 'b']],
    ['#\na', ['a']],
  ])('%j is skipped', (text, expected) => {
    expect(words(text)).toEqual(expected);
    expect(tokens(text).flatMap(({ controls }) => controls)).toEqual([]);
  });

  it('hands control lines on, without comments and continuations', () => {
    const [token] = tokens('#pragma D option /* a\nb */ quiet \\\n x="/* */"\n  #include <x>\nBEGIN');
    expect(token?.controls.map(({ text }) => text.replace(/\s+/g, ' '))).toEqual([
      'pragma D option quiet x="/* */"',
      'include <x>',
    ]);
  });

  it.each([
    ['a /* b', 2, 'end of input before the comment is closed by */'],
    ['/* a /* b */ c', 5, '/* encountered inside a comment'],
    ['/* a\n/* b', 0, 'end of input before the comment is closed by */'],
    ['#pragma D option /*', 17, 'end of input before the comment is closed by */'],
  ])('%j is an error at offset %d', (text, start, message) => {
    expect(tokens(text).find(({ kind }) => kind === 'error')).toMatchObject({
      diagnostic: { tag: 'D_SYNTAX', message, span: { start } },
    });
  });
});

describe('probe descriptions', () => {
  it.each([
    ['BEGIN', 'BEGIN'],
    ['profile:::profile-4999 {', 'profile:::profile-4999'],
    ['tick-1s{', 'tick-1s'],
    ['syscall::*read*:entry,syscall', 'syscall::*read*:entry'],
    ['pid$target:libc.so.6:malloc:entry/', 'pid$target:libc.so.6:malloc:entry'],
    ['fbt::[a-c]*: ', 'fbt::[a-c]*:'],
    ['fbt::[!a]?:', 'fbt::[!a]?:'],
    ['pid$1:a.out::return', 'pid$1:a.out::return'],
    [':::', ':::'],
    ['sdt:vmlinux`x::', 'sdt:vmlinux`x::'],
    ['12 {', '12'],
    ['12a', undefined],
    ['{', undefined],
    ['/x/', undefined],
  ])('%j starts with the description %j', (text, expected) => {
    expect(scanDescription(script(text), 0)).toBe(expected);
  });
});
