import { describe, expect, it } from 'vitest';
import { explore } from '../../../../src/explorer/explore.js';
import { speculation } from '../../../../src/explorer/mechanisms/ours/speculation.js';
import { and, bitAnd, equal, greater } from '../../../../src/explorer/model/expression.js';
import { at } from '../../../../src/explorer/model/variable.js';
import { without } from '../linux/mutate.js';
import { reachable } from './reachable.js';

const whole = 'what is published is whole, and of the use that was committed';
const once = 'no record is published twice';
const empty = 'a speculation is taken only when every part of it is empty';
const noLate = 'no firing records into a use that it was not let into';
const cleaned = 'what has ended is made free';

const find = (options: string, memory: 'sc' | 'tso' = 'sc') =>
  explore(speculation, { options: options === '' ? [] : options.split(','), memory });

describe('speculation', () => {
  it.each([
    ['', 'sc'],
    ['preemptible', 'sc'],
    ['', 'tso'],
    ['preemptible', 'tso'],
  ] as const)('publishes each record whole and once (%s, %s)', async (options, memory) => {
    const { verdict, property, properties } = await find(options, memory);
    expect({ verdict, property, properties }).toEqual({
      ...{ verdict: 'safe', property: null },
      properties: [whole, once, empty, noLate, cleaned],
    });
  });

  it.each([
    ['no-users', whole],
    ['state-first', noLate],
    ['impatient', whole],
    ['blind-finish', noLate],
    ['preemptible,no-users', whole],
    ['preemptible,impatient', whole],
  ])('with %s it does not hold that %s', async (options, expected) => {
    const { verdict, property } = await find(options);
    expect({ verdict, property }).toEqual({ verdict: 'violated', property: expected });
  });

  it.each([
    ['empty the part', once],
    ['forget the part', empty],
    ['leave it to the cleaner', cleaned],
  ])('without "%s" it does not hold that %s', async (step, expected) => {
    const { verdict, property } = await explore(without(speculation, step), { properties: [expected] });
    expect({ verdict, property }).toEqual({ verdict: 'violated', property: expected });
  });

  it('shows the tick that commits between the reservation and the record', async () => {
    const { trace } = await find('no-users');
    const steps = trace.map(({ step, depth }) => `${depth} ${step}`);
    expect(steps).toContain('0 reserve');
    expect(steps).not.toContain('0 write the record');
    expect(steps.at(-1)).toBe('1 copy record 0');
  });

  it.each<[string, Parameters<typeof reachable>[2]]>([
    ['a speculation is taken anew and ended again', (named) => greater(named('state'), 8 + 3)],
    ['two records lie in a part', (named) => equal(at(named('used'), 1), 2)],
    ['a tick finds a firing inside', (named) => equal(at(named('users'), 1), 2)],
    [
      'the cleaner finds a part of what was committed on several',
      (named) => and(equal(bitAnd(named('state'), 7), 5), greater(at(named('used'), 1), 0)),
    ],
    ['a record is published', (named) => equal(at(named('published'), 2), 1)],
  ])('is not safe for nothing: %s', async (_, test) => {
    expect(await reachable(speculation, [], test)).toBe(true);
  });
});
