/**
 * The flags of dtrace, once: the command line is read by this table and the usage text is printed from it. Letters and
 * meanings are those of dtrace(1).
 */

import type { OptionName } from '../../session/options/options.js';

/** What a flag does. */
export type FlagMeaning =
  /** Enables or lists the probes of its value, a file for `-s`, otherwise D text. */
  | { readonly kind: 'program'; readonly origin: ProgramOrigin }
  /** Stands for an option, whose value is that of the flag. */
  | { readonly kind: 'option'; readonly option: OptionName }
  /** Any option: -x. */
  | { readonly kind: 'setting' }
  /** A process to trace: a command to start, or the id of one that runs. */
  | { readonly kind: 'target'; readonly target: 'command' | 'process' }
  | { readonly kind: 'output' }
  | { readonly kind: 'switch'; readonly name: SwitchName }
  /** Not available here; `message` says why, and what to do. */
  | { readonly kind: 'refused'; readonly message: string };

/** Where D text on the command line comes from. */
export type ProgramOrigin = 'script' | '-n' | '-P' | '-m' | '-f' | '-i';

/** What is on or off by one flag alone. */
export type SwitchName = 'list' | 'compileOnly' | 'disassemble' | 'verbose' | 'version';

/** One flag. */
export interface Flag {
  readonly letter: string;
  /** What its value is, for the usage text; a flag without it takes none. */
  readonly value?: string;
  /** Whether a clause may stand in the word after the value. */
  readonly clause?: true;
  readonly meaning: FlagMeaning;
  /** For the usage text; flags without it are not shown. */
  readonly about?: string;
}

const program = (origin: ProgramOrigin, value: string, about: string): Flag => ({
  letter: origin.slice(1),
  value,
  clause: true,
  meaning: { kind: 'program', origin },
  about,
});

const option = (letter: string, name: OptionName, about: string, value?: string): Flag => ({
  letter,
  ...(value === undefined ? {} : { value }),
  meaning: { kind: 'option', option: name },
  about,
});

const turn = (letter: string, name: SwitchName, about: string): Flag => ({
  letter,
  meaning: { kind: 'switch', name },
  about,
});

const refuse = (letter: string, message: string, value?: string): Flag => ({
  letter,
  ...(value === undefined ? {} : { value }),
  meaning: { kind: 'refused', message },
});

const oneDataModel = 'programs are always compiled for the 64-bit kernel: leave it out';
const noAnonymousTracing = 'there is no anonymous tracing (at boot) on Linux: start dtrace from a service instead';

/** Every flag, in the order of the usage text. */
export const flags: readonly Flag[] = [
  program('-n', 'NAME', 'trace the probes of this description, or list them'),
  {
    letter: 's',
    value: 'FILE',
    meaning: { kind: 'program', origin: 'script' },
    about: 'run the D script in this file',
  },
  program('-P', 'PROVIDER', 'trace or list the probes of this provider'),
  program('-m', 'MODULE', 'trace or list the probes of this module: [PROVIDER:]MODULE'),
  program('-f', 'FUNCTION', 'trace or list the probes of this function: [[PROVIDER:]MODULE:]FUNCTION'),
  program('-i', 'ID', 'trace or list the probe with this number'),
  {
    letter: 'c',
    value: 'COMMAND',
    meaning: { kind: 'target', target: 'command' },
    about: 'run this command, trace until it ends; $target is its process id',
  },
  {
    letter: 'p',
    value: 'PID',
    meaning: { kind: 'target', target: 'process' },
    about: 'trace until this process ends; $target is its id',
  },
  option('q', 'quiet', 'print what the program prints and nothing else'),
  { letter: 'o', value: 'FILE', meaning: { kind: 'output' }, about: 'append the output to this file' },
  { letter: 'x', value: 'NAME[=VALUE]', meaning: { kind: 'setting' }, about: 'set an option' },
  turn('l', 'list', 'list the probes instead of tracing them'),
  turn('e', 'compileOnly', 'compile the programs and end'),
  turn('S', 'disassemble', 'print what the programs are compiled to'),
  turn('v', 'verbose', 'say more: with -l the arguments of probes, otherwise what is enabled'),
  option('w', 'destructive', 'allow destructive actions'),
  option('Z', 'zdefs', 'accept descriptions that match no probe'),
  option('b', 'bufsize', 'size of the principal buffers, as 64k or 4m', 'SIZE'),
  option('F', 'flowindent', 'indent by entries and returns'),
  option('D', 'define', 'define a macro for the preprocessor, accepted without effect', 'NAME[=VALUE]'),
  option('U', 'undef', 'undefine a macro for the preprocessor, accepted without effect', 'NAME'),
  option('I', 'incdir', 'look for headers in this folder, accepted without effect', 'FOLDER'),
  option('X', 'stdc', 'how strictly the preprocessor follows ISO C: a, c, s or t, accepted without effect', 'MODE'),
  option('L', 'libdir', 'look for D libraries in this folder too', 'FOLDER'),
  turn('V', 'version', 'print the version'),
  refuse(
    'C',
    '-C is not available yet: preprocess the script first, as in `cpp -x c -undef script.d | dtrace -s /dev/stdin`',
  ),
  refuse('H', '-H is not available yet: it goes with -C'),
  refuse('3', `-32 is not available: ${oneDataModel}`, '2'),
  refuse('6', `-64 is not available: ${oneDataModel}`, '4'),
  refuse('a', `-a is not available: ${noAnonymousTracing}`),
  refuse('A', `-A is not available: ${noAnonymousTracing}`),
  refuse('G', '-G is not available: programs with static probes need no object file made by dtrace on Linux'),
  refuse('h', '-h is not available: it makes headers for static probes; for help use --help'),
];

const byLetter: ReadonlyMap<string, Flag> = new Map(flags.map((flag) => [flag.letter, flag]));

/** The flag of a letter. */
export const findFlag = (letter: string): Flag | undefined => byLetter.get(letter);

/** What `--WORD` can be, and what it does. */
export const longFlags = {
  help: 'print this text',
  version: 'print the version',
  doctor: 'show what works on this machine, and how to get what does not',
  json: 'with --doctor: as JSON',
} as const;

/** The name of a long flag. */
export type LongFlag = keyof typeof longFlags;
