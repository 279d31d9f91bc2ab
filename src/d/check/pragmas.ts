/** `#pragma D …`. */

import type { CookedProgram } from '../cooked.js';
import { nearest } from '../nearest.js';
import type { Pragma } from '../syntax/ast.js';
import type { CheckContext } from './context.js';
import { didYouMean, fail } from './fail.js';

type Option = CookedProgram['options'][number];

/** What each pragma does; one that sets an option gives it. */
const pragmas: Readonly<Record<string, (pragma: Pragma, context: CheckContext) => Option | undefined>> = {
  option: cookOption,
  depends_on: checkDependency,
  attributes: refuse,
  binding: refuse,
};

/**
 * Checks a pragma; returns the option that it sets.
 * @throws {CompileError} D_PRAGMA_INVAL, D_PRAGMA_MALFORM, D_PRAGMA_DEPEND, D_UNSUPPORTED.
 */
export function cookPragma(pragma: Pragma, context: CheckContext): Option | undefined {
  const { name, span } = pragma;
  const cook = Object.hasOwn(pragmas, name) ? pragmas[name] : undefined;
  if (cook !== undefined) return cook(pragma, context);
  return fail(
    'D_PRAGMA_INVAL',
    `unknown pragma: #pragma D ${name}`,
    span,
    didYouMean(nearest(name, Object.keys(pragmas))),
  );
}

function cookOption({ words, span }: Pragma): Option {
  const [word, ...others] = words;
  if (word === undefined) fail('D_PRAGMA_MALFORM', '#pragma D option needs a name, or name=value', span);
  if (others.length > 0) fail('D_PRAGMA_MALFORM', '#pragma D option takes one option', span);
  const equals = word.indexOf('=');
  return equals < 0
    ? { name: word, value: undefined, span }
    : { name: word.slice(0, equals), value: word.slice(equals + 1), span };
}

/** `depends_on provider p`, `depends_on module m`: there must be such probes. */
function checkDependency({ words, span }: Pragma, { environment }: CheckContext): undefined {
  const [what, name, ...others] = words;
  if (what === undefined || name === undefined || others.length > 0) {
    fail('D_PRAGMA_MALFORM', '#pragma D depends_on needs a class and a name', span);
  }
  if (what !== 'provider' && what !== 'module' && what !== 'library') {
    fail('D_PRAGMA_INVAL', `#pragma D depends_on knows no class ${what}`, span);
  }
  const description = {
    provider: what === 'provider' ? name : '',
    module: what === 'module' ? name : '',
    function: '',
    name: '',
    text: name,
    span,
  };
  if (what !== 'library' && environment.matchProbes(description).probes > 0) return undefined;
  return fail('D_PRAGMA_DEPEND', `program requires ${what} ${name}, which is not there`, span);
}

function refuse({ name, span }: Pragma): never {
  return fail('D_UNSUPPORTED', `#pragma D ${name} is not available yet`, span);
}
