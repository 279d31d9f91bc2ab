/**
 * The lexer of D. It is a function of the text and an offset, without a state of its own: the parser, which knows
 * whether a probe description or an expression comes next, asks for the one or the other (the states S2 and S0 of
 * dtrace(1)'s lexer).
 */

import type { Diagnostic } from '../diagnostic.js';
import type { Source } from '../source.js';
import { type IntegerLiteral, numberForm, readCharacter, readInteger, readString } from './lexer-literal.js';
import { type ControlLine, skipTrivia } from './lexer-trivia.js';

/** A token, `start` to `end` in the source; `controls` are the control lines before it. */
export type Token = {
  /** As written. */
  readonly text: string;
  readonly start: number;
  readonly end: number;
  readonly controls: readonly ControlLine[];
} & (
  | { readonly kind: 'end' }
  /** Backquotes are part of an identifier, as in `` module`symbol ``. */
  | { readonly kind: 'identifier' }
  | { readonly kind: 'keyword' }
  | { readonly kind: 'operator' }
  | ({ readonly kind: 'integer' } & IntegerLiteral)
  | { readonly kind: 'character'; readonly value: bigint }
  | { readonly kind: 'string'; readonly value: string }
  /** `$target`, `$1`, `$$1`. */
  | { readonly kind: 'macro' }
  /** `@name`, or `@` alone. */
  | { readonly kind: 'aggregation' }
  /** Text that is no token. It is an error where a token is asked for, but may be part of a probe description. */
  | { readonly kind: 'error'; readonly diagnostic: Diagnostic }
);

/** Words that cannot name a variable, reserved ones without a use included. */
export const keywords: ReadonlySet<string> = new Set(
  `auto break case char const continue counter default do double else enum extern float for goto if import inline int
  long offsetof probe provider register restrict return self short signed sizeof static string stringof struct switch
  this translator typedef union unsigned void volatile while xlate`.split(/\s+/),
);

const identifierForm = /[a-zA-Z_`][0-9a-zA-Z_`]*/y;
const macroForm = /\$\$?(?:[0-9]+|[a-zA-Z_][0-9a-zA-Z_]*)/y;
const aggregationForm = /@(?:[a-zA-Z_][0-9a-zA-Z_]*)?/y;
const operatorForm = /\.\.\.|<<=|>>=|->|\+\+|--|&&|\|\||\^\^|<<|>>|[-+*/%&|^=!<>]=|[-+*/%&|^=!<>~?:.,;(){}[\]]/y;
const stringForm = /"((?:[^"\\\n]|\\[^\n])*)("?)/y;
const characterForm = /'((?:[^'\\\n]|\\[^\n])*)('?)/y;
const descriptionForm = /[-$:a-zA-Z_.?*\\[\]!][-$:0-9a-zA-Z_.`?*\\[\]!]*/y;
const probeIdForm = /[0-9]+(?![-$:0-9a-zA-Z_.`?*\\[\]!])/y;

/** The text that matches at the offset, or undefined. */
function matchAt(form: RegExp, text: string, at: number): RegExpExecArray | undefined {
  form.lastIndex = at;
  return form.exec(text) ?? undefined;
}

/** The probe description (or number of a probe) at the offset `at`, or undefined if there is none. */
export function scanDescription(source: Source, at: number): string | undefined {
  return (matchAt(descriptionForm, source.text, at) ?? matchAt(probeIdForm, source.text, at))?.[0];
}

/** The token at the offset `at` or after the white space, comments and control lines there. */
export function scanToken(source: Source, at: number): Token {
  const { end: start, controls, error } = skipTrivia(source, at);
  const { text } = source;
  const token = (length: number) => ({ text: text.slice(start, start + length), start, end: start + length, controls });
  const fail = (length: number, diagnostic: Omit<Diagnostic, 'span'>, from = start): Token => ({
    ...token(length),
    kind: 'error',
    diagnostic: { ...diagnostic, span: { source, start: from, end: from + length } },
  });
  if (error) {
    const { message, hint } = error;
    const diagnostic = { tag: 'D_SYNTAX', message, ...(hint === undefined ? {} : { hint }) } as const;
    return fail(error.end - error.start, diagnostic, error.start);
  }
  if (start >= text.length) return { ...token(0), kind: 'end' };

  const identifier = matchAt(identifierForm, text, start)?.[0];
  if (identifier !== undefined) {
    return { ...token(identifier.length), kind: keywords.has(identifier) ? 'keyword' : 'identifier' };
  }
  const number = matchAt(numberForm, text, start)?.[0];
  if (number !== undefined) {
    const literal = readInteger(number);
    return 'tag' in literal ? fail(number.length, literal) : { ...token(number.length), kind: 'integer', ...literal };
  }
  const macro = matchAt(macroForm, text, start)?.[0];
  if (macro !== undefined) return { ...token(macro.length), kind: 'macro' };
  const aggregation = matchAt(aggregationForm, text, start)?.[0];
  if (aggregation !== undefined) return { ...token(aggregation.length), kind: 'aggregation' };
  const string = matchAt(stringForm, text, start);
  if (string) {
    const [all, body = '', quote] = string;
    if (quote !== '"') return fail(all.length, { tag: 'D_STR_NL', message: 'newline encountered in string literal' });
    return { ...token(all.length), kind: 'string', value: readString(body) };
  }
  const character = matchAt(characterForm, text, start);
  if (character) {
    const [all, body = '', quote] = character;
    if (quote !== "'") {
      return fail(all.length, { tag: 'D_CHR_NL', message: 'newline encountered in character constant' });
    }
    const value = readCharacter(body);
    return typeof value === 'bigint' ? { ...token(all.length), kind: 'character', value } : fail(all.length, value);
  }
  const operator = matchAt(operatorForm, text, start)?.[0];
  if (operator !== undefined) return { ...token(operator.length), kind: 'operator' };
  const [unknown = ''] = text.slice(start, start + 2);
  const hint = unknown === '#' ? { hint: 'nothing may stand before a # on its line' } : {};
  return fail(unknown.length, { tag: 'D_SYNTAX', message: `syntax error near ${quote(unknown)}`, ...hint });
}

/** Text as messages show it: in double quotes, cut if it is long, control characters made visible. */
export function quote(text: string): string {
  const short = text.length > 40 ? `${text.slice(0, 40)}…` : text;
  return `"${short.replace(/\p{Cc}/gu, (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`)}"`;
}
