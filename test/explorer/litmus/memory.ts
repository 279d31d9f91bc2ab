/** The classical shapes: what CPUs see of one another's stores (names as in the literature on x86-TSO). */

import { add, equal, value } from '../../../src/explorer/model/expression.js';
import {
  atomic,
  fence,
  load,
  spinLock,
  spinUnlock,
  store,
  waitForAny,
  waitUntil,
} from '../../../src/explorer/model/steps.js';
import { local } from '../../../src/explorer/model/variable.js';
import { exchange, type Litmus, litmus, order, pass, read, reads, write, x, y, z } from './litmus.js';

const a = local('a', { max: 2 });
const increment = [load('a = x', x, a), store('x = a + 1', x, add(a, 1))];

/** All of memory alone. */
export const memoryTests: readonly Litmus[] = [
  litmus('SB: each may miss the other only under TSO', {
    tasks: [
      [write(x, 1), read(0, y)],
      [write(y, 1), read(1, x)],
    ],
    observed: reads(0, 1),
    sc: '01 10 11',
    tso: '00 01 10 11',
  }),
  litmus('SB with fences: one sees the other', {
    tasks: [
      [write(x, 1), fence('mfence'), read(0, y)],
      [write(y, 1), fence('mfence'), read(1, x)],
    ],
    observed: reads(0, 1),
    sc: '01 10 11',
  }),
  litmus('SB with one fence: not enough', {
    tasks: [
      [write(x, 1), fence('mfence'), read(0, y)],
      [write(y, 1), read(1, x)],
    ],
    observed: reads(0, 1),
    sc: '01 10 11',
    tso: '00 01 10 11',
  }),
  litmus('SB with locked stores: one sees the other', {
    tasks: [
      [exchange(x, 1), read(0, y)],
      [exchange(y, 1), read(1, x)],
    ],
    observed: reads(0, 1),
    sc: '01 10 11',
  }),
  litmus('SB with a locked operation on a third word between: as a fence', {
    tasks: [
      [write(x, 1), exchange(z, 1), read(0, y)],
      [write(y, 1), exchange(z, 1), read(1, x)],
    ],
    observed: reads(0, 1),
    sc: '01 10 11',
  }),
  litmus('MP: stores are seen in their order', {
    tasks: [
      [write(x, 1), write(y, 1)],
      [read(0, y), read(1, x)],
    ],
    observed: reads(0, 1),
    sc: '00 01 11',
  }),
  litmus('MP with a wait: what was stored before the flag is seen after it', {
    tasks: [
      [write(x, 1), write(y, 1)],
      [waitUntil('until y', y, value), read(0, x)],
    ],
    observed: reads(0),
    sc: '1',
  }),
  litmus('LB: no load sees a store that is yet to come', {
    tasks: [
      [read(0, x), write(y, 1)],
      [read(1, y), write(x, 1)],
    ],
    observed: reads(0, 1),
    sc: '00 01 10',
  }),
  litmus('IRIW: two readers agree on the order of two writers', {
    tasks: [[write(x, 1)], [write(y, 1)], [read(0, x), read(1, y)], [read(2, y), read(3, x)]],
    observed: reads(0, 1, 2, 3),
    sc: '0000 0001 0010 0011 0100 0101 0110 0111 1000 1001 1011 1100 1101 1110 1111',
  }),
  litmus('WRC: what a store was made after is seen before it', {
    tasks: [[write(x, 1)], [read(0, x), write(y, 1)], [read(1, y), read(2, x)]],
    observed: reads(0, 1, 2),
    sc: '000 001 010 011 100 101 111',
  }),
  litmus('2+2W: stores of two CPUs have one order', {
    tasks: [
      [write(x, 1), write(y, 2)],
      [write(y, 1), write(x, 2)],
    ],
    observed: [x, y],
    sc: '12 21 22',
  }),
  litmus('R: a store may be late behind a load', {
    tasks: [
      [write(x, 1), write(y, 1)],
      [write(y, 2), read(0, x)],
    ],
    observed: [y, ...reads(0)],
    sc: '10 11 21',
    tso: '10 11 20 21',
  }),
  litmus('S: a store after a load is after what was loaded', {
    tasks: [
      [write(x, 2), write(y, 1)],
      [read(0, y), write(x, 1)],
    ],
    observed: [...reads(0), x],
    sc: '01 02 11',
  }),
  litmus('CoRR: a word does not go back', {
    tasks: [
      [write(x, 1), write(x, 2)],
      [read(0, x), read(1, x)],
    ],
    observed: reads(0, 1),
    sc: '00 01 02 11 12 22',
  }),
  litmus('n6: a CPU sees its own store before others do', {
    tasks: [
      [write(x, 1), read(0, x), read(1, y)],
      [write(y, 2), write(x, 2)],
    ],
    observed: [...reads(0, 1), x],
    sc: '102 121 122 222',
    tso: '101 102 121 122 222',
  }),
  litmus('SB with a look at the own store: forwarding is no fence', {
    tasks: [
      [write(x, 1), read(0, x), read(1, y)],
      [write(y, 1), read(2, y), read(3, x)],
    ],
    observed: reads(0, 1, 2, 3),
    sc: '1011 1110 1111',
    tso: '1010 1011 1110 1111',
  }),
  litmus('the youngest own store is the one that is seen', {
    tasks: [[write(x, 1), write(x, 2), read(0, x)]],
    observed: [...reads(0), x],
    sc: '22',
  }),
  litmus('two increments in two steps: one may be lost', { tasks: [increment, increment], observed: [x], sc: '1 2' }),
  litmus('two locked increments: none is lost', {
    tasks: [[atomic('x += 1', x, add(value, 1))], [atomic('x += 1', x, add(value, 1))]],
    observed: [x],
    sc: '2',
  }),
  litmus('two increments under a lock: none is lost, though the unlock is a plain store', {
    tasks: [0, 1].map(() => [spinLock('lock', y), increment, spinUnlock('unlock', y)]),
    observed: [x, y],
    sc: '20',
  }),
  litmus('a wait for any of several takes each way that is open', {
    tasks: [
      [
        waitForAny('x or y', [
          { from: x, until: value, to: 'end' },
          { from: y, until: equal(value, 1) },
        ]),
        pass(1),
      ],
      [write(x, 1), write(y, 1)],
    ],
    observed: [order],
    sc: '0 1',
  }),
];
