/**
 * A seqlock: a writer makes a number odd, writes, and makes it even again; readers read without writing anything, and
 * do it again if the number was odd or has changed.
 *
 *     xcall explore examples/explorer-seqlock.js --memory tso
 *     xcall explore examples/explorer-seqlock.js --with no-retry
 *     xcall explore examples/explorer-seqlock.js --with interrupt
 *
 * What it shows: who may read. A reader in an interrupt that comes over the writer on the same CPU waits for ever; it
 * is a bug that needs no second CPU, and no test that starts threads can find it.
 *
 * Bounds: the writer writes twice, each reader reads once, and the interrupt comes once.
 */

import {
  bitAnd,
  checked,
  disableInterrupts,
  enableInterrupts,
  equal,
  label,
  load,
  local,
  mark,
  mechanism,
  notEqual,
  routine,
  shared,
  store,
  value,
  waitUntil,
} from 'dtrace-linux/explorer';

const writes = 2;

const consistent = 'a reader sees both halves from the same write';

function build({ cpus, options }) {
  const sequence = shared('sequence', { max: 2 * writes });
  const left = shared('left', { max: writes });
  const right = shared('right', { max: writes });
  const number = local('number', { max: 2 * writes });
  const half = local('half', { max: writes });
  const otherHalf = local('other half', { max: writes });

  // x86 makes the stores of a CPU visible in their order, and so no fence is needed, on TSO as well.
  const write = (version) => [
    store('make the number odd', sequence, 2 * version - 1),
    store('write the left half', left, version),
    store('write the right half', right, version),
    store('make the number even', sequence, 2 * version),
  ];
  const twice = [write(1), write(2)];
  const writer = routine('write', '', options.has('cli') ? [disableInterrupts(), twice, enableInterrupts()] : twice);

  const reader = routine('read', '', [
    label('retry'),
    waitUntil('wait until the number is even', sequence, equal(bitAnd(value, 1), 0), { into: number }),
    load('read the left half', left, half),
    load('read the right half', right, otherHalf),
    options.has('no-retry')
      ? []
      : load('look whether the number has changed', sequence, undefined, {
          goTo: [[notEqual(value, number), 'retry']],
        }),
    mark('use what was read', { check: [[consistent, equal(half, otherHalf)]] }),
  ]);

  return {
    cpus,
    variables: [sequence, left, right],
    // CPU 0 writes, the others read.
    tasks: Array.from({ length: cpus }, (_, cpu) => ({
      name: cpu === 0 ? 'writer' : `reader ${cpu}`,
      cpu,
      routine: cpu === 0 ? writer : reader,
    })),
    vectors: [{ name: 'timer', kind: 'hardirq', handler: reader }],
    // The timer may come between any two steps of the writer, also before the first and after the last.
    sources: options.has('interrupt') ? [{ vector: 'timer', cpu: 0, times: 1 }] : [],
    properties: [checked(consistent)],
    // Room for all stores of the writer: where it ended, a verdict under TSO would be `incomplete`.
    storeBuffer: 4 * writes,
  };
}

export const seqlock = mechanism({
  name: 'seqlock',
  summary: 'a seqlock: readers write nothing, and retry',
  options: [
    { name: 'no-retry', summary: 'readers do not look at the number a second time' },
    { name: 'interrupt', summary: 'a timer interrupt on the CPU of the writer reads too' },
    { name: 'cli', summary: 'the writer disables interrupts' },
  ],
  variants: [[], ['no-retry'], ['interrupt'], ['interrupt', 'cli']],
  memories: ['sc', 'tso'],
  build,
});
