import { describe, expect, it } from 'vitest';
import { explore } from '../../src/explorer/explore.js';
import { MechanismError } from '../../src/explorer/model/error.js';
import {
  add,
  always,
  at,
  branch,
  checked,
  choose,
  compute,
  context,
  disablePreemption,
  divide,
  enablePreemption,
  equal,
  finished,
  ghost,
  ghosts,
  jump,
  label,
  load,
  local,
  type Model,
  mark,
  routine,
  send,
  setLevel,
  shared,
  store,
  value,
  waitForAny,
} from './language.js';
import { only } from './models.js';

const small = shared('small', { max: 1 });
const pair = shared('pair', { size: 2, max: 1 });
const wide = shared('wide', { max: 3, initial: 3 });
const hidden = ghost('hidden', { max: 1 });
const register = local('register', { max: 2 });

type Part = Partial<Model>;

/** A model whose only task runs these steps. */
const steps = (...list: Parameters<typeof routine>[2]): Part => ({
  variables: [small, pair, wide, hidden],
  tasks: [{ name: 'task', cpu: 0, routine: routine('body', '', list) }],
});

const vector = { name: 'timer', kind: 'hardirq', handler: routine('tick', '', []) } as const;

const rows: readonly (readonly [what: string, model: Part, place: string, text: RegExp])[] = [
  [
    'a store of a value out of range',
    steps(store('put two', small, 2)),
    'body / put two',
    /gives small the value 2, outside of 0 to 1/,
  ],
  [
    'a register out of range',
    steps(compute('count', [[register, 3]])),
    'body / count',
    /gives register the value 3, outside of 0 to 2/,
  ],
  [
    'a load into a register that is too narrow',
    steps(load('read', wide, register)),
    'body / read',
    /gives register the value 3/,
  ],
  ['a ghost out of range', steps(mark('see', { ghost: [[hidden, 2]] })), 'body / see', /gives hidden the value 2/],
  [
    'an index outside of its variable',
    steps(load('read', at(pair, 2), register)),
    'body / read',
    /pair\[2\] is outside of pair, which has 2 elements/,
  ],
  [
    'an index that gets outside of its variable as it runs',
    steps(choose('choose', register, 0, 2), load('read', at(pair, register))),
    'body / read',
    /pair\[2\] is outside/,
  ],
  [
    'a division by zero',
    steps(compute('divide', [[register, divide(1, register)]])),
    'body / divide',
    /divides by zero/,
  ],
  ['a level above 15', steps(setLevel('raise', 16)), 'body / raise', /outside of 0 to 15/],
  ['preemption enabled that was not disabled', steps(enablePreemption()), 'body / enable preemption', /value -1/],
  [
    'a step that never ends',
    steps(label('again'), compute('count', [[register, 1]]), jump('again')),
    'body / count',
    /never ends/,
  ],
  [
    'a step that never ends on one way only',
    steps(label('again'), branch(equal(register, 0), 'again'), load('read', small, register)),
    'body / to again if',
    /never ends/,
  ],
  ['a jump to nowhere', steps(jump('somewhere')), 'body / to somewhere', /no label somewhere/],
  [
    'a jump into another list',
    steps([label('inner'), load('read', small)], jump('inner')),
    'body / to inner',
    /no label inner/,
  ],
  ['a label twice', steps(label('here'), load('read', small), label('here')), 'body', /label here occurs twice/],
  ['a label called end', steps(label('end')), 'body', /end is the end of every routine/],
  [
    'a jump of a wait to nowhere',
    steps(waitForAny('wait', [{ from: small, until: value, to: 'nowhere' }])),
    'body / wait',
    /no label nowhere/,
  ],
  ['a wait for nothing', steps(waitForAny('wait', [])), 'body / wait', /waits for nothing/],
  ['an interrupt that is not declared', steps(send('send', 'ipi', 0)), 'body / send', /no vector ipi/],
  [
    'an interrupt to a CPU that is not there',
    { ...steps(send('send', 'timer', 3)), vectors: [vector] },
    'body / send',
    /a CPU that is not there/,
  ],
  [
    'a source of an interrupt that is not declared',
    { sources: [{ vector: 'timer', cpu: 0, times: 1 }] },
    'source of timer on CPU 0',
    /no vector timer/,
  ],
  [
    'a source on a CPU that is not there',
    { vectors: [vector], sources: [{ vector: 'timer', cpu: 1, times: 1 }] },
    'source of timer on CPU 1',
    /no CPU 1/,
  ],
  [
    'a ghost of a source out of range, as it fires',
    {
      variables: [hidden],
      vectors: [vector],
      sources: [{ vector: 'timer', cpu: 0, times: 2, ghost: ghosts([[hidden, add(hidden, 1)]]) }],
    },
    'source of timer on CPU 0',
    /gives hidden the value 2/,
  ],
  [
    'a task on a CPU that is not there',
    { tasks: [{ name: 'far', cpu: 9, routine: routine('r', '', []) }] },
    'task far',
    /no CPU 9/,
  ],
  [
    'two tasks of one name',
    { tasks: [0, 0].map((cpu) => ({ name: 'one', cpu, routine: routine('r', '', []) })) },
    'task one',
    /twice/,
  ],
  ['two variables of one name', { variables: [small, shared('small', { max: 3 })] }, 'variable small', /twice/],
  ['a variable without values', { variables: [shared('none', { min: 1, max: 0 })] }, 'variable none', /has no values/],
  [
    'a variable that starts outside of its range',
    { variables: [shared('far', { max: 1, initial: 2 })] },
    'variable far',
    /starts with 2/,
  ],
  [
    'too few initial values',
    { variables: [shared('few', { size: 3, max: 1, initial: [0] })] },
    'variable few',
    /3 elements and 1 initial/,
  ],
  [
    'a variable that is not declared',
    steps(load('read', shared('unknown', { max: 1 }))),
    'body / read',
    /unknown is not among/,
  ],
  [
    'another variable of the same name',
    steps(load('read', shared('small', { max: 7 }))),
    'body / read',
    /two different variables small/,
  ],
  [
    'a second shared access in one step',
    steps(store('copy', small, at(pair, 0))),
    'body / copy',
    /looks at pair besides its own access/,
  ],
  ['a program that reads a ghost', steps(load('peek', hidden, register)), 'body / peek', /accesses the ghost hidden/],
  [
    'shared memory written as a ghost',
    steps(mark('cheat', { ghost: [[small, 1]] })),
    'body / cheat',
    /writes small as a ghost/,
  ],
  [
    'a check of a property that is not declared',
    steps(mark('check', { check: [['all is well', 1]] })),
    'body / check',
    /no checked property "all is well"/,
  ],
  [
    'a check of a property that is not of that kind',
    { ...steps(mark('check', { check: [['all is well', 1]] })), properties: [always('all is well', 1)] },
    'body / check',
    /no checked property/,
  ],
  [
    'a step that sees whether a task has ended',
    steps(branch(finished('task'), 'end')),
    'body / to end if',
    /does not see/,
  ],
  [
    'a property about a task that is not there',
    { properties: [always('it ends', finished('ghost'))] },
    'property "it ends"',
    /no task ghost/,
  ],
  [
    'a property that looks at a register',
    { properties: [always('p', register)] },
    'property "p"',
    /register register belongs to a frame/,
  ],
  ['a property that looks at a context', { properties: [always('p', context)] }, 'property "p"', /belongs to a frame/],
  ['two properties of one name', { properties: [checked('p'), checked('p')] }, 'property p', /twice/],
  [
    'a register declared twice, differently',
    steps(load('a', small, register), load('b', small, local('register', { max: 9 }))),
    'body / b',
    /declared as 0 to 2 and as 0 to 9/,
  ],
  [
    'preemption in a handler',
    { vectors: [{ ...vector, handler: routine('tick', '', [disablePreemption()]) }] },
    'tick / disable preemption',
    /no preemption count/,
  ],
  [
    'a level for an NMI',
    { vectors: [{ name: 'nmi', kind: 'nmi', level: 3, handler: routine('n', '', []) }] },
    'vector nmi',
    /has no level/,
  ],
  ['more CPUs than there can be', { cpus: 99 }, '', /cpus is 99/],
  [
    'a register wider than a word',
    steps(load('read', small, local('wide register', { max: 2 ** 33 }))),
    'body / read',
    /has no values/,
  ],
  [
    'a number wider than a word',
    steps(branch(equal(register, 2 ** 32), 'end')),
    'body / to end if',
    /not a whole number of 32 bits/,
  ],
  [
    'a kind of property that there is not',
    { properties: [{ name: 'p', kind: 'allways' as 'always', holds: 0 }] },
    'property "p"',
    /no kind allways/,
  ],
  [
    'a kind of interrupt that there is not',
    { vectors: [{ ...vector, kind: 'hardIrq' as 'hardirq' }] },
    'vector timer',
    /no kind hardIrq/,
  ],
  [
    'a rule that there is not',
    steps(load('read', small, undefined, { requires: ['interrupt-enabled' as 'may-sleep'] })),
    'body / read',
    /no rule interrupt-enabled/,
  ],
  ['a fraction', steps(store('half', small, 0.5)), 'body / half', /0\.5 is not a whole number/],
];

describe('a malformed mechanism is refused with its place', () => {
  it.each(rows)('%s', async (_, model, place, text) => {
    const refused = explore(only({ cpus: 1, ...model }), { cpus: model.cpus ?? 1, fold: false });
    await expect(refused).rejects.toThrow(MechanismError);
    await expect(refused).rejects.toThrow(text);
    await expect(refused).rejects.toMatchObject({ place });
  });

  it.each([
    ['an option that it does not have', { options: ['fast'] }, /no option fast/],
    ['a number of CPUs that it does not take', { cpus: 3 }, /cannot have 3 CPUs/],
    ['a memory model that there is not', { memory: 'TSO' as 'tso' }, /no memory model TSO/],
    ['a property that it is not asked', { properties: ['all is well'] }, /no property "all is well"/],
  ])('%s', async (_, options, text) => {
    await expect(explore(only({ cpus: 1 }), options)).rejects.toThrow(text);
  });
});
