/**
 * Format strings of printf() and printa(): what they say, and which arguments their conversions take. The compiler
 * checks arguments against them, the consumer formats records by them.
 *
 *     %[flags][width][.precision][size]conversion
 *
 * Flags: `-` left, `+` sign, blank, `#` alternative form, `0` zeros, `'` thousands, `@` the aggregation's value
 * (printa only), `?` the width of a pointer (16). A width or precision of `*` is an argument of its own, before the
 * value. The sizes `h hh l ll L w` are those of printf(3C); they are accepted and mean nothing, since a D value has
 * its own size. `%%` takes no argument.
 */

/** Why a format string is refused. */
export type PrintfFormatTag = 'D_PRINTF_FMT_EMPTY' | 'D_SYNTAX';

/** A format string that is not one. `start` and `end` are UTF-16 offsets into it; the message is dtrace's. */
export class PrintfFormatError extends Error {
  override readonly name = 'PrintfFormatError';
  readonly tag: PrintfFormatTag;
  readonly start: number;
  readonly end: number;

  constructor(tag: PrintfFormatTag, message: string, start: number, end: number) {
    super(message);
    this.tag = tag;
    this.start = start;
    this.end = end;
  }
}

/** The conversion letters, `%%` aside. */
export type ConversionLetter =
  | ('a' | 'A' | 'c' | 'C' | 'd' | 'e' | 'E' | 'f' | 'g' | 'G' | 'i' | 'k')
  | ('o' | 'p' | 's' | 'S' | 'T' | 'u' | 'x' | 'X' | 'Y');

/** One conversion of a format string. */
export interface PrintfConversion {
  readonly letter: ConversionLetter;
  /** The letter with its size as written, as messages name it: `lld`. */
  readonly name: string;
  /** Which conversion of the format it is, from 1, `%%` counted: messages say "conversion #2". */
  readonly number: number;
  /** Where it stands in the format string, `%` included. */
  readonly start: number;
  readonly end: number;
  readonly left: boolean;
  readonly plus: boolean;
  readonly space: boolean;
  readonly alternative: boolean;
  readonly zero: boolean;
  readonly grouping: boolean;
  /** `%@`: it takes the value of an aggregation instead of an argument. */
  readonly aggregation: boolean;
  /** Columns at least; 'argument' for `*`. */
  readonly width: number | 'argument' | undefined;
  readonly precision: number | 'argument' | undefined;
}

/** A format string, parsed: literal text (with `%%` reduced) and conversions in turn. */
export interface PrintfFormat {
  readonly text: string;
  readonly pieces: readonly (string | PrintfConversion)[];
}

/** What a conversion takes: `small-integer` is one of at most four bytes, `time` one of eight. */
export type ConversionClass = 'integer' | 'small-integer' | 'address' | 'time' | 'string' | 'float' | 'stack';

/** What a value is to a conversion. */
export type PrintfOperand =
  | { readonly kind: 'integer'; readonly size: number }
  | { readonly kind: 'pointer' | 'string' | 'stack' | 'float' | 'other' };

interface ConversionRow {
  readonly takes: ConversionClass;
  /** The "prototype" of D_PRINTF_ARG_TYPE. */
  readonly prototype: string;
  /** Sizes that it may be written with. */
  readonly sizes: readonly string[];
}

const integerSizes = ['', 'h', 'hh', 'l', 'll'];
const anyInteger: ConversionRow = {
  takes: 'integer',
  prototype: 'char, short, int, long, or long long',
  sizes: integerSizes,
};
const address: ConversionRow = { takes: 'address', prototype: 'pointer or integer', sizes: [''] };
const character = 'char, short, or int';
const text = 'char [] or string (or use stringof)';
const float: ConversionRow = { takes: 'float', prototype: 'float, double, or long double', sizes: ['', 'L'] };
const time: ConversionRow = { takes: 'time', prototype: 'int64_t', sizes: [''] };

/** Every conversion, with what it takes. */
export const conversions: Readonly<Record<ConversionLetter, ConversionRow>> = {
  a: address,
  A: address,
  c: { takes: 'small-integer', prototype: character, sizes: ['', 'l', 'w'] },
  C: { takes: 'small-integer', prototype: character, sizes: [''] },
  d: anyInteger,
  e: float,
  E: float,
  f: float,
  g: float,
  G: float,
  i: anyInteger,
  k: { takes: 'stack', prototype: 'stack', sizes: [''] },
  o: anyInteger,
  p: address,
  s: { takes: 'string', prototype: text, sizes: ['', 'l', 'w'] },
  S: { takes: 'string', prototype: text, sizes: [''] },
  T: time,
  u: anyInteger,
  x: anyInteger,
  X: anyInteger,
  Y: time,
};

/** Whether the conversion takes a value of this kind. */
export function conversionAccepts(letter: ConversionLetter, operand: PrintfOperand): boolean {
  switch (conversions[letter].takes) {
    case 'integer':
      return operand.kind === 'integer';
    case 'small-integer':
      return operand.kind === 'integer' && operand.size <= 4;
    case 'time':
      return operand.kind === 'integer' && operand.size === 8;
    case 'address':
      return operand.kind === 'integer' || operand.kind === 'pointer';
    case 'string':
    case 'float':
    case 'stack':
      return operand.kind === conversions[letter].takes;
  }
}

/** The "prototype" that messages give for a conversion. */
export function conversionPrototype(letter: ConversionLetter): string {
  return conversions[letter].prototype;
}

function isConversionLetter(letter: string): letter is ConversionLetter {
  return Object.hasOwn(conversions, letter);
}

/**
 * Parses a format string. `actionName` is the action's name for messages.
 * @throws {PrintfFormatError} when it is empty or holds something that is no conversion.
 */
export function parsePrintf(format: string, actionName = 'printf'): PrintfFormat {
  if (format === '') throw new PrintfFormatError('D_PRINTF_FMT_EMPTY', `${actionName}( ) format string is empty`, 0, 0);
  const pieces: (string | PrintfConversion)[] = [];
  let literal = '';
  let at = 0;
  let number = 0;
  while (at < format.length) {
    const percent = format.indexOf('%', at);
    if (percent < 0) {
      literal += format.slice(at);
      break;
    }
    literal += format.slice(at, percent);
    number += 1;
    if (format[percent + 1] === '%') {
      literal += '%';
      at = percent + 2;
      continue;
    }
    const conversion = parseConversion(format, percent, number);
    if (literal !== '') pieces.push(literal);
    literal = '';
    pieces.push(conversion);
    at = conversion.end;
  }
  if (literal !== '') pieces.push(literal);
  return { text: format, pieces };
}

function parseConversion(format: string, start: number, number: number): PrintfConversion {
  const refuse = (problem: string, end: number): never => {
    throw new PrintfFormatError(
      'D_SYNTAX',
      `format conversion #${number} ${problem}`,
      start,
      Math.min(end, format.length),
    );
  };
  let [left, plus, space, alternative, zero, grouping, aggregation] = [false, false, false, false, false, false, false];
  let width: number | 'argument' | undefined;
  let precision: number | 'argument' | undefined;
  let dot = false;
  let size = '';
  for (let at = start + 1; ; at += 1) {
    const letter = format[at];
    switch (letter) {
      case '-':
        left = true;
        zero = false;
        continue;
      case '+':
        plus = true;
        continue;
      case ' ':
        space = true;
        continue;
      case '#':
        alternative = true;
        continue;
      case "'":
        grouping = true;
        continue;
      case '@':
        aggregation = true;
        continue;
      case '?':
        width = 16;
        continue;
      case '.':
        if (dot) refuse("has more than one '.' specified", at + 1);
        dot = true;
        precision = 0;
        continue;
      case '*':
        if ((dot ? precision : width) === 'argument') {
          refuse(`has more than one '*' specified for the output ${dot ? 'precision' : 'width'}`, at + 1);
        }
        if (dot) precision = 'argument';
        else width = 'argument';
        continue;
      case '$':
        return refuse('uses unsupported positional format (%n$)', at + 1);
      case '%':
        return refuse('cannot be combined with other format flags: %%', at + 1);
      case undefined:
        return refuse('name expected before end of format string', at);
      case 'h':
      case 'l':
      case 'L':
      case 'w':
        size += letter;
        continue;
    }
    if (letter >= '0' && letter <= '9') {
      if (letter === '0' && !dot && width === undefined) {
        // As dtrace has it, `0` takes back a `-` before it.
        zero = true;
        left = false;
        continue;
      }
      const digits = /^\d+/.exec(format.slice(at))?.[0] ?? letter;
      if (dot) precision = Number(digits);
      else width = Number(digits);
      at += digits.length - 1;
      continue;
    }
    const name = size + letter;
    if (!isConversionLetter(letter) || !conversions[letter].sizes.includes(size)) {
      return refuse(`is undefined: %${name}`, at + 1);
    }
    return {
      ...{ letter, name, number, start, end: at + 1 },
      ...{ left, plus, space, alternative, zero, grouping, aggregation, width, precision },
    };
  }
}
