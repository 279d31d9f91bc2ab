import { describe, expect, it } from 'vitest';
import type { CheckEnvironment } from '../../../src/d/check/environment.js';
import { check } from '../../../src/d/check/program.js';
import { parse } from '../../../src/d/syntax/parser.js';
import { checkText, checkTexts, diagnosticOf, environment, lastStatements, marked, script } from './support.js';

describe('clauses', () => {
  it('are numbered from 2, those of ERROR first', () => {
    const { clauses } = checkTexts([
      'BEGIN { } ERROR { } syscall::read:entry { }',
      'END, ERROR { } dtrace::: { } BEGIN { }',
    ]);
    expect(clauses.map(({ epid }) => epid)).toEqual([5, 2, 6, 3, 4, 7]);
  });

  it('without statements leave a record', () => {
    expect(checkText('BEGIN { } END { trace(1); } END { x = 1; }').clauses.map(({ records }) => records)).toEqual([
      true,
      false,
      false,
    ]);
  });

  it('must match a probe, which is seen before what they do, unless -Z', () => {
    const text = 'syscall::raed:entry { trace(nonsense); }';
    expect(diagnosticOf(() => checkText(text)).tag).toBe('D_PDESC_ZERO');
    expect(diagnosticOf(() => checkText(text, { allowZeroMatches: true })).tag).toBe('D_IDENT_UNDEF');
    expect(checkText('syscall::raed:entry { }', { allowZeroMatches: true }).clauses).toHaveLength(1);
  });

  it('name the description that matches nothing', () => {
    const diagnostic = diagnosticOf(() => checkText('BEGIN, syscall::raed:entry { }'));
    expect(marked(diagnostic)).toBe('syscall::raed:entry');
  });

  it('keep the predicate as it is, without a comparison with 0', () => {
    expect(checkText('BEGIN /pid/ { }').clauses[0]?.predicate).toMatchObject({ kind: 'builtin', variable: 'pid' });
  });
});

describe('programs', () => {
  it('give their options in order', () => {
    expect(checkText('#pragma D option quiet\n#pragma D option bufsize=4m\nBEGIN { }').options).toMatchObject([
      { name: 'quiet', value: undefined },
      { name: 'bufsize', value: '4m' },
    ]);
  });

  it.each(['provider syscall', 'module vmlinux'])('may depend on %s, which is there', (dependency) => {
    expect(() => checkText(`#pragma D depends_on ${dependency}\nBEGIN { }`)).not.toThrow();
  });

  it.each(['attributes Stable/Stable/Common x', 'binding 1.0 x'])('are told that %s is to come', (pragma) => {
    expect(diagnosticOf(() => checkText(`#pragma D ${pragma}\nBEGIN { }`)).tag).toBe('D_UNSUPPORTED');
  });

  it('need a clause unless the option empty is set', () => {
    expect(diagnosticOf(() => checkTexts(['BEGIN { }', 'int x;'])).tag).toBe('D_EMPTY');
    expect(checkText('int x;', { allowEmpty: true }).variables).toHaveLength(1);
  });
});

describe('macro variables', () => {
  const macros = (...values: readonly [string, bigint | string][]): Partial<CheckEnvironment> => ({
    macros: new Map(values),
  });
  const traced = (text: string, changes: Partial<CheckEnvironment>) => {
    const statement = lastStatements(checkText(`BEGIN { x = 5; trace(${text}); }`, changes)).at(-1);
    return statement?.kind === 'trace' ? statement.value : undefined;
  };

  it.each([
    ['$target', 'target', 1234n, { kind: 'constant', value: 1234n, type: { name: 'int' } }],
    ['$$target', 'target', 1234n, { kind: 'string', value: '1234' }],
    ['$uid', 'uid', 4294967295n, { kind: 'constant', value: 4294967295n, type: { name: 'long' } }],
    ['$1', '1', '42', { kind: 'constant', value: 42n }],
    ['$1', '1', '0x1fu', { kind: 'constant', value: 31n, type: { name: 'unsigned int' } }],
    ['$1', '1', '017', { kind: 'constant', value: 15n }],
    ['$1', '1', '-3', { kind: 'negate', operand: { kind: 'constant', value: 3n } }],
    ['$1', '1', 'x', { kind: 'read', place: { variable: { name: 'x' } } }],
    ['$1', '1', 'pid', { kind: 'builtin', variable: 'pid' }],
    ['$1', '1', '"a\\tb"', { kind: 'string', value: 'a\tb' }],
    ['$$1', '1', 'ls -l', { kind: 'string', value: 'ls -l' }],
    ['$$1', '1', '42', { kind: 'string', value: '42' }],
  ])('%s for %s=%s', (text, name, value, expected) => {
    expect(traced(text, macros([name, value]))).toMatchObject(expected);
  });

  it.each([
    ['the path of the script', 'script', 'string', '/tmp/a b.d'],
    ['dtrace elsewhere', '-n', 'string', 'dtrace'],
  ] as const)('$$$$0 is %s', (_, origin, kind, value) => {
    const sources = [{ name: '/tmp/a b.d', origin, text: 'BEGIN { trace($$0); }' }];
    const program = check(sources.map(parse), environment());
    expect(lastStatements(program)).toMatchObject([{ value: { kind, value } }]);
  });

  it('$$0 is the own path of each script', () => {
    const names = ['one.d', 'two.d'];
    const program = check(
      names.map((name) => parse(script('BEGIN { trace($$0); }', name))),
      environment(),
    );
    expect(program.clauses.map(({ statements }) => statements)).toMatchObject(
      names.map((value) => [{ kind: 'trace', value: { kind: 'string', value } }]),
    );
  });

  it('may be what an assignment assigns to, and a format string', () => {
    expect(checkText('BEGIN { $1 = 3; }', macros(['1', 'answer'])).variables).toMatchObject([{ name: 'answer' }]);
    expect(lastStatements(checkText('BEGIN { printf($$1, pid); }', macros(['1', '%d'])))).toMatchObject([
      { format: '%d' },
    ]);
  });

  it('are replaced in probe descriptions', () => {
    const program = checkText(
      'syscall::$1:entry, profile:::tick-$2s { trace(pid); }',
      macros(['1', 'read'], ['2', '1']),
    );
    expect(program.clauses[0]?.probes).toMatchObject([{ function: 'read' }, { name: 'tick-1s' }]);
  });

  it('that are numbered must all be used, by some program', () => {
    const both = macros(['1', 'a'], ['2', 'b'], ['target', 1n]);
    expect(() => checkTexts(['BEGIN { trace($$1); }', 'END { trace($$2); }'], both)).not.toThrow();
    expect(diagnosticOf(() => checkText('BEGIN { trace($$2); }', both)).tag).toBe('D_MACRO_UNUSED');
    expect(() => checkText('BEGIN { }', { ...both, defaultArguments: true })).not.toThrow();
  });

  it('that are numbered and missing are 0 and "" with defaultargs', () => {
    expect(traced('$1', { defaultArguments: true })).toMatchObject({ kind: 'constant', value: 0n });
    expect(traced('$$1', { defaultArguments: true })).toMatchObject({ kind: 'string', value: '' });
  });

  it('that are bad octal integers are refused', () => {
    expect(diagnosticOf(() => traced('$1', macros(['1', '09']))).tag).toBe('D_INT_DIGIT');
  });
});

describe('the environment', () => {
  it('is asked once for each description', () => {
    const asked: string[] = [];
    const { matchProbes } = environment();
    checkText('BEGIN, syscall::read: /pid/ { } END { }', {
      matchProbes: (description) => {
        asked.push(description.text);
        return matchProbes(description);
      },
    });
    expect(asked).toEqual(['BEGIN', 'syscall::read:', 'END']);
  });
});
