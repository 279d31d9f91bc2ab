import { describe, expect, it } from 'vitest';
import { typeName } from '../../../src/d/check/types/type-text.js';
import type { CookedExpression } from '../../../src/d/cooked.js';
import { checkText, diagnosticOf, lastStatements, marked } from './support.js';

/** The expression as trace() records it in a clause of `probes`. */
function argumentOf(probes: string, text: string, changes?: Parameters<typeof checkText>[1]): CookedExpression {
  const statement = lastStatements(checkText(`${probes} { trace(${text}); }`, changes)).at(-1);
  if (statement?.kind !== 'trace') throw new Error(`trace() became ${statement?.kind}`);
  return statement.value;
}

describe('args[]', () => {
  it.each([
    ['irq:::handler-entry', 'args[0]', 'int'],
    ['irq:::handler-entry', 'args[1]', 'uintptr_t'],
    ['irq:::handler-entry', 'args[2]', 'char *'],
    ['irq:::handler-return', 'args[3]', 'int16_t'],
    ['irq:::handler-return', 'args[4]', 'void *'],
    ['irq:::handler-return', 'args[5]', 'userland char *'],
    ['irq:::softirq-raise', 'args[1]', 'uint8_t'],
    // The types count, as those of variables do.
    ['irq:::handler-return', 'args[3] + args[3]', 'int'],
    ['irq:::handler-entry', 'args[0] + args[1]', 'uintptr_t'],
    ['irq:::handler-entry', '*args[2]', 'char'],
    ['irq:::handler-entry', 'args[2][3]', 'char'],
    ['irq:::handler-entry', 'args[2] + 1', 'char *'],
    ['irq:::handler-entry', 'stringof(args[2])', 'string'],
    ['irq:::handler-entry', 'args[2] == "timer"', 'int'],
    ['irq:::handler-return', 'sizeof (args[3])', 'size_t'],
    // Constants of every form.
    ['irq:::handler-entry', 'args[3 - 2]', 'uintptr_t'],
    ['irq:::handler-entry', 'args[0x2]', 'char *'],
    ['irq:::handler-entry', 'args[sizeof (char)]', 'uintptr_t'],
    ['irq:::handler-entry', 'args[(char)2]', 'char *'],
    // Several probes that agree.
    ['irq::irq_handler:', 'args[2]', 'char *'],
    ['irq:::handler-entry, irq:::handler-return', 'args[1]', 'uintptr_t'],
    // int and pid_t are one type with two names.
    ['irq:::', 'args[0]', 'int'],
  ])('in %s: %s is of type %s', (probes, text, expected) => {
    expect(typeName(argumentOf(probes, text).type)).toBe(expected);
  });

  it('takes its index from a macro argument', () => {
    const value = argumentOf('irq:::handler-entry', 'args[$1]', { macros: new Map([['1', '2']]) });
    expect(value).toMatchObject({ kind: 'argument', variable: 'arg2' });
  });

  it('is known to predicates', () => {
    expect(() => checkText('irq:::handler-entry /args[2] == "timer" && args[0] > 3/ { exit(0); }')).not.toThrow();
  });

  it('has each clause by its own probes', () => {
    const { clauses } = checkText(`
      irq:::handler-entry { trace(args[1]); } irq:::softirq-raise { trace(args[1]); }`);
    const types = clauses.map(({ statements: [first] }) => (first?.kind === 'trace' ? typeName(first.value.type) : ''));
    expect(types).toEqual(['uintptr_t', 'uint8_t']);
  });

  it.each([
    ['irq:::handler-entry, irq:::softirq-raise { trace(args[1]); }', 'D_ARGS_MULTI', 'args[1]'],
    ['irq:::handler-entry, BEGIN { trace(args[0]); }', 'D_ARGS_MULTI', 'args[0]'],
    ['irq:::handler-entry { trace(args[10]); }', 'D_ARGS_IDX', 'args[10]'],
    ['irq:::handler-entry { trace(args[18446744073709551615ul]); }', 'D_ARGS_IDX', 'args[18446744073709551615ul]'],
    ['irq:::handler-entry, irq:::softirq-raise { trace(args[6]); }', 'D_ARGS_IDX', 'args[6]'],
    ['ERROR { trace(args[1]); }', 'D_ARGS_IDX', 'args[1]'],
    ['irq:::handler-entry { trace(args[arg0]); }', 'D_PROTO_ARG', 'arg0'],
    ['irq:::handler-entry { trace(args[args[0]]); }', 'D_PROTO_ARG', 'args[0]'],
    ['irq:::handler-entry { trace(args[NULL]); }', 'D_PROTO_ARG', 'NULL'],
    ['irq:::handler-entry { trace(args[1 / 0]); }', 'D_DIV_ZERO', '0'],
    ['irq:::handler-entry { args[0]++; }', 'D_OP_WRITE', 'args[0]'],
    ['irq:::handler-entry { args[0] += 2; }', 'D_OP_WRITE', 'args[0]'],
    ['irq:::handler-entry { args = 2; }', 'D_IDENT_BADREF', 'args'],
    ['irq:::handler-entry { args++; }', 'D_IDENT_BADREF', 'args'],
    ['irq:::handler-entry { printf("%s", args[2]); }', 'D_PRINTF_ARG_TYPE', 'args[2]'],
  ])('%s is refused by %s', (text, tag, place) => {
    const diagnostic = diagnosticOf(() => checkText(text));
    expect(diagnostic.tag).toBe(tag);
    expect(marked(diagnostic)).toBe(place);
  });

  it('has no types where no probe matches, with -Z', () => {
    const unmatched = () => checkText('irq:::none { trace(args[0]); }', { allowZeroMatches: true });
    expect(diagnosticOf(unmatched).tag).toBe('D_ARGS_MULTI');
    expect(() =>
      checkText('irq:::none, irq:::handler-entry { trace(args[1]); }', { allowZeroMatches: true }),
    ).not.toThrow();
  });

  it('says what to use where a probe has no types', () => {
    const matchProbes = () => ({
      probes: 1,
      error: false,
      arguments: [{ probe: 'syscall:vmlinux:read:entry', types: [], instead: 'use arg0' }],
    });
    expect(diagnosticOf(() => checkText('read:entry { trace(args[0]); }', { matchProbes }))).toMatchObject({
      tag: 'D_ARGS_IDX',
      hint: 'use arg0',
    });
  });

  it('is no name for variables of the other scopes to collide with', () => {
    expect(() =>
      checkText('BEGIN { self->args[1] = 2; this->args = 3; trace(self->args[1] + this->args); }'),
    ).not.toThrow();
  });
});
