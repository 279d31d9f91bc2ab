/**
 * A cross-call of DTrace's own beside that of Linux, in the five designs of `apic-wrap`: what a caller posts, how a target is reached
 * and answers, and how the caller waits.
 *
 * Callers are bits: `request` of a target holds who wants its answer, `answered` of a caller who has given it. The function
 * that is called is DTrace's empty one, so answering is all that a target does.
 */

import {
  add,
  bit,
  bitAnd,
  bitNot,
  bitOr,
  equal,
  hasBit,
  modulo,
  not,
  notEqual,
  type Operand,
  self,
  shiftLeft,
  subtract,
  sum,
  value,
  when,
} from '../../model/expression.js';
import type { Step, StepList } from '../../model/step.js';
import {
  atomic,
  disableInterrupts,
  enableInterrupts,
  jump,
  label,
  load,
  mark,
  restoreInterrupts,
  sendToMask,
  setLevel,
  store,
  waitForAny,
  waitUntil,
} from '../../model/steps.js';
import { at, ghost, local, shared, type Variable } from '../../model/variable.js';

/** How interrupt entries are wrapped. */
export type Design = 'track-level' | 'own-vector' | 'soft-mask' | 'nmi' | 'serve';

/** A design at a number of CPUs, and what is promised of the probes. */
export interface WrappedDesign {
  readonly cpus: number;
  readonly design: Design;
  /** Probes disable interrupts by hardware even where cli is a software level. */
  readonly hardProbes: boolean;
  /** A target that is inside a probe answers when the probe ends. */
  readonly answerAtExit: boolean;
}

/** Levels of `soft-mask`: cli raises to the first, the cross-call arrives at the second. */
export const softLevels = { cli: 1, xcall: 2 } as const;

/** The memory of the cross-call, and what the specification remembers. */
export interface WrappedCall extends WrappedDesign {
  readonly request: Variable;
  readonly answered: Variable;
  /** Probes open on a CPU; only `answer-at-exit` looks at it. */
  readonly depth: Variable;
  /** Callers whom a CPU owes an answer when its probe ends. */
  readonly owed: Variable;
  /** What the wrapper of `track-level` knows: interrupts under way, and whether one of them asked for a call. */
  readonly wrapped: Variable;
  readonly deferred: Variable;
  /** Whether a probe is open on a CPU. */
  readonly open: Variable;
  /** For each caller, the CPUs on which a probe is open that was so when the call began. */
  readonly stillOpen: Variable;
  /** Whether the call that the timer of a CPU asked for has returned. */
  readonly returned: Variable;
}

/** Names of the properties that the steps check. */
export const wrappedProperties = {
  quiet: 'a call returns only when no probe that was open at its start is open',
  synchronous: 'a timer that calls goes on only when every CPU has answered',
} as const;

/** The memory that a design needs. */
export function wrappedCall(design: WrappedDesign): WrappedCall {
  const size = design.cpus;
  const mask = 2 ** size - 1;
  return {
    ...design,
    request: shared('request', { size, max: mask }),
    answered: shared('answered', { size, max: mask }),
    depth: shared('depth', { size, max: 1 }),
    owed: shared('owed', { size, max: mask }),
    wrapped: shared('wrapped', { size, max: 3 }),
    deferred: shared('deferred', { size, max: 1 }),
    open: ghost('open', { size, max: 1 }),
    stillOpen: ghost('still open', { size, max: mask }),
    returned: ghost('returned', { size, max: 1 }),
  };
}

/** All variables of a cross-call. */
export const wrappedVariables = (x: WrappedCall): readonly Variable[] => [
  x.request,
  x.answered,
  x.depth,
  x.owed,
  x.wrapped,
  x.deferred,
  x.open,
  x.stillOpen,
  x.returned,
];

const callers = local('callers', { max: 15 });
const missing = local('missing', { max: 15 });
const flag = local('flag', { max: 1 });
const level = local('level', { max: 15 });

const cpuNumbers = ({ cpus }: WrappedCall): readonly number[] => Array.from({ length: cpus }, (_, cpu) => cpu);
const everyCpu = ({ cpus }: WrappedCall): number => 2 ** cpus - 1;
const others = (x: WrappedCall) => bitAnd(everyCpu(x), bitNot(bit(self)));

/** The kernel's cli: by hardware, or with `soft-mask` a level that only software knows. */
export const maskAll = ({ design }: WrappedCall): Step =>
  design === 'soft-mask' ? setLevel('cli as a software level', softLevels.cli, level) : disableInterrupts(flag);

/** Ends what {@link maskAll} began. */
export const unmaskAll = ({ design }: WrappedCall): Step =>
  design === 'soft-mask'
    ? setLevel('sti as a software level', level, undefined, { set: [[level, 0]] })
    : restoreInterrupts(flag, { set: [[flag, 0]] });

/** Number of the lowest bit that is set; 3 where none is. */
const lowestBit = (mask: Operand): Operand =>
  when(hasBit(mask, 0), 0, when(hasBit(mask, 1), 1, when(hasBit(mask, 2), 2, 3)));

/** Answers all callers whose bits are in the register, of which there is one at least. */
const answerCallers = (x: WrappedCall): StepList => [
  label('answer'),
  atomic('answer a caller', at(x.answered, lowestBit(callers)), bitOr(value, bit(self)), {
    set: [[callers, bitAnd(callers, subtract(callers, 1))]],
    goTo: [[notEqual(callers, 0), 'answer']],
  }),
];

/** What a target does: takes the requests to this CPU and answers them; or leaves that to the probe it interrupted. */
export const answer = (x: WrappedCall): StepList => [
  atomic('take the requests', at(x.request, self), 0, { into: callers, goTo: [[equal(value, 0), 'answered']] }),
  x.answerAtExit
    ? [
        load('is a probe open here?', at(x.depth, self), undefined, { goTo: [[equal(value, 0), 'now']] }),
        atomic('leave the answer to the probe', at(x.owed, self), bitOr(value, callers), {
          set: [[callers, 0]],
          goTo: 'answered',
        }),
        label('now'),
        answerCallers(x),
      ]
    : answerCallers(x),
  label('answered'),
];

/** A probe: masks, works, and with `answer-at-exit` gives the answers that are owed. */
export function probe(x: WrappedCall): StepList {
  const mask = x.hardProbes ? disableInterrupts(flag) : maskAll(x);
  const unmask = x.hardProbes ? restoreInterrupts(flag, { set: [[flag, 0]] }) : unmaskAll(x);
  const closed = cpuNumbers(x).map(
    (caller) => [at(x.stillOpen, caller), bitAnd(at(x.stillOpen, caller), bitNot(bit(self)))] as const,
  );
  return [
    mask,
    store('the probe opens', at(x.depth, self), 1, { ghost: [[at(x.open, self), 1]] }),
    store('the probe closes', at(x.depth, self), 0, { ghost: [[at(x.open, self), 0], ...closed] }),
    x.answerAtExit
      ? [
          atomic('take the answers that are owed', at(x.owed, self), 0, {
            into: callers,
            goTo: [[equal(value, 0), 'nothing owed']],
          }),
          answerCallers(x),
          label('nothing owed'),
        ]
      : [],
    unmask,
  ];
}

/** Waits for all answers, in the way of the design. */
function awaitAnswers(x: WrappedCall): StepList {
  const all = equal(value, others(x));
  const answers = at(x.answered, self);
  switch (x.design) {
    case 'serve':
      return [
        label('poll'),
        waitForAny('wait for the answers, and for requests', [
          { from: answers, until: all, to: 'complete' },
          { from: at(x.request, self), until: notEqual(value, 0) },
        ]),
        answer(x),
        jump('poll'),
        label('complete'),
      ];
    case 'nmi':
      return [
        waitForAny('wait for the answers, but not for long', [
          { from: answers, until: all, to: 'complete' },
          { from: answers, until: not(all), into: missing },
        ]),
        sendToMask('send an NMI to who is missing', 'nmi', bitAnd(others(x), bitNot(missing)), { set: [[missing, 0]] }),
        waitUntil('wait for the answers', answers, all),
        label('complete'),
      ];
    default:
      return [waitUntil('wait for the answers', answers, all)];
  }
}

/** Calls all other CPUs and returns when they have answered. */
export const callOthers = (x: WrappedCall): StepList => [
  store('forget older answers', at(x.answered, self), 0, {
    ghost: [
      [at(x.returned, self), 0],
      [at(x.stillOpen, self), sum(...cpuNumbers(x).map((cpu) => shiftLeft(at(x.open, cpu), cpu)))],
    ],
  }),
  cpuNumbers(x)
    .slice(1)
    .map((distance) =>
      atomic('request an answer', at(x.request, modulo(add(self, distance), x.cpus)), bitOr(value, bit(self))),
    ),
  sendToMask('interrupt the others', 'xcall', others(x)),
  awaitAnswers(x),
  mark('the call returns', {
    ghost: [[at(x.returned, self), 1]],
    check: [[wrappedProperties.quiet, equal(at(x.stillOpen, self), 0)]],
  }),
];

/** What the timer sees of its call. */
const goOn = (x: WrappedCall): Step =>
  mark('the timer goes on', { check: [[wrappedProperties.synchronous, at(x.returned, self)]] });

/** A timer that calls at once, in whatever context it is. */
export const timerCalls = (x: WrappedCall): StepList => [callOthers(x), goOn(x)];

/**
 * A timer under the wrapper of `track-level`: it may only ask; the outermost wrapper calls at its exit, where it can
 * enable interrupts, since what it interrupted had them enabled.
 */
export const timerDefers = (x: WrappedCall): StepList => [
  atomic('the wrapper counts the interrupt', at(x.wrapped, self), add(value, 1), {
    ghost: [[at(x.returned, self), 0]],
  }),
  store('the timer asks for a call', at(x.deferred, self), 1),
  goOn(x),
  load('is this the outermost wrapper?', at(x.wrapped, self), undefined, { goTo: [[notEqual(value, 1), 'leave']] }),
  label('again'),
  atomic('was a call asked for?', at(x.deferred, self), 0, { goTo: [[equal(value, 0), 'leave']] }),
  enableInterrupts(),
  callOthers(x),
  disableInterrupts(),
  jump('again'),
  label('leave'),
  atomic('the wrapper counts down', at(x.wrapped, self), subtract(value, 1)),
];
