/** The usage text of dtrace, made from the table of flags. */

import type { ArgumentError } from './arguments.js';
import { flags, longFlags } from './flags.js';

const synopsis = `usage: dtrace [flags] -n 'DESCRIPTION [/PREDICATE/] [{ ACTION }]' [ARGUMENT ...]
       dtrace [flags] -s SCRIPT [ARGUMENT ...]
       dtrace -l [-n DESCRIPTION]
       dtrace --doctor [--json]`;

const examples = `A description is PROVIDER:MODULE:FUNCTION:NAME; fields on the left may be left out, empty ones match everything.
A clause may also be the next word after the value of -n, -P, -m, -f or -i. Arguments are $1, $2, ... in programs.

  dtrace -n 'syscall:::entry { @[probefunc] = count(); }'
  dtrace -n 'profile-997 /pid == $target/ { @[execname] = count(); }' -c 'ls -lR /usr'`;

const rows: readonly (readonly [string, string])[] = [
  ...flags.flatMap(({ letter, value, about }): [string, string][] =>
    about === undefined ? [] : [[`-${letter}${value === undefined ? '' : ` ${value}`}`, about]],
  ),
  ...Object.entries(longFlags).map(([name, about]): [string, string] => [`--${name}`, about]),
];

/** The whole usage text, for --help; ends with a newline. */
export const usageText = (): string => {
  const width = Math.max(...rows.map(([flag]) => flag.length));
  return [synopsis, '', ...rows.map(([flag, about]) => `  ${flag.padEnd(width)}  ${about}`), '', examples, ''].join(
    '\n',
  );
};

/** What to print on standard error for a command line that cannot be followed; ends with a newline. */
export const renderArgumentError = ({ message, exitStatus }: ArgumentError): string =>
  exitStatus === 2 ? `dtrace: ${message}\n${synopsis}\n\`dtrace --help\` explains the flags\n` : `dtrace: ${message}\n`;
