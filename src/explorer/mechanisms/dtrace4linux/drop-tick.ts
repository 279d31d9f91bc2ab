/**
 * The workaround that the port's author calls safe: in interrupt context, skip the tick.
 *
 * DTrace's tick is a cyclic, run by a timer of the kernel in the timer interrupt. Where it has something to clean it
 * needs dtrace_sync(), which ends in smp_call_function(), which interrupts may not call. So dtrace_xcall() looks where it is:
 * in process context it calls; in an interrupt it returns at once, and the tick has not done its work.
 *
 * Asked are questions of their own: nothing hangs, no rule of the kernel is broken, no tick of the kernel's is lost,
 * and yet not every sync that was asked for completes, and not every tick of DTrace's fires. Retrying at the next tick changes
 * nothing: the next tick is an interrupt as well. What helps is to leave the work to process context (see mailbox).
 *
 * Bounds: timer interrupts twice on CPU 0 and once on each other (`retry-next-tick`: on CPU 0, again and again); a
 * consumer on CPU 0 that syncs once in process context.
 *
 * Left out: what is cleaned (whether there is anything, is chosen at each tick), and that two expirations which
 * meet in one interrupt are two ticks for a clock but one for DTrace.
 */

import { MechanismError } from '../../model/error.js';
import {
  add,
  context,
  type Expression,
  equal,
  greater,
  modulo,
  multiply,
  not,
  or,
  self,
  value,
} from '../../model/expression.js';
import { type Mechanism, mechanism, type Setting } from '../../model/mechanism.js';
import { always, checked, eventually, type Model, type Property, type Source } from '../../model/model.js';
import type { StepList } from '../../model/step.js';
import {
  atomic,
  branch,
  choose,
  compute,
  type Extras,
  jump,
  label,
  load,
  mark,
  routine,
  store,
} from '../../model/steps.js';
import { at, ghost, local, type Place, shared, type Variable } from '../../model/variable.js';
import { smp } from '../linux/smp.js';

/** Nothing is skipped that the kernel needs. */
export const kernelTicks = 'no kernel tick is lost';
/** Whoever asks for a sync gets one, sooner or later. */
export const syncsComplete = 'every requested sync completes';
/** A tick of DTrace's does its work, sooner or later. */
export const ticksFire = 'every DTrace tick fires';
/** Only `count-drops` counts. */
export const dropsCounted = 'every lost tick is counted';

function build({ cpus, options }: Setting): Model {
  const retries = options.has('retry-next-tick');
  const counts = options.has('count-drops');
  if (options.has('plain-count') && !counts) {
    throw new MechanismError('', 'nothing is counted that plain-count could change', 'add count-drops');
  }
  const skips = !options.has('call-anyway');
  // A tick that is skipped is lost there and then, unless something remembers it.
  const losesAtOnce = skips && !retries;
  const mostTicks = cpus + 1;

  const { variables, vector, call } = smp({ cpus, work: () => [mark('dtrace_sync_func', {})] });
  const jiffies = shared('jiffies', { size: cpus, max: 1 });
  const owed = shared('tick_owed', { size: cpus, max: 1 });
  const drops = shared('ticks_dropped', { max: mostTicks });

  const kernelTickDue = ghost('kernel_tick_due', { size: cpus, max: 1 });
  const tickWaits = ghost('tick_waits', { size: cpus, max: 1 });
  const syncWaits = ghost('sync_waits', { size: 2 * cpus, max: 1 });
  const ticksLost = ghost('ticks_lost', { max: mostTicks });
  const syncsLost = ghost('syncs_lost', { max: 1 });

  const needed = local('needed', { max: 1 });
  const dropped = local('dropped', { max: 1 });
  const count = local('count', { max: mostTicks });

  /** dtrace_sync(), and dtrace_xcall() in it; the register `dropped` says whether it was skipped. */
  const sync = (waits: Place): StepList => [
    mark('dtrace_sync: a sync is asked for', { ghost: [[waits, 1]] }),
    compute('dtrace_xcall: skip it in an interrupt', [[dropped, skips ? greater(context, 0) : 0]], {
      goTo: [[dropped, 'skipped']],
    }),
    call({ returned: { ghost: [[waits, 0]] } }),
    label('skipped'),
  ];

  const consumerSync = at(syncWaits, multiply(self, 2));
  const tickSync = at(syncWaits, add(multiply(self, 2), 1));
  const lost: Extras = {
    ghost: [
      [ticksLost, add(ticksLost, 1)],
      [syncsLost, 1],
    ],
  };
  /** What becomes of a tick that may not call. */
  function dropTick(): StepList {
    if (retries) {
      // One bit remembers one tick: of two that are owed, one is lost.
      return [
        atomic('remember the tick for the next one', at(owed, self), 1, { ghost: [[ticksLost, or(ticksLost, value)]] }),
      ];
    }
    if (options.has('plain-count')) {
      return [
        load('read the count of dropped ticks', drops, count),
        store('write the count of dropped ticks', drops, add(count, 1), lost),
      ];
    }
    return [counts ? atomic('count the dropped tick', drops, add(value, 1), lost) : mark('drop the tick', lost)];
  }

  const timer = routine('timer', 'kernel/hrtimer.c: hrtimer_interrupt(), cyclic_linux.c: be_callback()', [
    mark('hrtimer_interrupt: enter', {
      ghost: [
        [at(kernelTickDue, self), 1],
        [at(tickWaits, self), 1],
      ],
    }),
    choose('dtrace_state_clean: is there anything to clean?', needed, 0, 1),
    retries ? load('is a tick owed?', at(owed, self), undefined, { set: [[needed, or(needed, value)]] }) : [],
    branch(not(needed), 'fired'),
    sync(tickSync),
    branch(dropped, 'dropped'),
    retries ? store('no tick is owed any more', at(owed, self), 0) : [],
    label('fired'),
    mark('the tick of DTrace has fired', { ghost: [[at(tickWaits, self), 0]], goTo: 'kernel' }),
    label('dropped'),
    dropTick(),
    options.has('skip-interrupt') ? jump('return') : [],
    label('kernel'),
    atomic('tick_sched_timer: advance the clock', at(jiffies, self), modulo(add(value, 1), 2), {
      ghost: [[at(kernelTickDue, self), 0]],
    }),
    label('return'),
    mark('hrtimer_interrupt: return', { check: [[kernelTicks, not(at(kernelTickDue, self))]] }),
  ]);

  const everyCpu = Array.from({ length: cpus }, (_, cpu) => cpu);
  const noneOf = (array: Variable): Expression => not(or(...array.initial.map((_, element) => at(array, element))));
  const sources: readonly Source[] = retries
    ? [{ vector: 'timer', cpu: 0, times: 'forever' }]
    : everyCpu.map((cpu) => ({ vector: 'timer', cpu, times: cpu === 0 ? 2 : 1 }));
  const properties: readonly Property[] = [
    checked(kernelTicks),
    skips ? always(ticksFire, not(ticksLost)) : eventually(ticksFire, noneOf(tickWaits)),
    losesAtOnce ? always(syncsComplete, not(syncsLost)) : eventually(syncsComplete, noneOf(syncWaits)),
    ...(counts ? [always(dropsCounted, equal(drops, ticksLost))] : []),
  ];
  return {
    cpus,
    variables: [
      ...variables,
      jiffies,
      ...(retries ? [owed] : []),
      ...(counts ? [drops] : []),
      kernelTickDue,
      tickWaits,
      syncWaits,
      ticksLost,
      syncsLost,
    ],
    tasks: [{ name: 'consumer', cpu: 0, routine: routine('consumer', 'dtrace.c: dtrace_ioctl()', sync(consumerSync)) }],
    vectors: [vector, { name: 'timer', kind: 'hardirq', handler: timer }],
    sources,
    properties,
  };
}

/** The author's workaround: from interrupt context, the tick is skipped. */
export const dtrace4linuxDropTick: Mechanism = mechanism({
  name: 'dtrace4linux-drop-tick',
  summary: "the port's safe workaround: a tick that would have to call from an interrupt is skipped",
  options: [
    { name: 'drop', group: 'skipped', summary: 'a skipped tick is gone' },
    { name: 'retry-next-tick', group: 'skipped', summary: 'a skipped tick is tried again at the next one' },
    { name: 'count-drops', group: 'skipped', summary: 'a skipped tick is counted' },
    { name: 'call-anyway', group: 'skipped', summary: 'no tick is skipped: it calls, as without the workaround' },
    { name: 'plain-count', summary: 'count-drops with a plain read and write of the counter' },
    { name: 'skip-interrupt', summary: 'what is skipped is the rest of the interrupt' },
  ],
  variants: [['drop'], ['retry-next-tick'], ['count-drops']],
  separately: true,
  build,
});
