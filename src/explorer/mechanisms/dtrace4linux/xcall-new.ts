/**
 * The port's cross-call of June 2011: a private interrupt vector, and a slot for each pair of caller and target.
 *
 * Without locks, and no rule of the kernel to break, for none of its calls is used: the caller marks its slots as
 * `XC_WORKING`, interrupts the targets and polls its own row until every target has set its slot back to `XC_IDLE`. A
 * single caller may even be a timer interrupt with interrupts off.
 *
 * What the explorer found:
 *
 * - Two such callers wait for one another (`two-calls`): each polls its row with interrupts off, and nobody looks at
 *   the requests of the other. `two-calls,serve` is safe: who waits serves its own column, as the port did later.
 * - A timer that interrupts a call between the marking of a slot and the interrupt finds the slot taken by a request
 *   that was never sent (`nested`). `nested,slots` is safe: task and interrupt have slots of their own, of which the
 *   port's comments speak, but not its array.
 * - Both cures together do not cure both at once (`mixed,serve,slots`; `mixed,serve` is what the port later shipped):
 *   a task that serves can be interrupted after it has run the function and before it sets the slot idle. The handler
 *   runs the function again; and where the caller has been answered so and asks anew (`again`), the task wipes out a
 *   request that nobody has served.
 * - Two repairs are safe (on 2 CPUs; the second one was asked on 3 as well, under TSO too), and no part of either can
 *   be left out. `serve,slots,claim`: who serves a request claims it first in one atomic step, and interrupts stay
 *   on. `serve,masked`: a call keeps interrupts off from its beginning to its end, and the slots and steps stay as
 *   they are; that is the smaller one, and `repaired`. Its price: each call takes interrupts from its CPU for as long
 *   as the slowest target has them off.
 *
 * Bounds: timer interrupts on CPUs 0 and 1, each once (`two-calls`), or on CPU 0 only (`one-call`); a task and a timer
 * interrupt on CPU 0 (`nested`); tasks and timer interrupts on CPUs 0 and 1 (`mixed`, `repaired`). Each calls once, with
 * `again` each task twice. Other CPUs are targets only.
 *
 * Left out: that a wait ends by itself after very many polls and goes on as if it had been answered (the port's
 * "busting lock"; see `give-up` of dtrace4linux-timer-xcall), the NMI that was tried then, and the skipping of CPUs that look
 * idle (see `skip-idle` of epoch-sync).
 */

import {
  add,
  type Expression,
  equal,
  less,
  multiply,
  notEqual,
  self,
  subtract,
  value,
  when,
} from '../../model/expression.js';
import { type Mechanism, mechanism, type Setting } from '../../model/mechanism.js';
import type { Model, Source, Task } from '../../model/model.js';
import type { StepList } from '../../model/step.js';
import {
  type Alternative,
  atomic,
  compute,
  disableInterrupts,
  label,
  load,
  mark,
  restoreInterrupts,
  routine,
  sendToMask,
  store,
  waitForAny,
} from '../../model/steps.js';
import { at, local, type Place, shared } from '../../model/variable.js';
import { othersOf, syncContract } from './sync-contract.js';

/** What a slot holds (`xc_state`); `claimed` is the repair's. */
const idle = 0;
const working = 1;
const claimed = 2;

/** Levels of a call: a task's, an interrupt's. `xc_func` holds one more, so that 0 is no function. */
const levels = [0, 1] as const;
const [fromTask, fromInterrupt] = levels;

function build({ cpus, options }: Setting): Model {
  const repaired = options.has('repaired');
  const serves = repaired || options.has('serve');
  const masked = repaired || options.has('masked');
  const claims = options.has('claim');
  const contract = syncContract(cpus, levels.length);
  const { target, first, next, mask } = othersOf(cpus);

  // A slot for each caller and target; with `slots`, two, one a level.
  const slotsPerPair = options.has('slots') ? levels.length : 1;
  const pairs = slotsPerPair * cpus * cpus;
  const state = shared('xc_state', { size: pairs, max: claimed });
  const func = shared('xc_func', { size: pairs, max: levels.length });
  const slotOf = (caller: Expression, callee: Expression, level: number): Expression =>
    add(multiply(add(multiply(caller, cpus), callee), slotsPerPair), level % slotsPerPair);

  const slot = local('slot', { max: pairs - 1 });
  const caller = local('caller', { max: cpus - 1 });
  const asked = local('asked', { max: levels.length });
  const saved = local('saved', { max: 1 });

  /** Runs what the slot in the register asks for, if it asks. */
  const serveSlot: StepList = [
    claims
      ? atomic('xcall_slave2: claim the request', at(state, slot), when(equal(value, working), claimed, value), {
          goTo: [[notEqual(value, working), 'served']],
        })
      : load('xcall_slave2: look at the slot', at(state, slot), undefined, {
          goTo: [[notEqual(value, working), 'served']],
        }),
    load('xcall_slave2: read the function', at(func, slot), asked),
    mark('xcall_slave2: run the function', contract.ran(caller, subtract(asked, 1))),
    store('xcall_slave2: set the slot idle', at(state, slot), idle, { set: [[asked, 0]] }),
    label('served'),
  ];

  /** Waits for a slot of the own row; a caller that serves looks at its column meanwhile. */
  function awaitSlot(name: string, own: Place, over: Expression): StepList {
    if (!serves) {
      return [waitForAny(name, [{ from: own, until: over }])];
    }
    const column = Array.from({ length: cpus * slotsPerPair }, (_, request) => {
      const from = Math.floor(request / slotsPerPair);
      return { from, place: slotOf(from, self, request % slotsPerPair), to: `serve-${request}` };
    });
    return [
      label('wait'),
      waitForAny(name, [
        { from: own, until: over, to: 'over' },
        ...column.map(({ place, to }): Alternative => ({ from: at(state, place), until: equal(value, working), to })),
      ]),
      ...column.flatMap(
        ({ from, place, to }): StepList => [
          label(to),
          compute('look at this request', [
            [slot, place],
            [caller, from],
          ]),
          serveSlot,
          compute(
            'wait again',
            [
              [slot, 0],
              [caller, 0],
            ],
            { goTo: 'wait' },
          ),
        ],
      ),
      label('over'),
    ];
  }

  function call(level: number): StepList {
    const own = slotOf(self, target, level);
    return [
      masked ? disableInterrupts(saved) : [],
      mark('dtrace_xcall2: enter', { ...contract.begun(level), set: [[target, first]] }),
      label('post'),
      store('write the function', at(func, own), level + 1),
      awaitSlot('wait until the slot is not working', at(state, own), equal(value, idle)),
      store('set the slot working', at(state, own), working, {
        set: [[target, next]],
        goTo: [[less(target, cpus), 'post']],
      }),
      sendToMask('send_ipi_interrupt', 'xcall', mask, { set: [[target, first]] }),
      label('await'),
      awaitSlot('ack_wait: wait until the slot is idle', at(state, own), equal(value, idle)),
      compute('go on to the next target', [[target, next]], { goTo: [[less(target, cpus), 'await']] }),
      mark('dtrace_xcall2: return', contract.returned(level)),
      masked ? restoreInterrupts(saved) : [],
    ];
  }

  const slave = routine('slave', 'x_call.c: xcall_slave(), xcall_slave2()', [
    compute('begin with the first caller', [[target, first]]),
    label('next'),
    levels.slice(0, slotsPerPair).map(
      (level): StepList => [
        compute('look at this caller', [
          [slot, slotOf(target, self, level)],
          [caller, target],
        ]),
        serveSlot,
      ],
    ),
    compute('go on to the next caller', [[target, next]], { goTo: [[less(target, cpus), 'next']] }),
  ]);

  const mixed = repaired || options.has('mixed');
  const tasks = mixed ? [0, 1] : options.has('nested') ? [0] : [];
  const timers = mixed || options.has('two-calls') ? [0, 1] : [0];
  const consumer = routine('consumer', 'dtrace.c: dtrace_ioctl()', [
    call(fromTask),
    options.has('again') ? call(fromTask) : [],
  ]);
  const timer = routine('timer', 'cyclic_linux.c: be_callback(), dtrace.c: dtrace_state_clean()', call(fromInterrupt));
  return {
    cpus,
    variables: [state, func, ...contract.variables],
    tasks: tasks.map((cpu): Task => ({ name: `consumer ${cpu}`, cpu, routine: consumer })),
    vectors: [
      { name: 'xcall', kind: 'hardirq', handler: slave },
      { name: 'timer', kind: 'hardirq', handler: timer },
    ],
    sources: timers.map((cpu): Source => ({ vector: 'timer', cpu, times: 1 })),
    properties: [contract.returnsAfterAll, contract.runsOnce],
    storeBuffer: 2 * cpus,
  };
}

/** The cross-call of June 2011, by slots and a private interrupt. */
export const dtrace4linuxXcallNew: Mechanism = mechanism({
  name: 'dtrace4linux-xcall-new',
  summary:
    'the port in June 2011: a slot for each caller and target and a private interrupt; waiters poll their own row',
  options: [
    { name: 'two-calls', group: 'calls', summary: 'the timer interrupts of two CPUs call' },
    { name: 'one-call', group: 'calls', summary: 'the timer interrupt of one CPU calls' },
    { name: 'nested', group: 'calls', summary: 'a task calls, and the timer interrupt of its CPU' },
    { name: 'mixed', group: 'calls', summary: 'tasks and timer interrupts of two CPUs call' },
    {
      name: 'repaired',
      group: 'calls',
      summary: 'as mixed, with serve and masked: the smallest repair that was found',
    },
    { name: 'again', summary: 'each task calls twice' },
    { name: 'serve', summary: 'who waits serves what others ask of it' },
    { name: 'masked', summary: 'a call keeps interrupts off from beginning to end' },
    { name: 'slots', summary: 'tasks and interrupts have slots of their own' },
    { name: 'claim', summary: 'a request is claimed in one atomic step before it is served' },
  ],
  variants: [['two-calls'], ['one-call'], ['nested'], ['repaired']],
  memories: ['sc', 'tso'],
  reported: [2, 3],
  build,
});
