/**
 * call_rcu() from interrupts with interrupts disabled, on CPUs 0 and 1 once each, while probes fire: what the two
 * mechanisms that have it as a variant share. See ./rcu.ts for what is modelled of RCU.
 */

import { add, equal, self, sum } from '../../model/expression.js';
import {
  checked,
  eventually,
  type Model,
  type Property,
  type Source,
  type Task,
  type Vector,
} from '../../model/model.js';
import { routine } from '../../model/steps.js';
import { at, ghost } from '../../model/variable.js';
import { rcu, rcuSoftirq } from './rcu.js';
import { readers } from './readers.js';

/** What the callback may conclude. */
export const settledInCallback = 'a callback runs only when no probe that was open when it was queued is open';
/** What whoever asks may rely on. */
export const everyCallbackRuns = 'every callback that was queued runs';
/** What nobody may conclude who has only queued a callback. */
export const settledAtOnce = 'once the callback is queued, no probe that was open before is open';

/** The model; `atOnce`: the interrupt concludes as soon as it has queued its callback that the probes have ended. */
export function callRcuModel(cpus: number, atOnce: boolean): Model {
  const probes = readers(cpus, cpus);
  const asked = ghost('asked', { size: cpus, max: 1 });
  const ran = ghost('ran', { size: cpus, max: 1 });
  const parts = rcu({
    cpus,
    gracePeriods: 2,
    callback: { ghost: [[at(ran, self), add(at(ran, self), 1)]], check: [[settledInCallback, probes.settled(self)]] },
  });
  const timer: Vector = {
    name: 'timer',
    kind: 'hardirq',
    handler: routine('timer', 'an interrupt that calls kernel/rcu/tree.c: call_rcu()', [
      parts.interruptEnter,
      parts.call({
        ghost: [[at(asked, self), 1], ...probes.begin(self)],
        check: atOnce ? [[settledAtOnce, probes.settled(self)]] : [],
      }),
      parts.interruptExit,
    ]),
  };
  const traced = (cpu: number): Task => ({
    name: `traced ${cpu}`,
    cpu,
    routine: routine(cpu === 1 ? 'two probes' : 'a probe', 'a thread in which probes fire', [
      probes.bareProbe,
      cpu === 1 ? [parts.contextSwitch, probes.bareProbe] : [],
      parts.idle,
    ]),
  });
  const everyCpu = Array.from({ length: cpus }, (_, cpu) => cpu);
  const total = (counts: typeof ran) => sum(...everyCpu.map((cpu) => at(counts, cpu)));
  const properties: Property[] = [
    checked(settledInCallback),
    eventually(everyCallbackRuns, equal(total(asked), total(ran))),
    ...(atOnce ? [checked(settledAtOnce)] : []),
  ];
  return {
    cpus,
    variables: [...parts.variables, ...parts.callbackVariables, ...probes.ghosts, asked, ran],
    tasks: [{ name: 'grace periods', cpu: 0, routine: parts.thread }, ...everyCpu.slice(1).map((cpu) => traced(cpu))],
    vectors: [timer, { ...parts.softirq, name: rcuSoftirq }],
    sources: [0, 1].map((cpu): Source => ({ vector: timer.name, cpu, times: 1 })),
    properties,
  };
}
