import { describe, expect, it } from 'vitest';
import { checkPrintf, type PrintfArgument } from '../../src/d/printf-check.js';
import {
  type ConversionLetter,
  conversionAccepts,
  conversions,
  type PrintfConversion,
  PrintfFormatError,
  parsePrintf,
} from '../../src/d/printf-format.js';

const conversionOf = (format: string): PrintfConversion => {
  const found = parsePrintf(format).pieces.find((piece) => typeof piece !== 'string');
  if (found === undefined) throw new Error(`no conversion in ${format}`);
  return found;
};

describe('parsePrintf', () => {
  it.each(Object.keys(conversions))('knows the conversion %%%s', (letter) => {
    expect(conversionOf(`%${letter}`)).toMatchObject({ letter, name: letter, number: 1, width: undefined });
  });

  it.each(['hd', 'hhd', 'ld', 'lld', 'hu', 'lx', 'llX', 'lo', 'hi', 'lc', 'wc', 'ls', 'ws', 'Le', 'LG'])(
    'accepts the size of %%%s and keeps it in the name only',
    (name) => {
      expect(conversionOf(`%${name}`)).toMatchObject({ letter: name.at(-1), name });
    },
  );

  it.each([
    ['%-8d', { left: true, width: 8 }],
    ['%+d', { plus: true }],
    ['% d', { space: true }],
    ['%#x', { alternative: true }],
    ['%08d', { zero: true, width: 8 }],
    ["%'d", { grouping: true }],
    ['%@d', { aggregation: true }],
    ['%@-10d', { aggregation: true, left: true, width: 10 }],
    ['%?p', { width: 16 }],
    ['%10.3s', { width: 10, precision: 3 }],
    ['%.s', { precision: 0 }],
    ['%*.*d', { width: 'argument', precision: 'argument' }],
    ['%-*s', { left: true, width: 'argument' }],
    ['%0-8d', { left: true, zero: false }],
    ['%-08d', { left: false, zero: true }],
    ['%100d', { width: 100, zero: false }],
  ])('reads %s', (format, expected) => {
    expect(conversionOf(format)).toMatchObject(expected);
  });

  it('splits text and conversions, with %% as text', () => {
    expect(parsePrintf('a%%b %d c%s').pieces).toMatchObject([
      'a%b ',
      { letter: 'd', number: 2 },
      ' c',
      { letter: 's' },
    ]);
    expect(parsePrintf('100%%').pieces).toEqual(['100%']);
  });

  it.each([
    ['', 'D_PRINTF_FMT_EMPTY', 'printf( ) format string is empty', 0, 0],
    ['%Z', 'D_SYNTAX', 'format conversion #1 is undefined: %Z', 0, 2],
    ['%hs', 'D_SYNTAX', 'format conversion #1 is undefined: %hs', 0, 3],
    ['a %d %1$d', 'D_SYNTAX', 'format conversion #2 uses unsupported positional format (%n$)', 5, 8],
    ['%5%', 'D_SYNTAX', 'format conversion #1 cannot be combined with other format flags: %%', 0, 3],
    ['ab%', 'D_SYNTAX', 'format conversion #1 name expected before end of format string', 2, 3],
    ['%5', 'D_SYNTAX', 'format conversion #1 name expected before end of format string', 0, 2],
    ['%1.2.3d', 'D_SYNTAX', "format conversion #1 has more than one '.' specified", 0, 5],
    ['%**d', 'D_SYNTAX', "format conversion #1 has more than one '*' specified for the output width", 0, 3],
    ['%.**d', 'D_SYNTAX', "format conversion #1 has more than one '*' specified for the output precision", 0, 4],
  ])('refuses %j with its tag, message and place', (format, tag, message, start, end) => {
    try {
      parsePrintf(format);
    } catch (error) {
      expect(error).toBeInstanceOf(PrintfFormatError);
      expect(error).toMatchObject({ tag, message, start, end });
      return;
    }
    expect.unreachable('it was accepted');
  });
});

describe('conversionAccepts', () => {
  const operands = {
    int1: { kind: 'integer', size: 1 },
    int4: { kind: 'integer', size: 4 },
    int8: { kind: 'integer', size: 8 },
    pointer: { kind: 'pointer' },
    string: { kind: 'string' },
    float: { kind: 'float' },
    stack: { kind: 'stack' },
    other: { kind: 'other' },
  } as const;
  const integers = ['int1', 'int4', 'int8'];
  const table: Record<ConversionLetter, readonly string[]> = {
    ...{ a: [...integers, 'pointer'], A: [...integers, 'pointer'], c: ['int1', 'int4'], C: ['int1', 'int4'] },
    ...{ d: integers, i: integers, o: integers, u: integers, x: integers, X: integers, p: [...integers, 'pointer'] },
    ...{ e: ['float'], E: ['float'], f: ['float'], g: ['float'], G: ['float'], k: ['stack'] },
    ...{ s: ['string'], S: ['string'], T: ['int8'], Y: ['int8'] },
  };
  it.each(Object.entries(table))('%%%s takes %j and nothing else', (letter, accepted) => {
    const got = Object.entries(operands)
      .filter(([, operand]) => conversionAccepts(letter as ConversionLetter, operand))
      .map(([name]) => name);
    expect(got).toEqual(accepted);
  });
});

describe('checkPrintf', () => {
  const int: PrintfArgument = { operand: { kind: 'integer', size: 4 }, typeName: 'int' };
  const string: PrintfArgument = { operand: { kind: 'string' }, typeName: 'string' };

  it.each([
    ['%d %s', [int, string]],
    ['%*d %-*.*s', [int, int, int, int, string]],
    ['no conversion, 100%%', []],
  ])('accepts %s with fitting arguments', (format, values) => {
    expect(checkPrintf(parsePrintf(format), values)).toBeUndefined();
  });

  it.each([
    [
      'a %d %s',
      [int],
      'D_PRINTF_ARG_PROTO',
      'printf( ) prototype mismatch: conversion #2 (%s) is missing a corresponding value argument',
    ],
    [
      '%d',
      [string],
      'D_PRINTF_ARG_TYPE',
      'printf( ) argument #2 is incompatible with conversion #1 prototype:\n' +
        '\tconversion: %d\n\t prototype: char, short, int, long, or long long\n\t  argument: string',
    ],
    [
      '%d',
      [int, int],
      'D_PRINTF_ARG_EXTRA',
      'printf( ) prototype mismatch: only 1 arguments required by this format string',
    ],
    [
      '%*d',
      [],
      'D_PRINTF_DYN_PROTO',
      'printf( ) prototype mismatch: conversion #1 (%d) is missing a corresponding "*" argument',
    ],
    [
      '%.*s',
      [string, string],
      'D_PRINTF_DYN_TYPE',
      'printf( ) argument #2 is incompatible with conversion #1 prototype:\n' +
        '\tconversion: % .* s\n\t prototype: int\n\t  argument: string',
    ],
    ['%@d', [int], 'D_PRINTF_AGG_CONV', '%@ conversion requires an aggregation and is not for use with printf( )'],
  ])('finds what is wrong with %s', (format, values, tag, message) => {
    expect(checkPrintf(parsePrintf(format), values)).toMatchObject({ tag, message });
  });

  it('lets printa() leave keys out, and takes the value for %@', () => {
    const use = { action: 'printa', aggregation: true };
    expect(checkPrintf(parsePrintf('%s %@d'), [string, int], use)).toBeUndefined();
    expect(checkPrintf(parsePrintf('%@d %d'), [], use)?.tag).toBe('D_PRINTF_ARG_PROTO');
    expect(checkPrintf(parsePrintf('%@s'), [], use)?.message).toContain('printa( ) aggregating action is incompatible');
  });
});
