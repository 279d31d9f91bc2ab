/**
 * smp_call_function_many() and smp_call_function_single() as in today's kernel/smp.c, and what becomes of them where
 * they may not be called. See ./smp.ts for what is modelled of kernel/smp.c and what is left out.
 *
 * Bounds: in `process` each of two CPUs calls the other twice; otherwise each caller calls once, and each timer fires
 * once. In `timer-over-process` CPU 0, where the timer is, and CPU 1 call from process context; a third only answers.
 */

import { MechanismError } from '../../model/error.js';
import { add, equal, multiply, type Operand, self, subtract, when } from '../../model/expression.js';
import { type Mechanism, mechanism, type Setting } from '../../model/mechanism.js';
import { checked, eventually, type Model, type Source, type Task, type Vector } from '../../model/model.js';
import type { StepList } from '../../model/step.js';
import { disableInterrupts, mark, restoreInterrupts, routine, spinLock, spinUnlock } from '../../model/steps.js';
import { at, ghost, local, type Place, shared, type Variable } from '../../model/variable.js';
import { type Smp, smp } from './smp.js';

/** What a call promises. */
export const returnsAfter = 'a call returns only after its function has run on every target';
/** What a call promises of its targets. */
export const runsOnce = 'no function runs twice for one call on one target';
/** What a caller relies on. */
export const everyCallReturns = 'every call returns';

type Scene = 'process' | 'irqs-off' | 'timer-over-process' | 'peers' | 'under-lock';

/** What the options ask for. */
function sceneOf({ options }: Setting): Scene {
  const named = (['irqs-off', 'timer-over-process', 'peers', 'under-lock'] as const).filter((name) =>
    options.has(name),
  );
  const [scene = 'process'] = named;
  if (options.has('own-descriptor') && scene !== 'process' && scene !== 'timer-over-process') {
    throw new MechanismError('option own-descriptor', `does not go with ${scene}`, 'it is about timer-over-process');
  }
  if (options.has('alone') && scene !== 'irqs-off') {
    throw new MechanismError('option alone', `does not go with ${scene}`, 'it is about irqs-off');
  }
  return options.has('own-descriptor') ? 'timer-over-process' : scene;
}

/** A call to all other CPUs, with what the specification notes of it. */
function noted(parts: Smp, cpus: number, ran: Variable, open: Variable, slot?: number): StepList {
  const ranThere: Place = at(ran, add(multiply(slot ?? self, cpus), parts.target));
  return parts.call({
    ...(slot === undefined ? {} : { slot }),
    entered: { ghost: [[open, add(open, 1)]] },
    taken: { ghost: [[ranThere, 0]] },
    answered: { check: [[returnsAfter, equal(ranThere, 1)]] },
    returned: { ghost: [[open, subtract(open, 1)]] },
  });
}

function build(setting: Setting): Model {
  const { cpus, options } = setting;
  const scene = sceneOf(setting);
  const slots = options.has('own-descriptor') ? cpus + 1 : cpus;
  const ran = ghost('ran', { size: slots * cpus, max: 2 });
  const open = ghost('calls in progress', { max: 2 * cpus });
  const lock = shared('lock', { max: 1 });
  const saved = local('saved flag', { max: 1 });

  const work = (slot: Operand): StepList => {
    const ranHere = at(ran, add(multiply(slot, cpus), self));
    return [
      mark('run the function', {
        ghost: [[ranHere, when(equal(ranHere, 0), 1, 2)]],
        check: [[runsOnce, equal(ranHere, 1)]],
      }),
    ];
  };
  const parts = smp({ cpus, slots, alwaysIpi: options.has('always-ipi'), work });
  const call = noted(parts, cpus, ran, open);

  const process = routine(
    'call',
    'kernel/smp.c: smp_call_function()',
    scene === 'process' && cpus === 2 ? [call, call] : call,
  );
  const masked = routine('call with interrupts off', 'kernel/smp.c: smp_call_function()', [
    disableInterrupts(saved),
    call,
    restoreInterrupts(saved),
  ]);
  const holder = routine('call under a lock', 'kernel/smp.c: smp_call_function()', [
    spinLock('spin_lock', lock),
    call,
    spinUnlock('spin_unlock', lock),
  ]);
  const locker = routine('take the lock', 'a user of the same lock', [
    disableInterrupts(saved),
    spinLock('spin_lock_irqsave', lock),
    spinUnlock('spin_unlock_irqrestore', lock),
    restoreInterrupts(saved),
  ]);
  const timer: Vector = {
    name: 'timer',
    kind: 'hardirq',
    handler: routine(
      'timer',
      'a handler of the timer interrupt that calls',
      options.has('own-descriptor') ? noted(parts, cpus, ran, open, cpus) : call,
    ),
  };

  const routineOf = (cpu: number) => {
    if (scene === 'irqs-off') return cpu === 0 || !options.has('alone') ? masked : undefined;
    if (scene === 'under-lock') return cpu === 0 ? holder : locker;
    if (scene === 'timer-over-process') return cpu <= 1 ? process : undefined;
    return scene === 'peers' ? undefined : process;
  };
  const everyCpu = Array.from({ length: cpus }, (_, cpu) => cpu);
  const timers = scene === 'peers' ? everyCpu : scene === 'timer-over-process' ? [0] : [];
  return {
    cpus,
    variables: [...parts.variables, ...(scene === 'under-lock' ? [lock] : []), ran, open],
    tasks: everyCpu.flatMap((cpu): Task[] => {
      const steps = routineOf(cpu);
      return steps === undefined ? [] : [{ name: `process ${cpu}`, cpu, routine: steps }];
    }),
    vectors: timers.length > 0 ? [parts.vector, timer] : [parts.vector],
    sources: timers.map((cpu): Source => ({ vector: timer.name, cpu, times: 1 })),
    properties: [checked(returnsAfter), checked(runsOnce), eventually(everyCallReturns, equal(open, 0))],
  };
}

/** smp_call_function_many() and _single() of today's Linux, called where they may be and where they may not. */
export const linuxSmpCall: Mechanism = mechanism({
  name: 'linux-smp-call',
  summary: "smp_call_function_many() and smp_call_function_single() as in today's kernel/smp.c",
  options: [
    { name: 'process', group: 'caller', summary: 'every CPU calls from process context, interrupts enabled' },
    { name: 'irqs-off', group: 'caller', summary: 'every CPU calls from process context with interrupts disabled' },
    {
      name: 'timer-over-process',
      group: 'caller',
      summary: 'a timer interrupt on CPU 0 calls, maybe over a call of the process that it interrupts',
    },
    { name: 'peers', group: 'caller', summary: 'timer interrupts on all CPUs call, and nothing else does' },
    {
      name: 'under-lock',
      group: 'caller',
      summary: 'CPU 0 calls while it holds a spinlock that the others take with interrupts disabled',
    },
    {
      name: 'own-descriptor',
      summary: "the timer's call over a process has a descriptor of its own instead of the CPU's",
    },
    { name: 'always-ipi', summary: 'the interrupt is sent even where the queue was not empty' },
    { name: 'alone', summary: 'with irqs-off: only CPU 0 calls' },
  ],
  variants: [
    [],
    ['irqs-off'],
    ['irqs-off', 'alone'],
    ['timer-over-process'],
    ['own-descriptor'],
    ['own-descriptor', 'always-ipi'],
    ['peers'],
    ['under-lock'],
  ],
  reported: [2, 3],
  build,
});
