/**
 * Peterson's lock: mutual exclusion of two CPUs by plain loads and stores. It is right on paper, and wrong on x86,
 * where a store may wait in the CPU's store buffer while a later load is already done.
 *
 *     xcall explore examples/explorer-peterson.js
 *     xcall explore examples/explorer-peterson.js --memory tso
 *     xcall explore examples/explorer-peterson.js --memory tso --with fence
 *
 * What it shows: a proof is a proof for one memory model, and a fence can be tried by adding one line.
 *
 * Bounds: each CPU takes the lock twice.
 */

import {
  add,
  always,
  at,
  atMost,
  equal,
  fence,
  ghost,
  mechanism,
  routine,
  self,
  shared,
  store,
  subtract,
  value,
  waitForAny,
} from 'dtrace-linux/explorer';

const rounds = 2;

function build({ options }) {
  const wants = shared('wants', { size: 2, max: 1 });
  const turn = shared('turn', { max: 1 });
  const inside = ghost('inside', { max: 2 });
  const other = subtract(1, self);

  const once = [
    store('say that I want it', at(wants, self), 1),
    store('let the other go first', turn, other),
    // Under TSO a fence waits until the CPU's store buffer is empty; under SC there is none, and it does nothing.
    options.has('fence') ? fence('wait until both are visible') : [],
    // while (wants[other] && turn == other) ;    Each round of that loop reads one of the two, then the other.
    waitForAny(
      'wait until the other does not want it, or it is my turn',
      [
        { from: at(wants, other), until: equal(value, 0) },
        { from: turn, until: equal(value, self) },
      ],
      { ghost: [[inside, add(inside, 1)]] },
    ),
    store('say that I do not want it', at(wants, self), 0, { ghost: [[inside, subtract(inside, 1)]] }),
  ];

  const user = routine('lock and unlock', '', Array(rounds).fill(once));
  return {
    cpus: 2,
    variables: [wants, turn, inside],
    tasks: [
      { name: 'user 0', cpu: 0, routine: user },
      { name: 'user 1', cpu: 1, routine: user },
    ],
    vectors: [],
    sources: [],
    properties: [always('at most one CPU is inside', atMost(inside, 1))],
  };
}

export const peterson = mechanism({
  name: 'peterson',
  summary: "Peterson's lock of two CPUs, with and without a fence",
  options: [{ name: 'fence', summary: 'a full memory barrier after the stores' }],
  variants: [[], ['fence']],
  cpus: { least: 2, most: 2 },
  memories: ['sc', 'tso'],
  build,
});
