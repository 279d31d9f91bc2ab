/** The syntax tree of D: what the parser makes, before names and types are known. */

import type { ProbeDescription } from '../dif.js';
import type { Span } from '../source.js';

/** Operators of two operands, by precedence in the Dynamic Tracing Guide's table, lowest first after `,` and `=`. */
export type BinaryOperator =
  | '||'
  | '^^'
  | '&&'
  | '|'
  | '^'
  | '&'
  | '=='
  | '!='
  | '<'
  | '<='
  | '>'
  | '>='
  | '<<'
  | '>>'
  | '+'
  | '-'
  | '*'
  | '/'
  | '%';

/** Operators that assign; the operation is the operator without its `=`. */
export type AssignmentOperator = '=' | '+=' | '-=' | '*=' | '/=' | '%=' | '&=' | '|=' | '^=' | '<<=' | '>>=';

/** Prefix operators without a side effect. */
export type UnaryOperator = '!' | '~' | '-' | '+' | '*' | '&';

/** A type as written: specifiers in order (`unsigned`, `long`, `string`, `struct foo`) and the declarator around it. */
export interface TypeName {
  readonly specifiers: readonly string[];
  /** Depth of `*`. */
  readonly pointers: number;
  /** Array dimensions, `undefined` where the length is left out. */
  readonly dimensions: readonly (Expression | undefined)[];
  readonly span: Span;
}

/** An expression. */
export type Expression =
  /** `unsigned` and `long` are the suffixes u and l; `decimal` decides the type of a large constant, as in C. */
  | {
      readonly kind: 'integer';
      readonly value: bigint;
      readonly decimal: boolean;
      readonly unsigned: boolean;
      readonly long: boolean;
      readonly span: Span;
    }
  | { readonly kind: 'character'; readonly value: bigint; readonly span: Span }
  | { readonly kind: 'string'; readonly value: string; readonly span: Span }
  | { readonly kind: 'identifier'; readonly name: string; readonly span: Span }
  /** `$target`, `$1`, `$$1`, with its dollars. */
  | { readonly kind: 'macro'; readonly name: string; readonly span: Span }
  /** `this->name`, `self->name`. */
  | { readonly kind: 'scoped'; readonly scope: 'this' | 'self'; readonly name: string; readonly span: Span }
  /** `` `symbol `` or `` module`symbol ``. */
  | { readonly kind: 'symbol'; readonly module: string; readonly name: string; readonly span: Span }
  /** `@name`, `@name[keys]`; `keys` undefined without brackets. */
  | {
      readonly kind: 'aggregation';
      readonly name: string;
      readonly keys: readonly Expression[] | undefined;
      readonly span: Span;
    }
  | { readonly kind: 'unary'; readonly operator: UnaryOperator; readonly operand: Expression; readonly span: Span }
  | {
      readonly kind: 'increment';
      readonly operator: '++' | '--';
      readonly position: 'prefix' | 'postfix';
      readonly operand: Expression;
      readonly span: Span;
    }
  | {
      readonly kind: 'binary';
      readonly operator: BinaryOperator;
      readonly left: Expression;
      readonly right: Expression;
      readonly span: Span;
    }
  | {
      readonly kind: 'assignment';
      readonly operator: AssignmentOperator;
      readonly target: Expression;
      readonly value: Expression;
      readonly span: Span;
    }
  | {
      readonly kind: 'conditional';
      readonly condition: Expression;
      readonly yes: Expression;
      readonly no: Expression;
      readonly span: Span;
    }
  | { readonly kind: 'comma'; readonly left: Expression; readonly right: Expression; readonly span: Span }
  /** `a[k1, k2]`: an element of an associative array, or of an array or pointer. */
  | { readonly kind: 'index'; readonly object: Expression; readonly keys: readonly Expression[]; readonly span: Span }
  | {
      readonly kind: 'member';
      readonly object: Expression;
      readonly arrow: boolean;
      readonly name: string;
      readonly span: Span;
    }
  | { readonly kind: 'call'; readonly name: string; readonly arguments: readonly Expression[]; readonly span: Span }
  | { readonly kind: 'cast'; readonly type: TypeName; readonly operand: Expression; readonly span: Span }
  | { readonly kind: 'sizeof'; readonly operand: TypeName | Expression; readonly span: Span };

/** A clause: probe descriptions, a predicate, statements. `statements` is undefined for a probe without braces. */
export interface Clause {
  readonly kind: 'clause';
  readonly probes: readonly ProbeDescription[];
  readonly predicate: Expression | undefined;
  readonly statements: readonly Expression[] | undefined;
  readonly span: Span;
}

/** `int x;`, `self string s;`, `uint64_t a[int, string];`. */
export interface Declaration {
  readonly kind: 'declaration';
  readonly scope: 'global' | 'self' | 'this';
  readonly type: TypeName;
  readonly name: string;
  /** The tuple of an associative array's declaration. */
  readonly keys: readonly TypeName[] | undefined;
  readonly span: Span;
}

/** `#pragma D name words…`. */
export interface Pragma {
  readonly kind: 'pragma';
  readonly name: string;
  readonly words: readonly string[];
  readonly span: Span;
}

/** A program as parsed, its parts in the order of the text. */
export interface Program {
  readonly parts: readonly (Clause | Declaration | Pragma)[];
  readonly span: Span;
}

/**
 * A probe description as the parser makes it. A probe given by its number (`dtrace -i 3`, or `3 { … }`) has `id`; its
 * fields then match nothing (the name is the number), so that whoever overlooks `id` finds no probe instead of all.
 */
export interface NumberedProbeDescription extends ProbeDescription {
  readonly id: number;
}

/** Whether the description gives a probe by its number. */
export function isNumbered(probe: ProbeDescription): probe is NumberedProbeDescription {
  return 'id' in probe;
}
