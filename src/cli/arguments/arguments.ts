/**
 * The command line of dtrace(1) as plain data. Flags are read as getopt(3) does: bundled, a value in the same word or
 * the next one, also after operands; operands are the macro arguments. Nothing is opened, looked up or checked here but
 * the words themselves.
 */

import { splitOption } from '../../session/options/options.js';
import { type Flag, findFlag, type LongFlag, longFlags, type ProgramOrigin, type SwitchName } from './flags.js';

/** A D program, or the description of probes to list. */
export type ProgramArgument =
  | { readonly origin: 'script'; readonly path: string }
  /** `text` is the value of the flag, joined by a blank with the clause in the words after it. */
  | { readonly origin: Exclude<ProgramOrigin, 'script'>; readonly text: string };

/** A process to trace. $target is the first. */
export type TargetArgument =
  | { readonly kind: 'command'; readonly command: string }
  | { readonly kind: 'process'; readonly pid: number };

/** An option as it was written, to be read by `parseOption`. */
export interface SettingArgument {
  readonly name: string;
  /** Undefined where the option was named alone. */
  readonly value: string | undefined;
  /** The flag that stands for the option, such as `-b`; undefined for -x. */
  readonly flag: string | undefined;
}

/** A command line. All lists are in the order of the command line. */
export interface DtraceArguments extends Readonly<Record<SwitchName | Exclude<LongFlag, 'version'>, boolean>> {
  readonly programs: readonly ProgramArgument[];
  /** From -x and from the flags that stand for options: -q is `quiet`, -w `destructive`, -Z `zdefs`, … */
  readonly settings: readonly SettingArgument[];
  /** $1 and on. $0 is the path of the script, and `dtrace` for D text on the command line. */
  readonly macroArguments: readonly string[];
  readonly targets: readonly TargetArgument[];
  /** The file of -o; the last one counts. */
  readonly output: string | undefined;
}

/** A command line that cannot be followed: status 2 if it is written wrong (print the usage too), otherwise 1. */
export class ArgumentError extends Error {
  override readonly name = 'ArgumentError';
  readonly exitStatus: 1 | 2;

  constructor(message: string, exitStatus: 1 | 2) {
    super(message);
    this.exitStatus = exitStatus;
  }
}

interface Reading {
  readonly words: string[];
  readonly programs: ProgramArgument[];
  readonly settings: SettingArgument[];
  readonly macroArguments: string[];
  readonly targets: TargetArgument[];
  readonly on: Set<SwitchName | LongFlag>;
  output: string | undefined;
}

/**
 * Reads the words after the command's name.
 * @throws {ArgumentError}
 */
export function parseArguments(argv: readonly string[]): DtraceArguments {
  const reading: Reading = {
    words: splitInterpreterLine(argv),
    programs: [],
    settings: [],
    macroArguments: [],
    targets: [],
    on: new Set(),
    output: undefined,
  };
  for (let word = reading.words.shift(); word !== undefined; word = reading.words.shift()) {
    if (word === '--') reading.macroArguments.push(...reading.words.splice(0));
    else if (word.startsWith('--')) readLongFlag(reading, word);
    else if (word.startsWith('-') && word !== '-') readFlags(reading, word);
    else reading.macroArguments.push(word);
  }
  checkModes(reading);
  const { programs, settings, macroArguments, targets, output, on } = reading;
  return {
    programs,
    settings,
    macroArguments,
    targets,
    output,
    list: on.has('list'),
    compileOnly: on.has('compileOnly'),
    disassemble: on.has('disassemble'),
    verbose: on.has('verbose'),
    version: on.has('version'),
    help: on.has('help'),
    doctor: on.has('doctor'),
    json: on.has('json'),
  };
}

/** Linux hands over everything after the interpreter's path as one word: `#!/usr/sbin/dtrace -q -s` gives `-q -s`. */
function splitInterpreterLine(argv: readonly string[]): string[] {
  const [first = '', ...rest] = argv;
  const parts = first.split(/[ \t]+/);
  const isFlags = /^-[A-Za-z]/.test(first) && parts.length > 1 && /^-[A-Za-z]*s$/.test(parts.at(-1) ?? '');
  return isFlags && rest.length > 0 ? [...parts, ...rest] : [...argv];
}

function readLongFlag({ on }: Reading, word: string): void {
  const name = word.slice(2);
  if (!Object.hasOwn(longFlags, name)) throw new ArgumentError(`unknown option ${word}`, 2);
  on.add(name as LongFlag);
}

/** One word of flags: `-q`, `-qs FILE`, `-sFILE`. */
function readFlags(reading: Reading, word: string): void {
  for (let at = 1; at < word.length; at += 1) {
    const letter = word[at] ?? '';
    const flag = findFlag(letter);
    if (flag === undefined) throw new ArgumentError(`invalid option -- '${letter}'`, 2);
    if (flag.value === undefined) {
      applyFlag(reading, flag, undefined);
      continue;
    }
    const attached = word.slice(at + 1);
    const value = attached === '' ? reading.words.shift() : attached;
    if (value === undefined) throw new ArgumentError(`option requires an argument -- '${letter}'`, 2);
    applyFlag(reading, flag, value);
    return;
  }
}

function applyFlag(reading: Reading, flag: Flag, value: string | undefined): void {
  const { meaning, letter } = flag;
  switch (meaning.kind) {
    case 'program':
      reading.programs.push(
        meaning.origin === 'script'
          ? { origin: 'script', path: value ?? '' }
          : { origin: meaning.origin, text: [value ?? '', ...takeClause(value ?? '', reading.words)].join(' ') },
      );
      return;
    case 'option':
      reading.settings.push({ name: meaning.option, value, flag: `-${letter}` });
      return;
    case 'setting':
      reading.settings.push({ ...splitOption(value ?? ''), flag: undefined });
      return;
    case 'target':
      reading.targets.push(
        meaning.target === 'command'
          ? { kind: 'command', command: value ?? '' }
          : { kind: 'process', pid: parsePid(value ?? '') },
      );
      return;
    case 'output':
      reading.output = value;
      return;
    case 'switch':
      reading.on.add(meaning.name);
      return;
    case 'refused':
      if (flag.value !== undefined && value !== flag.value)
        throw new ArgumentError(`invalid option -- '${letter}${value}'`, 2);
      throw new ArgumentError(meaning.message, 1);
  }
}

/**
 * The words after a description that are its clause: a predicate, an action, both in one word or in two. A path as
 * macro argument starts like a predicate, but ends in neither `/` nor `}`.
 */
function takeClause(description: string, words: string[]): string[] {
  if (/[{;]/.test(description)) return [];
  const taken: string[] = [];
  const take = (isPart: RegExp): void => {
    if (words[0] !== undefined && isPart.test(words[0])) taken.push(...words.splice(0, 1));
  };
  if (!description.includes('/')) take(/^\s*\/.+[/}]\s*$/s);
  if (!taken.some((word) => word.includes('{'))) take(/^\s*\{/);
  return taken;
}

function parsePid(text: string): number {
  const pid = Number(text);
  if (!/^\d+$/.test(text) || pid === 0 || pid > 0x7fff_ffff) throw new ArgumentError(`invalid pid: ${text}`, 1);
  return pid;
}

/** What cannot be asked for together, and what is missing. */
function checkModes({ on, programs }: Reading): void {
  if (on.has('list') && on.has('version'))
    throw new ArgumentError('only one of the [-lV] options can be specified at a time', 2);
  if (on.has('json') && !on.has('doctor')) throw new ArgumentError('--json goes with --doctor', 2);
  const wantsProgram = !['list', 'version', 'help', 'doctor'].some((name) => on.has(name as SwitchName | LongFlag));
  if (programs.length > 0 || !wantsProgram) return;
  throw new ArgumentError('no probes specified, give a description with -n or a script with -s', 2);
}
