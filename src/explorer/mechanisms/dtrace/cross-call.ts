/**
 * dtrace_xcall(), as small as it can be said: one caller, an interrupt to each CPU that it calls, a function that runs
 * there in the handler and on the caller's own CPU with interrupts off, and a count of answers that the caller awaits.
 *
 * Left out: everything of xc_call() and smp_call_function() that is not needed where there is one caller at a time
 * (messages, queues, waiters that serve their own inbox): the mechanisms `solaris-xcall` and `linux-smp-call` are those.
 */

import { add, type Expression, equal, self, value } from '../../model/expression.js';
import type { Vector } from '../../model/model.js';
import type { StepList } from '../../model/step.js';
import {
  atomic,
  disableInterrupts,
  type Extras,
  mark,
  restoreInterrupts,
  routine,
  sendToMask,
  store,
  waitUntil,
} from '../../model/steps.js';
import { local, shared, type Variable } from '../../model/variable.js';

/** What {@link crossCall} needs to know. */
export interface CrossCallOptions {
  readonly cpus: number;
  /** The CPU that calls. */
  readonly caller: number;
  /** The one CPU that is called, another than the caller; all of them, the caller's own too, unless told. */
  readonly target?: number | undefined;
  /** What the interrupt is; a hardirq unless told. */
  readonly delivery?: 'hardirq' | 'nmi';
  /** The function, on the CPU that the expression names; nothing unless told, as dtrace_sync_func(). */
  readonly work?: ((cpu: Expression) => StepList) | undefined;
}

/** What {@link crossCall} gives. */
export interface CrossCall {
  readonly variables: readonly Variable[];
  readonly vector: Vector;
  /** The steps of a call, for tasks of the caller's CPU; `called` and `returned` are carried by its first and last step. */
  readonly call: (called?: Extras, returned?: Extras) => StepList;
}

/** Makes the parts of dtrace_xcall() for one model. */
export function crossCall(options: CrossCallOptions): CrossCall {
  const { cpus, caller, target, delivery = 'hardirq', work } = options;
  const answers = shared('answers', { max: cpus - 1 });
  const flag = local('flag', { max: 1 });
  const others = Array.from({ length: cpus }, (_, cpu) => cpu).filter((cpu) =>
    target === undefined ? cpu !== caller : cpu === target,
  );
  const mask = others.reduce((word, cpu) => word | (1 << cpu), 0);
  const own: StepList =
    work === undefined || target !== undefined ? [] : [disableInterrupts(flag), work(caller), restoreInterrupts(flag)];
  return {
    variables: [answers],
    vector: {
      name: 'cross-call',
      kind: delivery,
      handler: routine('cross-call', 'the function that dtrace_xcall() was given, on the CPU that was called', [
        work === undefined ? [] : work(self),
        atomic('answer', answers, add(value, 1)),
      ]),
    },
    call: (called = {}, returned = {}) => [
      store('begin a cross-call: no answers yet', answers, 0, called),
      sendToMask('call the CPUs', 'cross-call', mask),
      own,
      waitUntil('wait until all CPUs have answered', answers, equal(value, others.length)),
      mark('all CPUs have answered', returned),
    ],
  };
}
