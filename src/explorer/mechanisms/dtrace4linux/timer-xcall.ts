/**
 * The port's cross-call of April 2011: a timer is fired on each other CPU.
 *
 * smp_call_function() may not be called from the timer interrupt, so the caller puts a kernel timer on the wheel of each
 * target, whose next tick runs it: the target runs the function, acknowledges, and spins until the caller lets all
 * go on, in the style of Solaris' xc_sync(). No rule of the kernel is broken by that: a timer may be added from anywhere.
 * But a timer runs only where the target takes interrupts and is in none.
 *
 * One slot a target (`xc_ack`, `xc_wait`), whoever calls. Callers in process context are kept apart by dtrace_lock, as
 * they are in dtrace.c; an interrupt can take no mutex, and comes in between.
 *
 * The phases are those of the port's x_call.c of May 2011, the oldest that could be read: it already sends an interrupt of
 * its own, while its comments and messages still speak of timers.
 *
 * What the explorer found: beyond what the author met (two interrupts that call wait for one another's timers), callers in
 * process context, one at a time, hang as well from 3 CPUs on. A target that was let go need not have left when the next
 * caller has it wait again; so it never leaves, and never runs the next timer. The source has a second wait against
 * that, left out by `#if 0`; with `second-wait` it is safe.
 *
 * Bounds: one call in process context on each CPU (`process`); one on CPU 0, and one cyclic on each CPU (`interrupt`,
 * `give-up`).
 *
 * Left out: the tick between the adding of a timer and its softirq (it may come at once, or at any later moment), the
 * locks of the timer wheel, `xc_func` (one function only), and that giving up also ends all tracing
 * (dtrace_linux_panic()).
 */

import { equal, less, self, value } from '../../model/expression.js';
import { type Mechanism, mechanism, type Setting } from '../../model/mechanism.js';
import type { Model, Source, Task } from '../../model/model.js';
import type { Routine, StepList } from '../../model/step.js';
import {
  compute,
  label,
  mark,
  routine,
  send,
  spinLock,
  spinUnlock,
  store,
  waitForAny,
  waitUntil,
} from '../../model/steps.js';
import { at, shared } from '../../model/variable.js';
import { othersOf, syncContract } from './sync-contract.js';

/** Levels of a call in the contract's ghosts. */
const fromTask = 0;
const fromInterrupt = 1;

function build({ cpus, options }: Setting): Model {
  const givesUp = options.has('give-up');
  const interrupts = options.has('interrupt') || givesUp;
  const secondWait = options.has('second-wait');
  const contract = syncContract(cpus, 2);
  const { target, first, next } = othersOf(cpus);

  const ack = shared('xc_ack', { size: cpus, max: 1 });
  const wait = shared('xc_wait', { size: cpus, max: 1 });
  const lock = shared('dtrace_lock', { max: 1 });

  const awaitTarget: StepList = givesUp
    ? [
        waitForAny('ack_wait: wait for the target, or for too long', [
          { from: at(ack, target), until: equal(value, 1), to: 'answered' },
          { from: at(ack, target), until: equal(value, 0), to: 'too-long' },
        ]),
        label('too-long'),
        mark('ack_wait: give up', {}),
        label('answered'),
      ]
    : [waitUntil('ack_wait: wait for the target', at(ack, target), equal(value, 1))];

  const call = (level: number): StepList => [
    mark('dtrace_xcall: enter', { ...contract.begun(level), set: [[target, first]] }),
    label('post'),
    store('clear the acknowledgement', at(ack, target), 0),
    store('have the target wait to be let go', at(wait, target), 1),
    send('add_timer_on: fire a timer on the target', 'timers', target, {
      set: [[target, next]],
      goTo: [[less(target, cpus), 'post']],
    }),
    compute('begin with the first target again', [[target, first]]),
    label('await'),
    awaitTarget,
    store('take the acknowledgement', at(ack, target), 0, {
      set: [[target, next]],
      goTo: [[less(target, cpus), 'await']],
    }),
    compute('begin with the first target again', [[target, first]]),
    label('release'),
    store('let the target go on', at(wait, target), 0, {
      set: [[target, next]],
      goTo: [[less(target, cpus), 'release']],
    }),
    secondWait
      ? [
          compute('begin with the first target again', [[target, first]]),
          label('leave'),
          waitUntil('ack_wait: wait until the target has left', at(ack, target), equal(value, 1)),
          store('take the acknowledgement', at(ack, target), 0, {
            set: [[target, next]],
            goTo: [[less(target, cpus), 'leave']],
          }),
        ]
      : [],
    mark('dtrace_xcall: return', contract.returned(level)),
  ];

  const locked = !options.has('unlocked');
  const consumer: Routine = routine('consumer', 'dtrace.c: dtrace_ioctl()', [
    locked ? spinLock('mutex_enter(dtrace_lock)', lock, { requires: ['may-sleep'] }) : [],
    call(fromTask),
    locked ? spinUnlock('mutex_exit(dtrace_lock)', lock) : [],
  ]);
  const cyclic = routine(
    'cyclic',
    'cyclic_linux.c: be_callback(), dtrace.c: dtrace_state_clean()',
    call(fromInterrupt),
  );
  const slave = routine('slave', 'x_call.c: xcall_slave(), run by the kernel as run_timer_softirq()', [
    mark('run the function', contract.served()),
    store('acknowledge', at(ack, self), 1),
    waitUntil('wait to be let go', at(wait, self), equal(value, 0)),
    secondWait ? store('acknowledge once more', at(ack, self), 1) : [],
  ]);

  const everyCpu = Array.from({ length: cpus }, (_, cpu) => cpu);
  const consumers = interrupts ? [0] : everyCpu;
  return {
    cpus,
    variables: [ack, wait, lock, ...contract.variables],
    tasks: consumers.map((cpu): Task => ({ name: `consumer ${cpu}`, cpu, routine: consumer })),
    vectors: [
      { name: 'cyclic', kind: 'hardirq', handler: cyclic },
      { name: 'timers', kind: 'softirq', handler: slave },
    ],
    sources: interrupts ? everyCpu.map((cpu): Source => ({ vector: 'cyclic', cpu, times: 1 })) : [],
    properties: [contract.returnsAfterAll],
  };
}

/** The cross-call of April 2011, by timers on the other CPUs. */
export const dtrace4linuxTimerXcall: Mechanism = mechanism({
  name: 'dtrace4linux-timer-xcall',
  summary: 'the port in April 2011: a cross-call by a timer on each other CPU, which waits there to be let go',
  options: [
    { name: 'process', group: 'caller', summary: 'process context calls, one caller at a time (dtrace_lock)' },
    { name: 'interrupt', group: 'caller', summary: 'timer interrupts call as well, as the cyclics of DTrace do' },
    { name: 'give-up', group: 'caller', summary: 'as interrupt, but a caller that has waited too long goes on' },
    { name: 'second-wait', summary: 'a call returns only when every target has left its handler' },
    { name: 'unlocked', summary: 'callers in process context are not kept apart' },
  ],
  variants: [['process'], ['interrupt'], ['give-up']],
  reported: [2, 3],
  build,
});
