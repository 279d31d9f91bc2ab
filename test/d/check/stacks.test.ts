import { describe, expect, it } from 'vitest';
import type { CookedExpression } from '../../../src/d/cooked.js';
import { checkText, cookValue, diagnosticOf, lastStatements, marked } from './support.js';

const frames = ({ type }: CookedExpression): number | undefined => (type.kind === 'stack' ? type.frames : undefined);

describe('stack()', () => {
  it.each([
    ['stack()', {}, 20],
    ['stack(3)', {}, 3],
    ['stack(1 + 1)', {}, 2],
    ['stack()', { stackFrames: 7 }, 7],
    ['stack(9)', { stackFrames: 7 }, 9],
    ['stack(1000)', {}, 127],
    ['stack()', { stackFrames: 50, maximumFrames: 10 }, 10],
    ['stack(0xffffffffffffffff)', { maximumFrames: 10 }, 10],
  ])('%s with the options %o has %i frames', (text, options, expected) => {
    const [statement] = lastStatements(checkText(`BEGIN { ${text}; }`, options));
    expect(statement?.kind === 'trace' ? frames(statement.value) : statement).toBe(expected);
  });

  it('is the same as a statement and as an argument of trace()', () => {
    expect(cookValue('stack(4)')).toMatchObject({ kind: 'stack', type: { kind: 'stack', frames: 4 } });
  });

  it.each(['stack(0)', 'stack(-1)', 'stack(x)', 'stack("3")', 'stack(stack())', 'stack(exit(0))'])(
    '%s is refused at its size',
    (call) => {
      const diagnostic = diagnosticOf(() => checkText(`int x; BEGIN { ${call}; }`));
      expect(diagnostic.tag).toBe('D_STACK_SIZE');
      expect(marked(diagnostic)).toBe(call.slice('stack('.length, -1));
    },
  );

  it.each([
    ['stack(1, 2)', 'D_PROTO_LEN'],
    ['x = stack()', 'D_OP_INCOMPAT'],
    ['a[stack()] = 1', 'D_KEY_TYPE'],
    ['x = stack() + 1', 'D_OP_INCOMPAT'],
    ['x = stack() == stack()', 'D_OP_INCOMPAT'],
    ['x = (int)stack()', 'D_CAST_INVAL'],
    ['x = !stack()', 'D_OP_SCALAR'],
    ['x = *stack()', 'D_DEREF_NONPTR'],
    ['x = stringof(stack())', 'D_STRINGOF_TYPE'],
    ['@ = sum(stack())', 'D_AGG_SCALAR'],
    ['exit(stack())', 'D_PROTO_ARG'],
    ['printf("%d", stack())', 'D_PRINTF_ARG_TYPE'],
    ['printf("%k", 1)', 'D_PRINTF_ARG_TYPE'],
  ])('%s is refused with %s', (text, tag) => {
    expect(diagnosticOf(() => checkText(`BEGIN { ${text}; }`)).tag).toBe(tag);
  });

  it('may be printed by %k, traced, measured by sizeof', () => {
    const text = 'printf("%k", stack(2)); trace(stack(2)); printf("%d", sizeof (stack(2)));';
    expect(lastStatements(checkText(`BEGIN { ${text} }`)).map(({ kind }) => kind)).toEqual([
      'printf',
      'trace',
      'printf',
    ]);
  });
});

describe('stack() as a key', () => {
  const keysOf = (text: string) => checkText(text).aggregations.map(({ keys }) => keys);

  it('has the frames of the largest use', () => {
    expect(keysOf('BEGIN { @[stack(2)] = count(); } END { @[stack(5)] = count(); }')).toEqual([
      [{ kind: 'stack', frames: 5 }],
    ]);
  });

  it('stands beside other keys', () => {
    expect(keysOf('BEGIN { @[probename, stack(2), pid] = count(); }')[0]?.map(({ kind }) => kind)).toEqual([
      'string',
      'stack',
      'integer',
    ]);
  });

  it.each(['@[stack()] = count(); @[1] = count();', '@[1] = count(); @[stack()] = count();'])(
    'is of another type than a number: %s',
    (text) => {
      expect(diagnosticOf(() => checkText(`BEGIN { ${text} }`)).tag).toBe('D_PROTO_ARG');
    },
  );

  it('goes with stacks of other aggregations in one printa(), not with numbers', () => {
    const join = (key: string) => `BEGIN { @a[stack(2)] = count(); @b[${key}] = count(); printa(@a, @b); }`;
    expect(() => checkText(join('stack(3)'))).not.toThrow();
    expect(diagnosticOf(() => checkText(join('pid'))).tag).toBe('D_PRINTA_AGGPROTO');
  });
});

describe('the variables of the stack', () => {
  it('are numbers', () => {
    expect(cookValue('caller').type).toMatchObject({ kind: 'integer', name: 'uintptr_t' });
    expect(cookValue('stackdepth').type).toMatchObject({ kind: 'integer', name: 'unsigned int' });
  });
});
