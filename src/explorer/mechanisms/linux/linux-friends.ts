/**
 * What Linux lets interrupts do, with interrupts disabled, across CPUs: smp_call_function_single_async(),
 * irq_work_queue_on() and call_rcu(). None waits; so the question is what the caller may conclude, and when.
 *
 * A timer interrupt writes a request, then queues its object on the next CPU; where the object is queued
 * already, the request counts on the run to come. Meanwhile a process of CPU 0 calls across CPUs as well, so that objects
 * meet queues whose interrupt has yet to be sent. See ./smp.ts and ./rcu.ts for what is modelled of the kernel.
 *
 * Bounds: the timer of CPU 0 fires twice, that of CPU 1 once; one object a CPU; one call of the process.
 */

import { MechanismError } from '../../model/error.js';
import {
  add,
  and,
  atLeast,
  bitAnd,
  type Expression,
  equal,
  modulo,
  type Operand,
  self,
  value,
} from '../../model/expression.js';
import { type Mechanism, mechanism, type Setting } from '../../model/mechanism.js';
import { checked, eventually, type Model, type Vector } from '../../model/model.js';
import type { StepList } from '../../model/step.js';
import { fence, load, mark, routine, store, waitUntil } from '../../model/steps.js';
import { at, ghost, local, type Place, shared } from '../../model/variable.js';
import { callRcuModel } from './call-rcu.js';
import { smp } from './smp.js';

/** What a request is for. */
export const everyRequestSeen = 'every request is seen by a run of the function';
/** What a conclusion must be. */
export const conclusionTrue = 'when the caller concludes that the function has run for its request, it has';

/** When somebody concludes that a request has been served. */
type Conclusion = 'when-told' | 'at-once' | 'when-free' | 'when-idle';

function conclusionOf(options: ReadonlySet<string>): Conclusion {
  return (['at-once', 'when-free', 'when-idle'] as const).find((name) => options.has(name)) ?? 'when-told';
}

function refuse(conclusion: Conclusion, friend: string): never {
  throw new MechanismError(`option ${conclusion}`, `does not go with ${friend}`, 'its state is not one to look at');
}

function queueingModel(cpus: number, objects: 'async' | 'irq-work', conclusion: Conclusion, fenced: boolean): Model {
  const most = 2;
  const request = shared('request', { size: cpus, max: most });
  const done = shared('done', { size: cpus, max: most });
  const requested = ghost('requested', { size: cpus, max: most });
  const seen = ghost('seen', { size: cpus, max: most });
  const number = local('number', { max: most });
  const slot = cpus;

  const parts = smp({
    cpus,
    slots: cpus + 1,
    objects,
    work: () => [],
    objectWork: () => [
      load('the function reads the request', at(request, self), number, { ghost: [[at(seen, self), value]] }),
      store('the function says which request it has served', at(done, self), number),
    ],
  });
  const next: Expression = modulo(add(self, 1), cpus);
  const concluded = (target: Operand): StepList => [
    mark('conclude that the function has run', { check: [[conclusionTrue, atLeast(at(seen, target), number)]] }),
  ];

  const timer: Vector = {
    name: 'timer',
    kind: 'hardirq',
    handler: routine(
      'timer',
      objects === 'async'
        ? 'an interrupt that calls kernel/smp.c: smp_call_function_single_async()'
        : 'an interrupt that calls kernel/irq_work.c: irq_work_queue_on()',
      [
        load('read the number of the last request', at(request, next), number, { set: [[number, add(number, 1)]] }),
        store('write the request', at(request, next), number, { ghost: [[at(requested, next), number]] }),
        fenced ? fence('smp_mb: the request is visible first') : [],
        parts.post(slot, next),
        conclusion === 'at-once' ? concluded(next) : [],
      ],
    ),
  };

  const object: Place = parts.locked(slot, 1);
  const waits: Record<Exclude<Conclusion, 'at-once'>, StepList> = {
    // Whether the function ever says so is a property of its own: who waits here in vain has not hung the machine.
    'when-told': [
      waitUntil('wait until the function has said so', at(done, 1), atLeast(value, number), { rest: true }),
    ],
    'when-free': [waitUntil('wait until the object may be queued again', object, equal(bitAnd(value, 1), 0))],
    'when-idle': [
      waitUntil('irq_work_sync: wait until the work is not busy', object, equal(value, 0), {
        requires: ['interrupts-enabled', 'may-sleep'],
      }),
    ],
  };
  const process = routine('process', 'kernel/smp.c: smp_call_function(), and whoever concludes', [
    parts.call(),
    conclusion === 'at-once'
      ? []
      : [load('read the number of the last request', at(request, 1), number), waits[conclusion], concluded(1)],
  ]);
  const everyCpu = Array.from({ length: cpus }, (_, cpu) => cpu);
  return {
    cpus,
    variables: [...parts.variables, request, done, requested, seen],
    tasks: [{ name: 'process', cpu: 0, routine: process }],
    vectors: [parts.vector, timer],
    sources: [
      { vector: timer.name, cpu: 0, times: 2 },
      { vector: timer.name, cpu: 1, times: 1 },
    ],
    properties: [
      checked(conclusionTrue),
      eventually(everyRequestSeen, and(...everyCpu.map((cpu) => equal(at(seen, cpu), at(requested, cpu))))),
    ],
  };
}

function build({ cpus, options }: Setting): Model {
  const conclusion = conclusionOf(options);
  if (options.has('call-rcu')) {
    if (options.has('fence'))
      throw new MechanismError('option fence', 'does not go with call-rcu', 'there is no request to order');
    if (conclusion === 'when-free' || conclusion === 'when-idle') refuse(conclusion, 'call-rcu');
    return callRcuModel(cpus, conclusion === 'at-once');
  }
  const objects = options.has('irq-work-on') ? 'irq-work' : 'async';
  if (objects === 'async' && conclusion === 'when-idle') refuse(conclusion, 'single-async');
  return queueingModel(cpus, objects, conclusion, options.has('fence'));
}

/** What may be called with interrupts disabled. */
export const linuxFriends: Mechanism = mechanism({
  name: 'linux-friends',
  summary: 'what Linux allows with interrupts disabled: queue, and do not wait',
  options: [
    { name: 'single-async', group: 'friend', summary: 'smp_call_function_single_async()' },
    { name: 'irq-work-on', group: 'friend', summary: 'irq_work_queue_on()' },
    { name: 'call-rcu', group: 'friend', summary: 'call_rcu()' },
    { name: 'when-told', group: 'conclusion', summary: 'the caller concludes when the function has said that it ran' },
    { name: 'at-once', group: 'conclusion', summary: 'the caller concludes as soon as it has queued' },
    { name: 'when-free', group: 'conclusion', summary: 'a process concludes when the object may be queued again' },
    { name: 'when-idle', group: 'conclusion', summary: 'a process concludes as irq_work_sync() does' },
    { name: 'fence', summary: 'the caller makes its request visible before it looks whether the object is queued' },
  ],
  variants: [
    [],
    ['irq-work-on'],
    ['call-rcu'],
    ['fence'],
    ['at-once'],
    ['irq-work-on', 'at-once'],
    ['call-rcu', 'at-once'],
    ['when-free'],
    ['irq-work-on', 'when-free'],
    ['irq-work-on', 'when-idle'],
  ],
  memories: ['sc', 'tso'],
  build,
});
