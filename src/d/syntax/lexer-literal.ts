/** Constants of D: integers, characters, strings. */

import type { ErrorTag } from '../error-tags.js';

/** What is wrong with a constant. */
export interface LiteralError {
  readonly tag: ErrorTag;
  readonly message: string;
}

/** An integer constant: its value, and what decides its type. */
export interface IntegerLiteral {
  readonly value: bigint;
  readonly decimal: boolean;
  readonly unsigned: boolean;
  readonly long: boolean;
}

const integerForm = /^(0[xX][0-9a-fA-F]*|[0-9]+)(.*)$/s;
const suffixForm = /^(?:(u)?(ll?)?|(ll?)(u))$/i;

/** Matches a constant at `lastIndex`, with all letters that cling to it, so that they are reported with it. */
export const numberForm = /(?:[0-9]+\.[0-9]*|\.[0-9]+|[0-9]+(?=[eE][-+]?[0-9]))(?:[eE][-+]?[0-9]+)?[fFlL]?|[0-9]\w*/y;

/** Reads a number: decimal, octal (`0…`) or hexadecimal (`0x…`) with the suffixes u, l, ll. */
export function readInteger(text: string): IntegerLiteral | LiteralError {
  if (/\.|^[0-9]+[eE][-+0-9]/.test(text)) {
    return { tag: 'D_SYNTAX', message: 'floating-point constants are not permitted' };
  }
  const [, digits = '', rest = ''] = integerForm.exec(text) ?? [];
  const hexadecimal = /^0x/i.test(digits);
  const octal = !hexadecimal && digits.length > 1 && digits.startsWith('0');
  const bad = hexadecimal ? (digits.length === 2 ? 'x' : undefined) : octal ? /[89]/.exec(digits)?.[0] : undefined;
  const suffix = suffixForm.exec(rest);
  if (bad !== undefined || !suffix) {
    const digit = bad ?? rest.replace(/^[uUlL]*(?=.)/, '').charAt(0);
    return { tag: 'D_INT_DIGIT', message: `constant ${text} contains invalid digit ${digit}` };
  }
  const value = BigInt(octal ? `0o${digits.slice(1)}` : digits);
  if (value > 0xffff_ffff_ffff_ffffn) {
    return { tag: 'D_INT_OFLOW', message: `constant ${text} results in integer overflow` };
  }
  return {
    value,
    decimal: !octal && !hexadecimal,
    unsigned: (suffix[1] ?? suffix[4]) !== undefined,
    long: (suffix[2] ?? suffix[3]) !== undefined,
  };
}

/**
 * Reads what stands between the quotes of a character constant. Up to eight characters make one integer, the first in
 * the most significant byte, and bytes are not extended by their sign (`'\377'` is 255).
 */
export function readCharacter(body: string): bigint | LiteralError {
  const bytes = bytesOf(body);
  if (bytes.length === 0) return { tag: 'D_CHR_NULL', message: 'empty character constant' };
  if (bytes.length > 8) return { tag: 'D_CHR_OFLOW', message: 'character constant is too long' };
  return bytes.reduce((value, byte) => (value << 8n) | BigInt(byte), 0n);
}

/**
 * Reads what stands between the quotes of a string. As in C the string ends at an escaped NUL. Bytes that are not UTF-8
 * (`"\377"`) become U+DC00 plus the byte, so that they can be told apart.
 */
export function readString(body: string): string {
  if (!body.includes('\\')) return body;
  const bytes = bytesOf(body);
  const end = bytes.indexOf(0);
  return decode(Uint8Array.from(end < 0 ? bytes : bytes.slice(0, end)));
}

const escapes: Readonly<Record<string, number>> = {
  a: 7,
  b: 8,
  t: 9,
  n: 10,
  v: 11,
  f: 12,
  r: 13,
  '"': 34,
  "'": 39,
  '?': 63,
  '\\': 92,
};

/** The bytes of a constant's body, in UTF-8. An unknown escape stands for itself, with its backslash. */
function bytesOf(body: string): number[] {
  const bytes: number[] = [];
  for (const [piece] of body.matchAll(/\\(?:[0-7]{1,3}|x[0-9a-fA-F]+|.)|[^\\]+|\\/gsu)) {
    const code = piece.charAt(1);
    const simple = piece.startsWith('\\') ? escapes[code] : undefined;
    if (simple !== undefined) bytes.push(simple);
    else if (/^\\[0-7]/.test(piece)) bytes.push(Number.parseInt(piece.slice(1), 8) & 255);
    else if (/^\\x./.test(piece)) bytes.push(Number.parseInt(piece.slice(-2).replace('x', '0'), 16));
    else for (const byte of new TextEncoder().encode(piece)) bytes.push(byte);
  }
  return bytes;
}

function decode(bytes: Uint8Array): string {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  let text = '';
  for (let i = 0; i < bytes.length; ) {
    const lead = bytes[i] ?? 0;
    const length = lead < 0xc0 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    try {
      text += decoder.decode(bytes.subarray(i, i + length));
      i += length;
    } catch {
      text += String.fromCharCode(0xdc00 + lead);
      i += 1;
    }
  }
  return text;
}
