/** The aggregations of the programs compiled together. */

import type { CookedExpression } from '../../cooked.js';
import type { AggregatingFunction, DifAggregation, DifType } from '../../dif.js';
import { nearest } from '../../nearest.js';
import type { Span } from '../../source.js';
import { namedLine } from '../../syntax/line-directive.js';
import { type DType, stringType } from '../../types.js';
import { type DiagnosticExtras, didYouMean, fail, hinting, prototypeDetails } from '../fail.js';
import { isValue, noValueHint, type Operand, operandTypeName } from '../operand.js';
import { assignable, convert } from '../types/conversions.js';
import { difType } from '../types/dif-type.js';
import { typeName } from '../types/type-text.js';

interface Entry {
  readonly aggregation: Mutable<DifAggregation>;
  /** The key types of the first use, integers and stacks as wide as the widest use. */
  readonly keys: DType[];
  /** The keys of every use, to be converted once all uses are known. */
  readonly uses: CookedExpression[][];
  readonly span: Span;
}

/** The object that the programs list is filled in as uses are found. */
interface Mutable<Shape extends DifAggregation> {
  readonly id: Shape['id'];
  readonly name: Shape['name'];
  readonly function: Shape['function'];
  readonly signed: Shape['signed'];
  readonly keys: DifType[];
}

/** An aggregation and the types of its keys. */
export interface KnownAggregation {
  readonly aggregation: DifAggregation;
  readonly keys: readonly DType[];
}

/** All aggregations, by name; programs share them. */
export class Aggregations {
  readonly #stringSize: number;
  readonly #entries = new Map<string, Entry>();

  constructor(stringSize: number) {
    this.#stringSize = stringSize;
  }

  /**
   * Notes `@name[keys] = function(…)`. The keys returned are converted by `finish`.
   * @throws {CompileError} D_AGG_REDEF for another function than before, D_PROTO_LEN and D_PROTO_ARG for keys that
   * differ from those before, D_KEY_TYPE for something that is no key.
   */
  use(
    name: string,
    aggregatingFunction: AggregatingFunction,
    keys: readonly Operand[],
    span: Span,
  ): { readonly aggregation: DifAggregation; readonly keys: readonly CookedExpression[] } {
    const entry = this.#entries.get(name) ?? this.#define(name, aggregatingFunction, keys, span);
    if (entry.aggregation.function !== aggregatingFunction) {
      const { line } = namedLine(entry.span.source, entry.span.start);
      fail('D_AGG_REDEF', `aggregation @${name} is redefined with another function:`, span, {
        details: [
          { label: 'current', text: `@${name} = ${aggregatingFunction}( )` },
          { label: 'previous', text: `@${name} = ${entry.aggregation.function}( ) : line ${line}` },
        ],
      });
    }
    if (keys.length !== entry.keys.length) {
      const passed = `${keys.length} key${keys.length === 1 ? '' : 's'} passed`;
      fail('D_PROTO_LEN', `@${name}[ ] prototype mismatch: ${passed}, ${entry.keys.length} expected`, span);
    }
    const values = keys.map((key, index) => this.#key(entry, name, key, index));
    entry.uses.push(values);
    return { aggregation: entry.aggregation, keys: values };
  }

  /** The aggregation of a name, undefined if no statement has fed it so far. */
  find(name: string): KnownAggregation | undefined {
    return this.#entries.get(name);
  }

  /** The hint for a name that is no aggregation's. */
  suggest(name: string): DiagnosticExtras {
    const near = nearest(name, this.#entries.keys());
    return didYouMean(near === undefined ? undefined : `@${near}`);
  }

  /** Converts the keys of all uses to the final types and returns the aggregations by id. */
  finish(): readonly DifAggregation[] {
    for (const { keys, uses } of this.#entries.values()) {
      for (const use of uses) {
        for (const [index, type] of keys.entries()) {
          const value = use[index];
          if (value !== undefined && isConverted(type)) use[index] = convert(value, type);
        }
      }
    }
    return [...this.#entries.values()].map(({ aggregation }) => aggregation);
  }

  #define(name: string, aggregatingFunction: AggregatingFunction, keys: readonly Operand[], span: Span): Entry {
    const types = keys.map((key, index) => {
      if (isValue(key) && (key.type.kind === 'stack' || difType(key.type, this.#stringSize) !== undefined)) {
        return key.type;
      }
      const message = `key #${index + 1} of an aggregation cannot be of type "${operandTypeName(key)}"`;
      return fail('D_KEY_TYPE', message, key.span, hinting(noValueHint(key)));
    });
    const entry: Entry = {
      aggregation: {
        id: this.#entries.size,
        name,
        function: aggregatingFunction,
        keys: types.map((type) => difKey(type)),
        signed: aggregatingFunction !== 'count',
      },
      keys: types,
      uses: [],
      span,
    };
    this.#entries.set(name, entry);
    return entry;
  }

  /** One key of a use; widens the key's type where this use needs it. */
  #key(entry: Entry, name: string, key: Operand, index: number): CookedExpression {
    const type = entry.keys[index];
    const value = type === undefined ? undefined : assignable(key, type, this.#stringSize);
    if (type === undefined || value === undefined || !isValue(key)) {
      const details = prototypeDetails(type === undefined ? '' : typeName(type), operandTypeName(key), 'key');
      return fail('D_PROTO_ARG', `@${name}[ ] key #${index + 1} is incompatible with prototype:`, key.span, {
        ...details,
        ...hinting(noValueHint(key)),
      });
    }
    const wider = widest(type, isConverted(value.type) ? key.type : value.type);
    entry.keys[index] = wider;
    entry.aggregation.keys[index] = difKey(wider);
    return isConverted(type) ? key : value;
  }
}

/** Whether keys of the type are converted to that of the widest; others are padded. */
const isConverted = ({ kind }: DType): boolean => kind !== 'string' && kind !== 'stack';

/** Of two types of one key the one that holds the values of both. */
function widest(left: DType, right: DType): DType {
  if (left.kind === 'string' && right.kind === 'string') return stringType(Math.max(left.bound, right.bound));
  if (left.kind === 'stack' && right.kind === 'stack') return left.frames < right.frames ? right : left;
  return left.kind === 'integer' && right.kind === 'integer' && right.size > left.size ? right : left;
}

/** What the record has for a key: a string with its own bound, a stack with its frames. */
function difKey(type: DType): DifType {
  if (type.kind === 'stack') return type;
  const key = type.kind === 'string' ? difType(type, type.bound) : difType(type, 0);
  if (key === undefined) throw new Error(`${typeName(type)} cannot be a key`);
  return key;
}
