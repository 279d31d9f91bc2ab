/** Expressions: the grammar of C's, with `^^`, `self->`, `this->`, aggregations, backquoted symbols and macros. */

import { joinSpans } from '../source.js';
import type { AssignmentOperator, BinaryOperator, Expression, TypeName, UnaryOperator } from './ast.js';
import { quote, scanDescription } from './lexer.js';
import { skipTrivia } from './lexer-trivia.js';
import type { TokenCursor } from './parser-cursor.js';
import { isKnownType, isTypeInParentheses, isTypeKeyword, parseTypeName } from './parser-type.js';

/** Binary operators by how tightly they bind; all associate to the left. */
const precedence: Readonly<Record<BinaryOperator, number>> = {
  '||': 1,
  '^^': 2,
  '&&': 3,
  '|': 4,
  '^': 5,
  '&': 6,
  '==': 7,
  '!=': 7,
  '<': 8,
  '<=': 8,
  '>': 8,
  '>=': 8,
  '<<': 9,
  '>>': 9,
  '+': 10,
  '-': 10,
  '*': 11,
  '/': 11,
  '%': 11,
};
const assignmentOperators = new Set<string>(['=', '+=', '-=', '*=', '/=', '%=', '&=', '|=', '^=', '<<=', '>>=']);
const unaryOperators = new Set<string>(['!', '~', '-', '+', '*', '&']);

const isBinary = (text: string): text is BinaryOperator => Object.hasOwn(precedence, text);
const isAssignment = (text: string): text is AssignmentOperator => assignmentOperators.has(text);
const isUnary = (text: string): text is UnaryOperator => unaryOperators.has(text);

/** An expression, the comma operator included. */
export function parseExpression(cursor: TokenCursor): Expression {
  let left = parseAssignment(cursor);
  while (cursor.accept(',')) {
    const right = parseAssignment(cursor);
    const span = joinSpans(cursor.extent(left), cursor.extent(right));
    left = cursor.build({ kind: 'comma', left, right, span }, left, right);
  }
  return left;
}

/** An expression without a comma: an argument, a key. */
export function parseAssignment(cursor: TokenCursor): Expression {
  const target = parseConditional(cursor);
  const { kind, text: operator } = cursor.current;
  if (kind !== 'operator' || !isAssignment(operator)) return target;
  if (isCompound(target) && !cursor.isParenthesised(target)) {
    cursor.unexpected('the end of the expression', {
      hint: `the left side of ${operator} must be something that can be assigned`,
    });
  }
  cursor.advance();
  const value = cursor.nested(() => parseAssignment(cursor));
  const span = joinSpans(cursor.extent(target), cursor.extent(value));
  return cursor.build({ kind: 'assignment', operator, target, value, span }, target, value);
}

const isCompound = ({ kind }: Expression): boolean => kind === 'binary' || kind === 'conditional' || kind === 'cast';

/** An expression without a comma or an assignment outside brackets. */
export function parseConditional(cursor: TokenCursor): Expression {
  const condition = parseBinary(cursor, 1);
  if (!cursor.at('?')) return condition;
  cursor.advance();
  cursor.open.push('?');
  const yes = cursor.nested(() => parseExpression(cursor));
  cursor.expect(':', 'of the conditional expression');
  cursor.open.pop();
  const no = cursor.nested(() => parseConditional(cursor));
  const span = joinSpans(cursor.extent(condition), cursor.extent(no));
  return cursor.build({ kind: 'conditional', condition, yes, no, span }, condition, yes, no);
}

function parseBinary(cursor: TokenCursor, tightest: number): Expression {
  let left = parseUnary(cursor);
  for (;;) {
    const { kind, text: operator } = cursor.current;
    if (kind !== 'operator' || !isBinary(operator) || precedence[operator] < tightest) return left;
    if (operator === '/' && cursor.inPredicate && endsPredicate(cursor)) return left;
    cursor.advance();
    const right = parseBinary(cursor, precedence[operator] + 1);
    const span = joinSpans(cursor.extent(left), cursor.extent(right));
    left = cursor.build({ kind: 'binary', operator, left, right, span }, left, right);
  }
}

/**
 * Whether the current `/` ends the predicate instead of dividing: what follows cannot be an operand, or is the start of
 * another clause.
 */
function endsPredicate(cursor: TokenCursor): boolean {
  const { text } = cursor.source;
  const { end: next, error } = skipTrivia(cursor.source, cursor.current.end);
  if (error) return false;
  if (next >= text.length || '{;/'.includes(text.charAt(next))) {
    const bracket = cursor.open.findLast((open) => open !== '?');
    if (bracket !== undefined) {
      cursor.fail('D_SYNTAX', `closing ${bracket === '(' ? ')' : ']'} expected in predicate before /`);
    }
    return true;
  }
  if (cursor.open.length > 0) return false;
  const word = scanDescription(cursor.source, next) ?? '';
  const after = text.charAt(skipTrivia(cursor.source, next + word.length).end);
  return word !== '' && (word.includes(':') || (after === '{' && !word.startsWith('-')));
}

function parseUnary(cursor: TokenCursor): Expression {
  const { current } = cursor;
  const { text, start } = current;
  if (current.kind === 'operator' && (text === '++' || text === '--')) {
    cursor.advance();
    const operand = cursor.nested(() => parseUnary(cursor));
    const span = cursor.spanFrom(start);
    return cursor.build({ kind: 'increment', operator: text, position: 'prefix', operand, span }, operand);
  }
  if (current.kind === 'operator' && isUnary(text)) {
    cursor.advance();
    const operand = cursor.nested(() => parseUnary(cursor));
    return cursor.build({ kind: 'unary', operator: text, operand, span: cursor.spanFrom(start) }, operand);
  }
  if (cursor.at('sizeof')) return parseSizeof(cursor);
  if (cursor.accept('stringof')) {
    const operand = cursor.nested(() => parseUnary(cursor));
    const span = cursor.spanFrom(start);
    return cursor.build({ kind: 'call', name: 'stringof', arguments: [operand], span }, operand);
  }
  if (cursor.at('(') && isTypeInParentheses(cursor)) {
    const type = cursor.bracketed('(', 'after the type of a cast', () => parseTypeName(cursor));
    const operand = cursor.nested(() => parseUnary(cursor));
    return cursor.build({ kind: 'cast', type, operand, span: cursor.spanFrom(start) }, operand);
  }
  return parsePostfix(cursor);
}

function parseSizeof(cursor: TokenCursor): Expression {
  const { start } = cursor.advance();
  const [, inner] = cursor.peek(2);
  const type = cursor.at('(') && inner && (isTypeKeyword(inner) || isKnownType(inner.text) || typeIsAlone(cursor));
  const operand: TypeName | Expression = type
    ? cursor.bracketed('(', 'after the type', () => parseTypeName(cursor))
    : cursor.nested(() => parseUnary(cursor));
  const node = { kind: 'sizeof', operand, span: cursor.spanFrom(start) } as const;
  return 'kind' in operand ? cursor.build(node, operand) : cursor.build(node);
}

/** Whether `(name *)` or `(name_t)` stands at the current token, as the operand of `sizeof`. */
function typeIsAlone(cursor: TokenCursor): boolean {
  const [, name, next] = cursor.peek(3);
  if (name?.kind !== 'identifier' || cursor.declared.has(name.text)) return false;
  return next?.text === ')' ? name.text.endsWith('_t') : next?.text === '*' && isTypeInParentheses(cursor);
}

function parsePostfix(cursor: TokenCursor): Expression {
  const { start } = cursor.current;
  let object = parsePrimary(cursor);
  for (;;) {
    const { kind, text } = cursor.current;
    if (kind !== 'operator') return object;
    if (text === '[') {
      const keys = parseList(cursor, '[', 'after the keys');
      object = cursor.build({ kind: 'index', object, keys, span: cursor.spanFrom(start) }, object, ...keys);
    } else if (text === '.' || text === '->') {
      cursor.advance();
      const name = parseMemberName(cursor, text);
      const span = cursor.spanFrom(start);
      object = cursor.build({ kind: 'member', object, arrow: text === '->', name, span }, object);
    } else if (text === '++' || text === '--') {
      cursor.advance();
      const span = cursor.spanFrom(start);
      object = cursor.build({ kind: 'increment', operator: text, position: 'postfix', operand: object, span }, object);
    } else if (text === '(') {
      cursor.fail('D_FUNC_IDENT', 'function designator is not of function type', {
        hint: 'only a function can be called, by its name',
      });
    } else {
      return object;
    }
  }
}

/** Members may be named like keywords. */
function parseMemberName(cursor: TokenCursor, after: string): string {
  const { kind, text } = cursor.current;
  if (kind !== 'identifier' && kind !== 'keyword') cursor.unexpected(`the name of a member after ${after}`);
  cursor.advance();
  return text;
}

/** `(a, b)` or `[a, b]`; only the parentheses may be empty. */
function parseList(cursor: TokenCursor, opening: '(' | '[', where: string): readonly Expression[] {
  return cursor.bracketed(opening, where, () => {
    if (opening === '(' && cursor.at(')')) return [];
    const items = [parseAssignment(cursor)];
    while (cursor.accept(',')) items.push(parseAssignment(cursor));
    return items;
  });
}

function parsePrimary(cursor: TokenCursor): Expression {
  const { current } = cursor;
  const { start } = current;
  switch (current.kind) {
    case 'integer': {
      cursor.advance();
      const { value, decimal, unsigned, long } = current;
      return cursor.build({ kind: 'integer', value, decimal, unsigned, long, span: cursor.spanFrom(start) });
    }
    case 'character':
    case 'string':
      cursor.advance();
      return cursor.build(
        current.kind === 'string'
          ? { kind: 'string', value: current.value, span: cursor.spanFrom(start) }
          : { kind: 'character', value: current.value, span: cursor.spanFrom(start) },
      );
    case 'macro':
      cursor.advance();
      return cursor.build({ kind: 'macro', name: current.text, span: cursor.spanFrom(start) });
    case 'identifier':
      return parseNamed(cursor);
    case 'aggregation':
      return parseAggregation(cursor);
    case 'keyword':
      return parseKeyword(cursor);
    case 'operator':
      if (current.text === '(') {
        const inner = cursor.bracketed('(', 'after the expression', () => parseExpression(cursor));
        cursor.parenthesise(inner, start);
        return inner;
      }
      break;
    case 'end':
    case 'error':
      break;
  }
  const slashes = cursor.source.text.startsWith('//', start) || cursor.source.text.startsWith('//', start - 1);
  return cursor.unexpected('an expression', slashes ? { hint: 'comments are written /* … */ in D' } : {});
}

/** A variable, a function call, or a symbol. */
function parseNamed(cursor: TokenCursor): Expression {
  const { text, start } = cursor.advance();
  if (cursor.at('(')) {
    const list = parseList(cursor, '(', `after the arguments of ${text}`);
    return cursor.build({ kind: 'call', name: text, arguments: list, span: cursor.spanFrom(start) }, ...list);
  }
  const backquote = text.lastIndexOf('`');
  if (backquote < 0) return cursor.build({ kind: 'identifier', name: text, span: cursor.spanFrom(start) });
  const name = text.slice(backquote + 1);
  const span = cursor.spanFrom(start);
  if (name === '') cursor.fail('D_SYNTAX', `syntax error near ${quote(text)}: expected a symbol after \``, {}, span);
  return cursor.build({ kind: 'symbol', module: text.slice(0, backquote), name, span });
}

/** `@name[keys]`. The anonymous aggregation `@` can also be written `@_`. */
function parseAggregation(cursor: TokenCursor): Expression {
  const { text, start } = cursor.advance();
  const name = text === '@_' ? '' : text.slice(1);
  const keys = cursor.at('[') ? parseList(cursor, '[', 'after the keys of the aggregation') : undefined;
  const node = { kind: 'aggregation', name, keys, span: cursor.spanFrom(start) } as const;
  return cursor.build(node, ...(keys ?? []));
}

const keywordHints: Readonly<Record<string, string>> = {
  if: 'there is no if in this D: use a predicate, or the operator ?:',
  else: 'there is no else in this D: use a second clause with the opposite predicate, or the operator ?:',
  switch: 'there is no switch in D: use predicates, or the operator ?:',
  for: 'D has no loops; a clause runs once for each firing of its probe',
  while: 'D has no loops; a clause runs once for each firing of its probe',
  do: 'D has no loops; a clause runs once for each firing of its probe',
  return: 'a clause has no return; exit() ends the tracing',
};

function parseKeyword(cursor: TokenCursor): Expression {
  const { text, start } = cursor.current;
  if (text === 'self' || text === 'this') {
    cursor.advance();
    cursor.expect('->', `after ${text}`);
    const name = parseMemberName(cursor, '->');
    return cursor.build({ kind: 'scoped', scope: text, name, span: cursor.spanFrom(start) });
  }
  if (text === 'offsetof' || text === 'xlate') cursor.fail('D_UNSUPPORTED', `${text} is not available yet`);
  const hint = isTypeKeyword(cursor.current)
    ? 'variables are declared outside clauses'
    : (keywordHints[text] ?? `${text} is a keyword of D`);
  return cursor.unexpected('an expression', { hint });
}
