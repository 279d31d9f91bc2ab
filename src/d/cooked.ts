/**
 * The cooked tree: what the checker makes of the syntax tree. Every identifier is resolved, every type known, every
 * conversion that C makes silently is a `convert` of its own, macro variables have become constants, and every
 * assignable thing is a `Place`. Whatever stands here can be compiled: the generator of DIF refuses nothing.
 */

import type {
  AggregatingFunction,
  BuiltinVariable,
  DifAggregation,
  DifOperation,
  DifVariable,
  ProbeDescription,
} from './dif.js';
import type { Span } from './source.js';
import type { DType } from './types.js';

/** Something that an assignment can write. */
export type Place =
  | { readonly kind: 'variable'; readonly variable: DifVariable; readonly type: DType; readonly span: Span }
  | {
      readonly kind: 'element';
      readonly variable: DifVariable;
      readonly keys: readonly CookedExpression[];
      readonly type: DType;
      readonly span: Span;
    };

/** A checked expression. Operands of arithmetic and comparisons have already been promoted to a common type. */
export type CookedExpression =
  /** `value` is in the range of `type`, an integer or pointer. */
  | { readonly kind: 'constant'; readonly value: bigint; readonly type: DType; readonly span: Span }
  /** `type` is a string whose bound is the length in UTF-8 plus 1, or strsize if that is less (the text is then cut). */
  | { readonly kind: 'string'; readonly value: string; readonly type: DType; readonly span: Span }
  | { readonly kind: 'builtin'; readonly variable: BuiltinVariable; readonly type: DType; readonly span: Span }
  /** `args[n]`: `variable` is arg`n`, of which `type`, an integer or pointer, says what it is. */
  | { readonly kind: 'argument'; readonly variable: BuiltinVariable; readonly type: DType; readonly span: Span }
  | { readonly kind: 'read'; readonly place: Place; readonly type: DType; readonly span: Span }
  /** `place = value`; the value has the place's type already. Yields the value stored. */
  | {
      readonly kind: 'assign';
      readonly place: Place;
      readonly value: CookedExpression;
      readonly type: DType;
      readonly span: Span;
    }
  /**
   * `place op= value`, `++`, `--`: the place is read once, its keys are evaluated once. The arithmetic is done in
   * `operationType` (to which the old value is converted and which `value` has), the result converted to the place's type.
   * Yields the new value, or the old one for the postfix forms.
   */
  | {
      readonly kind: 'update';
      readonly place: Place;
      readonly operation: DifOperation;
      readonly value: CookedExpression;
      readonly operationType: DType;
      readonly yields: 'old' | 'new';
      readonly type: DType;
      readonly span: Span;
    }
  /** Arithmetic in `type`; the operands have that type, except that a shift's right operand is any integer. */
  | {
      readonly kind: 'arithmetic';
      readonly operation: DifOperation;
      readonly left: CookedExpression;
      readonly right: CookedExpression;
      readonly type: DType;
      readonly span: Span;
    }
  | {
      readonly kind: 'negate' | 'complement';
      readonly operand: CookedExpression;
      readonly type: DType;
      readonly span: Span;
    }
  /** `!x`: 1 if the operand (integer or pointer) is zero; of type int. */
  | { readonly kind: 'not'; readonly operand: CookedExpression; readonly type: DType; readonly span: Span }
  /** `&&`, `||` (the right side only when needed), `^^` (both sides); of type int. */
  | {
      readonly kind: 'logical';
      readonly operator: '&&' | '||' | '^^';
      readonly left: CookedExpression;
      readonly right: CookedExpression;
      readonly type: DType;
      readonly span: Span;
    }
  /** Both operands have one integer or pointer type (signedness decides the order) or both are strings; of type int. */
  | {
      readonly kind: 'comparison';
      readonly operator: '==' | '!=' | '<' | '<=' | '>' | '>=';
      readonly left: CookedExpression;
      readonly right: CookedExpression;
      readonly type: DType;
      readonly span: Span;
    }
  /** Both arms have the type of the whole; string arms may have smaller bounds. */
  | {
      readonly kind: 'conditional';
      readonly condition: CookedExpression;
      readonly yes: CookedExpression;
      readonly no: CookedExpression;
      readonly type: DType;
      readonly span: Span;
    }
  | {
      readonly kind: 'comma';
      readonly left: CookedExpression;
      readonly right: CookedExpression;
      readonly type: DType;
      readonly span: Span;
    }
  /** Integer or pointer to integer or pointer type. */
  | { readonly kind: 'convert'; readonly operand: CookedExpression; readonly type: DType; readonly span: Span }
  /** `*address`, where `type` is an integer or pointer; the address is a pointer, whose space says how to read. */
  | { readonly kind: 'load'; readonly address: CookedExpression; readonly type: DType; readonly span: Span }
  /** stringof(address), copyinstr(address), and `char *` where a string is wanted. */
  | {
      readonly kind: 'load-string';
      readonly address: CookedExpression;
      readonly space: 'kernel' | 'user';
      readonly type: DType;
      readonly span: Span;
    }
  /** stack(), of a stack type. */
  | { readonly kind: 'stack'; readonly type: DType; readonly span: Span }
  /** sync(), of type int64_t. */
  | { readonly kind: 'sync'; readonly type: DType; readonly span: Span }
  /** synced(number), of type int; the number is of type int64_t. */
  | { readonly kind: 'synced'; readonly number: CookedExpression; readonly type: DType; readonly span: Span }
  /** speculation(), of type int. */
  | { readonly kind: 'speculation'; readonly type: DType; readonly span: Span };

/** A checked statement. */
export type CookedStatement =
  | { readonly kind: 'evaluate'; readonly expression: CookedExpression; readonly span: Span }
  /** trace(x): an integer or pointer, a string or a stack; stack() as a statement too. */
  | { readonly kind: 'trace'; readonly value: CookedExpression; readonly span: Span }
  | {
      readonly kind: 'printf';
      readonly format: string;
      readonly values: readonly CookedExpression[];
      readonly span: Span;
    }
  /** The status has type int. */
  | { readonly kind: 'exit'; readonly status: CookedExpression; readonly span: Span }
  | {
      readonly kind: 'printa';
      readonly format: string | undefined;
      readonly aggregations: readonly DifAggregation[];
      readonly span: Span;
    }
  | { readonly kind: 'clear'; readonly aggregation: DifAggregation; readonly span: Span }
  /** What is done with the speculation of a number, which has type int. */
  | {
      readonly kind: 'speculate' | 'commit' | 'discard';
      readonly speculation: CookedExpression;
      readonly span: Span;
    }
  /** The argument is undefined for count(), otherwise of an 8-byte integer type. */
  | {
      readonly kind: 'aggregate';
      readonly aggregation: DifAggregation;
      readonly function: AggregatingFunction;
      readonly keys: readonly CookedExpression[];
      readonly argument: CookedExpression | undefined;
      readonly span: Span;
    };

/** A checked clause. A clause without braces has the default action: one record without fields. */
export interface CookedClause {
  readonly epid: number;
  readonly probes: readonly ProbeDescription[];
  /** An integer, pointer; true if not zero. */
  readonly predicate: CookedExpression | undefined;
  readonly statements: readonly CookedStatement[];
  /** Whether a firing leaves a record even when no statement records anything. */
  readonly records: boolean;
  readonly span: Span;
}

/** A checked program. `DifAggregation` and `DifVariable` objects are the ones that the compiled program lists. */
export interface CookedProgram {
  readonly clauses: readonly CookedClause[];
  readonly variables: readonly DifVariable[];
  readonly aggregations: readonly DifAggregation[];
  /** `#pragma D option name[=value]`, in order, unchecked. */
  readonly options: readonly { readonly name: string; readonly value: string | undefined; readonly span: Span }[];
}
