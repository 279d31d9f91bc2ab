/**
 * Setting options. A setting is one option with its value, read from where the user wrote it; settings are applied one
 * after the other, and a later one wins.
 */

import {
  isOptionName,
  type OptionName,
  type Options,
  optionOpposites,
  optionRow,
  optionTable,
} from './option-table.js';
import { describeOptionKind, parseOptionValue } from './option-value.js';

export type { OptionName, OptionPhase, OptionRow, Options } from './option-table.js';
export { optionTable } from './option-table.js';

/** Where a setting was written, which the message of an error says. */
export type OptionOrigin =
  | { readonly kind: '-x' | 'pragma' | 'environment' | 'setopt' }
  /** A flag that stands for an option, such as `-b`. */
  | { readonly kind: 'flag'; readonly flag: string };

/** An option that cannot be set as written. The message is dtrace's, `hint` says what can be written. */
export class OptionError extends Error {
  override readonly name = 'OptionError';
  readonly option: string;
  /** The D error tag for pragmas. */
  readonly tag: 'D_PRAGMA_OPTSET' | undefined;
  readonly hint: string | undefined;

  constructor(message: string, option: string, tag: 'D_PRAGMA_OPTSET' | undefined, hint: string | undefined) {
    super(message);
    this.option = option;
    this.tag = tag;
    this.hint = hint;
  }
}

/** One option with its value; for a list the value is what is added, undefined puts the default back. */
export interface OptionSetting {
  readonly option: OptionName;
  readonly value: boolean | number | string | undefined;
}

/** Every option at its default. */
export const defaultOptions: Options = Object.fromEntries(
  Object.entries(optionTable).map(([name, row]) => [name, row.default]),
) as unknown as Options;

/** `name=value` or `name` alone, as -x and the pragma take it. */
export function splitOption(text: string): { readonly name: string; readonly value: string | undefined } {
  const equals = text.indexOf('=');
  return equals < 0 ? { name: text, value: undefined } : { name: text.slice(0, equals), value: text.slice(equals + 1) };
}

/**
 * Reads one setting. `value` is undefined where the option was named alone.
 * @throws {OptionError} for a name that is no option, a value that is none of the option's, an option that cannot be
 * set from there.
 */
export function parseOption(name: string, value: string | undefined, origin: OptionOrigin): OptionSetting {
  const refuse = (reason: string, hint?: string): never => {
    const tag = origin.kind === 'pragma' ? 'D_PRAGMA_OPTSET' : undefined;
    throw new OptionError(`${describeAttempt(name, value, origin)}: ${reason}`, name, tag, hint);
  };
  const opposite = optionOpposites.get(name);
  if (opposite !== undefined) {
    if (value !== undefined) refuse('Invalid value for specified option', 'it takes no value');
    return { option: opposite, value: false };
  }
  if (!isOptionName(name)) return refuse('Invalid option name', nearestName(name));
  const row = optionRow(name);
  if (row.outsideOnly && (origin.kind === 'pragma' || origin.kind === 'setopt')) {
    refuse('Option cannot be used from within a D program', `give it to dtrace as -x ${name}`);
  }
  if (origin.kind === 'setopt' && row.phase !== 'dynamic') {
    refuse('Operation illegal when tracing is active', `set it before tracing, as -x ${name}`);
  }
  // An option in the environment always has a value; to set a flag it is empty or 1.
  const bare = origin.kind === 'environment' && row.value.kind === 'flag' && (value === '' || value === '1');
  const parsed = parseOptionValue(row.value, bare ? undefined : value);
  if (parsed === undefined) return refuse('Invalid value for specified option', describeOptionKind(row.value));
  return { option: name, value: parsed.kind === 'unset' ? undefined : parsed.value };
}

function describeAttempt(name: string, value: string | undefined, origin: OptionOrigin): string {
  switch (origin.kind) {
    case '-x':
      return `failed to set -x ${name}`;
    case 'flag':
      return `failed to set ${origin.flag}${value === undefined ? '' : ` ${value}`}`;
    case 'environment':
      return `failed to set ${environmentName(name)}`;
    case 'pragma':
      return `failed to set option '${name}'${value === undefined ? '' : ` to '${value}'`}`;
    case 'setopt':
      return `couldn't set option "${name}" to "${value ?? '1'}"`;
  }
}

/** The options with one more setting applied. A new object; lists grow. */
export function applyOption(options: Options, { option, value }: OptionSetting): Options {
  const row = optionRow(option);
  if (value === undefined) return { ...options, [option]: row.default };
  if (row.value.kind !== 'list') return { ...options, [option]: value };
  const held = options[option];
  return { ...options, [option]: [...(Array.isArray(held) ? held : []), value] };
}

/** The options with these settings, the last one of an option winning. */
export function applyOptions(options: Options, settings: Iterable<OptionSetting>): Options {
  let result = options;
  for (const setting of settings) result = applyOption(result, setting);
  return result;
}

const environmentName = (option: string): string => `DTRACE_OPT_${option.toUpperCase()}`;

/**
 * The settings that the environment holds, DTRACE_OPT_BUFSIZE=8m for `bufsize`, in the order of the table. Names that
 * are no option are left alone.
 * @throws {OptionError} for a value that is none of the option's.
 */
export function environmentOptions(environment: Readonly<Record<string, string | undefined>>): OptionSetting[] {
  const settings: OptionSetting[] = [];
  for (const name of [...Object.keys(optionTable), ...optionOpposites.keys()]) {
    const value = environment[environmentName(name)];
    if (value === undefined) continue;
    const bare = optionOpposites.has(name) && (value === '' || value === '1');
    settings.push(parseOption(name, bare ? undefined : value, { kind: 'environment' }));
  }
  return settings;
}

/** A hint for a name that is none: the option whose name is nearest, if one is near. */
function nearestName(name: string): string | undefined {
  let best: string | undefined;
  let least = 3;
  for (const known of [...Object.keys(optionTable), ...optionOpposites.keys()]) {
    const distance = editDistance(name.toLowerCase(), known);
    if (distance >= least || distance >= known.length / 2) continue;
    best = known;
    least = distance;
  }
  return best === undefined ? undefined : `did you mean ${best}?`;
}

/** How many characters must be changed, added or left out to make one word the other. */
function editDistance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, i) => i);
  for (let i = 1; i <= from.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= to.length; j += 1) {
      const change = (row[j - 1] ?? 0) + (from[i - 1] === to[j - 1] ? 0 : 1);
      next.push(Math.min(change, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[to.length] ?? 0;
}
