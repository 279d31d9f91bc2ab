/** printa(). */

import type { Expression } from '../../syntax/ast.js';
import type { CheckContext } from '../context.js';
import { fail } from '../fail.js';
import type { KnownAggregation } from '../names/aggregations.js';
import { sameType } from '../types/conversions.js';
import { typeName } from '../types/type-text.js';
import { type Action, type ActionCall, argumentOf } from './action.js';
import { cookAggregationArgument } from './aggregation-argument.js';
import { stringConstant } from './printf.js';
import { checkFormat, printfType } from './printf-arguments.js';

/** `printa(@a)`, `printa(format, @a, @b…)`. */
export const printa: Action = {
  arity: { least: 1, most: undefined },
  cook: (call, context) => {
    const first = argumentOf(call, 0);
    const format = stringConstant(first, context);
    const from = format === undefined ? 0 : 1;
    if (call.arguments.length <= from) {
      const message = `${call.name}( ) prototype mismatch: ${call.arguments.length} arg passed, 2 expected`;
      fail('D_PRINTA_PROTO', message, call.span, { hint: 'name an aggregation after the format string' });
    }
    const aggregations = call.arguments.slice(from).map((_, index) => known(call, from + index, context));
    for (const other of aggregations.slice(1)) requireSameKeys(aggregations[0] ?? other, other, call);
    if (format !== undefined) checkKeys(format, aggregations[0], first, call);
    return {
      kind: 'printa',
      format,
      aggregations: aggregations.map(({ aggregation }) => aggregation),
      span: call.span,
    };
  },
};

const known = (call: ActionCall, index: number, context: CheckContext): KnownAggregation =>
  cookAggregationArgument(call, index, context, { notOne: 'D_PRINTA_AGGARG', unknown: 'D_PRINTA_AGGBAD' });

function checkKeys(
  format: string,
  aggregation: KnownAggregation | undefined,
  { span }: Expression,
  call: ActionCall,
): void {
  const values = (aggregation?.keys ?? []).map((type) => ({ argument: printfType(type) }));
  checkFormat(format, values, { action: call.name, aggregation: true }, span, call.span);
}

/** Aggregations printed together are joined by their keys. */
function requireSameKeys(first: KnownAggregation, other: KnownAggregation, call: ActionCall): void {
  const [left, right] = [`@${first.aggregation.name}`, `@${other.aggregation.name}`];
  const count = (name: string, { keys }: KnownAggregation): string =>
    `${name} has ${keys.length} key${keys.length === 1 ? '' : 's'}`;
  if (first.keys.length !== other.keys.length) {
    const message = `printa( ): ${left} and ${right} differ in their keys: ${count(left, first)}, ${count(right, other)}`;
    fail('D_PRINTA_AGGKEY', message, call.span);
  }
  for (const [index, type] of first.keys.entries()) {
    const key = other.keys[index];
    const isFit = key !== undefined && key.kind === type.kind && (key.kind !== 'pointer' || sameType(key, type));
    if (isFit) continue;
    fail('D_PRINTA_AGGPROTO', `printa( ): key #${index + 1} of ${right} does not go with that of ${left}:`, call.span, {
      details: [
        { label: `${left} key #${index + 1}`, text: typeName(type) },
        { label: `${right} key #${index + 1}`, text: key === undefined ? '' : typeName(key) },
      ],
    });
  }
}
