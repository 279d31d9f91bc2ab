/** Clauses. */

import type { CookedClause, CookedExpression, CookedStatement } from '../cooked.js';
import { CompileError } from '../diagnostic.js';
import type { Clause } from '../syntax/ast.js';
import type { CheckContext } from './context.js';
import { cookExpression } from './expression/expression.js';
import { fail, hinting } from './fail.js';
import { isScalar, isString, noValueHint } from './operand.js';
import { checkSpeculation } from './speculation-order.js';
import { cookStatement } from './statement.js';

/** A clause without its number, which depends on the other clauses. */
export interface UnnumberedClause {
  readonly clause: Omit<CookedClause, 'epid'>;
  /** Whether it is among the clauses of dtrace:::ERROR, which are numbered first. */
  readonly error: boolean;
}

/**
 * Checks a clause: first whether its probes exist, then what it does.
 * @throws {CompileError} D_PDESC_ZERO, D_PRED_SCALAR, and all that statements and expressions can have.
 */
export function cookClause(clause: Clause, context: CheckContext): UnnumberedClause {
  const { environment, macros } = context;
  const probes = clause.probes.map((probe) => macros.describe(probe));
  const matches = probes.map((probe) => {
    const match = environment.matchProbes(probe);
    if (match.probes === 0 && !environment.allowZeroMatches) {
      fail('D_PDESC_ZERO', `probe description ${probe.text} does not match any probes`, probe.span, hinting(match.why));
    }
    return match;
  });
  const probeArguments = matches.flatMap(({ probes: count, arguments: known }, index) => {
    const text = probes[index]?.text ?? '';
    return known ?? (count > 0 ? [{ probe: text, types: [] }] : []);
  });
  const text = probes.map((probe) => probe.text).join(', ');
  const body = cookBody(clause, { ...context, clause: { text, arguments: probeArguments } });
  checkSpeculation(body.statements);
  // speculate() alone is the default action, recorded speculatively.
  const [first, second] = body.statements;
  const records = first === undefined || (first.kind === 'speculate' && second === undefined);
  return { clause: { probes, ...body, records, span: clause.span }, error: matches.some(({ error }) => error) };
}

type Body = Pick<CookedClause, 'predicate' | 'statements'>;

/**
 * Both the predicate and the statements may define variables that the other uses. Statements do so more often: they are
 * checked first; if they use something that is not defined, the predicate is given a chance to define it.
 */
function cookBody(clause: Clause, context: CheckContext): Body {
  if (clause.predicate === undefined) return { predicate: undefined, statements: cookStatements(clause, context) };
  let statements: readonly CookedStatement[] | undefined;
  try {
    statements = cookStatements(clause, context);
  } catch (error) {
    if (!(error instanceof CompileError) || !['D_IDENT_UNDEF', 'D_VAR_UNDEF'].includes(error.diagnostic.tag))
      throw error;
  }
  const predicate = cookPredicate(clause, context);
  return { predicate, statements: statements ?? cookStatements(clause, context) };
}

const cookStatements = (clause: Clause, context: CheckContext): readonly CookedStatement[] =>
  (clause.statements ?? []).map((statement) => cookStatement(statement, context));

function cookPredicate({ predicate }: Clause, context: CheckContext): CookedExpression | undefined {
  if (predicate === undefined) return undefined;
  const operand = cookExpression(predicate, context);
  if (isScalar(operand)) return operand;
  const hint = isString(operand) ? 'compare the string, as in execname == "sh"' : noValueHint(operand);
  return fail('D_PRED_SCALAR', 'the predicate must be of scalar type', predicate.span, hinting(hint));
}
