/** The parser's place in the text: the current token, looking ahead, and errors at that place. */

import { CompileError, type Diagnostic } from '../diagnostic.js';
import type { ErrorTag } from '../error-tags.js';
import type { Source, Span } from '../source.js';
import type { Expression } from './ast.js';
import { quote, scanToken, type Token } from './lexer.js';
import type { ControlLine } from './lexer-trivia.js';

/** Nesting of brackets and prefix operators beyond this is refused, so that no stage can run out of stack. */
export const maximumNesting = 256;
/** Depth of a tree, which chains such as `a + b + …` make without nesting; refused beyond for the same reason. */
export const maximumDepth = 1000;

/** Reads tokens one after the other. */
export class TokenCursor {
  readonly source: Source;
  /** The token to read next. An `error` token is only an error when something is asked of it. */
  current: Token;
  /** Where the token before ended. */
  previousEnd: number;
  /** Global names that the program declares; these are never taken for types. */
  readonly declared = new Set<string>();
  /** Brackets that are open, innermost last. */
  readonly open: string[] = [];
  /** Whether a `/` outside brackets may end the predicate. */
  inPredicate = false;

  readonly #onControl: (control: ControlLine) => void;
  readonly #depths = new WeakMap<Expression, number>();
  readonly #extents = new WeakMap<Expression, Span>();
  #nesting = 0;

  /** Starts at the beginning of `source`; control lines are handed to `onControl` as they are passed. */
  constructor(source: Source, onControl: (control: ControlLine) => void) {
    this.source = source;
    this.#onControl = onControl;
    this.previousEnd = 0;
    this.current = this.#read(0);
  }

  #read(at: number): Token {
    const token = scanToken(this.source, at);
    for (const control of token.controls) this.#onControl(control);
    return token;
  }

  /** Goes on at the offset `at`, which must not lie before the current token. */
  moveTo(at: number): void {
    this.previousEnd = at;
    this.current = this.#read(at);
  }

  /** Returns the current token and goes on to the next. */
  advance(): Token {
    const token = this.current;
    if (token.kind === 'error') throw new CompileError(token.diagnostic);
    this.moveTo(token.end);
    return token;
  }

  /** The next `count` tokens, the current one first, without moving; fewer if the text ends. */
  peek(count: number): readonly Token[] {
    const tokens = [this.current];
    for (let token = this.current; tokens.length < count && token.kind !== 'end'; ) {
      token = scanToken(this.source, token.end);
      tokens.push(token);
    }
    return tokens;
  }

  /** The kind of the current token. */
  kind(): Token['kind'] {
    return this.current.kind;
  }

  /** Whether the current token is this operator or keyword. */
  at(text: string): boolean {
    const { kind } = this.current;
    return this.current.text === text && (kind === 'operator' || kind === 'keyword');
  }

  /** Reads the operator or keyword if it is the current token. */
  accept(text: string): boolean {
    if (!this.at(text)) return false;
    this.advance();
    return true;
  }

  /** Reads the operator or keyword; anything else is an error, `where` says what it would have closed or followed. */
  expect(text: string, where: string): void {
    if (!this.accept(text)) this.unexpected(`"${text}" ${where}`);
  }

  /** Reads an opening bracket, what `parse` makes, and the closing bracket. */
  bracketed<Result>(opening: '(' | '[', where: string, parse: () => Result): Result {
    this.advance();
    this.open.push(opening);
    const result = this.nested(parse);
    this.expect(opening === '(' ? ')' : ']', where);
    this.open.pop();
    return result;
  }

  /** Runs `parse` one level deeper. */
  nested<Result>(parse: () => Result): Result {
    this.#nesting += 1;
    if (this.#nesting > maximumNesting) {
      this.fail('D_SYNTAX', `expression is nested more than ${maximumNesting} deep`);
    }
    const result = parse();
    this.#nesting -= 1;
    return result;
  }

  /** Notes a new node's children, and refuses trees that are too deep. */
  build<Node extends Expression>(node: Node, ...children: readonly Expression[]): Node {
    const depth = 1 + children.reduce((most, child) => Math.max(most, this.#depths.get(child) ?? 0), 0);
    if (depth > maximumDepth) {
      this.fail('D_SYNTAX', `expression has more than ${maximumDepth} operators in a row`, {}, node.span);
    }
    this.#depths.set(node, depth);
    return node;
  }

  /** Notes the parentheses around a node. */
  parenthesise(node: Expression, start: number): void {
    this.#extents.set(node, this.spanFrom(start));
  }

  /** The node's place with its parentheses, if it has any. */
  extent(node: Expression): Span {
    return this.#extents.get(node) ?? node.span;
  }

  isParenthesised(node: Expression): boolean {
    return this.#extents.has(node);
  }

  /** From the offset `start` to the end of the last token read. */
  spanFrom(start: number): Span {
    return { source: this.source, start, end: Math.max(start, this.previousEnd) };
  }

  /** The place of the current token; the end of the text counts as just behind the last token. */
  here(): Span {
    const { kind, start, end } = this.current;
    const at = kind === 'end' ? this.previousEnd : start;
    return { source: this.source, start: at, end: kind === 'end' ? at : end };
  }

  /** Fails at the current token: it is not what was `expected`. */
  unexpected(expected: string, more: Pick<Diagnostic, 'hint' | 'related'> = {}): never {
    const { kind, text } = this.current;
    const found = kind === 'end' ? 'end of input' : quote(text);
    this.fail('D_SYNTAX', `syntax error near ${found}: expected ${expected}`, more);
  }

  /** Fails; at the current token if no place is given. A token that is wrong in itself comes first. */
  fail(tag: ErrorTag, message: string, more: Pick<Diagnostic, 'hint' | 'related'> = {}, span = this.here()): never {
    if (this.current.kind === 'error') throw new CompileError(this.current.diagnostic);
    throw new CompileError({ tag, message, span, ...more });
  }
}
