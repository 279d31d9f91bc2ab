/** Integers and floating-point numbers in the forms of printf(3C). */

/** How printf(3C) lays a conversion out, widths and precisions resolved. */
export interface Layout {
  readonly width: number;
  readonly left: boolean;
  readonly zero: boolean;
  readonly plus: boolean;
  readonly space: boolean;
  readonly alternative: boolean;
  /** Digits at least (integers), after the point (floats) or characters at most (strings); undefined: no precision. */
  readonly precision: number | undefined;
  /** What separates thousands with the flag `'`: the empty string in the C locale. */
  readonly thousands: string;
}

/** Pads to the width, left or right, with blanks. */
export function pad(text: string, { width, left }: Layout): string {
  return left ? text.padEnd(width) : text.padStart(width);
}

/** Puts sign or prefix, zeros and digits together. `zeros` says whether the flag `0` may fill the width. */
function assemble(prefix: string, digits: string, layout: Layout, zeros: boolean): string {
  if (layout.zero && zeros && !layout.left) return prefix + digits.padStart(layout.width - prefix.length, '0');
  return pad(prefix + digits, layout);
}

const signOf = (negative: boolean, { plus, space }: Layout): string => (negative ? '-' : plus ? '+' : space ? ' ' : '');

/** The digits of an integer's value, and with `'` their thousands separated. */
function groupThousands(digits: string, separator: string): string {
  return separator === '' ? digits : digits.replace(/\B(?=(\d{3})+$)/g, separator);
}

/** `%d` and `%i`, and with `signed` false `%u`. */
export function formatDecimal(value: number | bigint, layout: Layout, signed: boolean): string {
  const negative = value < 0;
  let digits = String(negative ? -value : value).padStart(layout.precision ?? 1, '0');
  digits = groupThousands(digits, layout.thousands);
  return assemble(signed ? signOf(negative, layout) : '', digits, layout, layout.precision === undefined);
}

/** `%o`, `%x` and `%X` of a value that is not negative. */
export function formatRadix(value: number | bigint, letter: 'o' | 'x' | 'X', layout: Layout): string {
  let digits = value.toString(letter === 'o' ? 8 : 16).padStart(layout.precision ?? 1, '0');
  let prefix = '';
  if (letter === 'X') digits = digits.toUpperCase();
  if (layout.alternative) {
    if (letter === 'o') digits = digits.startsWith('0') ? digits : `0${digits}`;
    else if (value !== 0 && value !== 0n) prefix = `0${letter}`;
  }
  return assemble(prefix, digits, layout, layout.precision === undefined);
}

/** `%e %E %f %g %G`, to at most 100 digits. An exact tie goes away from zero, where glibc goes to even. */
export function formatFloat(value: number, letter: 'e' | 'E' | 'f' | 'g' | 'G', layout: Layout): string {
  const upper = letter === 'E' || letter === 'G';
  const sign = signOf(value < 0 || Object.is(value, -0), layout);
  const size = Math.abs(value);
  if (!Number.isFinite(size)) {
    const name = Number.isNaN(size) ? 'nan' : 'inf';
    return assemble(sign, upper ? name.toUpperCase() : name, layout, false);
  }
  const precision = Math.min(layout.precision ?? 6, 100);
  let digits: string;
  switch (letter) {
    case 'f':
      digits = fixed(size, precision, layout.alternative);
      break;
    case 'e':
    case 'E':
      digits = exponential(size, precision, layout.alternative);
      break;
    case 'g':
    case 'G':
      digits = general(size, Math.max(precision, 1), layout.alternative);
      break;
  }
  return assemble(sign, upper ? digits.toUpperCase() : digits, layout, true);
}

function fixed(size: number, precision: number, point: boolean): string {
  // Above 2^53 a double is an integer, and toFixed() would change to exponents at 1e21.
  const digits =
    size < 2 ** 53
      ? size.toFixed(precision)
      : BigInt(size).toString() + (precision > 0 ? `.${'0'.repeat(precision)}` : '');
  return point && precision === 0 ? `${digits}.` : digits;
}

function exponential(size: number, precision: number, point: boolean): string {
  const [mantissa = '', exponent = ''] = size.toExponential(precision).split('e');
  const dot = point && precision === 0 ? '.' : '';
  return `${mantissa}${dot}e${exponent.slice(0, 1)}${exponent.slice(1).padStart(2, '0')}`;
}

function general(size: number, precision: number, keepZeros: boolean): string {
  const exponent = size === 0 ? 0 : Number(size.toExponential(precision - 1).split('e')[1]);
  if (exponent >= -4 && exponent < precision) {
    const digits = fixed(size, precision - 1 - exponent, keepZeros);
    return keepZeros || !digits.includes('.') ? digits : digits.replace(/\.?0+$/, '');
  }
  const digits = exponential(size, precision - 1, keepZeros);
  return keepZeros ? digits : digits.replace(/\.?0*e/, 'e');
}
