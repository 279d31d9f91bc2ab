/** stack(): the addresses of the frames of the kernel's stack. */

import type { CookedExpression } from '../../cooked.js';
import type { Span } from '../../source.js';
import { constantValue } from '../constant-value.js';
import type { CheckEnvironment } from '../environment.js';
import { fail } from '../fail.js';
import { isInteger, type Operand } from '../operand.js';

/**
 * `stack()` of as many frames as the option `stackframes` says, or `stack(n)`; never more than `maxframes`.
 * @throws {CompileError} D_STACK_SIZE where n is no positive integer constant.
 */
export function cookStack(
  call: { readonly span: Span },
  given: readonly Operand[],
  { stackFrames = 20, maximumFrames = 127 }: Pick<CheckEnvironment, 'stackFrames' | 'maximumFrames'>,
): CookedExpression {
  const [size] = given;
  let asked = BigInt(stackFrames);
  if (size !== undefined) {
    const value = isInteger(size) ? constantValue(size) : undefined;
    if (value === undefined || value <= 0n) {
      const message = 'stack( ) size must be a non-zero positive integral constant expression';
      fail('D_STACK_SIZE', message, size.span, { hint: 'write stack(5), or set the option stackframes' });
    }
    asked = value;
  }
  const frames = asked < BigInt(maximumFrames) ? Number(asked) : maximumFrames;
  return { kind: 'stack', type: { kind: 'stack', frames }, span: call.span };
}
