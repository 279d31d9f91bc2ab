/** Declarations of variables: `int x;`, `self string s;`, `uint64_t a[int, string], b;`. */

import type { Declaration, TypeName } from './ast.js';
import type { TokenCursor } from './parser-cursor.js';
import {
  isKnownType,
  isTypeKeyword,
  parseDimension,
  parsePointers,
  parseSpecifiers,
  parseTypeName,
} from './parser-type.js';

const unsupported = new Set(['counter', 'import', 'inline', 'provider', 'translator', 'typedef']);
const misplacedClasses = new Set(['auto', 'register', 'static']);
const storageClasses = new Set(['self', 'this', 'extern', ...misplacedClasses]);

/**
 * Whether a declaration, and not a probe description, starts at the current token. As in dtrace(1) a keyword or the name
 * of a type that D defines starts a declaration in a script, unless characters follow that only descriptions have;
 * other names do if a second name follows, which no description has.
 */
export function startsDeclaration(cursor: TokenCursor): boolean {
  const { kind, text, end } = cursor.current;
  if (kind !== 'identifier' && kind !== 'keyword') return false;
  const next = cursor.source.text.charAt(end);
  if (/[-:.?![\]\\$]/.test(next) && !cursor.source.text.startsWith('->', end)) return false;
  const starts =
    kind === 'keyword'
      ? isTypeKeyword(cursor.current) || storageClasses.has(text) || unsupported.has(text)
      : isKnownType(text) && cursor.source.origin === 'script';
  if (starts && (next !== '*' || cursor.source.origin === 'script')) return true;
  return namesTwice(cursor);
}

/** `name name;`, `name *name[`: a type that the parser does not know, and a variable. */
function namesTwice(cursor: TokenCursor): boolean {
  const [, ...rest] = cursor.peek(32);
  const name = rest.findIndex(({ text }) => text !== '*');
  return rest[name]?.kind === 'identifier' && [';', '[', ',', '='].includes(rest[name + 1]?.text ?? '');
}

/** A declaration; one for each of the variables that it names. */
export function parseDeclarations(cursor: TokenCursor): readonly Declaration[] {
  const { start } = cursor.current;
  const scope = parseScope(cursor);
  const specifiers = parseSpecifiers(cursor);
  if (cursor.at(';')) {
    cursor.fail('D_DECL_USELESS', 'useless declaration: it names no variable', {}, cursor.spanFrom(start));
  }
  const declarations: Declaration[] = [];
  do declarations.push(parseDeclarator(cursor, start, scope, specifiers));
  while (cursor.accept(','));
  if (cursor.at('=')) {
    cursor.unexpected('";" after the declaration', { hint: 'variables get their values in clauses, such as BEGIN' });
  }
  cursor.expect(';', 'after the declaration');
  return declarations;
}

function parseScope(cursor: TokenCursor): Declaration['scope'] {
  let scope: string | undefined;
  for (;;) {
    const { kind, text } = cursor.current;
    if (kind === 'keyword' && unsupported.has(text)) cursor.fail('D_UNSUPPORTED', `${text} is not available yet`);
    if (kind !== 'keyword' || !storageClasses.has(text)) break;
    if (misplacedClasses.has(text)) {
      cursor.fail('D_DECL_BADCLASS', 'specified storage class not appropriate in D', {
        hint: 'D has self, this and extern; a variable without one is global',
      });
    }
    if (scope !== undefined) cursor.fail('D_DECL_CLASS', 'only one storage class allowed in a declaration');
    scope = text;
    cursor.advance();
  }
  return scope === 'self' || scope === 'this' ? scope : 'global';
}

function parseDeclarator(
  cursor: TokenCursor,
  start: number,
  scope: Declaration['scope'],
  specifiers: readonly string[],
): Declaration {
  const pointers = parsePointers(cursor);
  const { kind, text: name } = cursor.current;
  if (cursor.at('(')) cursor.fail('D_UNSUPPORTED', 'declarators in parentheses are not supported yet');
  if (kind !== 'identifier') {
    const hint = kind === 'keyword' ? `${name} is a keyword of D` : undefined;
    cursor.unexpected('the name of a variable', hint === undefined ? {} : { hint });
  }
  cursor.advance();
  if (cursor.at('(')) cursor.fail('D_UNSUPPORTED', 'declaring a function is not available yet');
  if (scope === 'global') cursor.declared.add(name);
  const keys = startsKeys(cursor) ? parseKeys(cursor) : undefined;
  const dimensions: TypeName['dimensions'][number][] = [];
  while (cursor.at('[')) dimensions.push(parseDimension(cursor));
  const span = cursor.spanFrom(start);
  return { kind: 'declaration', scope, type: { specifiers, pointers, dimensions, span }, name, keys, span };
}

/** Whether the brackets at the current token hold types: the tuple of an associative array, not the length of an array. */
function startsKeys(cursor: TokenCursor): boolean {
  const [bracket, first] = cursor.peek(2);
  if (bracket?.text !== '[' || !first) return false;
  return isTypeKeyword(first) || first.kind === 'identifier' || first.text === '...';
}

/** `[int, string name]`: names are allowed and mean nothing. */
function parseKeys(cursor: TokenCursor): readonly TypeName[] {
  return cursor.bracketed('[', 'after the key types', () => {
    const keys: TypeName[] = [];
    do {
      if (cursor.at('...')) cursor.fail('D_DECL_PROTO_VARARGS', 'a tuple of keys may not be of variable length');
      keys.push(parseTypeName(cursor));
      if (cursor.current.kind === 'identifier') cursor.advance();
    } while (cursor.accept(','));
    return keys;
  });
}
