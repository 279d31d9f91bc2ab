/** Format strings and what they take. */

import { checkPrintf, type PrintfArgument, type PrintfUse } from '../../printf-check.js';
import { type PrintfFormat, PrintfFormatError, parsePrintf } from '../../printf-format.js';
import type { Span } from '../../source.js';
import type { DType } from '../../types.js';
import { fail, hinting } from '../fail.js';
import { noValueHint, type Operand, operandTypeName } from '../operand.js';
import { typeName } from '../types/type-text.js';

/**
 * Checks the values that a format string takes. `spanOf` is the place of a value, undefined for one that is not written.
 * @throws {CompileError} D_PRINTF_…, D_SYNTAX for a malformed format.
 */
export function checkFormat(
  format: string,
  values: readonly { readonly argument: PrintfArgument; readonly operand?: Operand }[],
  use: PrintfUse,
  formatSpan: Span,
  callSpan: Span,
): void {
  const parsed = parseFormat(format, use.action, formatSpan);
  const problem = checkPrintf(
    parsed,
    values.map(({ argument }) => argument),
    use,
  );
  if (problem === undefined) return;
  const [message = '', ...lines] = problem.message.split('\n');
  const operand = problem.argument === undefined ? undefined : values[problem.argument]?.operand;
  fail(problem.tag, message, operand?.span ?? callSpan, {
    ...(lines.length === 0 ? {} : { details: lines.map(detail) }),
    ...(operand === undefined ? {} : hinting(noValueHint(operand))),
  });
}

function parseFormat(format: string, action: string, span: Span): PrintfFormat {
  try {
    return parsePrintf(format, action);
  } catch (error) {
    if (error instanceof PrintfFormatError) return fail(error.tag, error.message, span);
    throw error;
  }
}

/** `label: text` of a line that is already aligned. */
function detail(line: string): { readonly label: string; readonly text: string } {
  const [label = '', ...text] = line.trim().split(': ');
  return { label, text: text.join(': ') };
}

/** A checked expression as an argument of printf(). */
export const printfOperand = (operand: Operand): PrintfArgument =>
  operand.kind === 'no-value'
    ? { operand: { kind: 'other' }, typeName: operandTypeName(operand) }
    : printfType(operand.type);

/** A value of a type as an argument of printf(). */
export function printfType(type: DType): PrintfArgument {
  const name = typeName(type);
  switch (type.kind) {
    case 'integer':
      return { operand: { kind: 'integer', size: type.size }, typeName: name };
    case 'pointer':
    case 'stack':
    case 'string':
      return { operand: { kind: type.kind }, typeName: name };
    case 'void':
    case 'struct':
    case 'union':
    case 'array':
      return { operand: { kind: 'other' }, typeName: name };
  }
}
