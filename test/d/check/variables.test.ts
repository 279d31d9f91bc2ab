import { describe, expect, it } from 'vitest';
import { typeName } from '../../../src/d/dif/type.js';
import { checkText, checkTexts, diagnosticOf, lastStatements, marked, typeOf } from './support.js';

/** Name, scope, type and keys of the variables of a program, in a line each. */
function variables(...texts: readonly string[]): readonly string[] {
  return checkTexts(texts).variables.map(({ name, scope, type, keys }) => {
    const text = (of: typeof type): string =>
      of.kind === 'integer' ? `${of.signed ? 'i' : 'u'}${of.size * 8}` : typeName(of).replace(/[[\]]/g, '');
    return `${scope} ${name}: ${text(type)}${keys === undefined ? '' : `[${keys.map(text).join(', ')}]`}`;
  });
}

describe('variables', () => {
  it.each([
    ['x = 1', 'global x: i32'],
    ['x = 1ul', 'global x: u64'],
    ['x = (char)1', 'global x: i8'],
    ['x = pid', 'global x: i32'],
    ['x = timestamp', 'global x: u64'],
    ['x = "a"', 'global x: string256'],
    ['x = execname', 'global x: string256'],
    ['x = (int *)arg0', 'global x: u64'],
    ['x++', 'global x: i64'],
    ['self->x = 1', 'thread x: i32'],
    ['this->x = 1', 'clause x: i32'],
    ['x[1] = 2', 'global x: i32[i64]'],
    ['x[pid, "a", timestamp] = 2', 'global x: i32[i64, string256, u64]'],
    ['self->x[execname] = "v"', 'thread x: string256[string256]'],
    ['x[(uint8_t)1]++', 'global x: i64[u64]'],
    ['x = y = 2l', 'global y: i64', 'global x: i64'],
  ])('%s defines %s', (statement, ...expected) => {
    expect(variables(`BEGIN { ${statement}; }`)).toEqual(expected);
  });

  it.each([
    ['int x;', 'global x: i32'],
    ['self uint8_t x;', 'thread x: u8'],
    ['this string x;', 'clause x: string256'],
    ['char *x;', 'global x: u64'],
    ['uint64_t x[int, string];', 'global x: u64[i64, string256]'],
    ['self int x[char];', 'thread x: i32[i64]'],
    ['int x; int x;', 'global x: i32'],
  ])('the declaration %s defines %s', (declaration, expected) => {
    expect(variables(`${declaration} BEGIN { }`)).toEqual([expected]);
  });

  it('keep the type of their first assignment', () => {
    const [, statement] = lastStatements(checkText('BEGIN { x = 1; x = timestamp; }'));
    expect(statement).toMatchObject({
      expression: { kind: 'assign', type: { name: 'int' }, value: { kind: 'convert', type: { name: 'int' } } },
    });
  });

  it('of one name are three in three scopes', () => {
    expect(variables('BEGIN { x = 1; self->x = 1l; this->x = "a"; }')).toHaveLength(3);
  });

  it('are shared by programs, clause-local ones are not', () => {
    expect(
      variables('BEGIN { x = 1; this->x = 1; self->x = 1; }', 'END { trace(x); trace(self->x); this->x = "a"; }'),
    ).toEqual(['global x: i32', 'clause x: i32', 'thread x: i32', 'clause x: string256']);
    const undefinedLocal = () => checkTexts(['BEGIN { this->x = 1; }', 'END { trace(this->x); }']);
    expect(diagnosticOf(undefinedLocal).tag).toBe('D_VAR_UNDEF');
  });

  it('must be defined before they are used, by the text', () => {
    expect(diagnosticOf(() => checkText('BEGIN { trace(x); } END { x = 1; }')).tag).toBe('D_IDENT_UNDEF');
  });

  it('may be defined by the predicate for the statements and the other way round', () => {
    expect(() => checkText('BEGIN /x++/ { trace(x); }')).not.toThrow();
    expect(() => checkText('BEGIN /x == 0/ { x++; }')).not.toThrow();
    expect(diagnosticOf(() => checkText('BEGIN /x++ && y == 0/ { trace(x + y++); }')).tag).toBe('D_IDENT_UNDEF');
  });

  it('that are misspelt are named with the nearest one', () => {
    const diagnostic = diagnosticOf(() => checkText('BEGIN { self->start = 1; trace(self->satrt); }'));
    expect(diagnostic).toMatchObject({ tag: 'D_VAR_UNDEF', hint: 'did you mean self->start?' });
    expect(marked(diagnostic)).toBe('self->satrt');
  });

  it('convert keys to 64 bits, as DTrace compares them', () => {
    expect(lastStatements(checkText('BEGIN { x[1] = 1; trace(x[timestamp]); }')).at(-1)).toMatchObject({
      value: { place: { keys: [{ kind: 'convert', type: { kind: 'integer', size: 8, signed: true } }] } },
    });
  });

  it('that are pointers are indexed, not associative', () => {
    expect(typeOf('this->p[3]', 'this->p = (short *)arg0;')).toBe('short');
    expect(typeOf('a[1][2]', 'a[1] = (char *)arg0;')).toBe('char');
  });
});

describe('compound assignments', () => {
  const update = (text: string) => {
    const statement = lastStatements(checkText(`BEGIN { ${text}; }`)).at(-1);
    return statement?.kind === 'evaluate' ? statement.expression : undefined;
  };

  it.each([
    ['x = (char)1; x += 1', 'add', 4, true],
    ['x = 1; x += 1ul', 'add', 8, false],
    ['x = 1u; x /= 2', 'udiv', 4, false],
    ['x = 1; x /= 2', 'sdiv', 4, true],
    ['x = 1; x %= 2l', 'srem', 8, true],
    ['x = 1u; x >>= 1l', 'srl', 4, false],
    ['x = 1l; x >>= 1', 'sra', 8, true],
    ['x = (uint8_t)1; x <<= 1', 'sll', 4, true],
    ['x = (uint16_t)1; x++', 'add', 4, true],
    ['x = 1l; --x', 'sub', 8, true],
  ])('%s computes by %s in %d bytes, signed %s', (text, operation, size, signed) => {
    expect(update(text)).toMatchObject({
      kind: 'update',
      operation,
      operationType: { size, signed },
      value: { type: { size, signed } },
    });
  });

  it('move pointers by whole elements', () => {
    expect(update('x = (int *)arg0; x += 3')).toMatchObject({
      operation: 'add',
      value: { kind: 'constant', value: 12n },
    });
    expect(update('x = (long *)arg0; x--')).toMatchObject({ operation: 'sub', value: { kind: 'constant', value: 8n } });
  });

  it('yield the old value only in the postfix forms', () => {
    expect(update('x++')).toMatchObject({ yields: 'old' });
    expect(update('++x')).toMatchObject({ yields: 'new' });
    expect(update('x = 1; x += 1')).toMatchObject({ yields: 'new' });
  });
});
