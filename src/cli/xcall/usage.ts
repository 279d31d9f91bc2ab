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
    ...own.map((flag) => `  ${flagText(flag).padEnd(20)}${aboutOf(flag, command)}`),
    '',
    ...(remarks[command] ?? []),
    ...(withoutName.has(command) ? [] : ['NAME is one of --list, or the path of a file that exports a mechanism.']),
    statuses[command],
    '',
  ].join('\n');
}

const aboutOf = ({ about }: Flag, command: Command): string =>
  typeof about === 'string' ? about : (about[command] ?? '');

/** What a program must know that reads --json; each line is as wide as a terminal. */
const remarks: Readonly<Partial<Record<Command, readonly string[]>>> = {
  watch: [
    'A row is what SENDER, a function of the kernel, has a CPU do: FUNCTION is called there. SENDER',
    'is who asks: the first function on the stack that is no part of the cross-call code itself, as',
    'smp_call_function_single and try_to_wake_up are (docs/providers.md has the list); unknown: the',
    'stack could not be walked. Times are from the request to the call of FUNCTION. A star marks the',
    'cross-calls that this xcall makes itself.',
    '',
    'With --json it prints an object a second, each on a line, or with --once a single one:',
    '  seconds, calls, calls_per_second   of all cross-calls',
    '  own                 calls, calls_per_second of those that this xcall makes itself',
    '  rows                sender, function, target (a CPU), own, calls, calls_per_second, and',
    '                      latency: calls, p50_ns, p90_ns, p99_ns; null: none was seen to begin',
    '  lost                calls that were not counted, at most',
    '',
  ],
  storm: [
    'With --json it prints an object. Among others:',
    '  posted, completed   requests for a sync, and those that are complete: equal, or it is a violation',
    '  posts, joined       calls of sync() by probes; how many, with those of the session, joined one',
    '  switches            switches of the record buffers',
    '  records             records taken; record_faults: missing, doubled, late, torn, no_room',
    '  counts              what aggregations counted; counts_expected: how much it should be',
    '  ticks               expected, fired, skipped by the kernel (late and missed), at_stop, lost',
    '  latency             from post to completion, ns; longest_at: what ran beside the longest one',
    '  violations          what must not be: empty, or the status is 1',
    '',
  ],
};

const withoutName: ReadonlySet<Command> = new Set(['demo', 'bench', 'watch', 'storm']);

const synopsisLines = (names: readonly Command[]): readonly string[] =>
  names
    .flatMap((name) => synopses[name])
    .map((synopsis, index) => `${index === 0 ? 'usage: ' : '       '}xcall ${synopsis}`);

const flagText = ({ name, value }: Flag): string => (value === undefined ? `--${name}` : `--${name} ${value}`);

const capitalised = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
