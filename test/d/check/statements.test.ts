import { describe, expect, it } from 'vitest';
import { checkText, checkTexts, diagnosticOf, lastStatements, marked, withoutSpans } from './support.js';

const body = (text: string) => lastStatements(checkText(`BEGIN { ${text} }`));

describe('aggregations', () => {
  it.each([
    ['@ = count()', { name: '', function: 'count', keys: [], signed: false }],
    ['@a = sum(1)', { name: 'a', function: 'sum', keys: [], signed: true }],
    ['@a[pid] = min(arg0)', { function: 'min', keys: [{ kind: 'integer', size: 4, signed: true }] }],
    [
      '@a["ab", uid] = max(pid)',
      {
        keys: [
          { kind: 'string', bound: 3 },
          { kind: 'integer', size: 4, signed: false },
        ],
      },
    ],
    ['@a[(char *)arg0] = avg(pid)', { keys: [{ kind: 'integer', size: 8, signed: false }] }],
    ['@a[execname] = quantize(arg0)', { function: 'quantize', keys: [{ kind: 'string', bound: 16 }] }],
  ])('%s', (text, expected) => {
    expect(checkText(`BEGIN { ${text}; }`).aggregations[0]).toMatchObject(expected);
  });

  it('aggregate values as int64_t', () => {
    expect(body('@ = sum(uid);')).toMatchObject([{ argument: { kind: 'convert', type: { name: 'int64_t' } } }]);
    expect(body('@ = max((char *)arg0);')).toMatchObject([
      { argument: { kind: 'convert', type: { name: 'int64_t' } } },
    ]);
    expect(body('@ = count();')).toMatchObject([{ argument: undefined }]);
  });

  it('have keys as wide as the widest use, and every use converts to them', () => {
    const program = checkTexts(['BEGIN { @a[1, "x"] = count(); }', 'END { @a[timestamp, execname] = count(); }']);
    expect(program.aggregations).toMatchObject([
      {
        keys: [
          { size: 8, signed: false },
          { kind: 'string', bound: 16 },
        ],
      },
    ]);
    expect(program.clauses[0]?.statements).toMatchObject([
      {
        keys: [
          { kind: 'constant', type: { size: 8, signed: false } },
          { kind: 'string', type: { bound: 2 } },
        ],
      },
    ]);
    expect(program.clauses[0]?.statements[0]).toHaveProperty('aggregation', program.aggregations[0]);
  });

  it('share one object between the statements that use one', () => {
    const [feed, print, clear] = body('@a = count(); printa(@a); clear(@a);');
    expect(feed?.kind === 'aggregate' && print?.kind === 'printa' && feed.aggregation === print.aggregations[0]).toBe(
      true,
    );
    expect(feed?.kind === 'aggregate' && clear?.kind === 'clear' && feed.aggregation === clear.aggregation).toBe(true);
  });

  it('redefined show both definitions', () => {
    const diagnostic = diagnosticOf(() => checkText('BEGIN { @a = count(); }\nEND { @a = sum(1); }'));
    expect(diagnostic).toMatchObject({
      tag: 'D_AGG_REDEF',
      details: [
        { label: 'current', text: '@a = sum( )' },
        { label: 'previous', text: '@a = count( ) : line 1' },
      ],
    });
  });
});

describe('actions', () => {
  it.each([
    ['trace(pid);', { kind: 'trace', value: { kind: 'builtin' } }],
    ['trace("a");', { kind: 'trace', value: { kind: 'string' } }],
    ['exit(1l);', { kind: 'exit', status: { kind: 'constant', value: 1n, type: { name: 'int' } } }],
    ['printf("hello");', { kind: 'printf', format: 'hello', values: [] }],
    ['printf("%d %s", pid, execname);', { values: [{ variable: 'pid' }, { variable: 'execname' }] }],
    ['printf("%*d", 3, pid);', { values: [{ value: 3n }, { variable: 'pid' }] }],
    ['@a[1] = count(); printa("%d %@u\\n", @a);', { kind: 'printa', format: '%d %@u\n' }],
    [
      '@a[1] = count(); @b[2l] = sum(1); printa("%d %@u %@d\\n", @a, @b);',
      { aggregations: [{ name: 'a' }, { name: 'b' }] },
    ],
    ['(void)pid;', { kind: 'evaluate', expression: { kind: 'builtin' } }],
    ['pid;', { kind: 'evaluate', expression: { kind: 'builtin' } }],
  ])('%s', (text, expected) => {
    expect(body(text).at(-1)).toMatchObject(expected);
  });

  it('point at the argument that is wrong', () => {
    expect(marked(diagnosticOf(() => body('printf("%d %d", pid, execname);')))).toBe('execname');
    expect(marked(diagnosticOf(() => body('printf("%q", pid);')))).toBe('"%q"');
    expect(marked(diagnosticOf(() => body('@a = max("x");')))).toBe('"x"');
  });

  it.each(['printa(@a[1]);', 'clear(@a[1]);'])('%s is refused: the keys would be ignored', (text) => {
    expect(diagnosticOf(() => body(`@a[1] = count(); ${text}`)).tag).toBe('D_SYNTAX');
  });

  it.each(['breakpoint()', 'ustack()', 'system("ls")', 'tracemem(arg0, 8)'])(
    '%s is named as one that is to come',
    (call) => {
      const { tag, message } = diagnosticOf(() => body(`${call};`));
      expect(tag).toBe('D_UNSUPPORTED');
      expect(message).toBe(`action ${call.slice(0, call.indexOf('('))}( ) is not available yet`);
    },
  );
});

describe('strings', () => {
  it('are compared with what a char pointer points to', () => {
    expect(body('trace(execname == (char *)arg0);')).toMatchObject([
      { value: { kind: 'comparison', right: { kind: 'load-string', space: 'kernel' } } },
    ]);
  });

  it('are read from the process by copyinstr and from the kernel by stringof', () => {
    expect(body('trace(copyinstr(arg0)); trace(stringof(arg0));')).toMatchObject([
      { value: { kind: 'load-string', space: 'user', address: { type: { space: 'user' } } } },
      { value: { kind: 'load-string', space: 'kernel', address: { type: { space: 'kernel' } } } },
    ]);
  });

  it('are assigned from char pointers', () => {
    expect(body('x = "a"; x = (char *)arg0;').at(-1)).toMatchObject({
      expression: { kind: 'assign', value: { kind: 'load-string', type: { bound: 256 } } },
    });
  });

  it('chosen by ?: have the larger bound', () => {
    expect(withoutSpans(body('trace(pid ? "a" : "bcd");'))).toMatchObject([{ value: { type: { bound: 4 } } }]);
  });

  it('of DTrace are no longer than strsize', () => {
    const [statement] = lastStatements(checkText('BEGIN { trace(execname); }', { stringSize: 8 }));
    expect(statement).toMatchObject({ value: { type: { bound: 8 } } });
  });
});

describe('pointers', () => {
  it('are followed where they point', () => {
    expect(body('trace(**(int **)arg0);')).toMatchObject([
      { value: { kind: 'load', type: { name: 'int' }, address: { kind: 'load', type: { kind: 'pointer' } } } },
    ]);
  });

  it('are indexed by whole elements, and & gives the address back', () => {
    const element = { kind: 'arithmetic', operation: 'add', right: { kind: 'constant', value: 24n } };
    expect(body('trace(((long *)arg0)[3]);')).toMatchObject([{ value: { kind: 'load', address: element } }]);
    expect(body('trace(&((long *)arg0)[3]);')).toMatchObject([{ value: element }]);
  });

  it('scale an index that is no constant', () => {
    expect(body('trace((int *)arg0 + pid);')).toMatchObject([
      { value: { right: { kind: 'convert', operand: { operation: 'mul', right: { value: 4n } } } } },
    ]);
  });
});
