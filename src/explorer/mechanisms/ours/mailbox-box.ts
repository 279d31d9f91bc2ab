/** The mailbox's memory, and how probes post to it and ask about what they posted. */

import {
  add,
  and,
  atLeast,
  context,
  divide,
  type Expression,
  equal,
  greater,
  less,
  modulo,
  multiply,
  notEqual,
  type Operand,
  or,
  self,
  subtract,
  sum,
  value,
  when,
} from '../../model/expression.js';
import type { Setting } from '../../model/mechanism.js';
import type { StepList } from '../../model/step.js';
import { atomic, branch, compute, jump, label, load, mark, store, waitUntil } from '../../model/steps.js';
import { at, ghost, type Local, local, type Place, shared, type Variable } from '../../model/variable.js';

/** Most requests that one CPU posts in a model. */
const mostPosts = 4;
/** A request's word in the box: its sequence number times this, plus its kind. */
const kinds = 4;
/** A request's number: its CPU times this, plus its sequence number. */
const numbers = mostPosts + 1;

/** What a request asks for: a sync, or a call of a named handler. */
export const requestKind = { sync: 1, call: 2 } as const;

/** Properties of the mailbox that checks of steps name. */
export const mailboxChecks = {
  served: 'the server reads each request as it was posted',
  asked: 'who asks is told that a request is complete only once a sync that began after its post has finished',
} as const;

/** The boxes of all CPUs, with what the specification knows of them. */
export interface Mailbox {
  readonly cpus: number;
  /** Requests that a box holds. */
  readonly capacity: number;
  readonly options: ReadonlySet<string>;
  /** By CPU: how many numbers were given out, and up to which number all is complete. */
  readonly posted: Variable;
  readonly completed: Variable;
  /** By CPU: the number up to which the server has begun; kept where posts coalesce. */
  readonly taken: Variable;
  /** By CPU and number modulo capacity: the request's word. */
  readonly slots: Variable;
  /** What the server sleeps on: with `doorbell`, the bell. */
  readonly wake: Variable;
  /** With `doorbell`: the server sleeps or is about to; and by CPU, posts that want it awake. */
  readonly armed: Variable;
  readonly urgent: Variable;
  /** By CPU: posts that found the box full. */
  readonly drops: Variable;
  /** The number that a thread took along to another CPU. */
  readonly carried: Variable;
  /** Ghosts. Syncs are counted as they begin; `finished` is the youngest one that has finished. */
  readonly begun: Variable;
  readonly finished: Variable;
  /** By CPU and context: the oldest sync that may complete the post that is under way. */
  readonly oldest: Variable;
  /** By CPU and number: the oldest sync that may complete the request; its kind. */
  readonly needs: Variable;
  readonly wanted: Variable;
  /** By CPU: posts that were begun, and posts that returned a number. */
  readonly attempts: Variable;
  readonly answered: Variable;
}

/** The memory of the boxes; `capacity` is that of each. */
export function makeMailbox({ cpus, options }: Setting, capacity: number): Mailbox {
  const syncs = cpus * mostPosts * 2;
  const byCpu = (max: number) => ({ size: cpus, max });
  const byNumber = (max: number) => ({ size: cpus * numbers, max });
  return {
    cpus,
    capacity,
    options,
    posted: shared('posted', byCpu(mostPosts)),
    completed: shared('completed', byCpu(mostPosts)),
    taken: shared('taken', byCpu(mostPosts)),
    slots: shared('slots', { size: cpus * capacity, max: numbers * kinds }),
    wake: shared('wake', { max: 1 }),
    armed: shared('armed', { max: 1 }),
    urgent: shared('urgent', byCpu(mostPosts)),
    drops: shared('drops', byCpu(mostPosts)),
    carried: shared('carried', { max: cpus * numbers }),
    begun: ghost('syncs begun', { max: syncs }),
    finished: ghost('sync finished', { max: syncs }),
    oldest: ghost('oldest sync for the post', { size: cpus * 4, max: syncs }),
    needs: ghost('oldest sync for the request', byNumber(syncs)),
    wanted: ghost('request as posted', byNumber(kinds)),
    attempts: ghost('posts begun', byCpu(mostPosts)),
    answered: ghost('posts answered', byCpu(mostPosts)),
  };
}

/** The variables of a mailbox that a model of these options uses. */
export function mailboxVariables(box: Mailbox): readonly Variable[] {
  const { posted, completed, slots, wake, drops, begun, finished, oldest, needs, wanted, attempts, answered } = box;
  return [
    ...[posted, completed, slots, wake, drops],
    ...(keepsTaken(box) ? [box.taken] : []),
    ...(hasDoorbell(box) ? [box.armed, box.urgent] : []),
    ...(box.options.has('migrate') ? [box.carried] : []),
    ...[begun, finished, oldest, needs, wanted, attempts, answered],
  ];
}

/** Whether the server says in memory which requests it has begun. */
export const keepsTaken = ({ options }: Mailbox): boolean => options.has('coalesce') || options.has('trust-taken');

/** Whether a post looks if the server sleeps before it wakes it. */
export const hasDoorbell = ({ options }: Mailbox): boolean => options.has('doorbell');

/** Where request `number` (from 1) of a CPU lies. */
export const slotOf = (box: Mailbox, cpu: Operand, number: Operand): Place =>
  at(box.slots, add(multiply(cpu, box.capacity), modulo(subtract(number, 1), box.capacity)));

/** The sequence number of the request that a word of the box holds; 0 where it never held any. */
export const numberInWord = (word: Operand): Expression => divide(word, kinds);

/** The kind of the request that a word of the box holds. */
export const kindInWord = (word: Operand): Expression => modulo(word, kinds);

/** The element of a ghost that is kept by CPU and number. */
export const ofRequest = (variable: Variable, cpu: Operand, number: Operand): Place =>
  at(variable, add(multiply(cpu, numbers), number));

/** 1 where no request that is marked complete still lacks a sync that began after its post. */
export function nothingEarly(box: Mailbox): Expression {
  const requests = Array.from({ length: box.cpus * mostPosts }, (_, i) => ({
    cpu: Math.floor(i / mostPosts),
    number: (i % mostPosts) + 1,
  }));
  return and(
    ...requests.map(({ cpu, number }) =>
      or(less(at(box.completed, cpu), number), atLeast(box.finished, ofRequest(box.needs, cpu, number))),
    ),
  );
}

/** 1 where `left` and `right` agree on every CPU. */
export const equalOnAll = (box: Mailbox, left: (cpu: number) => Operand, right: (cpu: number) => Operand): Expression =>
  and(...Array.from({ length: box.cpus }, (_, cpu) => equal(left(cpu), right(cpu))));

/** The sum of a variable over the CPUs. */
export const total = (box: Mailbox, variable: Variable): Expression =>
  sum(...Array.from({ length: box.cpus }, (_, cpu) => at(variable, cpu)));

/** How one probe posts. */
export interface Posting {
  readonly kind: number;
  /** Whether the post wakes the server. */
  readonly wakes: boolean;
  /** Register that gets the request's number, 0 where the box was full. */
  readonly into?: Local;
}

/**
 * A probe posts a request to the box of its CPU. Posts nest on a CPU: a tick may post between any two steps of a post.
 * So a number is taken by compare-and-exchange, and the request's word says by its number when it is written. Nothing
 * waits: an exchange fails only where a nested post has succeeded.
 */
export function post(box: Mailbox, { kind, wakes, into }: Posting): StepList {
  const { options, capacity } = box;
  const mine = (variable: Variable): Place => at(variable, self);
  const oldest = at(box.oldest, add(multiply(self, 4), context));
  const word = local('word', { max: numbers * kinds });
  const last = local('last', { max: mostPosts });
  const done = local('done', { max: mostPosts });
  const clear = [
    [word, 0],
    [last, 0],
    [done, 0],
  ] as const;
  const give = (number: Operand) => (into === undefined ? [] : [[into, add(multiply(self, numbers), number)] as const]);
  const answered = [
    [mine(box.answered), add(mine(box.answered), 1)],
    [oldest, 0],
  ] as const;
  const needs = ofRequest(box.needs, self, last);
  const rings = wakes && hasDoorbell(box);
  const numbered = rings ? 'ring' : 'posted';
  return [
    mark('calls sync()', {
      ghost: [
        [oldest, add(box.begun, 1)],
        [mine(box.attempts), add(mine(box.attempts), 1)],
      ],
    }),
    label('again'),
    load('reads how many are posted', mine(box.posted), last),
    options.has('coalesce')
      ? [
          branch(equal(last, 0), 'claim'),
          load('reads the youngest request', slotOf(box, self, last), word),
          branch(notEqual(word, add(multiply(last, kinds), kind)), 'claim'),
          load('reads which requests were begun', mine(box.taken), done, {
            goTo: [[atLeast(value, last), 'claim']],
            ghost: [
              [needs, when(and(less(value, last), greater(oldest, needs)), oldest, needs)],
              [mine(box.answered), add(mine(box.answered), less(value, last))],
              [oldest, when(less(value, last), 0, oldest)],
            ],
          }),
          compute('joins the youngest request', [...give(last), ...clear], { goTo: numbered }),
          label('claim'),
        ]
      : [],
    options.has('overwrite')
      ? []
      : [
          load('reads how many are complete', mine(box.completed), done),
          branch(atLeast(subtract(last, done), capacity), 'full'),
        ],
    atomic('takes the next number', mine(box.posted), when(equal(value, last), add(last, 1), value), {
      into: done,
      ghost: [
        [
          ofRequest(box.needs, self, add(last, 1)),
          when(equal(value, last), oldest, ofRequest(box.needs, self, add(last, 1))),
        ],
        [
          ofRequest(box.wanted, self, add(last, 1)),
          when(equal(value, last), kind, ofRequest(box.wanted, self, add(last, 1))),
        ],
      ],
      goTo: [[notEqual(value, last), 'again']],
    }),
    store('writes the request', slotOf(box, self, add(last, 1)), add(multiply(add(last, 1), kinds), kind), {
      ghost: wakes && !rings ? [] : answered,
    }),
    wakes && !rings ? store('wakes the server', box.wake, 1, { ghost: answered }) : [],
    compute('returns the number', [...give(add(last, 1)), ...clear], { goTo: numbered }),
    label('ring'),
    rings ? ring(box) : [],
    label('full'),
    options.has('block-when-full')
      ? [waitUntil('waits for room', mine(box.completed), less(subtract(last, value), capacity), { goTo: 'again' })]
      : options.has('plain-drops')
        ? [
            load('reads the count of drops', mine(box.drops), word),
            store('counts the drop', mine(box.drops), add(word, 1), { set: clear, ghost: [[oldest, 0]] }),
          ]
        : atomic('counts the drop', mine(box.drops), add(value, 1), { set: clear, ghost: [[oldest, 0]] }),
    label('posted'),
  ];
}

/**
 * Wakes the server if it sleeps, or is about to. The post counts itself before it looks, the server arms before it looks
 * at the counts again: one of them sees the other. Of several posts the one that takes the 1 away rings.
 */
const ring = (box: Mailbox): StepList => [
  atomic('counts itself as urgent', at(box.urgent, self), add(value, 1)),
  load('looks whether the server sleeps', box.armed, undefined, { goTo: [[equal(value, 0), 'posted']] }),
  atomic('takes the armed word', box.armed, 0, { goTo: [[equal(value, 0), 'posted']] }),
  store('rings', box.wake, 1),
  jump('posted'),
];

/** The probe of a thread that asks about the request whose number it took along. */
export function ask(box: Mailbox): StepList {
  const number = local('number', { max: box.cpus * numbers });
  const cpu = divide(number, numbers);
  const sequence = modulo(number, numbers);
  return [
    waitUntil('is on its new CPU, the number in hand', box.carried, notEqual(value, 0), {
      into: number,
      rest: true,
      sleeping: true,
    }),
    load('calls synced(n)', at(box.completed, box.options.has('no-cpu') ? self : cpu), undefined, {
      check: [
        [mailboxChecks.asked, or(less(value, sequence), atLeast(box.finished, ofRequest(box.needs, cpu, sequence)))],
      ],
    }),
  ];
}
