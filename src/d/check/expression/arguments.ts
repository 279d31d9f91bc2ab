/** `args[]`: the arguments of the probe that fires, each of the type that its provider declares. */

import type { CookedExpression } from '../../cooked.js';
import type { Span } from '../../source.js';
import { constantValue } from '../constant-value.js';
import type { CheckContext, ClauseProbes } from '../context.js';
import { fail, hinting, prototypeDetails } from '../fail.js';
import { isBuiltin } from '../names/builtins.js';
import { isInteger, noValueHint, type Operand, operandTypeName } from '../operand.js';
import { sameType } from '../types/conversions.js';
import { typeName } from '../types/type-text.js';

/**
 * `args[index]`. A clause is compiled once for all its probes, so they must agree on what has this index.
 * @throws {CompileError} D_PROTO_LEN and D_PROTO_ARG for what is not one integer constant, D_ARGS_NONE outside clauses,
 * D_ARGS_IDX where no probe of the clause has the argument, D_ARGS_MULTI where they have it in different types.
 */
export function cookArgument(keys: readonly Operand[], span: Span, { clause }: CheckContext): CookedExpression {
  const [key] = keys;
  if (key === undefined || keys.length > 1) {
    return fail('D_PROTO_LEN', `args[ ] prototype mismatch: ${keys.length} keys passed, 1 expected`, span);
  }
  const index = isInteger(key) ? constantValue(key) : undefined;
  if (index === undefined) {
    return fail('D_PROTO_ARG', 'args[ ] key #1 is incompatible with prototype:', key.span, {
      ...prototypeDetails('integer constant', operandTypeName(key), 'key'),
      ...hinting(noValueHint(key)),
    });
  }
  if (clause === undefined) return fail('D_ARGS_NONE', 'args[ ] belongs to a probe: it has no meaning here', span);
  const type = typeOfArgument(index, clause, span);
  const variable = `arg${index}`;
  if (!isBuiltin(variable)) throw new Error(`a probe of ${clause.text} declares more arguments than there are`);
  return { kind: 'argument', variable, type, span };
}

/** The type that every probe of the clause gives the argument. */
function typeOfArgument(index: bigint, clause: ClauseProbes, span: Span): CookedExpression['type'] {
  const name = `args[${index}]`;
  const found = clause.arguments.map(({ probe, types }) => ({ probe, type: types[Number(index)] }));
  const [first] = found.filter(({ type }) => type !== undefined);
  if (first?.type === undefined) {
    if (found.length === 0) {
      return fail('D_ARGS_MULTI', `${name} has no type, as no probe matches ${clause.text}`, span);
    }
    const instead = clause.arguments.find((each) => each.instead !== undefined)?.instead;
    const count = Math.max(...clause.arguments.map(({ types }) => types.length));
    const range = count > 1 ? `there are args[0] to args[${count - 1}]` : 'the only one is args[0]';
    const hint = count > 0 ? range : instead;
    return fail('D_ARGS_IDX', `index ${index} is out of range of args[ ] in ${clause.text}`, span, hinting(hint));
  }
  const { type } = first;
  const other = found.find((each) => each.type === undefined || !sameType(each.type, type));
  if (other === undefined) return type;
  return fail('D_ARGS_MULTI', `${name} is not the same in all probes of the clause:`, span, {
    details: [first, other].map((each) => ({
      label: each.probe,
      text: each.type === undefined ? 'no such argument' : typeName(each.type),
    })),
    hint: `give them clauses of their own, or use arg${index}`,
  });
}
