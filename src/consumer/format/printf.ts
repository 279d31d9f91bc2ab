/**
 * printf(): a format is compiled once, for the types of its arguments, into a function from the values of a record to
 * the byte string that is printed. Records come by the hundred thousand a second, so the common conversions are a
 * string concatenation and nothing more.
 */

import type { ConversionLetter, PrintfConversion, PrintfFormat } from '../../d/printf-format.js';
import { parsePrintf } from '../../d/printf-format.js';
import { escapeBytes, toByteString } from './bytes.js';
import { formatDecimal, formatFloat, formatRadix, type Layout, pad } from './number.js';
import { formatTime, formatTime822, secondsOf } from './time.js';
import { formatStack } from './trace.js';
import { type FormatType, type FormatValue, integerOf, unsignedOf } from './value.js';

/** What formatting needs from outside. */
export interface FormatEnvironment {
  /** The name of a kernel address for `%a`, such as ``vmlinux`do_sys_open+0x12``; without it the address in hex. */
  readonly symbol?: (address: bigint) => string;
  /** The name of an address of the traced process for `%A`. */
  readonly userSymbol?: (address: bigint) => string;
  /** What the flag `'` puts between thousands; the empty string, the C locale's, if not given. */
  readonly thousands?: string;
}

/** Formats the values of one record. */
export type CompiledFormat = (values: readonly FormatValue[]) => string;

/** A conversion with its width and precision known, for a value of one type. */
type Conversion = (value: FormatValue) => string;

const int64: FormatType = { kind: 'integer', size: 8, signed: true };

/**
 * Compiles a format for arguments of these types, in the order of the conversions; each `*` takes one before its
 * value. `%@` is not for printf(): `compilePrinta` takes it.
 */
export function compilePrintf(
  format: PrintfFormat,
  types: readonly FormatType[],
  environment: FormatEnvironment = {},
): CompiledFormat {
  // literal, conversion, literal, … , literal
  const literals: string[] = [''];
  const steps: CompiledFormat[] = [];
  let next = 0;
  for (const piece of format.pieces) {
    if (typeof piece === 'string') {
      literals[literals.length - 1] += toByteString(piece);
      continue;
    }
    const widthAt = piece.width === 'argument' ? next++ : undefined;
    const precisionAt = piece.precision === 'argument' ? next++ : undefined;
    const valueAt = next++;
    steps.push(compileStep(piece, types[valueAt] ?? int64, { widthAt, precisionAt, valueAt }, environment));
    literals.push('');
  }
  return concatenate(literals, steps);
}

/** Formats once: for what is printed once. Types are those that the values show: 64-bit integers and strings. */
export function formatPrintf(
  format: string,
  values: readonly FormatValue[],
  environment: FormatEnvironment = {},
): string {
  return compilePrintf(parsePrintf(format), values.map(typeOf), environment)(values);
}

function typeOf(value: FormatValue): FormatType {
  if (typeof value === 'string') return { kind: 'string', bound: value.length + 1 };
  if (typeof value === 'number' && !Number.isInteger(value)) return { kind: 'float', size: 8 };
  return typeof value === 'object' ? { kind: 'stack', frames: value.length } : int64;
}

/** Which values of a record a conversion reads. */
interface Positions {
  readonly widthAt: number | undefined;
  readonly precisionAt: number | undefined;
  readonly valueAt: number;
}

function compileStep(
  piece: PrintfConversion,
  type: FormatType,
  { widthAt, precisionAt, valueAt }: Positions,
  environment: FormatEnvironment,
): CompiledFormat {
  if (widthAt === undefined && precisionAt === undefined) {
    const convert = compileConversion(piece, type, environment);
    return (values) => convert(values[valueAt] ?? 0);
  }
  const known = new Map<string, Conversion>();
  return (values) => {
    const width = widthAt === undefined ? piece.width : Number(integerOf(values[widthAt]));
    const precision = precisionAt === undefined ? piece.precision : Number(integerOf(values[precisionAt]));
    const key = `${width}.${precision}`;
    let convert = known.get(key);
    if (convert === undefined) {
      if (known.size > 64) known.clear();
      convert = compileConversion({ ...piece, width, precision }, type, environment);
      known.set(key, convert);
    }
    return convert(values[valueAt] ?? 0);
  };
}

/** A width beyond this is a mistake or malice; printf(3C) would take it. */
const widestField = 65_536;

/**
 * Compiles one conversion for a value of one type. A negative width is one to the left; a precision of 0 or less is
 * none, as dtrace has it.
 */
export function compileConversion(
  piece: PrintfConversion,
  type: FormatType,
  environment: FormatEnvironment = {},
): Conversion {
  const width = typeof piece.width === 'number' ? piece.width : 0;
  const precision = typeof piece.precision === 'number' && piece.precision > 0 ? piece.precision : undefined;
  const layout: Layout = {
    width: Math.min(Math.abs(width), widestField),
    left: piece.left || width < 0,
    zero: piece.zero,
    plus: piece.plus,
    space: piece.space,
    alternative: piece.alternative,
    precision: precision === undefined ? undefined : Math.min(precision, widestField),
    thousands: piece.grouping ? (environment.thousands ?? '') : '',
  };
  return compileLetter(piece.letter, type, layout, environment);
}

function compileLetter(
  letter: ConversionLetter,
  type: FormatType,
  layout: Layout,
  environment: FormatEnvironment,
): Conversion {
  const size = type.kind === 'integer' ? type.size : 8;
  switch (letter) {
    case 'd':
    case 'i':
      return type.kind === 'integer' && !type.signed ? unsignedDecimal(size, layout) : signedDecimal(layout);
    case 'u':
      return unsignedDecimal(size, layout);
    case 'o':
    case 'x':
    case 'X':
      return (value) => formatRadix(unsignedOf(integerOf(value), size), letter, layout);
    case 'p':
      return (value) => formatRadix(unsignedOf(integerOf(value), size), 'x', layout);
    case 'c':
      return (value) => pad(characterOf(value), layout);
    case 'C':
      return (value) => pad(escapeBytes(characterOf(value)), layout);
    case 's':
      return textConversion(layout);
    case 'S': {
      const text = textConversion(layout);
      return (value) => text(escapeBytes(`${value}`));
    }
    case 'a':
      return symbolConversion(environment.symbol, size, layout);
    case 'A':
      return symbolConversion(environment.userSymbol, size, layout);
    case 'k':
      // With `-` the width is the indentation of the frames, without it their columns.
      return (value) =>
        typeof value === 'object'
          ? formatStack(value, layout.left ? layout.width : 0, layout.left ? 0 : layout.width)
          : '';
    case 'Y':
      return timeConversion(formatTime, layout);
    case 'T':
      return timeConversion(formatTime822, layout);
    case 'e':
    case 'E':
    case 'f':
    case 'g':
    case 'G':
      return (value) => formatFloat(Number(value), letter, layout);
  }
}

const isPlain = ({ zero, plus, space, precision, thousands }: Layout): boolean =>
  !zero && !plus && !space && precision === undefined && thousands === '';

function signedDecimal(layout: Layout): Conversion {
  const { width, left } = layout;
  if (!isPlain(layout)) return (value) => formatDecimal(integerOf(value), layout, true);
  if (width === 0) return (value) => `${value}`;
  return left ? (value) => `${value}`.padEnd(width) : (value) => `${value}`.padStart(width);
}

function unsignedDecimal(size: 1 | 2 | 4 | 8, layout: Layout): Conversion {
  const { width, left } = layout;
  const { zero, precision, thousands } = layout;
  if (zero || precision !== undefined || thousands !== '') {
    return (value) => formatDecimal(unsignedOf(integerOf(value), size), layout, false);
  }
  if (width === 0) return (value) => `${unsignedOf(integerOf(value), size)}`;
  return left
    ? (value) => `${unsignedOf(integerOf(value), size)}`.padEnd(width)
    : (value) => `${unsignedOf(integerOf(value), size)}`.padStart(width);
}

function textConversion({ width, left, precision }: Layout): Conversion {
  if (precision !== undefined) {
    return left
      ? (value) => `${value}`.slice(0, precision).padEnd(width)
      : (value) => `${value}`.slice(0, precision).padStart(width);
  }
  if (width === 0) return (value) => `${value}`;
  return left ? (value) => `${value}`.padEnd(width) : (value) => `${value}`.padStart(width);
}

function symbolConversion(
  lookUp: ((address: bigint) => string) | undefined,
  size: 1 | 2 | 4 | 8,
  layout: Layout,
): Conversion {
  const text = textConversion(layout);
  const hex = (address: bigint): string => `0x${address.toString(16)}`;
  return (value) => text((lookUp ?? hex)(BigInt(unsignedOf(integerOf(value), size))));
}

/** Records of one second follow one another: the last text is kept. */
function timeConversion(format: (nanoseconds: number | bigint) => string, layout: Layout): Conversion {
  const text = textConversion(layout);
  let second: number | undefined;
  let last = '';
  return (value) => {
    const now = secondsOf(integerOf(value));
    if (now !== second) {
      second = now;
      last = text(format(integerOf(value)));
    }
    return last;
  };
}

function characterOf(value: FormatValue): string {
  const code = integerOf(value);
  return String.fromCharCode(typeof code === 'number' ? code & 0xff : Number(code & 0xffn));
}

function concatenate(literals: readonly string[], steps: readonly CompiledFormat[]): CompiledFormat {
  const [l0 = '', l1 = '', l2 = '', l3 = '', l4 = ''] = literals;
  const [s0, s1, s2, s3] = steps;
  // Unrolled: a loop over the steps costs as much as the steps.
  if (s0 === undefined) return () => l0;
  if (s1 === undefined) return (values) => l0 + s0(values) + l1;
  if (s2 === undefined) return (values) => l0 + s0(values) + l1 + s1(values) + l2;
  if (s3 === undefined) return (values) => l0 + s0(values) + l1 + s1(values) + l2 + s2(values) + l3;
  const rest = concatenate(literals.slice(4), steps.slice(4));
  const first: CompiledFormat = (values) => l0 + s0(values) + l1 + s1(values) + l2 + s2(values) + l3 + s3(values);
  return steps.length === 4 ? (values) => first(values) + l4 : (values) => first(values) + rest(values);
}
