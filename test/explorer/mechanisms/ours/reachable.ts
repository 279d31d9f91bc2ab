/** Asks of a mechanism whether something ever happens, so that a verdict of `safe` is known not to be an empty one. */

import { explore } from '../../../../src/explorer/explore.js';
import type { Operand } from '../../../../src/explorer/model/expression.js';
import { not } from '../../../../src/explorer/model/expression.js';
import { type Mechanism, mechanism } from '../../../../src/explorer/model/mechanism.js';
import { always } from '../../../../src/explorer/model/model.js';
import type { Variable } from '../../../../src/explorer/model/variable.js';

const never = 'it never happens';

/** Whether some reachable state of the mechanism passes a test over its variables, which are looked up by name. */
export async function reachable(
  studied: Mechanism,
  options: readonly string[],
  test: (named: (name: string) => Variable) => Operand,
): Promise<boolean> {
  const asked = mechanism({
    ...studied,
    build: (setting) => {
      const model = studied.build(setting);
      const named = (name: string): Variable => {
        const found = model.variables.find((variable) => variable.name === name);
        if (found === undefined) throw new Error(`no variable ${name} in ${studied.name}`);
        return found;
      };
      return { ...model, properties: [...model.properties, always(never, not(test(named)))] };
    },
  });
  return (await explore(asked, { options, properties: [never] })).verdict === 'violated';
}
