/**
 * Speculations: each CPU has a part of a speculation, firings record into it, and whoever ends the speculation, or the
 * cleaner, empties it. What ships is the default (src/d/codegen/speculation/parts.ts): whoever records into a part or empties
 * it counts itself among its users before it reads the state, and who is not alone in it leaves it to the cleaner.
 *
 * One speculation, active at the start. A task of CPU 1 records into it; ticks of CPU 1 and the CPUs behind it each record,
 * commit, discard, or take the speculation anew and record. The cleaner is a task of CPU 0: it has the other CPUs
 * empty their parts, in the handler of a cross-call, and makes free a speculation of which every part is empty. The word
 * of the state has the state, and how often the speculation was taken. A record is one word: the use that it was made for.
 *
 * Left out: the principal buffers (`buffer-switch`), the in-probe count that the cleaner raises, drops but for want of
 * room in the part, the handing of cross-calls (`linux-smp-call`).
 */

import {
  add,
  and,
  atLeast,
  atMost,
  bitAnd,
  type Expression,
  equal,
  greater,
  multiply,
  not,
  notEqual,
  type Operand,
  or,
  self,
  shiftRight,
  subtract,
  value,
  when,
} from '../../model/expression.js';
import { type Mechanism, mechanism, type Setting } from '../../model/mechanism.js';
import { checked, eventually, type Model } from '../../model/model.js';
import type { StepList } from '../../model/step.js';
import {
  atomic,
  branch,
  choose,
  compute,
  jump,
  label,
  load,
  routine,
  send,
  store,
  waitUntil,
} from '../../model/steps.js';
import { at, ghost, local, shared } from '../../model/variable.js';

const whole = 'what is published is whole, and of the use that was committed';
const once = 'no record is published twice';
const empty = 'a speculation is taken only when every part of it is empty';
const noLate = 'no firing records into a use that it was not let into';
const cleaned = 'what has ended is made free';

/** States, as DTrace numbers them. */
const is = { inactive: 0, active: 1, one: 2, many: 3, committing: 4, committingMany: 5, discarding: 6 } as const;

/** How often the speculation is taken anew. */
const reuses = 1;
/** Records that a part has room for. */
const room = 2;
/** A use more, in the word of the state. */
const use = 8;

function build({ cpus, options }: Setting): Model {
  const most = reuses * use + is.discarding;
  const word = shared('state', { max: most, initial: is.active });
  const used = shared('used', { size: cpus, max: room });
  const users = shared('users', { size: cpus, max: 4 });
  const record = shared('record', { size: cpus * room, max: reuses + 1 });
  const emptied = shared('emptied', { size: cpus, max: 1 });
  const published = ghost('published', { size: cpus * room, max: 2 });
  const seen = local('seen', { max: most });
  const next = local('next', { max: most });
  const old = local('old', { max: most });
  const count = local('count', { max: room });
  const sole = local('sole', { max: 1 });
  const action = local('action', { max: 3 });

  const stateOf = (from: Operand): Expression => bitAnd(from, use - 1);
  const useOf = (from: Operand): Expression => shiftRight(from, 3);
  const ended = (from: Operand): Expression => atLeast(stateOf(from), is.committingMany);
  const toState = (from: Operand, state: Operand): Expression => add(subtract(from, stateOf(from)), state);
  const place = (index: Operand): Expression => add(multiply(self, room), index);

  const counts = !options.has('no-users');
  const enter: StepList = counts ? [atomic('count in', at(users, self), add(value, 1))] : [];
  const leave: StepList = counts ? [atomic('count out', at(users, self), subtract(value, 1))] : [];
  const unlessAlone = (to: string): StepList =>
    counts && !options.has('impatient')
      ? [load('is anybody else in it?', at(users, self), undefined, { goTo: [[notEqual(value, 1), to]] })]
      : [];
  /** Changes the state from what was `seen` to `next`. */
  const change = (failed: string): StepList => [
    atomic('change the state', word, when(equal(value, seen), next, value), {
      into: old,
      goTo: [[notEqual(old, seen), failed]],
    }),
  ];

  const speculate: StepList = [
    options.has('state-first') ? [] : enter,
    label('look'),
    load('speculate: read the state', word, seen, {
      set: [[next, toState(value, when(equal(stateOf(value), is.active), is.one, is.many))]],
      goTo: [
        [equal(stateOf(value), is.inactive), 'refused'],
        [greater(stateOf(value), is.many), 'refused'],
        [equal(stateOf(value), is.many), 'admitted'],
        [equal(stateOf(value), is.active), 'change'],
      ],
    }),
    load('has this CPU recorded?', at(used, self), undefined, { goTo: [[value, 'admitted']] }),
    label('change'),
    change('look'),
    label('admitted'),
    options.has('state-first') ? enter : [],
    label('reserve'),
    load('read what is used', at(used, self), count, { goTo: [[equal(count, room), 'recorded']] }),
    atomic('reserve', at(used, self), when(equal(value, count), add(count, 1), value), {
      goTo: [[notEqual(value, count), 'reserve']],
      ghost: [[at(published, place(count)), 0]],
    }),
    store('write the record', at(record, place(count)), add(useOf(seen), 1), {
      check: [[noLate, and(equal(useOf(word), useOf(seen)), notEqual(stateOf(word), is.inactive))]],
    }),
    label('recorded'),
    leave,
    jump('done'),
    label('refused'),
    options.has('state-first') ? [] : leave,
    label('done'),
  ];

  /** Copies the records of the part, which `seen` has ended, and empties it. */
  const publish: StepList = [
    load('publish: read what is used', at(used, self), count),
    Array.from({ length: room }, (_, index) =>
      load(`copy record ${index}`, at(record, place(index)), undefined, {
        check: [
          [whole, or(not(greater(count, index)), equal(value, add(useOf(seen), 1)))],
          // Checked behind the ghost below.
          [once, atMost(at(published, place(index)), 1)],
        ],
        ghost: [[at(published, place(index)), add(at(published, place(index)), greater(count, index))]],
      }),
    ),
    store('empty the part', at(used, self), 0),
  ];
  const free: StepList = [atomic('make it free', word, when(equal(value, next), toState(next, is.inactive), value))];

  const commit: StepList = [
    enter,
    label('look'),
    load('commit: read the state', word, seen, {
      set: [
        [next, value],
        [sole, equal(stateOf(value), is.active)],
      ],
      goTo: [
        [equal(stateOf(value), is.committingMany), 'decided'],
        [equal(stateOf(value), is.inactive), 'out'],
        [greater(stateOf(value), is.many), 'out'],
        [notEqual(stateOf(value), is.one), 'change'],
      ],
    }),
    load('is this the one CPU?', at(used, self), undefined, { set: [[sole, greater(value, 0)]] }),
    label('change'),
    compute('the state that follows', [[next, toState(seen, when(sole, is.committing, is.committingMany))]]),
    change('look'),
    label('decided'),
    unlessAlone('others'),
    publish,
    branch(notEqual(stateOf(next), is.committing), 'out'),
    free,
    jump('out'),
    label('others'),
    branch(notEqual(stateOf(next), is.committing), 'out'),
    atomic('leave it to the cleaner', word, when(equal(value, next), toState(next, is.committingMany), value)),
    label('out'),
    leave,
  ];

  const discard: StepList = [
    enter,
    label('look'),
    load('discard: read the state', word, seen, {
      set: [
        [next, toState(value, is.discarding)],
        [sole, 0],
      ],
      goTo: [
        [equal(stateOf(value), is.inactive), 'out'],
        [greater(stateOf(value), is.many), 'out'],
        [notEqual(stateOf(value), is.one), 'change'],
      ],
    }),
    load('is this the one CPU?', at(used, self), undefined, { set: [[sole, greater(value, 0)]] }),
    label('change'),
    change('look'),
    unlessAlone('out'),
    store('forget the part', at(used, self), 0),
    branch(not(sole), 'out'),
    free,
    label('out'),
    leave,
  ];

  const everyPart = Array.from({ length: cpus }, (_, cpu) => cpu);
  const take: StepList = [
    load('speculation: read the state', word, seen, {
      // A register's range ends where no use is left.
      set: [[next, when(or(equal(useOf(value), reuses), stateOf(value)), value, add(value, use + is.active))]],
      goTo: [
        [notEqual(stateOf(value), is.inactive), 'none'],
        [equal(useOf(value), reuses), 'none'],
      ],
    }),
    atomic('take it', word, when(equal(value, seen), next, value), {
      check: [[empty, or(notEqual(value, seen), and(...everyPart.map((cpu) => equal(at(used, cpu), 0))))]],
    }),
    label('none'),
  ];

  const tick: StepList = [
    choose('do one of four', action, 0, 3, {
      goTo: [
        [equal(value, 1), 'commit'],
        [equal(value, 2), 'discard'],
        [equal(value, 0), 'speculate'],
      ],
    }),
    take,
    label('speculate'),
    speculate,
    jump('over'),
    label('commit'),
    commit,
    jump('over'),
    label('discard'),
    discard,
    label('over'),
  ];

  const here: StepList = [
    load('clean here: read the state', word, undefined, { goTo: [[not(ended(value)), 'acknowledge']] }),
    enter,
    load('read the state, now counted', word, seen, { goTo: [[not(ended(value)), 'leave']] }),
    unlessAlone('leave'),
    branch(equal(stateOf(seen), is.discarding), 'forget'),
    publish,
    jump('leave'),
    label('forget'),
    store('forget the part', at(used, self), 0),
    label('leave'),
    leave,
    label('acknowledge'),
    store('acknowledge', at(emptied, self), 1),
  ];
  const others = Array.from({ length: cpus - 1 }, (_, index) => index + 1);
  const looksAtUsers = counts && !options.has('blind-finish');
  const cleaner: StepList = [
    label('sleep'),
    waitUntil('sleep until something has ended', word, ended(value), { sleeping: true, rest: true }),
    others.map((cpu) => [
      store(`nothing is heard of CPU ${cpu}`, at(emptied, cpu), 0),
      send(`call CPU ${cpu}`, 'clean', cpu),
      waitUntil(`wait for CPU ${cpu}`, at(emptied, cpu), value),
    ]),
    load('finish: read the state', word, seen, { goTo: [[not(ended(value)), 'sleep']] }),
    others.map((cpu) => [
      looksAtUsers ? load(`is CPU ${cpu} inside?`, at(users, cpu), undefined, { goTo: [[value, 'sleep']] }) : [],
      load(`is anything left of CPU ${cpu}?`, at(used, cpu), undefined, { goTo: [[value, 'sleep']] }),
    ]),
    atomic('make it free', word, when(equal(value, seen), toState(seen, is.inactive), value)),
    jump('sleep'),
  ];

  const preemptible = options.has('preemptible');
  const functions = 'src/d/codegen/speculation/functions.ts';
  const clean = 'src/d/codegen/speculation/cleaner.ts';
  const firing = (name: string, steps: StepList) => ({
    ...{ name, cpu: 1, routine: routine(name, functions, steps), preemptible },
  });
  return {
    cpus,
    variables: [word, used, ...(counts ? [users] : []), record, emptied, published],
    tasks: [
      { name: 'cleaner', cpu: 0, routine: routine('cleaner', clean, cleaner) },
      firing('probe', speculate),
      ...(preemptible ? [firing('another probe', [tick, tick])] : []),
    ],
    vectors: [
      { name: 'clean', kind: 'hardirq', handler: routine('clean', clean, here) },
      { name: 'tick', kind: 'hardirq', handler: routine('tick', functions, tick) },
    ],
    sources: others.flatMap((cpu) =>
      preemptible && cpu === 1 ? [] : [{ vector: 'tick', cpu, times: cpu === 1 ? 3 : 1 }],
    ),
    properties: [...[whole, once, empty, noLate].map(checked), eventually(cleaned, atMost(stateOf(word), is.many))],
  };
}

/** Speculations, see the head of this file. */
export const speculation: Mechanism = mechanism({
  name: 'speculation',
  summary: 'speculations that nested firings fill, commit, discard and take anew, and their cleaner',
  options: [
    {
      name: 'counted',
      group: 'users',
      summary: 'who is in a part counts itself before it reads the state: what ships',
    },
    { name: 'no-users', group: 'users', summary: 'wrong: nobody counts itself, the state alone says who may' },
    { name: 'state-first', group: 'users', summary: 'wrong: who records counts itself after it has read the state' },
    { name: 'impatient', group: 'users', summary: 'wrong: who has ended it empties the part though others are inside' },
    { name: 'blind-finish', group: 'users', summary: 'wrong: it is free where every part is empty, users or not' },
    { name: 'preemptible', summary: 'two tasks fire on CPU 1, and either may be put aside in the middle' },
  ],
  variants: [[], ['preemptible'], ['no-users'], ['state-first'], ['impatient'], ['blind-finish']],
  cpus: { least: 2, most: 3 },
  build,
});
