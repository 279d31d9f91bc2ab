/** The command line of `npm run lab`. */

import { parseArgs } from 'node:util';
import { checks } from './checks.js';
import { LabError } from './lab-error.js';

/** What to boot, and what to do there. */
export interface LabArguments {
  /** A name of `kernels`, a package, or the path of an image; undefined with nothing else given: the default set. */
  readonly kernel: string | undefined;
  /** Of Debian; undefined: the machine's own sources. */
  readonly suite: string | undefined;
  readonly cpus: number | undefined;
  /** MiB. */
  readonly memory: number;
  /** Emulate the CPUs by turns. */
  readonly turns: boolean;
  /** Words for the kernel's command line. */
  readonly append: readonly string[];
  /** Seconds for a boot; undefined: what its checks need. */
  readonly timeout: number | undefined;
  /** Names of checks; empty: those of the run. */
  readonly checks: readonly string[];
  /** For the guest's shell, in place of checks. */
  readonly command: string | undefined;
  /** Show the kernel's console, also where all goes well. */
  readonly console: boolean;
  /** Show what checks print, also where they hold. */
  readonly verbose: boolean;
  readonly help: boolean;
}

/** How the lab is used. */
export const usage = `usage: npm run lab                            the default set of kernels and checks
       npm run lab -- [options]               the checks on one kernel
       npm run lab -- [options] -- COMMAND    a command on one kernel; its status is the status

  --kernel NAME     standard, rt, a Debian package linux-image-..., or the path of an image (standard)
  --suite NAME      take the package from this suite of Debian, such as sid, not from the machine's sources
  --cpus N          processors, 1 to 64 (4)
  --memory MIB      of the guest (3072)
  --turns           emulate the CPUs by turns in one thread, not in a thread each
  --append WORDS    for the kernel's command line, such as preempt=full; again for more
  --check NAME      only this check; again for more: ${checks.map(({ name }) => name).join(', ')}
  --timeout SECONDS until the guest is ended (300 for a command, else what its checks may take)
  --console         show what the kernel prints
  --verbose         show what checks print that hold
  --help            this text`;

const wholeNumber = (name: string, text: string, least: number, most: number): number => {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (value >= least && value <= most) return value;
  throw new LabError(`--${name} is "${text}"`, `a whole number from ${least} to ${most}`);
};

/** A word that the shell takes as it is. */
const quoted = (word: string): string => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`);

/** One word is text for the shell, several are a command and its arguments. */
const commandOf = (words: readonly string[]): string | undefined =>
  words.length === 0 ? undefined : words.length === 1 ? words[0] : words.map(quoted).join(' ');

/** Reads the words behind `npm run lab --`. Throws LabError. */
export function readArguments(words: readonly string[]): LabArguments {
  const at = words.indexOf('--');
  const own = at < 0 ? words : words.slice(0, at);
  const { values, positionals } = parse(own);
  const [stray] = positionals;
  if (stray !== undefined) throw new LabError(`"${stray}" is no option`, `commands go behind --: -- ${stray}`);
  const command = commandOf(at < 0 ? [] : words.slice(at + 1));
  if (at >= 0 && command === undefined) throw new LabError('there is no command behind --');
  const wanted = values.check ?? [];
  for (const name of wanted) {
    if (checks.some((check) => check.name === name)) continue;
    throw new LabError(`there is no check "${name}"`, `they are ${checks.map((check) => check.name).join(', ')}`);
  }
  if (command !== undefined && wanted.length > 0) throw new LabError('--check does not go with a command');
  if (values.suite !== undefined && !/^[a-z][a-z0-9-]*$/.test(values.suite)) {
    throw new LabError(`--suite is "${values.suite}"`, 'the name of one, such as trixie or sid');
  }
  return {
    kernel: values.kernel,
    suite: values.suite,
    cpus: values.cpus === undefined ? undefined : wholeNumber('cpus', values.cpus, 1, 64),
    memory: wholeNumber('memory', values.memory ?? '3072', 1024, 65_536),
    turns: values.turns ?? false,
    append: (values.append ?? []).flatMap((text) => text.split(/\s+/).filter((word) => word !== '')),
    timeout: values.timeout === undefined ? undefined : wholeNumber('timeout', values.timeout, 1, 86_400),
    checks: wanted,
    command,
    console: values.console ?? false,
    verbose: values.verbose ?? false,
    help: values.help ?? false,
  };
}

function parse(words: readonly string[]) {
  try {
    return parseArgs({
      args: [...words],
      allowPositionals: true,
      options: {
        kernel: { type: 'string' },
        suite: { type: 'string' },
        cpus: { type: 'string' },
        memory: { type: 'string' },
        turns: { type: 'boolean' },
        append: { type: 'string', multiple: true },
        check: { type: 'string', multiple: true },
        timeout: { type: 'string' },
        console: { type: 'boolean' },
        verbose: { type: 'boolean' },
        help: { type: 'boolean' },
      },
    });
  } catch (error) {
    const [first = ''] = (error as Error).message.split(/[.\n]/);
    throw new LabError(`${first.charAt(0).toLowerCase()}${first.slice(1)}`, '--help shows the options');
  }
}
