/**
 * What dtrace_sync() promises whoever calls it, as ghosts, and the loop over all other CPUs that each of the port's
 * cross-calls makes.
 *
 * A *caller* is a call that can be under way: each CPU has room for several, one a level of nesting. The function that
 * is called is empty (dtrace_sync_func()); what counts is when a CPU ran it. That a caller runs it on its own CPU as
 * well is left out.
 */

import {
  add,
  bit,
  bitAnd,
  bitNot,
  bitXor,
  type Expression,
  equal,
  hasBit,
  multiply,
  type Operand,
  self,
  when,
} from '../../model/expression.js';
import { checked, type Property } from '../../model/model.js';
import type { Extras } from '../../model/steps.js';
import { at, ghost, type Local, local, type Variable } from '../../model/variable.js';

/** The register and the expressions of a loop over all other CPUs. */
export interface Others {
  /** The CPU that it is at; `cpus` after the last. */
  readonly target: Local;
  readonly first: Expression;
  /** The CPU after `target`. */
  readonly next: Expression;
  /** All other CPUs, a bit each. */
  readonly mask: Expression;
}

/** The loop over all other CPUs of `cpus`, in ascending order. */
export function othersOf(cpus: number): Others {
  const target = local('target', { max: cpus });
  return {
    target,
    first: when(equal(self, 0), 1, 0),
    next: when(equal(add(target, 1), self), add(target, 2), add(target, 1)),
    mask: bitXor(2 ** cpus - 1, bit(self)),
  };
}

/** A cross-call may rely on it. */
export const returnsAfterAll = 'a cross-call returns only when every other CPU has run its function';
/** A buffer that is switched twice by one call is not switched. */
export const runsOnce = 'a CPU runs a function once for each call that asks for it';

/** What {@link syncContract} gives. */
export interface SyncContract {
  readonly variables: readonly Variable[];
  /** {@link returnsAfterAll}, which `returned` checks. */
  readonly returnsAfterAll: Property;
  /** {@link runsOnce}, which `ran` checks. */
  readonly runsOnce: Property;
  /** Carried by the step that begins the call of this level on the CPU that makes it. */
  readonly begun: (level: Operand) => Pick<Extras, 'ghost'>;
  /** Carried by the step that runs the function on a target, for the call of this level of CPU `caller`. */
  readonly ran: (caller: Operand, level: Operand) => Pick<Extras, 'ghost' | 'check'>;
  /** As `ran`, where nothing tells the level of the call, or (no caller told) whose it is: all of them are served. */
  readonly served: (caller?: Operand) => Pick<Extras, 'ghost'>;
  /** Carried by the step with which the call of this level returns. */
  readonly returned: (level: Operand) => Pick<Extras, 'check'>;
}

/** Makes the ghosts for `levels` calls a CPU. */
export function syncContract(cpus: number, levels: number): SyncContract {
  const owed = ghost('owed', { size: cpus * levels, max: 2 ** cpus - 1 });
  const unasked = ghost('unasked', { max: 1 });
  const callOf = (caller: Operand, level: Operand) => at(owed, add(multiply(caller, levels), level));
  return {
    variables: [owed, unasked],
    returnsAfterAll: checked(returnsAfterAll),
    runsOnce: checked(runsOnce),
    begun: (level) => ({ ghost: [[callOf(self, level), othersOf(cpus).mask]] }),
    ran: (caller, level) => ({
      ghost: [
        [unasked, equal(hasBit(callOf(caller, level), self), 0)],
        [callOf(caller, level), bitAnd(callOf(caller, level), bitNot(bit(self)))],
      ],
      check: [[runsOnce, equal(unasked, 0)]],
    }),
    served: (caller) => {
      const callers = caller === undefined ? Array.from({ length: cpus }, (_, cpu) => cpu) : [caller];
      const calls = callers.flatMap((cpu) => Array.from({ length: levels }, (_, level) => callOf(cpu, level)));
      return { ghost: calls.map((call) => [call, bitAnd(call, bitNot(bit(self)))]) };
    },
    returned: (level) => ({ check: [[returnsAfterAll, equal(callOf(self, level), 0)]] }),
  };
}
