/**
 * A cross-call as one might write it first: interrupt all other CPUs, and wait until as many have answered. It is
 * broken, and so are its first repairs.
 *
 *     xcall explore examples/explorer-broken-xcall.js
 *     xcall explore examples/explorer-broken-xcall.js --with locked
 *     xcall explore examples/explorer-broken-xcall.js --with locked,irqs-off
 *     xcall explore examples/explorer-broken-xcall.js --with locked,timer
 *
 * What it shows: interrupts between CPUs. One counter of answers does for one caller at a time only, hence a lock; but
 * who waits for the lock must still answer, hence no interrupts off, and no call from an interrupt.
 *
 * Bounds: each CPU calls once; with `timer`, one timer interrupt on CPU 0 calls as well.
 */

import {
  add,
  at,
  atomic,
  bit,
  bitAnd,
  bitOr,
  checked,
  disableInterrupts,
  enableInterrupts,
  equal,
  ghost,
  mark,
  mechanism,
  routine,
  self,
  sendToMask,
  shared,
  spinLock,
  spinUnlock,
  store,
  subtract,
  value,
  waitUntil,
} from 'dtrace-linux/explorer';

const complete = 'a call returns only after every other CPU has run the function';

function build({ cpus, options }) {
  const lock = shared('lock', { max: 1 });
  const answers = shared('answers', { max: 2 * cpus });
  // For each caller, a bit for every CPU that has run the function since the call began.
  const ran = ghost('ran', { size: cpus, max: 2 ** cpus - 1 });
  const others = subtract(2 ** cpus - 1, bit(self));
  const everyCpu = Array.from({ length: cpus }, (_, cpu) => cpu);

  const call = [
    options.has('locked') ? spinLock('take the lock of the calls', lock) : [],
    store('nobody has answered', answers, 0, { ghost: [[at(ran, self), 0]] }),
    sendToMask('interrupt the others', 'xcall', others),
    waitUntil('wait for the answers', answers, equal(value, cpus - 1)),
    mark('the call returns', { check: [[complete, equal(bitAnd(at(ran, self), others), others)]] }),
    options.has('locked') ? spinUnlock('release the lock of the calls', lock) : [],
  ];
  const process = routine('call', '', options.has('irqs-off') ? [disableInterrupts(), call, enableInterrupts()] : call);
  // The function itself is empty. A step that counts it is a step of the specification.
  const answer = routine('answer', '', [
    mark('run the function', {
      ghost: everyCpu.map((caller) => [at(ran, caller), bitOr(at(ran, caller), bit(self))]),
    }),
    atomic('answer', answers, add(value, 1)),
  ]);

  return {
    cpus,
    variables: [lock, answers, ran],
    tasks: everyCpu.map((cpu) => ({ name: `process ${cpu}`, cpu, routine: process })),
    // In the order of priority. A handler runs with interrupts off unless it says otherwise.
    vectors: [
      { name: 'xcall', kind: 'hardirq', handler: answer },
      { name: 'timer', kind: 'hardirq', handler: routine('timer', '', call) },
    ],
    sources: options.has('timer') ? [{ vector: 'timer', cpu: 0, times: 1 }] : [],
    properties: [checked(complete)],
  };
}

export const brokenXcall = mechanism({
  name: 'broken-xcall',
  summary: 'a cross-call with one counter of answers for all callers',
  options: [
    { name: 'locked', summary: 'one caller at a time, by a spin lock' },
    { name: 'irqs-off', summary: 'processes call with interrupts disabled' },
    { name: 'timer', summary: 'a timer interrupt on CPU 0 calls too' },
  ],
  variants: [[], ['locked'], ['locked', 'irqs-off'], ['locked', 'timer']],
  memories: ['sc', 'tso'],
  build,
});
