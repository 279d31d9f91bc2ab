/**
 * The consumer's switch of halves, for models whose question is what probes do in a half: the flip, then the sync that
 * `epoch-sync` proves. CPU 0 is the consumer's and has no probes; every other CPU is called until none is open on it.
 */

import { add, not, notEqual, self, value } from '../../model/expression.js';
import type { Vector } from '../../model/model.js';
import type { StepList } from '../../model/step.js';
import { atomic, label, load, routine, send, store } from '../../model/steps.js';
import { at, local, shared, type Variable } from '../../model/variable.js';
import type { ProbeMemory } from './probe.js';

/** What a model needs in order to switch. */
export interface HalfSwitch {
  readonly variables: readonly Variable[];
  /** The vector of the cross-call. */
  readonly vector: Vector;
  /** Flips the selector and syncs: then the half that was live (0 at the first time) is settled. */
  readonly steps: StepList;
}

/** Makes the switch for that many CPUs. */
export function halfSwitch({ inprobe, selector }: ProbeMemory, cpus: number): HalfSwitch {
  const reply = shared('reply', { max: inprobe.max + 1 });
  const open = local('open', { max: inprobe.max });
  const handler = [
    load('read the in-probe count of this CPU', at(inprobe, self), open),
    store('answer', reply, add(open, 1)),
  ];
  const call = (cpu: number): StepList => [
    label('again'),
    send(`call CPU ${cpu}`, 'depth call', cpu, { requires: ['interrupts-enabled', 'task-context'] }),
    atomic('wait for the answer and take it', reply, 0, {
      until: notEqual(value, 0),
      goTo: [[notEqual(value, 1), 'again']],
    }),
  ];
  return {
    variables: [reply],
    vector: {
      name: 'depth call',
      kind: 'hardirq',
      handler: routine('depth handler', 'src/d/codegen/handler.ts: generateDepthHandler()', handler),
    },
    steps: [
      atomic('flip the selector', selector, not(value)),
      ...Array.from({ length: cpus - 1 }, (_, index) => call(index + 1)),
    ],
  };
}
