/** printf(). */

import type { Expression } from '../../syntax/ast.js';
import type { CheckContext } from '../context.js';
import { cookExpression } from '../expression/expression.js';
import { fail, prototypeDetails } from '../fail.js';
import { isValue, operandTypeName } from '../operand.js';
import { type Action, argumentOf } from './action.js';
import { checkFormat, printfOperand } from './printf-arguments.js';

/** The string constant that an expression is; a macro variable `$$1` is one too. */
export function stringConstant(expression: Expression, context: CheckContext): string | undefined {
  const inner = expression.kind === 'macro' ? context.macros.expand(expression) : expression;
  return inner.kind === 'string' ? inner.value : undefined;
}

/** `printf(format, values…)`. */
export const printf: Action = {
  arity: { least: 1, most: undefined },
  cook: (call, context) => {
    const first = argumentOf(call, 0);
    const format = stringConstant(first, context);
    if (format === undefined) {
      const message = `${call.name}( ) argument #1 is incompatible with prototype:`;
      const type = operandTypeName(cookExpression(first, context));
      return fail('D_PRINTF_ARG_FMT', message, first.span, prototypeDetails('string constant', type));
    }
    const operands = call.arguments.slice(1).map((argument) => cookExpression(argument, context));
    const values = operands.map((operand) => ({ argument: printfOperand(operand), operand }));
    checkFormat(format, values, { action: call.name, aggregation: false }, first.span, call.span);
    return { kind: 'printf', format, values: operands.filter(isValue), span: call.span };
  },
};
