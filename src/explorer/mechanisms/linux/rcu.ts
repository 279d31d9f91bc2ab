/**
 * The parts of kernel/rcu/tree.c, for mechanisms that wait for a grace period of RCU without preemptible readers: a
 * mask of CPUs that owe a quiescent state, context switches that clear a bit of it, CPUs that are idle and owe
 * none, and callbacks that wait for the end of the next whole grace period.
 *
 * Left out: the tree of nodes and their locks (the mask is one word), that a CPU takes note of a grace period before
 * it reports for it (both are one step), quiescent states that a tick finds in user mode, expedited grace periods,
 * callbacks that threads call, and CPUs that come and go. Grace periods are run by CPU 0, on which no task reads: while
 * it runs them, nothing on it is in a reader.
 */

import {
  add,
  atLeast,
  bit,
  bitAnd,
  bitNot,
  equal,
  greater,
  hasBit,
  modulo,
  not,
  self,
  subtract,
  value,
  when,
} from '../../model/expression.js';
import type { Vector } from '../../model/model.js';
import type { Routine, StepList } from '../../model/step.js';
import {
  atomic,
  branch,
  disableInterrupts,
  type Extras,
  fence,
  jump,
  label,
  load,
  restoreInterrupts,
  routine,
  sendToMask,
  store,
  waitForAny,
  waitUntil,
} from '../../model/steps.js';
import { at, local, shared, type Variable } from '../../model/variable.js';

/** The name of the softirq that calls the callbacks of a CPU. */
export const rcuSoftirq = 'rcu';

/** What {@link rcu} needs to know. */
export interface RcuOptions {
  readonly cpus: number;
  /** The most grace periods that a run can have. */
  readonly gracePeriods: number;
  /** What the callback that a CPU queued does. */
  readonly callback?: Extras;
}

/** What {@link rcu} gives. */
export interface Rcu {
  /** What every grace period needs. */
  readonly variables: readonly Variable[];
  /** What callbacks need besides. */
  readonly callbackVariables: readonly Variable[];
  /** A context switch: a quiescent state of the CPU. */
  readonly contextSwitch: StepList;
  /** The task has nothing to do any more: from here on nobody waits for this CPU. */
  readonly idle: StepList;
  /** A handler begins, maybe on an idle CPU. */
  readonly interruptEnter: StepList;
  /** A handler ends. */
  readonly interruptExit: StepList;
  /** synchronize_rcu() on CPU 0, with the grace period's own steps in place. */
  readonly synchronize: (entered: Extras, returned: Extras) => StepList;
  /** call_rcu() of the one callback that each CPU has, which must not be queued yet. */
  readonly call: (queued: Extras) => StepList;
  /** The grace-period thread, a task of CPU 0: serves what {@link Rcu.call} asks for, for ever. */
  readonly thread: Routine;
  /** The softirq {@link rcuSoftirq}. */
  readonly softirq: Vector;
}

/** Makes the parts of RCU for one model. */
export function rcu({ cpus, gracePeriods, callback = {} }: RcuOptions): Rcu {
  const otherCpus = Array.from({ length: cpus - 1 }, (_, index) => index + 1);
  // A sequence number: odd while a grace period is in progress.
  const lastSequence = 2 * gracePeriods;
  const qsmask = shared('qsmask', { max: 2 ** cpus - 1 });
  const watching = shared('watching', { size: cpus, max: 3, initial: 1 });
  const sequence = shared('gp_seq', { max: lastSequence });
  const wanted = shared('gp_seq_needed', { max: lastSequence });
  const callbacks = shared('callbacks', { size: cpus, max: lastSequence });
  const saved = local('saved flag', { max: 1 });
  const seen = local('gp_seq', { max: lastSequence });
  const due = local('due', { max: lastSequence });

  const waitForAll: StepList = [
    atomic('rcu_gp_init: every other CPU owes a quiescent state', qsmask, 2 ** cpus - 2),
    otherCpus.map((cpu) =>
      waitForAny(`rcu_gp_fqs_loop: CPU ${cpu} has switched, or is idle`, [
        { from: qsmask, until: not(hasBit(value, cpu)) },
        { from: at(watching, cpu), until: equal(value, 0) },
      ]),
    ),
  ];

  return {
    variables: [qsmask, watching],
    callbackVariables: [sequence, wanted, callbacks],
    contextSwitch: [atomic('rcu_note_context_switch: report', qsmask, bitAnd(value, bitNot(bit(self))))],
    idle: [atomic('ct_kernel_exit: idle', at(watching, self), subtract(value, 1))],
    interruptEnter: [atomic('ct_irq_enter', at(watching, self), add(value, 1))],
    interruptExit: [atomic('ct_irq_exit', at(watching, self), subtract(value, 1))],
    synchronize: (entered, returned) => [
      fence('synchronize_rcu: enter', entered),
      waitForAll,
      fence('synchronize_rcu: return', returned),
    ],
    call: (queued) => [
      disableInterrupts(saved),
      load('rcu_seq_snap: which grace period is the next whole one', sequence, seen, {
        set: [[due, add(seen, when(modulo(seen, 2), 3, 2))]],
      }),
      store('rcu_segcblist_enqueue: queue the callback', at(callbacks, self), due, queued),
      atomic('rcu_start_this_gp: ask for it', wanted, when(greater(due, value), due, value)),
      restoreInterrupts(saved),
    ],
    thread: routine('grace periods', 'kernel/rcu/tree.c: rcu_gp_kthread()', [
      label('idle'),
      waitUntil('wait until a grace period is needed', wanted, greater(value, seen), { sleeping: true, rest: true }),
      atomic('rcu_seq_start', sequence, add(value, 1)),
      waitForAll,
      atomic('rcu_seq_end', sequence, add(value, 1), { set: [[seen, add(value, 1)]] }),
      sendToMask('raise the softirq', rcuSoftirq, 2 ** cpus - 1),
      jump('idle'),
    ]),
    softirq: {
      name: rcuSoftirq,
      kind: 'softirq',
      handler: routine('rcu_core', 'kernel/rcu/tree.c: rcu_core()', [
        load('read which grace period the callback waits for', at(callbacks, self), due),
        branch(equal(due, 0), 'done'),
        load('read how many grace periods have ended', sequence, seen, { goTo: [[not(atLeast(seen, due)), 'done']] }),
        store('rcu_do_batch: call the callback', at(callbacks, self), 0, callback),
        label('done'),
      ]),
    },
  };
}
