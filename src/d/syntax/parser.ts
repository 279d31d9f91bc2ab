/**
 * The parser of D: text to syntax tree, by recursive descent. It stops at the first error. It knows no names but those
 * of D's own types; what identifiers mean is the checker's business.
 */

import type { Source } from '../source.js';
import type { Clause, Declaration, Expression, Pragma, Program } from './ast.js';
import { parseControl } from './parser-control.js';
import { TokenCursor } from './parser-cursor.js';
import { parseDeclarations, startsDeclaration } from './parser-declaration.js';
import { parseDescriptions } from './parser-description.js';
import { parseExpression } from './parser-expression.js';

/**
 * Parses a D program: a script, or the text of `-n`, `-P`, `-m`, `-f`, `-i`, for which the fields of descriptions count
 * from the right of what the flag names (`-m x` is `:x::`) and a clause may be a description alone.
 * @throws CompileError at the first place where the text is not D.
 */
export function parse(source: Source): Program {
  const parts: (Clause | Declaration | Pragma)[] = [];
  const cursor = new TokenCursor(source, (control) => {
    const pragma = parseControl(source, control);
    if (pragma) parts.push(pragma);
  });
  while (cursor.kind() !== 'end') {
    if (cursor.accept(';')) continue;
    if (startsDeclaration(cursor)) parts.push(...parseDeclarations(cursor));
    else parts.push(parseClause(cursor));
  }
  parts.sort((first, second) => first.span.start - second.span.start);
  return { parts, span: { source, start: 0, end: source.text.length } };
}

/** The flags whose value is a probe description, which a clause may follow. */
export type DescriptionFlag = Exclude<Source['origin'], 'script'>;

/**
 * Parses the value of `-n`, `-P`, `-m`, `-f` or `-i`: `parseDescriptionArgument('-m', 'ext4')` is `:ext4::`.
 * @throws CompileError as `parse` does; D_PDESC_INVAL for a description with more fields than the flag takes.
 */
export function parseDescriptionArgument(flag: DescriptionFlag, text: string): Program {
  return parse({ name: flag, origin: flag, text });
}

function parseClause(cursor: TokenCursor): Clause {
  const { start } = cursor.current;
  const probes = parseDescriptions(cursor);
  const described = cursor.spanFrom(start);
  const predicate = cursor.at('/') ? parsePredicate(cursor) : undefined;
  if (cursor.at('{')) {
    const statements = parseStatements(cursor);
    return { kind: 'clause', probes, predicate, statements, span: cursor.spanFrom(start) };
  }
  if (predicate) {
    const message = 'expected actions { } following probe description and predicate';
    cursor.fail('D_SYNTAX', message, {}, predicate.span);
  }
  if (cursor.kind() !== 'end' && !cursor.at(';')) cursor.unexpected('"{", "/" or "," after a probe description');
  if (cursor.source.origin === 'script') {
    cursor.fail('D_SYNTAX', 'expected predicate and/or actions following probe description', {}, described);
  }
  return { kind: 'clause', probes, predicate, statements: undefined, span: cursor.spanFrom(start) };
}

function parsePredicate(cursor: TokenCursor): Expression {
  cursor.advance();
  cursor.inPredicate = true;
  const predicate = parseExpression(cursor);
  cursor.inPredicate = false;
  cursor.expect('/', 'after the predicate');
  return predicate;
}

function parseStatements(cursor: TokenCursor): readonly Expression[] {
  const brace = cursor.here();
  const statements: Expression[] = [];
  cursor.advance();
  for (;;) {
    while (cursor.accept(';'));
    if (cursor.accept('}')) return statements;
    if (cursor.kind() === 'end') {
      cursor.unexpected('"}" at the end of the clause', {
        related: [{ message: 'the clause opens here', span: brace }],
      });
    }
    statements.push(parseExpression(cursor));
    if (cursor.at(';') || cursor.at('}')) continue;
    const newLine = cursor.source.text.slice(cursor.previousEnd, cursor.current.start).includes('\n');
    const hint = newLine && cursor.kind() !== 'end' ? { hint: 'a ";" may be missing on the line before' } : {};
    cursor.unexpected('";" or "}" after the statement', hint);
  }
}
