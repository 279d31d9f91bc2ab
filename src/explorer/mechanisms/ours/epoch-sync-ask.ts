/**
 * How the consumer of `epoch-sync` asks a CPU for its in-probe count.
 *
 * What ships is a cross-call: the depth handler (src/d/codegen/handler.ts) runs in an interrupt on the CPU and answers
 * with one load. The cross-call itself is reduced to a send, an answer and a wait; `linux-smp-call` has the whole of it.
 */

import {
  add,
  type Expression,
  greater,
  less,
  not,
  notEqual,
  or,
  self,
  subtract,
  value,
  when,
} from '../../model/expression.js';
import type { Vector } from '../../model/model.js';
import type { Routine, StepList } from '../../model/step.js';
import { atomic, jump, label, load, routine, send, store, waitUntil } from '../../model/steps.js';
import { at, type Local, local, shared, type Variable } from '../../model/variable.js';
import type { World } from './epoch-sync-world.js';

/** Goes on only once a CPU's count passes; both are the variant's affair. */
export type Ask = (cpu: number, passes: (count: Expression) => Expression) => StepList;

/** A way to ask, with what it needs besides. */
export interface Asking {
  readonly ask: Ask;
  readonly variables: readonly Variable[];
  readonly vectors: readonly Vector[];
  /** Steps of the depth handler, for those who run it outside an interrupt. */
  readonly handler: StepList;
  /** Register of the consumer that gets the answer. */
  readonly answer: Local;
}

/** Asking by a cross-call. */
export interface CrossCall extends Asking {
  /** Where the handler leaves its answer, plus 1. */
  readonly reply: Variable;
}

/** Asks by a cross-call, again and again until the count passes. */
export function byCrossCall({ memory: { inprobe } }: Pick<World, 'memory'>): CrossCall {
  const most = inprobe.max;
  const reply = shared('reply', { max: most + 1 });
  const count = local('count', { min: inprobe.min, max: most });
  const answer = local('answer', { max: most });
  // A count that has gone below 0 is a large one to the handler, which compares without a sign.
  const clamped = when(or(less(count, 0), greater(count, most)), most, count);
  const handler = [
    load('read the in-probe count of this CPU', at(inprobe, self), count),
    store('answer', reply, add(clamped, 1)),
  ];
  return {
    reply,
    answer,
    handler,
    variables: [reply],
    vectors: [{ name: 'call', kind: 'hardirq', handler: depthHandler(handler) }],
    ask: (cpu, passes) => [
      label('again'),
      send(`call CPU ${cpu}`, 'call', cpu, { requires: ['interrupts-enabled', 'task-context'] }),
      ...takeAnswer(reply, answer, passes),
    ],
  };
}

const depthHandler = (steps: StepList): Routine =>
  routine('depth handler', 'src/d/codegen/handler.ts: generateDepthHandler()', steps);

/** Waits for the answer of a handler and takes it; goes to `again` if it does not pass. */
export const takeAnswer = (reply: Variable, answer: Local, passes: (count: Expression) => Expression): StepList => [
  atomic('wait for the answer', reply, 0, {
    until: notEqual(value, 0),
    set: [[answer, subtract(value, 1)]],
    goTo: [[not(passes(answer)), 'again']],
  }),
];

/** Looks at the count from afar, without an interrupt. */
export const fromAfar = ({ memory: { inprobe } }: Pick<World, 'memory'>): Asking => ({
  ask: (cpu, passes) => [
    waitUntil(`wait for the count of CPU ${cpu}, seen from afar`, at(inprobe, cpu), passes(value)),
  ],
  variables: [],
  vectors: [],
  handler: [],
  answer: local('answer', { max: 1 }),
});

/** The handler of the consumer's own CPU is called in its task, with interrupts on. */
export const inlineOnOwnCpu = (asking: Asking, { memory: { inprobe } }: World, own: number): Asking => {
  const seen = local('seen', { min: inprobe.min, max: inprobe.max });
  return {
    ...asking,
    ask: (cpu, passes) =>
      cpu === own
        ? [
            label('again'),
            load('read the in-probe count of the own CPU', at(inprobe, cpu), seen, {
              goTo: [[not(passes(seen)), 'again']],
            }),
          ]
        : asking.ask(cpu, passes),
  };
};

/** A CPU that looks idle from afar is not asked; CPU `own` runs the consumer. */
export const skippingIdle = (asking: Asking, idle: Variable, own: number): Asking => ({
  ...asking,
  variables: [...asking.variables, idle],
  ask: (cpu, passes) =>
    cpu === own
      ? asking.ask(cpu, passes)
      : [
          load(`see whether CPU ${cpu} is idle`, at(idle, cpu), undefined, { goTo: [[value, 'settled']] }),
          asking.ask(cpu, passes),
          label('settled'),
        ],
});

/**
 * Where a CPU is inside a probe, the consumer does not call it again but waits until its count of exits has changed.
 * `exits` has an element a CPU, `limit` its greatest value.
 */
export function byExitCount(call: CrossCall, exits: Variable): Asking {
  const before = local('before', { max: exits.max });
  return {
    ...call,
    variables: [...call.variables, exits],
    ask: (cpu, passes) => [
      load(`read the exits of CPU ${cpu}`, at(exits, cpu), before),
      send(`call CPU ${cpu}`, 'call', cpu, { requires: ['interrupts-enabled', 'task-context'] }),
      atomic('wait for the answer', call.reply, 0, {
        until: notEqual(value, 0),
        set: [[call.answer, subtract(value, 1)]],
        goTo: [[passes(call.answer), 'settled']],
      }),
      waitUntil(`wait for another exit on CPU ${cpu}`, at(exits, cpu), notEqual(value, before)),
      label('settled'),
    ],
  };
}

/** Asks idle CPUs by a word that they poll; CPU `own` runs the consumer and is called. */
export function byPolledWord(call: CrossCall, asked: Variable, own: number): Asking {
  return {
    ...call,
    variables: [...call.variables, asked],
    ask: (cpu, passes) =>
      cpu === own
        ? call.ask(cpu, passes)
        : [label('again'), store(`ask CPU ${cpu}`, at(asked, cpu), 1), ...takeAnswer(call.reply, call.answer, passes)],
  };
}

/** An idle CPU: it runs the handler in its task, with interrupts on, whenever it is asked. */
export const pollingIdle = ({ handler }: Asking, asked: Variable): StepList => [
  label('poll'),
  waitUntil('poll for a request', at(asked, self), value, { rest: true }),
  store('accept the request', at(asked, self), 0),
  ...handler,
  jump('poll'),
];
