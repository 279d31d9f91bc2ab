import { describe, expect, it } from 'vitest';
import { ArgumentError, type DtraceArguments, parseArguments } from '../../src/cli/arguments/arguments.js';
import { flags } from '../../src/cli/arguments/flags.js';
import { renderArgumentError, usageText } from '../../src/cli/arguments/usage.js';

const nothing: DtraceArguments = {
  programs: [],
  settings: [],
  macroArguments: [],
  targets: [],
  output: undefined,
  list: false,
  compileOnly: false,
  disassemble: false,
  verbose: false,
  version: false,
  help: false,
  doctor: false,
  json: false,
};

const script = (path: string) => ({ origin: 'script', path }) as const;
const named = (text: string) => ({ origin: '-n', text }) as const;
const option = (flag: string, name: string, value?: string) => ({ name, value, flag });

/** A program, so that flags can be read at all. */
const any = ['-n', 'BEGIN{exit(0)}'] as const;
const withAny = (rest: Partial<DtraceArguments>): Partial<DtraceArguments> => ({ programs: [named(any[1])], ...rest });

type Row = readonly [what: string, argv: readonly string[], expected: Partial<DtraceArguments>];

const rows: readonly Row[] = [
  ['-n takes D text', ['-n', 'BEGIN{}'], { programs: [named('BEGIN{}')] }],
  ['-n takes D text in its own word', ['-nBEGIN{}'], { programs: [named('BEGIN{}')] }],
  ['-s takes a script', ['-s', 'a.d'], { programs: [script('a.d')] }],
  ['-s takes a script in its own word', ['-sa.d'], { programs: [script('a.d')] }],
  ['-P takes a provider', ['-P', 'syscall'], { programs: [{ origin: '-P', text: 'syscall' }] }],
  ['-m takes a module', ['-m', 'vmlinux'], { programs: [{ origin: '-m', text: 'vmlinux' }] }],
  ['-f takes a function', ['-f', 'read'], { programs: [{ origin: '-f', text: 'read' }] }],
  ['-i takes a probe number', ['-i', '4'], { programs: [{ origin: '-i', text: '4' }] }],
  [
    'programs keep their order',
    ['-s', 'a.d', '-n', 'BEGIN', '-s', 'b.d', '-P', 'profile'],
    { programs: [script('a.d'), named('BEGIN'), script('b.d'), { origin: '-P', text: 'profile' }] },
  ],

  ['an action may be the next word', ['-n', 'BEGIN', '{ exit(0); }'], { programs: [named('BEGIN { exit(0); }')] }],
  [
    'predicate and action may be the next word',
    ['-n', 'syscall:::entry', '/pid == 1/ { @ = count(); }'],
    { programs: [named('syscall:::entry /pid == 1/ { @ = count(); }')] },
  ],
  [
    'predicate and action may be two words',
    ['-f', 'read', '/pid == 1/', '{ @ = count(); }'],
    { programs: [{ origin: '-f', text: 'read /pid == 1/ { @ = count(); }' }] },
  ],
  [
    'a predicate may stand alone',
    ['-P', 'syscall', '/pid == 1/'],
    { programs: [{ origin: '-P', text: 'syscall /pid == 1/' }] },
  ],
  [
    'an action may follow a predicate in the value',
    ['-m', 'vmlinux /pid == 1/', '{ @ = count(); }'],
    { programs: [{ origin: '-m', text: 'vmlinux /pid == 1/ { @ = count(); }' }] },
  ],
  ['a clause may follow -i', ['-i', '1', '{trace(1)}'], { programs: [{ origin: '-i', text: '1 {trace(1)}' }] }],
  [
    'a clause may follow a value in one word with its flag',
    ['-nBEGIN', '{trace(1)}'],
    { programs: [named('BEGIN {trace(1)}')] },
  ],
  [
    'after an action comes a macro argument',
    ['-n', 'BEGIN{trace($$1)}', '{1}'],
    { programs: [named('BEGIN{trace($$1)}')], macroArguments: ['{1}'] },
  ],
  [
    'a path after a description is a macro argument',
    ['-n', 'BEGIN', '/etc/passwd'],
    { programs: [named('BEGIN')], macroArguments: ['/etc/passwd'] },
  ],
  [
    'a script has no clause in the next word',
    ['-s', 'a.d', '{x}'],
    { programs: [script('a.d')], macroArguments: ['{x}'] },
  ],

  ['-qs bundles', ['-qs', 'a.d'], { programs: [script('a.d')], settings: [option('-q', 'quiet')] }],
  [
    '-wqs bundles',
    ['-wqs', 'a.d'],
    { programs: [script('a.d')], settings: [option('-w', 'destructive'), option('-q', 'quiet')] },
  ],
  ['-qsFILE bundles with its value', ['-qsa.d'], { programs: [script('a.d')], settings: [option('-q', 'quiet')] }],
  [
    '-eZn bundles',
    ['-eZn', 'x:::'],
    { programs: [named('x:::')], compileOnly: true, settings: [option('-Z', 'zdefs')] },
  ],

  [
    'left-over words are macro arguments',
    ['-s', 'a.d', '1', 'two', '3'],
    { programs: [script('a.d')], macroArguments: ['1', 'two', '3'] },
  ],
  [
    'flags may follow operands',
    ['1', '-s', 'a.d', '2', '-q', '3'],
    { programs: [script('a.d')], macroArguments: ['1', '2', '3'], settings: [option('-q', 'quiet')] },
  ],
  [
    'after -- all words are macro arguments',
    ['-s', 'a.d', '--', '-1', '-q', '--'],
    { programs: [script('a.d')], macroArguments: ['-1', '-q', '--'] },
  ],
  ['a lone dash is a macro argument', ['-s', 'a.d', '-'], { programs: [script('a.d')], macroArguments: ['-'] }],
  ['an empty word is a macro argument', ['-s', 'a.d', ''], { programs: [script('a.d')], macroArguments: [''] }],

  [
    'an interpreter line with one word of flags',
    ['-qs', '/usr/bin/script.d', 'a'],
    { programs: [script('/usr/bin/script.d')], settings: [option('-q', 'quiet')], macroArguments: ['a'] },
  ],
  [
    'an interpreter line with several words of flags, which Linux hands over as one',
    ['-x strsize=1k -q -s', './script.d', 'a'],
    {
      programs: [script('./script.d')],
      settings: [{ name: 'strsize', value: '1k', flag: undefined }, option('-q', 'quiet')],
      macroArguments: ['a'],
    },
  ],

  [
    '-x names an option',
    [...any, '-x', 'quiet'],
    withAny({ settings: [{ name: 'quiet', value: undefined, flag: undefined }] }),
  ],
  [
    '-x gives an option its value, which may hold =',
    [...any, '-xdefine=A=1'],
    withAny({ settings: [{ name: 'define', value: 'A=1', flag: undefined }] }),
  ],
  ['-b', [...any, '-b', '4m'], withAny({ settings: [option('-b', 'bufsize', '4m')] })],
  ['-q', [...any, '-q'], withAny({ settings: [option('-q', 'quiet')] })],
  ['-w', [...any, '-w'], withAny({ settings: [option('-w', 'destructive')] })],
  ['-Z', [...any, '-Z'], withAny({ settings: [option('-Z', 'zdefs')] })],
  ['-F', [...any, '-F'], withAny({ settings: [option('-F', 'flowindent')] })],
  ['-D', [...any, '-D', 'A=1'], withAny({ settings: [option('-D', 'define', 'A=1')] })],
  ['-U', [...any, '-UA'], withAny({ settings: [option('-U', 'undef', 'A')] })],
  ['-I', [...any, '-I', '/usr/include'], withAny({ settings: [option('-I', 'incdir', '/usr/include')] })],
  ['-X', [...any, '-Xs'], withAny({ settings: [option('-X', 'stdc', 's')] })],
  ['-L', [...any, '-L', 'lib'], withAny({ settings: [option('-L', 'libdir', 'lib')] })],
  [
    'settings keep their order',
    [...any, '-q', '-x', 'quiet=no', '-b1k'],
    withAny({
      settings: [option('-q', 'quiet'), { name: 'quiet', value: 'no', flag: undefined }, option('-b', 'bufsize', '1k')],
    }),
  ],

  ['-c', [...any, '-c', 'ls -l'], withAny({ targets: [{ kind: 'command', command: 'ls -l' }] })],
  ['-p', [...any, '-p', '12'], withAny({ targets: [{ kind: 'process', pid: 12 }] })],
  [
    '-p and -c repeat, in order',
    [...any, '-p', '12', '-c', 'ls', '-p7'],
    withAny({
      targets: [
        { kind: 'process', pid: 12 },
        { kind: 'command', command: 'ls' },
        { kind: 'process', pid: 7 },
      ],
    }),
  ],
  ['-o: the last one counts', [...any, '-o', 'a', '-ob'], withAny({ output: 'b' })],
  ['-e', [...any, '-e'], withAny({ compileOnly: true })],
  ['-S', [...any, '-S'], withAny({ disassemble: true })],
  ['-v', [...any, '-v'], withAny({ verbose: true })],
  ['-l alone lists everything', ['-l'], { list: true }],
  ['-l with a description', ['-ln', 'BEGIN'], { list: true, programs: [named('BEGIN')] }],
  ['-V', ['-V'], { version: true }],
  ['--version', ['--version'], { version: true }],
  ['--help', ['--help'], { help: true }],
  ['--doctor', ['--doctor'], { doctor: true }],
  ['--doctor --json', ['--doctor', '--json'], { doctor: true, json: true }],
];

const refusals: readonly (readonly [argv: readonly string[], status: 1 | 2, message: RegExp])[] = [
  [[], 2, /^no probes specified/],
  [['-q'], 2, /^no probes specified/],
  [['-c', 'ls'], 2, /^no probes specified/],
  [['-n'], 2, /^option requires an argument -- 'n'$/],
  [['-qs'], 2, /^option requires an argument -- 's'$/],
  [[...any, '-k'], 2, /^invalid option -- 'k'$/],
  [[...any, '-qk'], 2, /^invalid option -- 'k'$/],
  [[...any, '--nonsense'], 2, /^unknown option --nonsense$/],
  [[...any, '--json'], 2, /^--json goes with --doctor$/],
  [['-lV'], 2, /^only one of the \[-lV\] options can be specified at a time$/],
  [[...any, '-p', 'x'], 1, /^invalid pid: x$/],
  [[...any, '-p', '-1'], 1, /^invalid pid: -1$/],
  [[...any, '-p', '0'], 1, /^invalid pid: 0$/],
  [[...any, '-p', '1e3'], 1, /^invalid pid: 1e3$/],
  [[...any, '-32'], 1, /^-32 is not available: /],
  [[...any, '-64'], 1, /^-64 is not available: /],
  [[...any, '-33'], 2, /^invalid option -- '33'$/],
  [[...any, '-a'], 1, /^-a is not available: /],
  [[...any, '-A'], 1, /^-A is not available: /],
  [['-G', '-s', 'a.d'], 1, /^-G is not available: /],
  [['-h', '-s', 'a.d'], 1, /^-h is not available: .*--help$/],
  [['-Cs', 'a.d'], 1, /^-C is not available yet: /],
  [[...any, '-H'], 1, /^-H is not available yet: /],
];

const failureOf = (argv: readonly string[]): ArgumentError => {
  try {
    parseArguments(argv);
  } catch (error) {
    if (error instanceof ArgumentError) return error;
    throw error;
  }
  throw new Error(`${argv.join(' ')} is accepted`);
};

describe('the command line', () => {
  it.each(rows)('%s', (_, argv, expected) => {
    expect(parseArguments(argv)).toEqual({ ...nothing, ...expected });
  });

  it.each(refusals)('%j is refused with status %i', (argv, status, message) => {
    const error = failureOf(argv);
    expect(error.message).toMatch(message);
    expect(error.exitStatus).toBe(status);
  });

  it('has a row of these tables for every flag', () => {
    const words = [...rows.map(([, argv]) => argv), ...refusals.map(([argv]) => argv)].flat();
    const bundled = words.filter((word) => /^-\w{1,3}$/.test(word)).join('');
    expect(flags.map(({ letter }) => letter).filter((letter) => !bundled.includes(letter))).toEqual([]);
  });

  it('has every flag of dtrace(1), once', () => {
    const wanted = [...'bcCDefFGhHiIlLmnopPqsSUvVwxXZ36aA'];
    expect(flags.map(({ letter }) => letter).sort()).toEqual(wanted.sort());
  });

  it('does not change the words that it is given', () => {
    const argv = Object.freeze(['-n', 'BEGIN', '{ exit(0); }', '1']);
    expect(parseArguments(argv).macroArguments).toEqual(['1']);
  });
});

describe('the usage text', () => {
  it('explains every flag that works, a line each', () => {
    for (const { letter, about } of flags) {
      const line = usageText()
        .split('\n')
        .find((text) => text.startsWith(`  -${letter} `));
      if (about === undefined) expect(line).toBeUndefined();
      else expect(line).toContain(about);
    }
  });

  it('comes with usage errors and not with others', () => {
    expect(renderArgumentError(failureOf(['-n']))).toMatch(/^dtrace: option requires.*\nusage: dtrace /);
    expect(renderArgumentError(failureOf([...any, '-p', 'x']))).toBe('dtrace: invalid pid: x\n');
  });
});
