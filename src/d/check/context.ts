/** What the parts of the checker share while they check programs. */

import type { CheckEnvironment, ProbeArguments } from './environment.js';
import { Aggregations } from './names/aggregations.js';
import { Macros } from './names/macros.js';
import { Variables } from './names/variables.js';

/** The probes of the clause that is being checked. */
export interface ClauseProbes {
  /** Its descriptions. */
  readonly text: string;
  /** What `args[]` holds in the probes; none where no probe matches. */
  readonly arguments: readonly ProbeArguments[];
}

/** The environment and everything that the programs have named so far. */
export interface CheckContext {
  readonly environment: CheckEnvironment;
  readonly variables: Variables;
  readonly aggregations: Aggregations;
  readonly macros: Macros;
  /** Undefined outside clauses. */
  readonly clause?: ClauseProbes;
}

/** A context in which nothing is named yet. */
export function newContext(environment: CheckEnvironment): CheckContext {
  return {
    environment,
    variables: new Variables(environment.stringSize),
    aggregations: new Aggregations(environment.stringSize),
    macros: new Macros(environment),
  };
}
