import { describe, expect, it } from 'vitest';
import type { Exploration } from '../../src/explorer/exploration.js';
import { type ExploreOptions, explore } from '../../src/explorer/explore.js';

import {
  add,
  always,
  at,
  atomic,
  branch,
  checked,
  choose,
  compute,
  disableInterrupts,
  disablePreemption,
  enableInterrupts,
  enablePreemption,
  equal,
  eventually,
  finished,
  ghost,
  interruptsEnabled,
  jump,
  label,
  less,
  load,
  local,
  type Model,
  mark,
  not,
  notEqual,
  or,
  routine,
  self,
  send,
  shared,
  spinLock,
  spinUnlock,
  store,
  value,
  waitUntil,
} from './language.js';
import { only } from './models.js';

type Asked = Partial<Model> & Pick<Model, 'cpus'>;

const flag = shared('flag', { max: 3 });
const other = shared('other', { max: 1 });
const seen = ghost('seen', { max: 3 });
const answers = shared('answers', { size: 2, max: 1 });
const register = local('register', { max: 3 });

/** A task a CPU. */
const tasks = (...routines: readonly Model['tasks'][number]['routine'][]): Model['tasks'] =>
  routines.map((own, cpu) => ({ name: `t${cpu}`, cpu, routine: own }));

const spin = routine('spin', '', [waitUntil('wait for the flag', flag, notEqual(value, 0))]);
const count = routine('count', '', [
  load('read the flag', flag, register),
  store('write it back with one more', flag, add(register, 1)),
]);
const toggle = routine('toggle', '', [label('again'), store('set', other, 1), store('clear', other, 0), jump('again')]);
const nothing = routine('nothing', '', []);
const tick = routine('tick', '', [store('set the flag', flag, 1)]);

interface Row {
  readonly what: string;
  readonly model: Asked;
  readonly options?: ExploreOptions;
  readonly expected: Partial<Exploration>;
}

const timer: Model['vectors'] = [{ name: 'timer', kind: 'hardirq', handler: tick }];

const rows: readonly Row[] = [
  {
    what: 'two increments that are not atomic lose one, by the shortest way',
    model: {
      cpus: 2,
      variables: [flag],
      tasks: tasks(count, count),
      properties: [eventually('both count', equal(flag, 2))],
    },
    expected: { verdict: 'violated', property: 'both count', depth: 4 },
  },
  {
    what: 'two atomic increments lose none',
    model: {
      cpus: 2,
      variables: [flag],
      tasks: tasks(...[0, 1].map(() => routine('count', '', [atomic('add one', flag, add(value, 1))]))),
      properties: [eventually('both count', equal(flag, 2))],
    },
    expected: { verdict: 'safe', property: null, states: 4, transitions: 4, depth: 2, trace: [] },
  },
  {
    what: 'waiting for what nobody does is a total deadlock where all wait',
    model: { cpus: 1, variables: [flag], tasks: tasks(spin) },
    expected: { verdict: 'deadlock', scope: 'total', depth: 0 },
  },
  {
    what: 'and a partial one where another CPU has finished',
    model: { cpus: 2, variables: [flag], tasks: tasks(spin, nothing) },
    expected: { verdict: 'deadlock', scope: 'partial', depth: 0 },
  },
  {
    what: 'and a partial one where another CPU runs for ever',
    model: { cpus: 2, variables: [flag, other], tasks: tasks(spin, toggle) },
    expected: { verdict: 'deadlock', scope: 'partial', depth: 0 },
  },
  {
    what: 'a tick that may come is no rescue: the environment may do nothing',
    model: {
      cpus: 1,
      variables: [flag],
      tasks: tasks(spin),
      vectors: timer,
      sources: [{ vector: 'timer', cpu: 0, times: 1 }],
    },
    expected: { verdict: 'deadlock', scope: 'total', depth: 0 },
  },
  {
    what: 'a tick that comes for ever is one',
    model: {
      cpus: 1,
      variables: [flag],
      tasks: tasks(spin),
      vectors: timer,
      sources: [{ vector: 'timer', cpu: 0, times: 'forever' }],
    },
    expected: { verdict: 'safe' },
  },
  {
    what: 'but not with interrupts off',
    model: {
      cpus: 1,
      variables: [flag],
      tasks: tasks(routine('masked', '', [disableInterrupts(), waitUntil('wait', flag, notEqual(value, 0))])),
      vectors: timer,
      sources: [{ vector: 'timer', cpu: 0, times: 'forever' }],
    },
    // The tick becomes pending, and stays so.
    expected: { verdict: 'deadlock', scope: 'total', depth: 2 },
  },
  {
    what: 'a guard that comes and goes may be missed for ever: livelock',
    model: {
      cpus: 2,
      variables: [other],
      tasks: tasks(routine('wait', '', [waitUntil('wait for other', other, notEqual(value, 0))]), toggle),
    },
    expected: { verdict: 'livelock', depth: 0 },
  },
  {
    what: 'a guard that stays is not missed, while others run for ever with progress',
    model: {
      cpus: 2,
      variables: [flag, other],
      tasks: tasks(
        routine('wait', '', [waitUntil('wait for the flag', flag, notEqual(value, 0))]),
        routine('set, then toggle', '', [
          store('set the flag', flag, 1),
          label('again'),
          store('set', other, 1),
          store('clear', other, 0, { progress: true }),
          jump('again'),
        ]),
      ),
    },
    expected: { verdict: 'safe' },
  },
  {
    what: 'a handler that polls in a loop for what the task under it would do hangs its CPU',
    model: {
      cpus: 1,
      variables: [flag],
      tasks: tasks(routine('set', '', [store('set the flag', flag, 1)])),
      vectors: [
        {
          name: 'timer',
          kind: 'hardirq',
          handler: routine('poll', '', [
            label('again'),
            load('look', flag, undefined, { goTo: [[equal(value, 0), 'again']] }),
          ]),
        },
      ],
      sources: [{ vector: 'timer', cpu: 0, times: 1 }],
    },
    expected: { verdict: 'livelock', depth: 2 },
  },
  {
    what: 'a task that polls in a loop for another task of its CPU hangs both, if it cannot be preempted',
    model: {
      cpus: 1,
      variables: [flag],
      tasks: [
        {
          name: 'poller',
          cpu: 0,
          routine: routine('poll', '', [
            label('again'),
            load('look', flag, undefined, { goTo: [[equal(value, 0), 'again']] }),
          ]),
        },
        { name: 'setter', cpu: 0, routine: routine('set', '', [store('set the flag', flag, 1)]) },
      ],
    },
    expected: { verdict: 'livelock', depth: 0 },
  },
  {
    what: 'and gets on if it can, though it forbids preemption again and again',
    model: {
      cpus: 1,
      variables: [flag],
      tasks: [
        {
          name: 'poller',
          cpu: 0,
          preemptible: true,
          routine: routine('poll', '', [
            label('again'),
            disablePreemption(),
            load('look', flag, register),
            enablePreemption(),
            branch(equal(register, 0), 'again'),
          ]),
        },
        { name: 'setter', cpu: 0, routine: routine('set', '', [store('set the flag', flag, 1)]) },
      ],
    },
    expected: { verdict: 'safe' },
  },
  {
    what: 'an interrupt is not starved by one that goes before it for ever',
    model: {
      cpus: 2,
      variables: [flag, other],
      tasks: tasks(nothing, routine('ask', '', [send('send', 'ipi', 0), waitUntil('wait', flag, value)])),
      vectors: [
        { name: 'timer', kind: 'hardirq', handler: routine('tick', '', [store('toggle', other, 1)]) },
        { name: 'ipi', kind: 'hardirq', handler: routine('answer', '', [store('answer', flag, 1)]) },
      ],
      sources: [{ vector: 'timer', cpu: 0, times: 'forever' }],
    },
    expected: { verdict: 'safe' },
  },
  {
    what: 'a store buffer drains in the end, however long its CPU polls',
    model: {
      cpus: 2,
      variables: [flag, other],
      tasks: tasks(
        routine('set and poll', '', [
          store('set the flag', flag, 1),
          label('again'),
          load('look', other, undefined, { goTo: [[equal(value, 0), 'again']] }),
        ]),
        routine('answer', '', [waitUntil('wait for the flag', flag, value), store('answer', other, 1)]),
      ),
    },
    options: { memory: 'tso' },
    expected: { verdict: 'safe' },
  },
  {
    what: 'a handler that may poll for ever over a ready task is a fair cycle within a larger one that is not',
    model: {
      cpus: 1,
      variables: [flag, other],
      tasks: tasks(routine('set', '', [store('set the flag', flag, 1)])),
      vectors: [
        {
          name: 'timer',
          kind: 'hardirq',
          handler: routine('poll', '', [
            label('again'),
            choose('goes on or not', register, 0, 1),
            load('look', other, undefined, { goTo: [[register, 'again']], set: [[register, register]] }),
          ]),
        },
      ],
      sources: [{ vector: 'timer', cpu: 0, times: 'forever' }],
      properties: [eventually('the flag is set', flag)],
    },
    expected: { verdict: 'violated', property: 'the flag is set' },
  },
  {
    what: 'a computation that changes a ghost is seen between accesses',
    model: {
      cpus: 1,
      variables: [flag, seen],
      tasks: tasks(
        routine('compute', '', [
          store('set the flag', flag, 1),
          compute('marks', [], { ghost: [[seen, 1]] }),
          compute('unmarks', [], { ghost: [[seen, 0]] }),
        ]),
      ),
      properties: [always('nothing is seen', not(seen))],
    },
    expected: { verdict: 'violated', depth: 2 },
  },
  {
    what: 'a task has not ended before its last computation',
    model: {
      cpus: 1,
      variables: [flag],
      tasks: tasks(routine('set', '', [store('set the flag', flag, 1), compute('at last', [[register, 1]])])),
      properties: [always('the flag is set at the end only', or(finished('t0'), equal(flag, 0)))],
    },
    expected: { verdict: 'violated', depth: 1 },
  },
  {
    what: 'a computation of what another task of the CPU can change happens in its own time',
    model: {
      cpus: 1,
      variables: [flag],
      tasks: [
        {
          name: 'looker',
          cpu: 0,
          preemptible: true,
          routine: routine('look', '', [
            store('set the flag', flag, 1),
            compute('look at the flag of interrupts', [[register, interruptsEnabled]]),
            mark('found', { check: [['interrupts are enabled', register]] }),
          ]),
        },
        {
          name: 'masker',
          cpu: 0,
          routine: routine('mask', '', [waitUntil('wait', flag, value, { sleeping: true }), disableInterrupts()]),
        },
      ],
      properties: [checked('interrupts are enabled')],
    },
    expected: { verdict: 'violated' },
  },
  {
    what: 'a CPU that waits for a source that need not fire hangs, though others run for ever',
    model: {
      cpus: 2,
      variables: [flag, other],
      tasks: tasks(
        routine('wait', '', [waitUntil('wait for the flag', flag, value)]),
        routine('toggle', '', [label('again'), store('toggle', other, 1, { progress: true }), jump('again')]),
      ),
      vectors: timer,
      sources: [{ vector: 'timer', cpu: 0, times: 1 }],
    },
    expected: { verdict: 'deadlock', scope: 'partial', stuck: [0] },
  },
  {
    what: 'no cycle is looked for where a bound was reached',
    model: { cpus: 2, variables: [flag, other], tasks: tasks(toggle, count) },
    options: { maxStates: 5 },
    expected: { verdict: 'incomplete' },
  },
  {
    what: 'an interrupt for ever starves no task that it interrupts',
    model: {
      cpus: 1,
      variables: [flag, other],
      tasks: tasks(routine('set', '', [store('one', flag, 1), store('two', flag, 2)])),
      vectors: [{ name: 'timer', kind: 'hardirq', handler: routine('tick', '', [store('toggle', other, 1)]) }],
      sources: [{ vector: 'timer', cpu: 0, times: 'forever' }],
      properties: [eventually('the task ends', finished('t0'))],
    },
    expected: { verdict: 'safe' },
  },
  {
    what: 'an interrupt without room that would have ended a wait makes it incomplete, not a deadlock',
    model: {
      cpus: 1,
      variables: [flag],
      tasks: tasks(nothing),
      vectors: [
        { name: 'nmi', kind: 'nmi', handler: routine('nmi', '', [store('set the flag', flag, 1)]) },
        { name: 'timer', kind: 'hardirq', handler: routine('wait', '', [waitUntil('wait', flag, value)]) },
      ],
      sources: [
        { vector: 'nmi', cpu: 0, times: 'forever' },
        { vector: 'timer', cpu: 0, times: 1 },
      ],
      frames: 1,
    },
    expected: { verdict: 'incomplete' },
  },
  {
    what: 'what need never come true violates eventually, though other things get on',
    model: {
      cpus: 2,
      variables: [flag, other],
      tasks: tasks(
        nothing,
        routine('toggle with progress', '', [
          label('again'),
          store('set', other, 1, { progress: true }),
          store('clear', other, 0),
          jump('again'),
        ]),
      ),
      properties: [eventually('the flag is set', flag)],
    },
    expected: { verdict: 'violated', property: 'the flag is set', depth: 0 },
  },
  {
    what: 'a server that rests has not hung',
    model: {
      cpus: 1,
      variables: [flag],
      tasks: tasks(routine('serve', '', [waitUntil('wait for work', flag, notEqual(value, 0), { rest: true })])),
    },
    expected: { verdict: 'safe', states: 1 },
  },
  {
    what: 'a check that fails is the violation of its property, after the step that carries it',
    model: {
      cpus: 1,
      variables: [flag, seen],
      tasks: tasks(
        routine('check', '', [
          load('read', flag, register, { ghost: [[seen, 1]] }),
          mark('look', { check: [['nothing was seen', not(seen)]] }),
        ]),
      ),
      properties: [checked('nothing was seen')],
    },
    expected: { verdict: 'violated', property: 'nothing was seen', depth: 2 },
  },
  {
    what: 'a property that is not asked refutes nothing',
    model: {
      cpus: 1,
      variables: [flag],
      tasks: tasks(count),
      properties: [always('the flag stays', equal(flag, 0)), always('the flag is small', less(flag, 2))],
    },
    options: { properties: ['the flag is small'] },
    expected: { verdict: 'safe', properties: ['the flag is small'] },
  },
  {
    what: 'a property that fails at the start needs no transition',
    model: { cpus: 1, variables: [flag], tasks: tasks(count), properties: [always('the flag is set', flag)] },
    expected: { verdict: 'violated', depth: 0, states: 1, trace: [] },
  },
  {
    what: 'a bound of states makes it incomplete, never safe',
    model: { cpus: 2, variables: [flag], tasks: tasks(count, count) },
    options: { maxStates: 3 },
    expected: { verdict: 'incomplete', states: 3 },
  },
  {
    what: 'an interrupt that finds no room for its frame makes it incomplete',
    model: {
      cpus: 1,
      variables: [flag],
      tasks: tasks(nothing),
      vectors: timer,
      sources: [{ vector: 'timer', cpu: 0, times: 1 }],
      frames: 0,
    },
    expected: { verdict: 'incomplete' },
  },
  {
    what: 'a store that finds no room in the store buffer makes it incomplete',
    model: { cpus: 1, variables: [flag], tasks: tasks(count), storeBuffer: 1 },
    options: { memory: 'tso' },
    expected: { verdict: 'safe' },
  },
  {
    what: 'and is no bound where it had room',
    model: {
      cpus: 1,
      variables: [flag],
      tasks: tasks(routine('two', '', [store('one', flag, 1), store('two', flag, 2)])),
      storeBuffer: 1,
    },
    options: { memory: 'tso' },
    expected: { verdict: 'incomplete' },
  },
  {
    what: 'a refutation counts although a bound was reached besides',
    model: {
      cpus: 1,
      variables: [flag],
      tasks: tasks(routine('two', '', [store('one', flag, 1), store('two', flag, 2)])),
      storeBuffer: 1,
      properties: [always('the flag is never 2', notEqual(flag, 2))],
    },
    options: { memory: 'tso' },
    expected: { verdict: 'violated' },
  },
  {
    what: 'a broken rule is noted and the run goes on',
    model: {
      cpus: 1,
      variables: [flag],
      tasks: tasks(
        routine('call', '', [
          disableInterrupts(),
          load('call with interrupts off', flag, undefined, { requires: ['interrupts-enabled', 'may-sleep'] }),
          enableInterrupts(),
          load('call again', flag, undefined, { requires: ['interrupts-enabled'] }),
        ]),
      ),
    },
    expected: {
      verdict: 'safe',
      contract: [
        { rule: 'interrupts-enabled', cpu: 0, step: 'call / call with interrupts off' },
        { rule: 'may-sleep', cpu: 0, step: 'call / call with interrupts off' },
      ],
    },
  },
  {
    what: 'a broken rule ends the run where that is asked for',
    model: {
      cpus: 1,
      variables: [flag],
      tasks: tasks(nothing),
      vectors: [
        {
          name: 'timer',
          kind: 'hardirq',
          handler: routine('tick', '', [load('call', flag, undefined, { requires: ['task-context'] })]),
        },
      ],
      sources: [{ vector: 'timer', cpu: 0, times: 1 }],
    },
    options: { stopAtContract: true },
    expected: { verdict: 'contract', depth: 3 },
  },
  {
    what: 'a lock that an interrupt takes over its holder hangs the CPU',
    model: {
      cpus: 1,
      variables: [flag],
      tasks: tasks(routine('hold', '', [spinLock('take', flag), spinUnlock('give back', flag)])),
      vectors: [
        {
          name: 'timer',
          kind: 'hardirq',
          handler: routine('tick', '', [spinLock('take', flag), spinUnlock('give back', flag)]),
        },
      ],
      sources: [{ vector: 'timer', cpu: 0, times: 1 }],
    },
    expected: { verdict: 'deadlock', scope: 'total', depth: 3 },
  },
  {
    what: 'a message to another CPU arrives',
    model: {
      cpus: 2,
      variables: [answers],
      tasks: tasks(routine('ask', '', [send('send', 'ask', 1), waitUntil('wait', at(answers, 1), value)]), nothing),
      vectors: [
        {
          name: 'ask',
          kind: 'hardirq',
          handler: routine('answer', '', [store('answer', at(answers, self), 1)]),
        },
      ],
      properties: [eventually('the other has answered', at(answers, 1))],
    },
    expected: { verdict: 'safe', states: 7, depth: 5 },
  },
];

describe('explore', () => {
  it.each(rows)('$what', async ({ model, options = {}, expected }) => {
    for (const fold of [false, true]) {
      const result = await explore(only(model), { ...options, fold });
      // Only the counts differ with folding, and no model of the table but the endless ones has anything to fold.
      expect(result).toMatchObject(expected);
      expect(result.trace.length).toBe(result.verdict === 'safe' || result.verdict === 'incomplete' ? 0 : result.depth);
    }
  });

  it('shows a cycle that is fair, and that leads back', async () => {
    const row = rows.find(({ what }) => what.includes('livelock'));
    if (row === undefined) throw new Error('the row is gone');
    const { cycle } = await explore(only(row.model));
    expect(cycle.map(({ step }) => step)).toEqual(['set', 'clear']);
  });

  it('stops when it is told to, with what it has', async () => {
    const abort = new AbortController();
    const long = routine(
      'long',
      '',
      Array.from({ length: 300 }, (_, step) => store(`store ${step}`, flag, step % 2)),
    );
    const model: Asked = { cpus: 3, variables: [flag], tasks: tasks(long, long, long) };
    const result = await explore(only(model), { signal: abort.signal, onProgress: () => abort.abort() });
    expect(result).toMatchObject({ verdict: 'incomplete', trace: [] });
    expect(result.states).toBeGreaterThan(1000);
    expect(result.explanation).toContain('it was stopped');
  });
});
