/** What the actions of a clause consist of. */

import { assertNever } from '../assert-never.js';
import type { DifAction, DifClause, Difo, DifProgram, RecordField } from '../dif.js';

/** The fields that an action adds to the record, in the order in which they are computed. */
export function fieldsOf(action: DifAction): readonly RecordField[] {
  switch (action.kind) {
    case 'trace':
    case 'exit':
      return [action.field];
    case 'printf':
      return action.fields;
    case 'evaluate':
    case 'printa':
    case 'clear':
    case 'speculate':
    case 'commit':
    case 'discard':
    case 'aggregate':
      return [];
    default:
      return assertNever(action);
  }
}

/** Every DIFO of an action, in the order in which they run. */
export function difosOf(action: DifAction): readonly Difo[] {
  switch (action.kind) {
    case 'evaluate':
    case 'speculate':
    case 'commit':
    case 'discard':
      return [action.difo];
    case 'aggregate':
      return action.argument === undefined ? action.keys : [...action.keys, action.argument];
    default:
      return fieldsOf(action).map(({ difo }) => difo);
  }
}

/** Whether a clause records into a speculation. */
export const speculates = ({ actions }: DifClause): boolean => actions.some(({ kind }) => kind === 'speculate');

/** Whether a program takes, fills or ends speculations. */
export const hasSpeculations = ({ clauses }: Pick<DifProgram, 'clauses'>): boolean =>
  clauses.some(
    (clause) =>
      clause.actions.some(({ kind }) => kind === 'speculate' || kind === 'commit' || kind === 'discard') ||
      clauseDifos(clause).some(({ instructions }) => instructions.some(({ op }) => op === 'speculation')),
  );

/** Every DIFO of a clause: its predicate, then those of its actions. */
export function clauseDifos({ predicate, actions }: DifClause): readonly Difo[] {
  return [...(predicate === undefined ? [] : [predicate]), ...actions.flatMap(difosOf)];
}
