/** Whether the arguments of printf() or printa() fit the format string, with dtrace's messages where they do not. */

import {
  type ConversionLetter,
  conversionAccepts,
  conversionPrototype,
  type PrintfFormat,
  type PrintfOperand,
} from './printf-format.js';

/** An argument after the format string: what it is, and its type's name for messages. */
export interface PrintfArgument {
  readonly operand: PrintfOperand;
  readonly typeName: string;
}

/** What is wrong with an argument list. `argument` counts from 0, undefined where one is missing. */
export interface PrintfProblem {
  readonly tag:
    | 'D_PRINTF_ARG_EXTRA'
    | 'D_PRINTF_ARG_PROTO'
    | 'D_PRINTF_ARG_TYPE'
    | 'D_PRINTF_DYN_PROTO'
    | 'D_PRINTF_DYN_TYPE'
    | 'D_PRINTF_AGG_CONV';
  readonly message: string;
  readonly argument: number | undefined;
}

/** The action that a format belongs to. printa() takes the keys of its aggregation as arguments, not all need be used. */
export interface PrintfUse {
  readonly action: string;
  readonly aggregation: boolean;
}

/**
 * The first problem of `values` as arguments of `format`, undefined if there is none. For printa() `values` are the
 * keys of the aggregation.
 */
export function checkPrintf(
  format: PrintfFormat,
  values: readonly PrintfArgument[],
  use: PrintfUse = { action: 'printf', aggregation: false },
): PrintfProblem | undefined {
  const { action } = use;
  // Messages count the format string itself as argument #1.
  const nameOf = (index: number): string => `argument #${index + 2}`;
  let next = 0;
  for (const piece of format.pieces) {
    if (typeof piece === 'string') continue;
    const { name, number } = piece;
    for (const [star, from] of [
      ['*', piece.width],
      ['.*', piece.precision],
    ] as const) {
      if (from !== 'argument') continue;
      const value = values[next];
      if (value === undefined) {
        const message = `${action}( ) prototype mismatch: conversion #${number} (%${name}) is missing a corresponding "${star}" argument`;
        return { tag: 'D_PRINTF_DYN_PROTO', message, argument: undefined };
      }
      if (value.operand.kind !== 'integer') {
        const message =
          `${action}( ) ${nameOf(next)} is incompatible with conversion #${number} prototype:\n` +
          details(`% ${star} ${name}`, 'int', value.typeName);
        return { tag: 'D_PRINTF_DYN_TYPE', message, argument: next };
      }
      next += 1;
    }
    if (piece.aggregation) {
      if (!use.aggregation) {
        const message = `%@ conversion requires an aggregation and is not for use with ${action}( )`;
        return { tag: 'D_PRINTF_AGG_CONV', message, argument: undefined };
      }
      const value: PrintfArgument = { operand: { kind: 'integer', size: 8 }, typeName: 'int64_t' };
      if (!conversionAccepts(piece.letter, value.operand)) {
        return mismatch(action, 'aggregating action', piece.letter, name, number, value.typeName, undefined);
      }
      continue;
    }
    const value = values[next];
    if (value === undefined) {
      const message = `${action}( ) prototype mismatch: conversion #${number} (%${name}) is missing a corresponding value argument`;
      return { tag: 'D_PRINTF_ARG_PROTO', message, argument: undefined };
    }
    if (!conversionAccepts(piece.letter, value.operand)) {
      return mismatch(action, nameOf(next), piece.letter, name, number, value.typeName, next);
    }
    next += 1;
  }
  if (next < values.length && !use.aggregation) {
    const message = `${action}( ) prototype mismatch: only ${next} arguments required by this format string`;
    return { tag: 'D_PRINTF_ARG_EXTRA', message, argument: next };
  }
  return undefined;
}

function mismatch(
  action: string,
  what: string,
  letter: ConversionLetter,
  name: string,
  number: number,
  typeName: string,
  argument: number | undefined,
): PrintfProblem {
  const message =
    `${action}( ) ${what} is incompatible with conversion #${number} prototype:\n` +
    details(`%${name}`, conversionPrototype(letter), typeName);
  return { tag: 'D_PRINTF_ARG_TYPE', message, argument };
}

const details = (conversion: string, prototype: string, argument: string): string =>
  `\tconversion: ${conversion}\n\t prototype: ${prototype}\n\t  argument: ${argument}`;
