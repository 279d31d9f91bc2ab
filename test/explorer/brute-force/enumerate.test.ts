/** The enumerator itself: counts and verdicts that can be worked out by hand. */

import { describe, expect, it } from 'vitest';
import { add, equal, notEqual, value } from '../../../src/explorer/model/expression.js';
import { always, checked, eventually, type Model } from '../../../src/explorer/model/model.js';
import type { StepList } from '../../../src/explorer/model/step.js';
import {
  atomic,
  choose,
  compute,
  disableInterrupts,
  jump,
  label,
  load,
  mark,
  routine,
  store,
  waitUntil,
} from '../../../src/explorer/model/steps.js';
import { ghost, local, shared } from '../../../src/explorer/model/variable.js';
import { type Enumeration, enumerate } from './enumerate.js';

const x = shared('x', { max: 3 });
const seen = ghost('seen', { max: 3 });
const a = local('a', { max: 3 });

/** One task a CPU, in order. */
function modelOf(bodies: readonly StepList[], rest: Partial<Model> = {}): Model {
  const tasks = bodies.map((steps, cpu) => ({
    name: `task ${cpu}`,
    cpu,
    routine: routine(`routine ${cpu}`, '', steps),
  }));
  const empty = { vectors: [], sources: [], properties: [] };
  return { cpus: bodies.length, variables: [x, seen], tasks, ...empty, ...rest };
}

const setX = (to: number) => store(`x = ${to}`, x, to);
const spin = [label('again'), compute('spin', [], { goTo: 'again' })];
const timer = { name: 'timer', kind: 'hardirq', handler: routine('tick', '', [mark('tick', {})]) } as const;

const cases: readonly {
  readonly what: string;
  readonly model: Model;
  readonly memory?: 'tso';
  readonly expected: Partial<Enumeration>;
}[] = [
  {
    what: 'two independent steps make a diamond',
    model: modelOf([[mark('one', {})], [mark('two', {})]]),
    expected: { verdict: 'safe', levels: [1, 2, 1], transitions: 4, depth: 2 },
  },
  {
    what: 'a store under TSO is made, then drained',
    model: modelOf([[setX(1), setX(2)]]),
    memory: 'tso',
    expected: { verdict: 'safe', levels: [1, 1, 2, 1, 1], states: 6, bounds: new Set() },
  },
  {
    what: 'a store that finds no room reaches a bound',
    model: modelOf([[setX(1), setX(2)]], { storeBuffer: 1 }),
    memory: 'tso',
    expected: { verdict: 'incomplete', levels: [1, 1, 1, 1, 1], bounds: new Set(['store-buffer']) },
  },
  {
    what: 'choose leads to each value',
    model: modelOf([[choose('any', a, 1, 3), store('x = a', x, a)]]),
    expected: { verdict: 'safe', levels: [1, 3, 3], transitions: 6 },
  },
  {
    what: 'a wait that nothing ends is a total deadlock if all wait',
    model: modelOf([[waitUntil('x', x, value)]]),
    expected: { verdict: 'deadlock', scope: 'total', states: 1, refutedAt: 0 },
  },
  {
    what: 'and a partial one if another has finished',
    model: modelOf([[waitUntil('x', x, value)], [mark('done', {})]]),
    expected: { verdict: 'deadlock', scope: 'partial', states: 2, refutedAt: 1 },
  },
  {
    what: 'a server that rests has not hung',
    model: modelOf([[waitUntil('x', x, value, { rest: true })], [mark('done', {})]]),
    expected: { verdict: 'safe', states: 2 },
  },
  {
    what: 'a CPU that waits while another runs for ever is a partial deadlock without a final state',
    model: modelOf([[waitUntil('x', x, value)], [label('on'), mark('work', { progress: true, goTo: 'on' })]]),
    expected: { verdict: 'deadlock', scope: 'partial', refutedAt: undefined, states: 1 },
  },
  {
    what: 'a loop without progress is a livelock',
    model: modelOf([spin]),
    expected: { verdict: 'livelock', states: 1, transitions: 1 },
  },
  {
    what: 'a loop with progress is none',
    model: modelOf([[label('on'), mark('work', { progress: true, goTo: 'on' })]]),
    expected: { verdict: 'safe', states: 1 },
  },
  {
    what: 'a polling loop ends, as the other CPU is not starved',
    model: modelOf([[label('on'), load('x', x, undefined, { goTo: [[equal(value, 0), 'on']] })], [setX(1)]]),
    expected: { verdict: 'safe', states: 3 },
  },
  {
    what: 'an interrupt that comes for ever starves no task',
    model: modelOf([[setX(1)]], {
      vectors: [timer],
      sources: [{ vector: 'timer', cpu: 0, times: 'forever' }],
      properties: [eventually('x is written', x)],
    }),
    expected: { verdict: 'safe' },
  },
  {
    what: 'a property that no cycle brings about is violated',
    model: modelOf([[label('on'), mark('work', { progress: true, goTo: 'on' })]], {
      properties: [eventually('x is written', x)],
    }),
    expected: { verdict: 'violated', property: 'x is written', refutedAt: undefined },
  },
  {
    what: 'a property that the end does not bring about is violated there',
    model: modelOf([[setX(1)]], { properties: [eventually('x is two', equal(x, 2))] }),
    expected: { verdict: 'violated', property: 'x is two', refutedAt: 1, states: 2 },
  },
  {
    what: 'an increment in two steps loses one, and the level that shows it is the last',
    model: modelOf(
      [0, 1].map(() => [
        load('read', x, a),
        store('write', x, add(a, 1)),
        mark('count', { ghost: [[seen, add(seen, 1)]] }),
      ]),
      { properties: [always('nothing is lost', notEqual(add(seen, equal(x, 1)), 3))] },
    ),
    expected: { verdict: 'violated', property: 'nothing is lost', refutedAt: 6, depth: 6 },
  },
  {
    what: 'an increment in one step loses nothing',
    model: modelOf(
      [0, 1].map(() => [atomic('add', x, add(value, 1)), mark('count', { ghost: [[seen, add(seen, 1)]] })]),
      { properties: [always('nothing is lost', notEqual(add(seen, equal(x, 1)), 3))] },
    ),
    expected: { verdict: 'safe', levels: [1, 2, 3, 2, 1] },
  },
  {
    what: 'a check that fails on a way to a known state refutes',
    model: modelOf([[label('on'), mark('m', { check: [['no second', equal(x, 1)]], goTo: 'on' })]], {
      properties: [checked('no second')],
    }),
    expected: { verdict: 'violated', property: 'no second', refutedAt: 1, states: 1 },
  },
  {
    what: 'a frame that finds no room reaches a bound, and the run goes on',
    model: modelOf([[mark('m', {})]], {
      vectors: [{ ...timer, interrupts: 'on' }],
      sources: [{ vector: 'timer', cpu: 0, times: 2 }],
      frames: 1,
    }),
    expected: { verdict: 'incomplete', bounds: new Set(['frames']) },
  },
  {
    what: 'a breach of the contract is noted with its place and does not end the run',
    model: modelOf([
      [disableInterrupts(), mark('call', { requires: ['interrupts-enabled', 'task-context'] }), jump('end')],
    ]),
    expected: {
      verdict: 'safe',
      states: 4,
      contract: [{ rule: 'interrupts-enabled', cpu: 0, step: 'routine 0 / call' }],
    },
  },
];

describe('the enumerator', () => {
  it.each(cases)('$what', ({ model, memory, expected }) => {
    expect(enumerate(model, memory ?? 'sc')).toMatchObject(expected);
  });

  it.each([
    ['a value outside its range', [store('x = 4', x, 4)], 'routine 0 / x = 4: x gets 4, outside 0 to 3'],
    ['an unknown label', [jump('nowhere')], 'routine 0 / to nowhere: no label nowhere'],
  ])('throws at %s', (_, steps, message) => {
    expect(() => enumerate(modelOf([steps]), 'sc')).toThrow(message);
  });

  it('stops at a bound of states or depth', () => {
    const model = modelOf([[setX(1), setX(2), setX(3)]]);
    expect(enumerate(model, 'sc', { maxStates: 2 })).toMatchObject({
      verdict: 'incomplete',
      bounds: new Set(['states']),
    });
    expect(enumerate(model, 'sc', { maxDepth: 1 })).toMatchObject({ verdict: 'incomplete', levels: [1, 1] });
  });
});
