/** Following pointers: `*p`, `p[i]`, `&`, `p->member`. */

import type { CookedExpression } from '../../cooked.js';
import type { Span } from '../../source.js';
import { fail, hinting } from '../fail.js';
import { isPointer, isValue, noValueHint, type Operand, operandTypeName } from '../operand.js';
import { loadString } from '../types/conversions.js';
import { typeName } from '../types/type-text.js';

/**
 * `*operand`.
 * @throws {CompileError} D_DEREF_NONPTR, D_DEREF_VOID, D_OP_INCOMPLETE, D_UNSUPPORTED.
 */
export function cookDereference(operand: Operand, span: Span, stringSize: number): CookedExpression {
  if (!isPointer(operand)) {
    const hint =
      operand.type.kind === 'integer' ? 'cast the address to a pointer type, as in (int *)x' : noValueHint(operand);
    return fail('D_DEREF_NONPTR', 'operator * requires a pointer as its operand', span, hinting(hint));
  }
  const { target } = operand.type;
  switch (target.kind) {
    case 'integer':
    case 'pointer':
      return { kind: 'load', address: operand, type: target, span };
    case 'string':
      return { ...loadString(operand, stringSize), span };
    case 'stack':
    case 'void':
      return fail('D_DEREF_VOID', 'operator * cannot follow a pointer to void', span);
    case 'struct':
    case 'union':
      return failIncomplete('*', typeName(target), span);
    case 'array':
      return fail('D_UNSUPPORTED', 'arrays in memory are not available yet', span);
  }
}

function failIncomplete(operator: string, type: string, span: Span): never {
  const message = `operator ${operator} requires a complete type: no definition of ${type} is available`;
  return fail('D_OP_INCOMPLETE', message, span);
}

/**
 * `&operand`. What has been loaded has an address, variables of D have none.
 * @throws {CompileError} D_ADDROF_VAR, D_ADDROF_LVAL.
 */
export function cookAddressOf(operand: Operand, span: Span): CookedExpression {
  if (operand.kind === 'load') return operand.address;
  const isVariable = operand.kind === 'read' || operand.kind === 'builtin' || operand.kind === 'argument';
  if (isVariable || (!isValue(operand) && operand.what === 'aggregation')) {
    return fail('D_ADDROF_VAR', 'operator & cannot be applied to a variable of D, which has no address', span);
  }
  return fail('D_ADDROF_LVAL', 'operator & requires something in memory as its operand', span);
}

/**
 * `object.name` and `object->name`. No structure is known yet, so this always ends the check.
 * @throws {CompileError} D_OP_PTR, D_OP_SOU, D_OP_INCOMPLETE.
 */
export function cookMember(object: Operand, arrow: boolean, span: Span): never {
  const operator = arrow ? '->' : '.';
  if (arrow && !isPointer(object)) {
    fail('D_OP_PTR', 'operator -> requires a pointer on its left', span, hinting(noValueHint(object)));
  }
  const type = isPointer(object) && arrow ? object.type.target : object.type;
  if (type.kind === 'struct' || type.kind === 'union') failIncomplete(operator, typeName(type), span);
  return arrow
    ? fail('D_OP_SOU', `operator -> requires a pointer to a structure or union, not to "${typeName(type)}"`, span)
    : fail('D_OP_SOU', `operator . requires a structure or union, not "${operandTypeName(object)}"`, span);
}
