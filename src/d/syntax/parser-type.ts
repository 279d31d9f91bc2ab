/** Types as written, in casts, `sizeof` and declarations. */

import { integerTypes } from '../types.js';
import type { TypeName } from './ast.js';
import { keywords, type Token } from './lexer.js';
import type { TokenCursor } from './parser-cursor.js';
import { parseConditional } from './parser-expression.js';

const specifierKeywords = new Set(
  'char double enum float int long short signed string struct union unsigned void'.split(' '),
);
const qualifiers = new Set(['const', 'volatile', 'restrict']);

/** How many `*` are looked through to find out whether a type stands in parentheses. */
const maximumPointers = 32;

/** Whether the token is a word that can only stand in a type. */
export function isTypeKeyword(token: Token): boolean {
  return token.kind === 'keyword' && (specifierKeywords.has(token.text) || qualifiers.has(token.text));
}

/** Whether the identifier names a type that D itself defines, such as `uint64_t`. */
export function isKnownType(name: string): boolean {
  return Object.hasOwn(integerTypes, name);
}

/**
 * Whether the text in parentheses that starts at the current token `(` is a type. Types of the kernel are not known to
 * the parser, so that `(name)` is decided by what surrounds it: `(name *)` is a type, and so is `(name)` before
 * something that cannot follow an expression, or if the name ends in `_t` and the program declares no such variable.
 */
export function isTypeInParentheses(cursor: TokenCursor): boolean {
  const [, name] = cursor.peek(2);
  if (!name) return false;
  if (isTypeKeyword(name)) return true;
  if (name.kind !== 'identifier' || cursor.declared.has(name.text)) return false;
  const rest = cursor.peek(2 + maximumPointers).slice(2);
  const pointers = rest.findIndex((token) => token.text !== '*');
  const close = rest[pointers];
  if (close?.text !== ')') return false;
  const next = rest[pointers + 1];
  if (pointers > 0 || isKnownType(name.text) || !next) return true;
  return name.text.endsWith('_t') ? startsOperand(next) || '+-*&(['.includes(next.text) : startsOperand(next);
}

/** Whether the token can start an operand but can not follow one. */
function startsOperand(token: Token): boolean {
  switch (token.kind) {
    case 'end':
    case 'error':
      return false;
    case 'keyword':
      return ['self', 'this', 'sizeof', 'stringof', 'xlate', 'offsetof'].includes(token.text);
    case 'operator':
      return token.text === '~' || token.text === '!';
    default:
      return true;
  }
}

/**
 * Specifiers of a type, in order: `['unsigned', 'long']`, `['struct task_struct']`, `['uint64_t']`. Qualifiers (`const`)
 * are read and dropped, since D does nothing with them.
 */
export function parseSpecifiers(cursor: TokenCursor): string[] {
  const specifiers: string[] = [];
  for (;;) {
    const { kind, text } = cursor.current;
    if (kind === 'keyword' && qualifiers.has(text)) {
      cursor.advance();
    } else if (kind === 'keyword' && ['struct', 'union', 'enum'].includes(text)) {
      cursor.advance();
      if (cursor.at('{')) cursor.fail('D_UNSUPPORTED', `${text} definitions are not available yet`);
      if (cursor.kind() !== 'identifier') cursor.unexpected(`the name of a ${text}`);
      const tag = cursor.advance().text;
      if (cursor.at('{')) cursor.fail('D_UNSUPPORTED', `${text} definitions are not available yet`);
      specifiers.push(`${text} ${tag}`);
    } else if (kind === 'keyword' && specifierKeywords.has(text)) {
      cursor.advance();
      specifiers.push(text);
    } else if (kind === 'identifier' && specifiers.length === 0) {
      cursor.advance();
      specifiers.push(text);
    } else {
      break;
    }
  }
  if (specifiers.length === 0) {
    const reserved = keywords.has(cursor.current.text) && cursor.current.kind === 'keyword';
    cursor.unexpected('a type', reserved ? { hint: `${cursor.current.text} is a keyword of D` } : {});
  }
  return specifiers;
}

/** Reads the `*` of a declarator and returns their number. */
export function parsePointers(cursor: TokenCursor): number {
  let pointers = 0;
  for (;;) {
    if (cursor.accept('*')) pointers += 1;
    else if (pointers > 0 && cursor.current.kind === 'keyword' && qualifiers.has(cursor.current.text)) cursor.advance();
    else return pointers;
  }
}

/** A type without a name, as in a cast: `struct foo *`, `char [16]`. */
export function parseTypeName(cursor: TokenCursor): TypeName {
  const { start } = cursor.current;
  const specifiers = parseSpecifiers(cursor);
  const pointers = parsePointers(cursor);
  const dimensions: TypeName['dimensions'][number][] = [];
  while (cursor.at('[')) dimensions.push(parseDimension(cursor));
  return { specifiers, pointers, dimensions, span: cursor.spanFrom(start) };
}

/** `[16]` or `[]`. */
export function parseDimension(cursor: TokenCursor): TypeName['dimensions'][number] {
  return cursor.bracketed('[', 'after the length of an array', () =>
    cursor.at(']') ? undefined : parseConditional(cursor),
  );
}
