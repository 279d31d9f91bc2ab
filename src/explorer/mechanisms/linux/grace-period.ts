/**
 * The guarantee of dtrace_sync() by other means of today's Linux: an RCU grace period, waited for or by callback, and
 * the fences of membarrier(2), which are no such means. See ./rcu.ts and ./smp.ts for what is modelled of RCU and of
 * cross-calls; MEMBARRIER_CMD_GLOBAL is synchronize_rcu(), MEMBARRIER_CMD_PRIVATE_EXPEDITED runs ipi_mb() on every CPU
 * that runs a thread of the process (here: all).
 *
 * Bounds: CPU 0 waits once; CPU 1 fires two probes in a row, switches between them and becomes idle, further CPUs fire
 * one; an interrupt with a probe in it comes once on CPU 1. Interrupts ask for one callback on each of CPUs 0 and 1.
 */

import { type Mechanism, mechanism, type Setting } from '../../model/mechanism.js';
import { checked, type Model, type Task, type Vector } from '../../model/model.js';
import { fence, routine, store } from '../../model/steps.js';
import { callRcuModel } from './call-rcu.js';
import { rcu } from './rcu.js';
import { noFreedObject, readers } from './readers.js';
import { smp } from './smp.js';

/** What dtrace_sync() promises. */
export const settledOnReturn = 'it returns only when no probe that was open at its start is open';
/** What reading the buffers rests on. */
export const recordsVisible = 'when it returns, the records of all probes that had opened at its start are visible';

function waitingModel({ cpus, options }: Setting): Model {
  const fenceOnly = options.has('membarrier-fence-only');
  const probes = readers(cpus, 1);
  const rcuParts = rcu({ cpus, gracePeriods: 1 });
  const calls = smp({ cpus, work: () => [fence('ipi_mb: smp_mb')] });
  const entered = { ghost: probes.begin(0) };
  const returned = {
    check: [
      [settledOnReturn, probes.settled(0)],
      [recordsVisible, probes.recorded],
    ],
  } as const;
  const consumer = routine(
    'consumer',
    fenceOnly
      ? 'kernel/sched/membarrier.c: membarrier_private_expedited()'
      : 'kernel/rcu/tree.c: synchronize_rcu(), as MEMBARRIER_CMD_GLOBAL calls it',
    [
      store('let the pointer name the new object', probes.pointer, 1),
      fenceOnly
        ? [fence('membarrier: smp_mb', entered), calls.call(), fence('membarrier: smp_mb, return', returned)]
        : rcuParts.synchronize(entered, returned),
      store('free the old object', probes.object(0), 0),
    ],
  );
  const tick: Vector = {
    name: 'tick',
    kind: 'hardirq',
    handler: routine('tick', 'an interrupt in which a probe fires', [
      rcuParts.interruptEnter,
      probes.probe(0),
      rcuParts.interruptExit,
    ]),
  };
  const traced = (cpu: number): Task => ({
    name: `traced ${cpu}`,
    cpu,
    routine: routine(cpu === 1 ? 'two probes' : 'a probe', 'a thread in which probes fire', [
      probes.probe(1),
      cpu === 1 ? [rcuParts.contextSwitch, probes.probe(2)] : [],
      rcuParts.idle,
    ]),
  });
  return {
    cpus,
    variables: [...rcuParts.variables, ...(fenceOnly ? calls.variables : []), ...probes.memory, ...probes.ghosts],
    tasks: [
      { name: 'consumer', cpu: 0, routine: consumer },
      ...Array.from({ length: cpus - 1 }, (_, index) => traced(index + 1)),
    ],
    vectors: fenceOnly ? [calls.vector, tick] : [tick],
    sources: [{ vector: tick.name, cpu: 1, times: 1 }],
    properties: [checked(settledOnReturn), checked(recordsVisible), checked(noFreedObject)],
  };
}

/** The guarantee of dtrace_sync() by a grace period of RCU, and not by a fence alone. */
export const gracePeriod: Mechanism = mechanism({
  name: 'grace-period',
  summary: 'what dtrace_sync() promises, by a grace period of RCU',
  options: [
    { name: 'process', group: 'means', summary: 'a process waits for the grace period: synchronize_rcu()' },
    {
      name: 'call-rcu-from-irq',
      group: 'means',
      summary: 'an interrupt asks for a callback at the end of the grace period, and does not wait: call_rcu()',
    },
    {
      name: 'membarrier-fence-only',
      group: 'means',
      summary: 'every CPU executes a memory barrier in an interrupt, and nobody waits for probes: membarrier(2)',
    },
  ],
  variants: [[], ['call-rcu-from-irq'], ['membarrier-fence-only']],
  memories: ['sc', 'tso'],
  build: (setting) =>
    setting.options.has('call-rcu-from-irq') ? callRcuModel(setting.cpus, false) : waitingModel(setting),
});
