/** What the checker's tests share: a small system to check programs against. */

import { expect } from 'vitest';
import type { CheckEnvironment } from '../../../src/d/check/environment.js';
import { check } from '../../../src/d/check/program.js';
import { typeName } from '../../../src/d/check/types/type-text.js';
import type { CookedExpression, CookedProgram, CookedStatement } from '../../../src/d/cooked.js';
import { CompileError, type Diagnostic } from '../../../src/d/diagnostic.js';
import type { ProbeDescription } from '../../../src/d/dif.js';
import type { Source } from '../../../src/d/source.js';
import { parse } from '../../../src/d/syntax/parser.js';
import { type DType, integerTypes, pointerTo, voidType } from '../../../src/d/types.js';

/** The probes of the system in these tests. */
const probes = [
  'dtrace:::BEGIN',
  'dtrace:::END',
  'dtrace:::ERROR',
  'profile:::tick-1s',
  'profile:::profile-997',
  ...['open', 'read', 'readv', 'write'].flatMap((call) =>
    ['entry', 'return'].map((name) => `syscall:vmlinux:${call}:${name}`),
  ),
  'irq:vmlinux:irq_handler:handler-entry',
  'irq:vmlinux:irq_handler:handler-return',
  'irq:vmlinux:softirq:softirq-raise',
].map((text) => text.split(':'));

const ofHandler = [integerTypes.int, integerTypes.uintptr_t, pointerTo(integerTypes.char)];

/** The types of the arguments of probes, by the name of the probe. */
const argumentTypes: Readonly<Record<string, readonly DType[]>> = {
  'handler-entry': ofHandler,
  'handler-return': [...ofHandler, integerTypes.int16_t, pointerTo(voidType), pointerTo(integerTypes.char, 'user')],
  'softirq-raise': [integerTypes.pid_t, integerTypes.uint8_t],
};

/** Whether the field of a description, a pattern with `*` and `?`, matches. */
function matches(pattern: string, text: string): boolean {
  const escaped = pattern
    .replace(/[.+^${}()|\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return pattern === '' || new RegExp(`^${escaped}$`).test(text);
}

function matchProbes({ provider, module, function: name, name: probe }: ProbeDescription) {
  const found = probes.filter((fields) =>
    [provider, module, name, probe].every((pattern, index) => matches(pattern, fields[index] ?? '')),
  );
  const known = found.map((fields) => ({ probe: fields.join(':'), types: argumentTypes[fields.at(-1) ?? ''] ?? [] }));
  return { probes: found.length, error: found.some(([, , , last]) => last === 'ERROR'), arguments: known };
}

/** The environment of these tests, with changes. */
export const environment = (changes: Partial<CheckEnvironment> = {}): CheckEnvironment => ({
  stringSize: 256,
  macros: new Map(),
  defaultArguments: false,
  allowZeroMatches: false,
  allowEmpty: false,
  matchProbes,
  ...changes,
});

/** The text as a script. */
export const script = (text: string, name = 'test.d'): Source => ({ name, origin: 'script', text });

/** Checks scripts together. */
export const checkTexts = (texts: readonly string[], changes: Partial<CheckEnvironment> = {}): CookedProgram =>
  check(
    texts.map((text) => parse(script(text))),
    environment(changes),
  );

/** Checks one script. */
export const checkText = (text: string, changes?: Partial<CheckEnvironment>, name?: string): CookedProgram =>
  check([parse(script(text, name))], environment(changes));

/** The statements of the last clause. */
export const lastStatements = (program: CookedProgram): readonly CookedStatement[] =>
  program.clauses.at(-1)?.statements ?? [];

/** The expression as the argument of trace(), after the statements of `before`. */
export function cookValue(text: string, before = ''): CookedExpression {
  const statement = lastStatements(checkText(`BEGIN { ${before} trace(${text}); }`)).at(-1);
  if (statement?.kind !== 'trace') throw new Error(`trace() became ${statement?.kind}`);
  return statement.value;
}

/** The name of an expression's type. */
export const typeOf = (text: string, before?: string): string => typeName(cookValue(text, before).type);

/** What is wrong with a program; the test fails if nothing is. */
export function diagnosticOf(work: () => unknown): Diagnostic {
  try {
    work();
  } catch (error) {
    if (error instanceof CompileError) return error.diagnostic;
    throw error;
  }
  return expect.unreachable('the program was accepted');
}

/** The piece of source that a diagnostic points at. */
export const marked = ({ span }: Diagnostic): string => span.source.text.slice(span.start, span.end);

/** A tree without its spans, for comparisons. */
export function withoutSpans(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutSpans);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => key !== 'span')
      .map(([key, inner]) => [key, withoutSpans(inner)]),
  );
}
