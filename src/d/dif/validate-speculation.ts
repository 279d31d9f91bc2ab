/** What a clause with actions on speculations must keep: a record is either speculative or not, and whole when committed. */

import type { DifAction, DifClause } from '../dif.js';
import { fieldsOf } from './actions.js';
import { typeName } from './type.js';

/** The broken invariants of a clause, none if it keeps them or has no such action. */
export function speculationProblems({ actions, recordSize }: DifClause): readonly string[] {
  const problems: string[] = [];
  const first = (kind: DifAction['kind']): number => actions.findIndex((action) => action.kind === kind);
  const [speculate, commit] = [first('speculate'), first('commit')];
  for (const [index, action] of actions.entries()) {
    const { kind } = action;
    if (kind === 'speculate' || kind === 'commit' || kind === 'discard') {
      const { type } = action.difo;
      const isNumber = type.kind === 'integer' && type.size === 4 && type.signed;
      if (!isNumber) problems.push(`${kind} has a number of type ${typeName(type)}`);
    }
    if ((kind === 'speculate' && index !== speculate) || (kind === 'commit' && index !== commit))
      problems.push(`two actions ${kind}`);
    const records = fieldsOf(action).length > 0;
    if (records && index < speculate) problems.push('a field is recorded before speculate');
    if (records && commit >= 0 && index > commit) problems.push('a field is recorded after commit');
    if (speculate >= 0 && (kind === 'exit' || kind === 'aggregate'))
      problems.push(`${kind} in a clause that speculates`);
  }
  if (commit >= 0 && commit < speculate) problems.push('commit before speculate');
  if (commit >= 0 && speculate < 0 && recordSize > 0) problems.push('a clause that commits has a record of its own');
  return problems;
}
