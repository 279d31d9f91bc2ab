/**
 * dtrace_sync(): an empty function by cross-call, dtrace_xcall(DTRACE_CPUALL, dtrace_sync_func, NULL). It waits for probes
 * without counting them: dtrace_probe() runs with interrupts off, so the interrupt cannot land inside a firing, and
 * whoever has answered has left all firings that were open when it was asked.
 *
 * The consumer on CPU 0 unlinks an object, syncs, reads what the probes have stored into the object, and frees it. The
 * other CPUs fire one probe each from a task; every CPU fires one from a timer's interrupt, or with `nmi-probes` from an NMI
 * in its stead. A probe finds the object, stores into it, and leaves.
 *
 * Bounds: one sync, one firing a context. Left out: more than one caller (`solaris-xcall` has them), and what the
 * cross-call is made of on either system.
 */

import { add, and, type Expression, equal, multiply, not, or, self } from '../../model/expression.js';
import { mechanism } from '../../model/mechanism.js';
import { checked, type Model, type Source, type Task, type Vector } from '../../model/model.js';
import type { StepList } from '../../model/step.js';
import { type Extras, label, load, mark, routine, store } from '../../model/steps.js';
import { at, ghost, local, type Place, shared } from '../../model/variable.js';
import { crossCall } from './cross-call.js';
import { firing } from './firing.js';

/** No firing outlives a sync that began while it was open. */
export const noneOpen = 'sync returns only when no probe that was open when it was called is still open';
/** What probes stored is there to be read. */
export const storesVisible = 'when sync has returned, all that probes stored in the object is visible';
/** What the consumer does with the object then. */
export const noUseAfterFree = 'no probe uses the object after it was freed';

/** Where a firing can run, by the index of its ghosts: on each CPU one in a task and one in an interrupt at a time. */
const places = { task: 0, timer: 1, nmi: 1 } as const;
type Origin = keyof typeof places;
const placesPerCpu = 2;

function build(cpus: number, options: ReadonlySet<string>): Model {
  const everyCpu = Array.from({ length: cpus }, (_, cpu) => cpu);
  const everyPlace = Array.from({ length: cpus * placesPerCpu }, (_, index) => index);
  const published = shared('published', { max: 1, initial: 1 });
  const record = shared('record', { size: cpus * placesPerCpu, max: 1 });
  const open = ghost('open', { size: cpus * placesPerCpu, max: 1 });
  const openAtCall = ghost('open at the call', { size: cpus * placesPerCpu, max: 1 });
  const stored = ghost('stored', { size: cpus * placesPerCpu, max: 1 });
  const freed = ghost('freed', { max: 1 });
  const found = local('found', { max: 1 });

  const here = (origin: Origin): Expression => add(multiply(self, placesPerCpu), places[origin]);

  /** What a firing does between its first and its last step. */
  const body = (origin: Origin): StepList => [
    load('find the object', published, found, { goTo: [[not(found), 'out']] }),
    store('store a record in the object', at(record, here(origin)), 1, {
      ghost: [[at(stored, here(origin)), 1]],
      check: [[noUseAfterFree, not(freed)]],
    }),
  ];
  const opened = (origin: Origin): Extras => ({ ghost: [[at(open, here(origin)), 1]] });
  const closed = (origin: Origin): Extras => ({
    ghost: [
      [at(open, here(origin)), 0],
      [at(openAtCall, here(origin)), 0],
    ],
  });
  const withoutMask = (origin: Origin): StepList => [
    mark('the probe fires', opened(origin)),
    body(origin),
    label('out'),
    mark('the probe is done', closed(origin)),
  ];
  const probe = (origin: Origin): StepList =>
    options.has('irqs-on') || origin === 'nmi'
      ? withoutMask(origin)
      : firing(body(origin), closed(origin), opened(origin));

  const { variables, vector, call } = crossCall({
    cpus,
    caller: 0,
    delivery: options.has('nmi-delivery') ? 'nmi' : 'hardirq',
  });
  const copied = everyPlace.map((index): readonly [Place, Place] => [at(openAtCall, index), at(open, index)]);
  const settled = everyPlace.map((index) => equal(at(record, index), at(stored, index)));
  const consumer = routine('consumer', 'a caller of dtrace_sync()', [
    store('unlink the object', published, 0),
    call(
      { ghost: copied },
      {
        check: [
          [noneOpen, not(or(...everyPlace.map((index) => at(openAtCall, index))))],
          [storesVisible, and(...settled)],
        ],
      },
    ),
    mark('kmem_free: free the object', { ghost: [[freed, 1]] }),
  ]);

  const probes = routine('probes', 'dtrace_probe()', probe('task'));
  const timer: Vector = {
    name: 'timer',
    kind: 'hardirq',
    handler: routine('timer', 'a cyclic of the profile provider: dtrace_probe()', probe('timer')),
  };
  const nmi: Vector = {
    name: 'nmi',
    kind: 'nmi',
    handler: routine('nmi', 'dtrace_probe() of a provider whose probes fire in NMIs', probe('nmi')),
  };
  const withNmi = options.has('nmi-probes');
  const tasks: Task[] = everyCpu.map((cpu) =>
    cpu === 0 ? { name: 'consumer', cpu, routine: consumer } : { name: `probes ${cpu}`, cpu, routine: probes },
  );
  const sources = everyCpu.map((cpu): Source => ({ vector: withNmi ? 'nmi' : 'timer', cpu, times: 1 }));
  return {
    cpus,
    variables: [published, record, open, openAtCall, stored, freed, ...variables],
    tasks,
    vectors: withNmi ? [nmi, vector] : [vector, timer],
    sources,
    properties: [checked(noneOpen), checked(storesVisible), checked(noUseAfterFree)],
  };
}

/** The original way to wait for probes: an empty function on every CPU. */
export const dtraceSync = mechanism({
  name: 'dtrace-sync',
  summary: 'dtrace_sync(): an empty function by cross-call waits until no CPU is in a probe that was open.',
  options: [
    { name: 'irqs-off', group: 'probes', summary: 'dtrace_probe() runs with interrupts off, as it does.' },
    { name: 'irqs-on', group: 'probes', summary: 'Probes run with interrupts as they are.' },
    {
      name: 'nmi-probes',
      group: 'probes',
      summary: 'Probes with interrupts off in tasks, and probes that fire in NMIs.',
    },
    { name: 'nmi-delivery', summary: 'The cross-call is delivered by NMI.' },
  ],
  variants: [['irqs-off'], ['irqs-on'], ['nmi-probes'], ['nmi-delivery']],
  memories: ['sc', 'tso'],
  cpus: { least: 2, most: 4 },
  build: ({ cpus, options }) => build(cpus, options),
});
