/**
 * The checker: turns syntax trees into the cooked tree.
 *
 * It takes the programs of one command line (several `-n` and `-s`) and gives one cooked program: they share global and
 * thread-local variables and aggregations, each has clause-local variables of its own. It goes through each program from
 * top to bottom, as DTrace does: what a clause uses, a clause or declaration before it must have defined.
 *
 * Invariants of what it gives are those of `cooked.ts`: the generator of DIF refuses nothing. The checker reads no file
 * and asks the system nothing but which probes a description matches, and the types of their arguments. It folds no
 * expression; only constants are converted where they stand.
 */

import { assertNever } from '../assert-never.js';
import type { CookedClause, CookedProgram } from '../cooked.js';
import type { Program } from '../syntax/ast.js';
import { cookClause, type UnnumberedClause } from './clause.js';
import { type CheckContext, newContext } from './context.js';
import { cookDeclaration } from './declarations.js';
import type { CheckEnvironment } from './environment.js';
import { fail } from './fail.js';
import { cookPragma } from './pragmas.js';

/** Epid 1 is DTrace's own ERROR clause. */
const firstEpid = 2;

/**
 * Checks the programs of one command line.
 * @throws {CompileError} at the first error.
 */
export function check(programs: readonly Program[], environment: CheckEnvironment): CookedProgram {
  const context = newContext(environment);
  const clauses: UnnumberedClause[] = [];
  const options: CookedProgram['options'][number][] = [];
  for (const program of programs) {
    context.variables.startProgram();
    if (!environment.allowEmpty && !program.parts.some(({ kind }) => kind === 'clause')) {
      fail('D_EMPTY', 'the program has no clause', program.span);
    }
    checkParts(program, context, clauses, options);
  }
  const last = programs.at(-1);
  if (last !== undefined) context.macros.checkUsed({ ...last.span, end: last.span.start });
  return {
    clauses: numbered(clauses),
    variables: context.variables.all(),
    aggregations: context.aggregations.finish(),
    options,
  };
}

function checkParts(
  program: Program,
  context: CheckContext,
  clauses: UnnumberedClause[],
  options: CookedProgram['options'][number][],
): void {
  for (const part of program.parts) {
    switch (part.kind) {
      case 'clause':
        clauses.push(cookClause(part, context));
        break;
      case 'declaration':
        cookDeclaration(part, context);
        break;
      case 'pragma': {
        const option = cookPragma(part, context);
        if (option !== undefined) options.push(option);
        break;
      }
      default:
        assertNever(part);
    }
  }
}

/** Enabled probe ids: the clauses of ERROR first, then the others, both in their order. The list keeps its order. */
function numbered(clauses: readonly UnnumberedClause[]): readonly CookedClause[] {
  let next = firstEpid;
  const epids = new Map<UnnumberedClause, number>();
  for (const first of [true, false]) {
    for (const clause of clauses) {
      if (clause.error !== first) continue;
      epids.set(clause, next);
      next += 1;
    }
  }
  return clauses.map((entry) => ({ epid: epids.get(entry) ?? 0, ...entry.clause }));
}
