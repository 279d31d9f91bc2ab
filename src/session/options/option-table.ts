/**
 * Every option of dtrace, once: `-x name[=value]`, `#pragma D option name[=value]`, DTRACE_OPT_NAME in the environment,
 * and for those of the phase `dynamic` setopt(). Names, kinds and defaults are those of the Dynamic Tracing Guide and
 * of DTrace for Linux 2.0.
 */

/** When an option takes effect: at compilation, at the start of tracing, or at any time while tracing. */
export type OptionPhase = 'compile' | 'run' | 'dynamic';

/** What an option's value is and how it is written (`option-value.ts` reads it). */
export type OptionKind =
  /** Set by its name alone; takes no value. */
  | { readonly kind: 'flag' }
  /** Set by its name alone, by yes, on, true … or a number; unset by no, off, false … or an empty value. */
  | { readonly kind: 'switch' }
  | { readonly kind: 'integer'; readonly minimum: number; readonly maximum: number }
  /** Bytes, with a suffix k, m, g or t; `unlimited` where that is allowed. */
  | { readonly kind: 'size'; readonly minimum: number; readonly maximum: number; readonly unlimited?: boolean }
  /** Nanoseconds between two times: a number with hz, or with ns, us, ms, s, m, h, d; alone nanoseconds. */
  | { readonly kind: 'rate' }
  | { readonly kind: 'choice'; readonly choices: readonly string[] }
  | { readonly kind: 'text' }
  /** Each setting adds one. */
  | { readonly kind: 'list' };

/** One option. */
export interface OptionRow<Value> {
  readonly phase: OptionPhase;
  readonly value: OptionKind;
  readonly default: Value;
  /** What it means here. */
  readonly about: string;
  /** Not as a pragma: it must be known before the program is read. */
  readonly outsideOnly?: true;
}

const kilobyte = 1024;
const megabyte = 1024 * kilobyte;
const second = 1_000_000_000;
/** Sizes and integers end where JavaScript's exact integers do. */
const most = Number.MAX_SAFE_INTEGER;

const flag = (about: string): OptionRow<boolean> => ({
  phase: 'compile',
  value: { kind: 'flag' },
  default: false,
  about,
});

const toggle = (phase: OptionPhase, about: string): OptionRow<boolean> => ({
  ...{ phase, value: { kind: 'switch' }, default: false, about },
});

const integer = <Default extends number | undefined>(
  phase: OptionPhase,
  initial: Default,
  about: string,
  [minimum, maximum]: readonly [number, number] = [0, most],
): OptionRow<number | Default> => ({ phase, value: { kind: 'integer', minimum, maximum }, default: initial, about });

const size = (
  phase: OptionPhase,
  initial: number,
  about: string,
  [minimum, maximum]: readonly [number, number] = [0, most],
): OptionRow<number> => ({ phase, value: { kind: 'size', minimum, maximum }, default: initial, about });

const rate = (phase: OptionPhase, initial: number, about: string): OptionRow<number> => ({
  ...{ phase, value: { kind: 'rate' }, default: initial, about },
});

const choice = <Choice extends string>(
  phase: OptionPhase,
  choices: readonly [Choice, ...Choice[]],
  about: string,
): OptionRow<Choice> => ({ phase, value: { kind: 'choice', choices }, default: choices[0], about });

const text = (about: string): OptionRow<string | undefined> => ({
  ...{ phase: 'compile', value: { kind: 'text' }, default: undefined, about },
});

const list = (about: string): OptionRow<readonly string[]> => ({
  ...{ phase: 'compile', value: { kind: 'list' }, default: [], about },
});

const outside = <Value>(row: OptionRow<Value>): OptionRow<Value> => ({ ...row, outsideOnly: true });

/** The options by name. The first of the choices is the default. */
export const optionTable = {
  aggpercpu: flag('print aggregations for each CPU too'),
  amin: text('the least stability attributes that the program may depend on'),
  argref: flag('do not require that all macro arguments are used'),
  core: flag('accepted without effect: dump core at the end'),
  cpp: flag('run the C preprocessor over programs (-C)'),
  cppargs: outside(list('arguments for the C preprocessor')),
  cpphdrs: outside(flag('have the C preprocessor list the headers that it reads (-H)')),
  cpppath: outside(text('the C preprocessor to run')),
  ctfpath: outside(text('accepted without effect: types come from the BTF of the kernel')),
  ctypes: text('the file that the C type definitions are written to at the end'),
  debug: flag('write what the compiler and the session do to standard error'),
  debugassert: text('accepted without effect: extra assertions of libdtrace'),
  defaultargs: flag('a macro argument that is not given is 0 or the empty string'),
  define: outside(list('macros to define for the C preprocessor (-D)')),
  disasm: integer('compile', undefined, 'which stages -S prints, as a set of bits'),
  droptags: flag('put the kind of a drop before its message: [DTRACEDROP_PRINCIPAL]'),
  dtypes: text('the file that the D type definitions are written to at the end'),
  empty: flag('accept a program without clauses'),
  errtags: flag('put the tag of an error before its text: [D_SYNTAX]'),
  evaltime: choice('compile', ['preinit', 'exec', 'postinit', 'main'], 'when the process of -c is first traced'),
  incdir: outside(list('folders of headers for the C preprocessor (-I)')),
  iregs: integer('compile', undefined, 'accepted without effect: registers of DIF', [1, most]),
  knodefs: flag('do not resolve kernel symbols'),
  late: choice('compile', ['static', 'dynamic'], 'accepted without effect: when translators are resolved'),
  lazyload: flag('accepted without effect: probes of programs built with -G'),
  ldpath: outside(text('accepted without effect: the linker of -G')),
  libdir: list('folders of D libraries (-L)'),
  linkmode: choice('compile', ['kernel', 'dynamic', 'static'], 'how symbols are bound'),
  linknommap: flag('accepted without effect: how -G reads object files'),
  linktype: choice('compile', ['elf', 'dof'], 'what -G writes'),
  modpath: outside(text('accepted without effect: types come from the BTF of the kernel')),
  nolibs: flag('do not read the D libraries'),
  pgmax: integer('compile', 8, 'processes that are kept open for their symbols after use'),
  preallocate: size('compile', 0, 'accepted without effect: memory to set aside'),
  procfspath: outside(text('where procfs is mounted')),
  pspec: flag('take a clause without a name as a probe description'),
  stdc: outside(choice('compile', ['a', 'c', 's', 't'], 'how strictly the C preprocessor follows ISO C (-X)')),
  strip: flag('leave out what only -G needs'),
  syslibdir: text('the folder of the D libraries that come with dtrace'),
  sysslice: text('accepted without effect: the cgroup of system services'),
  tree: integer('compile', undefined, 'print the syntax tree of the passes that this set of bits names', [1, most]),
  tregs: integer('compile', undefined, 'accepted without effect: tuple registers of DIF', [1, most]),
  undef: outside(list('macros to undefine for the C preprocessor (-U)')),
  unodefs: flag('do not resolve symbols of processes'),
  useruid: integer('compile', undefined, 'the least user id of people rather than of services'),
  verbose: flag('report the stability attributes of programs (-v)'),
  version: text('the version of D that the program is written for'),
  zdefs: flag('accept probe descriptions that match nothing (-Z)'),

  aggsize: size('run', 4 * megabyte, 'bytes of aggregation data a CPU', [kilobyte, most]),
  bpflog: toggle('run', 'print the log of the kernel verifier even for programs that it accepts'),
  bpflogsize: size('run', 16 * megabyte, 'bytes of the log of the kernel verifier'),
  bufpolicy: choice('run', ['switch', 'fill', 'ring'], 'what becomes of a full principal buffer'),
  bufresize: choice('run', ['auto', 'manual'], 'whether buffers are made smaller when memory is short'),
  bufsize: size('run', 4 * megabyte, 'bytes of a principal buffer, of which each CPU has two (-b)', [kilobyte, most]),
  cleanrate: rate('run', Math.floor(second / 101), 'how often dynamic variables and speculations are cleaned'),
  cpu: integer('run', undefined, 'the only CPU to trace'),
  destructive: toggle('run', 'allow destructive actions (-w)'),
  dynvarsize: size('run', megabyte, 'bytes for thread-local variables and associative arrays'),
  grabanon: toggle('run', 'claim anonymous tracing, which Linux does not have (-a)'),
  jstackframes: integer('run', 50, 'frames of jstack()'),
  jstackstrsize: size('run', 512, 'bytes for the names in jstack()'),
  lockmem: {
    phase: 'run',
    value: { kind: 'size', minimum: 0, maximum: most, unlimited: true },
    default: Number.POSITIVE_INFINITY,
    about: 'bytes that may be locked in memory; needed before Linux 5.11 only',
  } satisfies OptionRow<number>,
  maxframes: integer('run', 127, 'frames of a stack at most', [1, 127]),
  noresolve: toggle('run', 'print addresses of processes as they are'),
  nspec: integer('run', 1, 'speculations at a time', [0, 1024]),
  pcapsize: size('run', 64, 'bytes of a packet that pcap() keeps'),
  scratchsize: size('run', 256, 'bytes of scratch memory of a clause'),
  specsize: size('run', 32 * kilobyte, 'bytes of a speculation'),
  stackframes: integer('run', 20, 'frames of stack()', [1, 127]),
  statusrate: rate('run', second, 'how often drops and errors are looked for'),
  strsize: size('run', 256, 'bytes of a string, the terminating NUL included', [7, megabyte]),
  ustackframes: integer('run', 100, 'frames of ustack()', [1, 127]),

  aggrate: rate('dynamic', second, 'how often aggregations are read'),
  aggsortkey: toggle('dynamic', 'sort aggregations by key'),
  aggsortkeypos: integer('dynamic', 0, 'the key to sort by first'),
  aggsortpos: integer('dynamic', 0, 'of several aggregations that printa() prints, the one to sort by first'),
  aggsortrev: toggle('dynamic', 'sort aggregations in reverse'),
  flowindent: toggle('dynamic', 'indent by entries and returns (-F)'),
  printsize: size('dynamic', 8 * kilobyte, 'bytes of a value that print() shows'),
  quiet: toggle('dynamic', 'print what the program prints and nothing else (-q)'),
  quietresize: toggle('dynamic', 'do not say that buffers were made smaller'),
  rawbytes: toggle('dynamic', 'print what trace() records as bytes'),
  stackindent: integer('dynamic', 14, 'blanks before the frames of a stack', [0, 1024]),
  switchrate: rate('dynamic', second, 'how often principal buffers are read'),
} as const;

/** The names of the options. */
export type OptionName = keyof typeof optionTable;

/** Names that set another option to false. */
export const optionOpposites: ReadonlyMap<string, OptionName> = new Map([
  ['kdefs', 'knodefs'],
  ['udefs', 'unodefs'],
]);

type ValueOf<Row> = Row extends OptionRow<infer Value> ? Value : never;

/** The value of every option: sizes in bytes, rates as nanoseconds between two times. */
export type Options = { readonly [Name in OptionName]: ValueOf<(typeof optionTable)[Name]> };

/** Whether there is an option of this name. */
export function isOptionName(name: string): name is OptionName {
  return Object.hasOwn(optionTable, name);
}

/** The row of an option, its value of any type. */
export function optionRow(name: OptionName): OptionRow<unknown> {
  return optionTable[name];
}
