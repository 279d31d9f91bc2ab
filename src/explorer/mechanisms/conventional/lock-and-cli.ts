/**
 * The conventional way: no cross-call at all. Probes and the consumer guard what they share by one spin lock, taken
 * with interrupts disabled (spin_lock_irqsave()).
 *
 * **The machine around.** CPU 0 runs a task with a probe, and gets one tick of a timer, at any moment, whose handler
 * has a probe too; the last CPU runs the consumer, which takes what is there and clears it, twice; CPUs between run
 * one probe each. A record has two halves (`head` and `tail` of the buffer), so that who looks between them sees it
 * torn. With `nmi-probe` an NMI with a probe comes once on CPU 0.
 *
 * **Asked.** The consumer takes only whole records; each probe that fired has been recorded or counted as dropped; no
 * probe is dropped; and nobody hangs.
 *
 * **May a timer take part?** Yes, where every holder has interrupts disabled (`cli`); not, where a holder can be
 * interrupted (`no-cli`): the tick then spins for what its own CPU holds. **What the rest of the kernel must
 * promise:** no probe fires in a context that the holder cannot keep out, so none in an NMI (`nmi-probe`), and none
 * in the lock's own code or in what is called under the lock. `trylock` needs no promise and never hangs, but records
 * get lost, even without an NMI: whoever meets the lock held drops its record, and can only count it. And each probe
 * waits for the consumer and for all other CPUs, which no model of steps shows: it is why DTrace has buffers for each
 * CPU, and cross-calls.
 *
 * **Left out.** Fair queues of the lock (a ticket or MCS lock hangs in the same places), the work of the probe
 * itself, more than one tick.
 */

import { add, equal, notEqual, sum, value } from '../../model/expression.js';
import { mechanism, type Setting } from '../../model/mechanism.js';
import { checked, eventually, type Model, type Source, type Task, type Vector } from '../../model/model.js';
import type { StepList } from '../../model/step.js';
import {
  atomic,
  disableInterrupts,
  label,
  load,
  mark,
  restoreInterrupts,
  routine,
  spinLock,
  spinUnlock,
  store,
} from '../../model/steps.js';
import { ghost, local, shared, type Variable } from '../../model/variable.js';

/** Names of the properties. */
export const lockProperties = {
  whole: 'the consumer takes only whole records',
  accounted: 'each probe that fired has been recorded or counted as dropped',
  nothingDropped: 'no probe is dropped',
} as const;

const { whole, accounted, nothingDropped } = lockProperties;

interface Memory {
  readonly lock: Variable;
  readonly head: Variable;
  readonly tail: Variable;
  readonly drops: Variable;
  readonly taken: Variable;
  readonly fired: Variable;
}

function memoryFor(probes: number): Memory {
  return {
    lock: shared('lock', { max: 1 }),
    head: shared('head', { max: probes }),
    tail: shared('tail', { max: probes }),
    drops: shared('drops', { max: probes }),
    taken: ghost('taken', { max: probes }),
    fired: ghost('fired', { max: probes }),
  };
}

const flag = local('flag', { max: 1 });
const register = local('register', { max: 7 });

type Guard = 'cli' | 'no-cli' | 'trylock';

const guardOf = (options: ReadonlySet<string>): Guard =>
  options.has('trylock') ? 'trylock' : options.has('no-cli') ? 'no-cli' : 'cli';

/** A section under the lock, as its holders have it. */
const guarded = (memory: Memory, disable: boolean, inside: StepList): StepList => [
  disable ? [disableInterrupts(flag)] : [],
  spinLock('spin for the lock', memory.lock),
  inside,
  spinUnlock('release the lock', memory.lock),
  disable ? [restoreInterrupts(flag, { set: [[flag, 0]] })] : [],
];

const record = (memory: Memory): StepList => [
  load('read the head', memory.head, register),
  store('write the head', memory.head, add(register, 1), { set: [[register, 0]] }),
  load('read the tail', memory.tail, register),
  store('write the tail', memory.tail, add(register, 1), { set: [[register, 0]] }),
];

/** A probe: fires, and writes a record under the lock. */
function probe(memory: Memory, guard: Guard): StepList {
  const fire = mark('the probe fires', { ghost: [[memory.fired, add(memory.fired, 1)]] });
  if (guard !== 'trylock') return [fire, guarded(memory, guard === 'cli', record(memory))];
  return [
    fire,
    disableInterrupts(flag),
    atomic('try to take the lock', memory.lock, 1, { goTo: [[notEqual(value, 0), 'busy']] }),
    record(memory),
    spinUnlock('release the lock', memory.lock, { goTo: 'done' }),
    label('busy'),
    atomic('count a drop', memory.drops, add(value, 1), { check: [[nothingDropped, 0]] }),
    label('done'),
    restoreInterrupts(flag, { set: [[flag, 0]] }),
  ];
}

/** The consumer takes all records and clears the buffer. */
const consume = (memory: Memory, guard: Guard): StepList =>
  guarded(memory, guard !== 'no-cli', [
    load('look at the head', memory.head, register),
    load('take the records up to the tail', memory.tail, undefined, {
      check: [[whole, equal(value, register)]],
      ghost: [[memory.taken, add(memory.taken, value)]],
    }),
    store('clear the head', memory.head, 0, { set: [[register, 0]] }),
    store('clear the tail', memory.tail, 0),
  ]);

function vectorsOf(memory: Memory, guard: Guard, nmi: boolean): readonly Vector[] {
  const tick: Vector = {
    name: 'tick',
    kind: 'hardirq',
    handler: routine('tick', '', probe(memory, guard)),
  };
  const inNmi: Vector = { name: 'nmi', kind: 'nmi', handler: routine('nmi', '', probe(memory, guard)) };
  return nmi ? [inNmi, tick] : [tick];
}

function build({ cpus, options }: Setting): Model {
  const guard = guardOf(options);
  const nmi = options.has('nmi-probe');
  const memory = memoryFor(cpus + 1);
  const { fired, taken, head, drops } = memory;
  const probed = routine('probe', 'include/linux/spinlock.h: spin_lock_irqsave()', probe(memory, guard));
  const consumer = routine('consumer', 'include/linux/spinlock.h: spin_lock_irqsave()', [
    consume(memory, guard),
    consume(memory, guard),
  ]);
  const tick: Source = { vector: 'tick', cpu: 0, times: 1 };
  return {
    cpus,
    variables: Object.values(memory),
    tasks: Array.from({ length: cpus }, (_, cpu): Task => {
      const last = cpu === cpus - 1;
      return { name: last ? 'consumer' : `probe ${cpu}`, cpu, routine: last ? consumer : probed };
    }),
    vectors: vectorsOf(memory, guard, nmi),
    sources: nmi ? [tick, { vector: 'nmi', cpu: 0, times: 1 }] : [tick],
    properties: [
      checked(whole),
      eventually(accounted, equal(fired, sum(taken, head, drops))),
      ...(guard === 'trylock' ? [checked(nothingDropped)] : []),
    ],
  };
}

/** A lock with interrupts disabled instead of any cross-call. */
export const lockAndCli = mechanism({
  name: 'lock-and-cli',
  summary: 'the conventional way: probes and the consumer share one lock, taken with interrupts disabled',
  options: [
    { name: 'cli', group: 'guard', summary: 'who takes the lock disables interrupts first' },
    {
      name: 'no-cli',
      group: 'guard',
      summary: 'the lock is taken with interrupts enabled, so a tick can nest in its holder',
    },
    { name: 'trylock', group: 'guard', summary: 'a probe that finds the lock held drops its record and counts that' },
    { name: 'nmi-probe', summary: 'an NMI with a probe comes on CPU 0' },
  ],
  variants: [['cli'], ['no-cli'], ['nmi-probe'], ['trylock'], ['trylock', 'nmi-probe']],
  memories: ['sc', 'tso'],
  reported: [2, 3],
  build,
});
