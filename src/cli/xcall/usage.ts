/** The usage texts of xcall. */

import { type Command, commands, type Flag, flags } from './flags.js';

const synopses: Readonly<Record<Command, readonly string[]>> = {
  explore: ['explore NAME|./FILE.js [FLAGS]', 'explore --list', 'explore --all [--markdown] [FLAGS]'],
  run: ['run NAME|./FILE.js [FLAGS]'],
  demo: ['demo [FLAGS]'],
  bench: ['bench [FLAGS]'],
  watch: ['watch [FLAGS]'],
  storm: ['storm [FLAGS]'],
};

const statuses: Readonly<Record<Command, string>> = {
  explore: 'Exit status: 0 safe, 1 refuted, 2 wrong usage, 3 incomplete.',
  run: 'Exit status: 0 nothing went wrong, 1 a CPU hangs or something is broken, 2 wrong usage.',
  demo: 'Exit status: 0.',
  bench: 'Exit status: 0 measured, 1 cross-calls are not possible here, 2 wrong usage.',
  watch: 'Exit status: 0, also after Ctrl-C; 1 cross-calls cannot be watched here, 2 wrong usage.',
  storm: [
    'Exit status: 0 nothing was violated; 1 something was, or no storm is possible here; 2 wrong usage;',
    '3 with --break: the storm did not show what is wrong, and the explorer shows it.',
  ].join('\n'),
};

/** What `xcall --help` prints. */
export function usageText(): string {
  const names = Object.keys(commands) as Command[];
  return [
    'Explores, runs and measures how CPUs can call one another. Bench, watch and storm need privileges.',
    '',
    ...synopsisLines(names),
    '',
    ...names.map((name) => `  ${name.padEnd(10)}${commands[name]}`),
    '',
    '`xcall COMMAND --help` shows the flags of a command; `xcall --version` the version.',
    '',
  ].join('\n');
}

/** What `xcall COMMAND --help` prints. */
export function commandUsageText(command: Command): string {
  const own = flags.filter((flag) => flag.commands.includes(command));
  return [
    `${capitalised(commands[command])}.`,
    '',
    ...synopsisLines([command]),
    '',
    ...own.map((flag) => `  ${flagText(flag).padEnd(20)}${flag.about}`),
    '',
    ...(withoutName.has(command) ? [] : ['NAME is one of --list, or the path of a file that exports a mechanism.']),
    statuses[command],
    '',
  ].join('\n');
}

const withoutName: ReadonlySet<Command> = new Set(['demo', 'bench', 'watch', 'storm']);

const synopsisLines = (names: readonly Command[]): readonly string[] =>
  names
    .flatMap((name) => synopses[name])
    .map((synopsis, index) => `${index === 0 ? 'usage: ' : '       '}xcall ${synopsis}`);

const flagText = ({ name, value }: Flag): string => (value === undefined ? `--${name}` : `--${name} ${value}`);

const capitalised = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
