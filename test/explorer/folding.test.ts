/** Where folding could change what comes out, and did: models found by thought or at random, written down. */

import { describe, expect, it } from 'vitest';
import { explore } from '../../src/explorer/explore.js';
import type { MemoryModel } from '../../src/explorer/model/model.js';
import { bothFoldings } from './both-foldings.js';
import {
  add,
  at,
  atomic,
  bitAnd,
  compute,
  disableInterrupts,
  equal,
  eventually,
  finished,
  jump,
  label,
  load,
  local,
  type Model,
  modulo,
  routine,
  send,
  sendToMask,
  shared,
  store,
  type Vector,
  value,
  waitForAny,
  waitUntil,
} from './language.js';
import { only } from './models.js';

const flag = shared('flag', { max: 1 });
const words = shared('words', { size: 2, max: 2, initial: [0, 1] });
const register = local('register', { max: 2 });
const onward = modulo(add(register, 1), 3);
const bump = compute('count on', [[register, onward]]);

/** A handler that polls for ever. */
const poll: Vector = {
  name: 'poll',
  kind: 'hardirq',
  handler: routine('poll', '', [label('again'), load('poll', flag, undefined, { goTo: 'again' })]),
};

interface Row {
  readonly what: string;
  readonly model: Partial<Model> & Pick<Model, 'cpus'>;
  readonly memory?: MemoryModel;
  readonly verdict: 'safe' | 'deadlock' | 'livelock' | 'violated';
}

const rows: readonly Row[] = [
  {
    what: 'a handler that never returns keeps a task from the computation before its end',
    model: {
      cpus: 1,
      variables: [flag],
      vectors: [poll],
      tasks: [{ name: 'caller', cpu: 0, routine: routine('call', '', [send('call', 'poll', 0), bump]) }],
    },
    verdict: 'livelock',
  },
  {
    what: 'a handler that never returns keeps a server from its way back to where it rests',
    model: {
      cpus: 1,
      variables: [flag],
      vectors: [poll],
      tasks: [
        {
          name: 'server',
          cpu: 0,
          routine: routine('serve', '', [
            label('again'),
            waitUntil('wait for work', flag, equal(value, 0), { rest: true }),
            store('take it', flag, 1),
            sendToMask('call', 'poll', 1),
            jump('again'),
          ]),
        },
      ],
    },
    verdict: 'livelock',
  },
  {
    what: 'a handler that never returns keeps a task from one end of two that a computation may lead to',
    model: {
      cpus: 1,
      variables: [flag],
      vectors: [poll],
      tasks: [
        {
          name: 'caller',
          cpu: 0,
          routine: routine('call', '', [
            send('call', 'poll', 0),
            compute('leave', [], { goTo: [[equal(register, 0), 'end']] }),
            load('read on', flag),
          ]),
        },
      ],
    },
    verdict: 'livelock',
  },
  {
    what: 'a task that rests, and lets no other run, keeps that one from the computation before its end',
    model: {
      cpus: 1,
      variables: [flag],
      tasks: [
        { name: 'first', cpu: 0, preemptible: true, routine: routine('set', '', [store('set', flag, 1), bump]) },
        {
          name: 'second',
          cpu: 0,
          routine: routine('rest', '', [waitUntil('wait', flag, equal(value, 0), { rest: true })]),
        },
      ],
    },
    verdict: 'deadlock',
  },
  {
    what: 'of two computations in a row, the last is the one before the end',
    model: {
      cpus: 1,
      variables: [flag],
      vectors: [poll],
      tasks: [{ name: 'caller', cpu: 0, routine: routine('call', '', [send('call', 'poll', 0), bump, bump]) }],
    },
    verdict: 'livelock',
  },
  {
    what: 'a store comes to be seen while its task has a computation left before it rests',
    model: {
      cpus: 2,
      variables: [flag],
      tasks: [
        {
          name: 'asker',
          cpu: 0,
          routine: routine('ask', '', [
            label('again'),
            store('ask', flag, 1),
            bump,
            waitUntil('wait for the answer', flag, equal(value, 0), { rest: true, goTo: 'again' }),
          ]),
        },
        {
          name: 'server',
          cpu: 1,
          routine: routine('serve', '', [
            label('again'),
            waitUntil('wait for work', flag, equal(value, 1), { rest: true }),
            atomic('answer', flag, 0, { goTo: 'again' }),
          ]),
        },
      ],
    },
    memory: 'tso',
    verdict: 'livelock',
  },
  {
    what: 'what has ended, and what has not, is seen by properties',
    model: {
      cpus: 1,
      variables: [flag],
      vectors: [poll],
      tasks: [{ name: 'caller', cpu: 0, routine: routine('call', '', [send('call', 'poll', 0), bump]) }],
      properties: [eventually('the caller ends', finished('caller'))],
    },
    verdict: 'violated',
  },
  {
    what: 'a stuttering of computations in a loop is no livelock where the loop has progress',
    model: {
      cpus: 2,
      variables: [flag],
      tasks: [0, 1].map((cpu) => ({
        name: `writer ${cpu}`,
        cpu,
        routine: routine('write', '', [
          label('again'),
          store('set', flag, cpu, { progress: true }),
          bump,
          jump('again'),
        ]),
      })),
    },
    verdict: 'safe',
  },
];

/** Shrunk by fast-check; with folding 10,824 states, without 22,032. */
const storm: Model = {
  cpus: 2,
  variables: [words],
  frames: 1,
  storeBuffer: 1,
  vectors: [
    {
      name: 'v',
      kind: 'softirq',
      handler: routine('handle v', '', [
        load('load', at(words, 0), register, { set: [[register, onward]] }),
        store('clear', at(words, bitAnd(register, 1)), 0),
        store('store', at(words, 0), register, { set: [[register, onward]] }),
      ]),
    },
  ],
  sources: [
    { vector: 'v', cpu: 0, times: 'forever' },
    { vector: 'v', cpu: 0, times: 2 },
  ],
  tasks: [
    {
      name: 'task 0',
      cpu: 0,
      routine: routine('wait', '', [
        waitForAny('any', [
          { from: at(words, bitAnd(register, 1)), until: equal(value, register), into: register, to: 'end' },
        ]),
      ]),
    },
    {
      name: 'task 1',
      cpu: 1,
      preemptible: true,
      routine: routine('read', '', [
        load('load', at(words, 0), register, { progress: true }),
        bump,
        load('load again', at(words, bitAnd(register, 1)), register, { progress: true }),
      ]),
    },
    {
      name: 'task 2',
      cpu: 1,
      routine: routine('write', '', [
        store('store', at(words, 0), 0),
        bump,
        disableInterrupts(local('saved', { max: 1 }), { goTo: [[equal(value, 0), 'end']] }),
      ]),
    },
  ],
  properties: [],
};

describe('with folding and without', () => {
  it.each(rows)('$what ($verdict)', async ({ model, memory = 'sc', verdict }) => {
    for (const fold of [false, true]) expect(await explore(only(model), { memory, fold })).toMatchObject({ verdict });
    const judgements = await bothFoldings(only(model), memory, 1000);
    expect(judgements?.folded).toEqual(judgements?.unfolded);
  });

  it('a storm of interrupts that a wait misses is a livelock, where the bound of states lets both get there', async () => {
    const ask = (fold: boolean, maxStates: number) => explore(only(storm), { memory: 'tso', fold, maxStates });
    const [folded, unfolded] = [await ask(true, 100_000), await ask(false, 100_000)];
    expect([folded.verdict, unfolded.verdict]).toEqual(['livelock', 'livelock']);
    expect(folded.states).toBeLessThan(unfolded.states);
    // A bound that only one of them keeps: what the other says is no word on the model, and must not be compared.
    const between = folded.states + 1;
    expect((await ask(true, between)).verdict).toBe('livelock');
    expect((await ask(false, between)).verdict).toBe('incomplete');
    expect(await bothFoldings(only(storm), 'tso', between)).toBeUndefined();
  });
});
