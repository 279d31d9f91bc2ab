/** The values of options as users write them. */

import type { OptionKind } from './option-table.js';

/** What a value comes to; undefined if it is none. `unset` puts the default back. */
export type ParsedValue =
  | { readonly kind: 'value'; readonly value: boolean | number | string }
  | { readonly kind: 'unset' }
  | undefined;

const yes = ['yes', 'enable', 'enabled', 'true', 'on', 'set'];
const no = ['no', 'disable', 'disabled', 'false', 'off', 'unset'];

const byteUnits: Readonly<Record<string, number>> = { '': 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3, t: 1024 ** 4 };

const timeUnits: Readonly<Record<string, number>> = {
  ...{ '': 1, ns: 1, nsec: 1, us: 1e3, usec: 1e3, ms: 1e6, msec: 1e6, s: 1e9, sec: 1e9 },
  ...{ m: 60e9, min: 60e9, h: 3600e9, hour: 3600e9, d: 86_400e9, day: 86_400e9 },
};

/** A number of C (decimal, 0x, octal with a leading 0) and what follows it, in lower case. */
function numberAndRest(text: string): { readonly number: number; readonly rest: string } | undefined {
  const match = /^(0x[0-9a-f]+|0[0-7]*|[1-9]\d*)(.*)$/.exec(text.toLowerCase());
  const [, digits = '', rest = ''] = match ?? [];
  if (match === null) return undefined;
  const number = /^0[0-7]+$/.test(digits) ? Number.parseInt(digits, 8) : Number(digits);
  return { number, rest };
}

/** Scales a number by its unit; undefined for a unit that is none. */
function scaled(text: string, units: Readonly<Record<string, number>>): number | undefined {
  const parsed = numberAndRest(text);
  const unit = parsed !== undefined && Object.hasOwn(units, parsed.rest) ? units[parsed.rest] : undefined;
  return parsed === undefined || unit === undefined ? undefined : parsed.number * unit;
}

function inRange(number: number | undefined, minimum: number, maximum: number): ParsedValue {
  return number !== undefined && number >= minimum && number <= maximum ? { kind: 'value', value: number } : undefined;
}

/** Reads a value of this kind; `text` is undefined where the option was named alone. */
export function parseOptionValue(kind: OptionKind, text: string | undefined): ParsedValue {
  switch (kind.kind) {
    case 'flag':
      return text === undefined ? { kind: 'value', value: true } : undefined;
    case 'switch':
      if (text === undefined || yes.includes(text.toLowerCase())) return { kind: 'value', value: true };
      if (text === '' || no.includes(text.toLowerCase())) return { kind: 'value', value: false };
      // As in dtrace any number sets it, 0 too.
      return numberAndRest(text)?.rest === '' ? { kind: 'value', value: true } : undefined;
    case 'integer':
      if (text === undefined) return undefined;
      if (text === '' || no.includes(text.toLowerCase())) return { kind: 'unset' };
      if (yes.includes(text.toLowerCase())) return inRange(1, kind.minimum, kind.maximum);
      return inRange(scaled(text, { '': 1 }), kind.minimum, kind.maximum);
    case 'size':
      if (text === undefined) return undefined;
      if (kind.unlimited === true && text === 'unlimited') return { kind: 'value', value: Number.POSITIVE_INFINITY };
      return inRange(scaled(text, byteUnits), kind.minimum, kind.maximum);
    case 'rate':
      return text === undefined ? undefined : parseRate(text);
    case 'choice':
      return text !== undefined && kind.choices.includes(text) ? { kind: 'value', value: text } : undefined;
    case 'text':
    case 'list':
      return text === undefined || text === '' ? undefined : { kind: 'value', value: text };
  }
}

function parseRate(text: string): ParsedValue {
  const parsed = numberAndRest(text);
  if (parsed?.rest === 'hz') {
    return { kind: 'value', value: parsed.number === 0 ? 0 : Math.floor(1e9 / parsed.number) };
  }
  return inRange(scaled(text, timeUnits), 0, Number.MAX_SAFE_INTEGER);
}

/** What a value of this kind looks like, for the hint of an error. */
export function describeOptionKind(kind: OptionKind): string {
  switch (kind.kind) {
    case 'flag':
      return 'it takes no value';
    case 'switch':
      return 'it takes no value, or yes or no';
    case 'integer':
      return `it takes an integer ${describeRange(kind.minimum, kind.maximum)}`;
    case 'size':
      return `it takes a number of bytes ${describeRange(kind.minimum, kind.maximum)}, as 65536, 64k, 4m or 1g`;
    case 'rate':
      return 'it takes a rate as 10hz or a time as 100ms';
    case 'choice':
      return `it takes one of ${kind.choices.join(', ')}`;
    case 'text':
    case 'list':
      return 'it takes a value';
  }
}

const describeRange = (minimum: number, maximum: number): string =>
  maximum === Number.MAX_SAFE_INTEGER ? `of at least ${minimum}` : `from ${minimum} to ${maximum}`;
