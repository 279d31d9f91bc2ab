/** The variables that a program defines, by declaration or by their first assignment. */

import type { DifVariable, VariableScope } from '../../dif.js';
import type { Span } from '../../source.js';
import { type DType, integerTypes, stringType } from '../../types.js';
import { fail } from '../fail.js';
import { difType } from '../types/dif-type.js';
import { typeName } from '../types/type-text.js';

/** A variable with its types as the checker knows them. */
export interface Variable {
  readonly variable: DifVariable;
  /** The type of its value, or of an element. */
  readonly type: DType;
  /** The types of the keys of an associative array, as written for messages. */
  readonly keys: readonly DType[] | undefined;
  /** Where it was defined. */
  readonly span: Span;
}

/** The name as the user writes it. */
export const variableText = (scope: VariableScope, name: string): string =>
  scope === 'global' ? name : `${scope === 'thread' ? 'self' : 'this'}->${name}`;

/** The type of a value as a variable keeps it: a string with the bound of all strings. */
const kept = (type: DType, stringSize: number): DType => (type.kind === 'string' ? stringType(stringSize) : type);

/**
 * The type to which a key is converted. Integers are keys by their 64-bit extension, as in DTrace: an array first used
 * with an int can be indexed by a timestamp without losing half of it.
 */
export function keyType(type: DType): DType {
  if (type.kind !== 'integer' || type.size === 8) return type;
  return type.signed ? integerTypes.int64_t : integerTypes.uint64_t;
}

/** All variables of the programs compiled together. Clause-local ones belong to one program, the others to all. */
export class Variables {
  readonly #stringSize: number;
  readonly #names = new Map<string, Variable>();
  readonly #list: DifVariable[] = [];

  constructor(stringSize: number) {
    this.#stringSize = stringSize;
  }

  /** Forgets the names of clause-local variables: another program follows. */
  startProgram(): void {
    for (const [key, { variable }] of this.#names) if (variable.scope === 'clause') this.#names.delete(key);
  }

  /** The variable of a name, undefined if it is not defined so far. */
  find(scope: VariableScope, name: string): Variable | undefined {
    return this.#names.get(variableText(scope, name));
  }

  /**
   * Defines a variable; with `keys` it is an associative array.
   * @throws {CompileError} D_OP_INCOMPAT or D_KEY_TYPE for a type of which there are no variables or keys.
   */
  define(scope: VariableScope, name: string, type: DType, keys: readonly DType[] | undefined, span: Span): Variable {
    const difKeys = keys?.map((key, index) => {
      const message = `key #${index + 1} of an associative array cannot be of type "${typeName(key)}"`;
      return difType(keyType(key), this.#stringSize) ?? fail('D_KEY_TYPE', message, span);
    });
    const what = `${variableText(scope, name)} cannot hold a value of type ${typeName(type)}`;
    const variable: DifVariable = {
      id: this.#list.length,
      name,
      scope,
      type: difType(type, this.#stringSize) ?? fail('D_OP_INCOMPAT', what, span),
      ...(difKeys === undefined ? {} : { keys: difKeys }),
    };
    const keptKeys = keys?.map((key) => kept(key, this.#stringSize));
    const defined: Variable = { variable, type: kept(type, this.#stringSize), keys: keptKeys, span };
    this.#list.push(variable);
    this.#names.set(variableText(scope, name), defined);
    return defined;
  }

  /** The names of a scope, for suggestions. */
  names(scope: VariableScope): readonly string[] {
    return [...this.#names.values()]
      .filter(({ variable }) => variable.scope === scope)
      .map(({ variable }) => variable.name);
  }

  /** All variables, by id. */
  all(): readonly DifVariable[] {
    return this.#list;
  }
}
