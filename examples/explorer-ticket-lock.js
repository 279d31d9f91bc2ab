/**
 * A ticket lock: who wants it draws a number, and waits until that number is served. First come, first served.
 *
 *     xcall explore examples/explorer-ticket-lock.js
 *     xcall explore examples/explorer-ticket-lock.js --with torn-draw
 *     xcall explore examples/explorer-ticket-lock.js --with torn-draw --property 'at most one CPU holds the lock'
 *
 * What it shows: a locked instruction is one step, and taken apart, it breaks first the order, then mutual
 * exclusion.
 *
 * Bounds: each CPU takes the lock twice.
 */

import {
  add,
  always,
  at,
  atMost,
  atomic,
  checked,
  equal,
  ghost,
  load,
  local,
  mechanism,
  routine,
  self,
  shared,
  store,
  subtract,
  value,
  waitUntil,
} from 'dtrace-linux/explorer';

const rounds = 2;

const exclusive = 'at most one CPU holds the lock';
const inOrder = 'tickets are served in the order in which they were drawn';

function build({ cpus, options }) {
  const most = rounds * cpus;
  // The two halves of the lock word.
  const next = shared('next', { max: most });
  const serving = shared('serving', { max: most });
  // Ghosts: what we know and the program does not. They cost no step.
  const holders = ghost('holders', { max: cpus });
  const draws = ghost('draws', { max: most });
  const drawnAs = ghost('drawn as', { size: cpus, max: most });
  const grants = ghost('grants', { max: most });
  const ticket = local('ticket', { max: most });

  const noteDraw = {
    ghost: [
      [at(drawnAs, self), draws],
      [draws, add(draws, 1)],
    ],
  };
  const draw = options.has('torn-draw')
    ? [
        load('read the next ticket', next, ticket, noteDraw),
        // Another CPU may have read the same number by now.
        store('write the one after it', next, add(ticket, 1)),
      ]
    : // lock xadd: `value` is the old value, which goes into the register.
      [atomic('draw a ticket', next, add(value, 1), { into: ticket, ...noteDraw })];

  const once = [
    draw,
    // A loop that polls is one step: it cannot be made before the test holds.
    waitUntil('wait until it is served', serving, equal(value, ticket), {
      ghost: [
        [holders, add(holders, 1)],
        [grants, add(grants, 1)],
      ],
      check: [[inOrder, equal(at(drawnAs, self), subtract(grants, 1))]],
    }),
    // Only the holder writes this word, so no locked instruction is needed.
    store('serve the next', serving, add(ticket, 1), { ghost: [[holders, subtract(holders, 1)]] }),
  ];

  const user = routine('lock and unlock', '', Array(rounds).fill(once));
  return {
    cpus,
    variables: [next, serving, holders, draws, drawnAs, grants],
    tasks: Array.from({ length: cpus }, (_, cpu) => ({ name: `user ${cpu}`, cpu, routine: user })),
    vectors: [],
    sources: [],
    properties: [always(exclusive, atMost(holders, 1)), checked(inOrder)],
  };
}

export const ticketLock = mechanism({
  name: 'ticket-lock',
  summary: 'a ticket lock, whose tickets are drawn by one locked instruction',
  options: [{ name: 'torn-draw', summary: 'a ticket is drawn by a load and a store' }],
  variants: [[], ['torn-draw']],
  memories: ['sc', 'tso'],
  build,
});
