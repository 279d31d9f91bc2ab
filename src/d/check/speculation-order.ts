/**
 * Which statements go together with those on speculations, and in which order (Dynamic Tracing Guide, "Speculative
 * Tracing"): a clause records either into one speculation or into the principal buffer, and nothing after it has
 * committed. Aggregations are not speculative, and neither is exit().
 */

import type { CookedStatement } from '../cooked.js';
import type { ErrorTag } from '../error-tags.js';
import { type DiagnosticExtras, fail } from './fail.js';

/** What of the clause came before a statement. */
interface Before {
  speculate: boolean;
  commit: boolean;
  /** Data was recorded, into the principal buffer or an aggregation. */
  data: boolean;
}

/** A broken rule: its tag and the two things whose order is wrong. */
type Breach = readonly [ErrorTag, string, string];

const dataRecording = 'data-recording action(s)';

/**
 * Checks the statements of a clause.
 * @throws {CompileError} D_SPEC_SPEC, D_SPEC_COMM, D_SPEC_DREC, D_COMM_COMM, D_COMM_DREC, D_DREC_COMM, D_AGG_SPEC,
 * D_AGG_COMM, D_EXIT_SPEC.
 */
export function checkSpeculation(statements: readonly CookedStatement[]): void {
  const before: Before = { speculate: false, commit: false, data: false };
  for (const statement of statements) {
    const breach = breachOf(statement, before);
    if (breach === undefined) continue;
    const [tag, what, earlier] = breach;
    fail(tag, `${what} may not follow ${earlier}`, statement.span, hintOf(tag));
  }
}

const hintOf = (tag: ErrorTag): DiagnosticExtras =>
  tag === 'D_SPEC_SPEC' || tag === 'D_COMM_COMM'
    ? {}
    : { hint: 'put them into two clauses of the same probe, which run in their order' };

/** What is wrong with a statement, if anything is; `before` then knows it. */
function breachOf({ kind }: CookedStatement, before: Before): Breach | undefined {
  switch (kind) {
    case 'evaluate':
    case 'discard':
      return undefined;
    case 'speculate':
      if (before.speculate) return ['D_SPEC_SPEC', 'speculate( )', 'speculate( )'];
      if (before.commit) return ['D_SPEC_COMM', 'speculate( )', 'commit( )'];
      if (before.data) return ['D_SPEC_DREC', 'speculate( )', dataRecording];
      before.speculate = true;
      return undefined;
    case 'commit':
      if (before.commit) return ['D_COMM_COMM', 'commit( )', 'commit( )'];
      if (before.data) return ['D_COMM_DREC', 'commit( )', dataRecording];
      before.commit = true;
      return undefined;
    case 'aggregate':
      if (before.speculate) return ['D_AGG_SPEC', 'aggregating actions', 'speculate( )'];
      if (before.commit) return ['D_AGG_COMM', 'aggregating actions', 'commit( )'];
      before.data = true;
      return undefined;
    default:
      if (kind === 'exit' && before.speculate) return ['D_EXIT_SPEC', 'exit( )', 'speculate( )'];
      if (before.commit) return ['D_DREC_COMM', 'data-recording actions', 'commit( )'];
      before.data ||= !before.speculate;
      return undefined;
  }
}
