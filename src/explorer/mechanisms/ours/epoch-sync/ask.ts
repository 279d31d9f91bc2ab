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
} from '../../../model/expression.js';
import type { Vector } from '../../../model/model.js';
import type { Routine, Step, StepList } from '../../../model/step.js';
import { atomic, type Extras, jump, label, load, routine, send, store, waitUntil } from '../../../model/steps.js';
import { at, type Local, local, shared, type Variable } from '../../../model/variable.js';
import type { World } from './world.js';

/** Something computed from a CPU's in-probe count as the consumer learns it. */
export type OfCount<Result> = (count: Expression) => Result;

/** Goes on only once a CPU's count passes; `note` gives pairs of a register and what it gets by each answer. */
export type Ask = (
  cpu: number,
  passes: OfCount<Expression>,
  note?: OfCount<readonly (readonly [Local, Expression])[]>,
) => StepList;

/** A way to ask, with what it needs besides. */
export interface Asking {
  readonly ask: Ask;
  readonly variables: readonly Variable[];
  readonly vectors: readonly Vector[];
}

/** Asking by a cross-call. */
export interface CrossCall extends Asking {
  /** Where the handler leaves its answer, plus 1. */
  readonly reply: Variable;
  /** Steps of the depth handler, for who runs it outside an interrupt. */
  readonly handler: StepList;
}

const nothing = (): readonly [] => [];

/** What an answer says: the count that the handler read. */
export const answered: Expression = subtract(value, 1);

/** Sends the call to a CPU. */
export const callCpu = (cpu: number): Step =>
  send(`call CPU ${cpu}`, 'call', cpu, { requires: ['interrupts-enabled', 'task-context'] });

/** Waits for the answer of a handler and takes it. */
export const takeAnswer = (reply: Variable, extras: Extras): Step =>
  atomic('wait for the answer', reply, 0, { ...extras, until: notEqual(value, 0) });

/** Asks by a cross-call, again and again until the count passes. */
export function byCrossCall({ memory: { inprobe } }: Pick<World, 'memory'>): CrossCall {
  const most = inprobe.max;
  const reply = shared('reply', { max: most + 1 });
  const count = local('count', { min: inprobe.min, max: most });
  // A count that has gone below 0 is a large one to the handler, which compares without a sign.
  const clamped = when(or(less(count, 0), greater(count, most)), most, count);
  const handler = [
    load('read the in-probe count of this CPU', at(inprobe, self), count),
    store('answer', reply, add(clamped, 1), { set: [[count, 0]] }),
  ];
  return {
    reply,
    handler,
    variables: [reply],
    vectors: [{ name: 'call', kind: 'hardirq', handler: depthHandler(handler) }],
    ask: (cpu, passes, note = nothing) => [
      label('again'),
      callCpu(cpu),
      takeAnswer(reply, { set: note(answered), goTo: [[not(passes(answered)), 'again']] }),
    ],
  };
}

const depthHandler = (steps: StepList): Routine =>
  routine('depth handler', 'src/d/codegen/handler.ts: generateDepthHandler()', steps);

/** Looks at the count from afar, without an interrupt. */
export const fromAfar = ({ memory: { inprobe } }: Pick<World, 'memory'>): Asking => ({
  ask: (cpu, passes, note = nothing) => [
    waitUntil(`wait for the count of CPU ${cpu}, seen from afar`, at(inprobe, cpu), passes(value), {
      set: note(value),
    }),
  ],
  variables: [],
  vectors: [],
});

/** The handler of the consumer's own CPU is called in its task, with interrupts on. */
export const inlineOnOwnCpu = (call: CrossCall, { memory: { inprobe } }: World, own: number): Asking => ({
  ...call,
  ask: (cpu, passes, note = nothing) =>
    cpu === own
      ? [
          label('again'),
          load('read the in-probe count of the own CPU', at(inprobe, cpu), undefined, {
            set: note(value),
            goTo: [[not(passes(value)), 'again']],
          }),
        ]
      : call.ask(cpu, passes, note),
});

/** A CPU that looks idle from afar is not asked; CPU `own` runs the consumer. */
export const skippingIdle = (call: CrossCall, idle: Variable, own: number): Asking => ({
  ...call,
  variables: [...call.variables, idle],
  ask: (cpu, passes, note) =>
    cpu === own
      ? call.ask(cpu, passes, note)
      : [
          load(`see whether CPU ${cpu} is idle`, at(idle, cpu), undefined, { goTo: [[value, 'settled']] }),
          call.ask(cpu, passes, note),
          label('settled'),
        ],
});

/** Where a CPU is inside a probe, the consumer waits until its element of `exits` has changed, and calls no more. */
export function byExitCount(call: CrossCall, exits: Variable): Asking {
  const before = local('before', { max: exits.max });
  return {
    ...call,
    variables: [...call.variables, exits],
    ask: (cpu, passes) => [
      load(`read the exits of CPU ${cpu}`, at(exits, cpu), before),
      callCpu(cpu),
      takeAnswer(call.reply, { goTo: [[passes(answered), 'settled']] }),
      waitUntil(`wait for another exit on CPU ${cpu}`, at(exits, cpu), notEqual(value, before)),
      label('settled'),
    ],
  };
}

/** Asks idle CPUs by a word that they poll; CPU `own` runs the consumer and is called. */
export const byPolledWord = (call: CrossCall, requests: Variable, own: number): Asking => ({
  ...call,
  variables: [...call.variables, requests],
  ask: (cpu, passes, note = nothing) =>
    cpu === own
      ? call.ask(cpu, passes, note)
      : [
          label('again'),
          store(`ask CPU ${cpu}`, at(requests, cpu), 1),
          takeAnswer(call.reply, { set: note(answered), goTo: [[not(passes(answered)), 'again']] }),
        ],
});

/** An idle CPU: it runs the handler in its task, with interrupts on, whenever it is asked. */
export const pollingIdle = ({ handler }: CrossCall, requests: Variable): StepList => [
  label('poll'),
  waitUntil('poll for a request', at(requests, self), value, { rest: true }),
  store('accept the request', at(requests, self), 0),
  ...handler,
  jump('poll'),
];
