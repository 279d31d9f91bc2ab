/** The command line of xcall as plain data. Nothing is opened or looked up here. */

import { nearest } from '../../d/nearest.js';
import { type BreakName, breakNames, type Command, commands, type Flag, type FlagName, flags } from './flags.js';
import { UsageError } from './usage-error.js';

/** A command line. What was not told is undefined, false or empty. */
export interface XcallArguments {
  /** Undefined where only `help` or `version` is asked. */
  readonly command: Command | undefined;
  readonly help: boolean;
  readonly version: boolean;
  /** The name of a mechanism, or the path of a file. */
  readonly target: string | undefined;
  readonly cpus: number | undefined;
  /** Of --with, in order. */
  readonly options: readonly string[];
  readonly memory: 'sc' | 'tso' | undefined;
  readonly maxStates: number | undefined;
  readonly properties: readonly string[];
  readonly stopAtContract: boolean;
  readonly fold: boolean;
  readonly json: boolean;
  readonly once: boolean;
  readonly list: boolean;
  readonly all: boolean;
  readonly markdown: boolean;
  readonly seed: number | undefined;
  readonly steps: number | undefined;
  readonly speed: number | undefined;
  readonly seconds: number | undefined;
  /** Ticks a second on every CPU. */
  readonly rate: number | undefined;
  /** Of --break. */
  readonly broken: BreakName | undefined;
}

/** Flags that were told, with their values in order; those without a value have an empty one. */
type Told = Map<FlagName, string[]>;

/**
 * Reads the words after the command's name.
 * @throws {UsageError}
 */
export function parseArguments(argv: readonly string[]): XcallArguments {
  const words = [...argv];
  const command = takeCommand(words);
  const told: Told = new Map();
  const operands: string[] = [];
  let help = false;
  let version = false;
  for (let word = words.shift(); word !== undefined; word = words.shift()) {
    if (word === '--') operands.push(...words.splice(0));
    else if (word === '--help' || word === '-h') help = true;
    else if (word === '--version' || word === '-V') version = true;
    else if (word.startsWith('-') && word !== '-') readFlag(command, word, words, told);
    else operands.push(word);
  }
  const given: XcallArguments = {
    command,
    help,
    version,
    target: operands[0],
    cpus: numberOf(told, 'cpus', 1, 31),
    options: valuesOf(told, 'with').flatMap((list) => list.split(',').filter((name) => name !== '')),
    memory: oneOf(told, 'memory', ['sc', 'tso'] as const),
    maxStates: numberOf(told, 'max-states', 1, 2 ** 31 - 1),
    properties: valuesOf(told, 'property'),
    stopAtContract: oneOf(told, 'stop-at', ['contract'] as const) !== undefined,
    fold: !told.has('no-fold'),
    json: told.has('json'),
    once: told.has('once'),
    list: told.has('list'),
    all: told.has('all'),
    markdown: told.has('markdown'),
    seed: numberOf(told, 'seed', 0, 2 ** 32 - 1),
    steps: numberOf(told, 'steps', 1, 10_000_000),
    speed: numberOf(told, 'speed', 1, 1000),
    seconds: numberOf(told, 'seconds', 1, 3600),
    rate: numberOf(told, 'rate', 10, 4999),
    broken: oneOf(told, 'break', breakNames),
  };
  if (!help && !version) checkModes(given, operands);
  return given;
}

/** The first word is the command; --list and --all may stand without explore. */
function takeCommand(words: string[]): Command | undefined {
  const [first] = words;
  if (first === undefined) throw new UsageError('no command', 'xcall --help shows what there is');
  if (Object.hasOwn(commands, first)) {
    words.shift();
    return first as Command;
  }
  if (first === '--list' || first === '--all') return 'explore';
  if (['--help', '-h', '--version', '-V'].includes(first)) return undefined;
  const near = nearest(first, Object.keys(commands));
  throw new UsageError(
    first.startsWith('-') ? `no command before ${first}` : `unknown command ${first}`,
    near === undefined ? `commands are ${Object.keys(commands).join(', ')}` : `did you mean ${near}?`,
  );
}

function readFlag(command: Command | undefined, word: string, words: string[], told: Told): void {
  const equals = word.indexOf('=');
  const text = equals < 0 ? word : word.slice(0, equals);
  const flag = flags.find(({ name }) => `--${name}` === text);
  if (flag === undefined || command === undefined || !flag.commands.includes(command)) {
    throw unknownFlag(command, text, flag);
  }
  const values = told.get(flag.name) ?? [];
  told.set(flag.name, values);
  if (flag.value === undefined) {
    if (equals >= 0) throw new UsageError(`${text} takes no value`);
    values.push('');
    return;
  }
  const value = equals < 0 ? words.shift() : word.slice(equals + 1);
  if (value === undefined || value === '') throw new UsageError(`${text} needs a value: ${text} ${flag.value}`);
  values.push(value);
}

function unknownFlag(command: Command | undefined, text: string, flag: Flag | undefined): UsageError {
  if (flag !== undefined) {
    return new UsageError(
      `${text} does not go with ${command === undefined ? 'no command' : `xcall ${command}`}`,
      `it goes with xcall ${flag.commands.join(' and ')}`,
    );
  }
  const own = flags.filter((each) => command !== undefined && each.commands.includes(command));
  const near = nearest(
    text,
    own.map(({ name }) => `--${name}`),
  );
  const help = `xcall ${command === undefined ? '' : `${command} `}--help shows the flags`;
  return new UsageError(`unknown flag ${text}`, near === undefined ? help : `did you mean ${near}?`);
}

const valuesOf = (told: Told, name: FlagName): readonly string[] => told.get(name) ?? [];

function numberOf(told: Told, name: FlagName, least: number, most: number): number | undefined {
  const text = valuesOf(told, name).at(-1);
  if (text === undefined) return undefined;
  const number = Number(text);
  if (!/^\d+$/.test(text) || number < least || number > most) {
    throw new UsageError(`--${name} ${text}: a whole number from ${least} to ${most} is needed`);
  }
  return number;
}

function oneOf<Word extends string>(told: Told, name: FlagName, words: readonly Word[]): Word | undefined {
  const text = valuesOf(told, name).at(-1);
  if (text === undefined) return undefined;
  const found = words.find((word) => word === text);
  if (found === undefined)
    throw new UsageError(`--${name} ${text} is not known`, `--${name} takes ${words.join(' or ')}`);
  return found;
}

/** What cannot be asked for together, and what is missing. */
function checkModes(given: XcallArguments, operands: readonly string[]): void {
  const { command, list, all, markdown, target, options, properties, json } = given;
  const wanted = (command !== 'explore' && command !== 'run') || list || all ? 0 : 1;
  const extra = operands[wanted];
  if (extra !== undefined) {
    const why = list
      ? '--list stands alone'
      : all
        ? '--all explores every mechanism'
        : `xcall ${command} takes no more`;
    throw new UsageError(`unexpected ${extra}: ${why}`);
  }
  if (wanted === 1 && target === undefined) {
    throw new UsageError('which mechanism?', `xcall ${command} NAME; xcall explore --list shows the names`);
  }
  if (list && all) throw new UsageError('--list and --all do not go together');
  if (markdown && !all) throw new UsageError('--markdown goes with --all');
  if (markdown && json) throw new UsageError('--markdown and --json do not go together');
  if (all && options.length > 0) throw new UsageError('--all explores every variant: --with does not go with it');
  if (all && properties.length > 0) throw new UsageError('--all asks every property: --property does not go with it');
}
