/**
 * CPUs that go and come while `epoch-sync` asks them.
 *
 * Linux takes a CPU down by stopping all of them (kernel/stop_machine.c), which has to wait for whoever has preemption
 * disabled; smp_call_function_single() disables it from its look at the online mask to the answer. So the end of a CPU
 * falls before or after a call, never inside: here a lock stands for that. An offline CPU answers ENXIO at once. It
 * becomes online by a locked instruction (set_cpu_online()) and enables interrupts afterwards.
 */

import { not, self, value } from '../../../model/expression.js';
import type { StepList } from '../../../model/step.js';
import {
  atomic,
  branch,
  disableInterrupts,
  enableInterrupts,
  label,
  load,
  spinLock,
  spinUnlock,
} from '../../../model/steps.js';
import { at, type Local, local, shared, type Variable } from '../../../model/variable.js';
import { type Asking, answered, type CrossCall, callCpu, takeAnswer } from './ask.js';

/** What going and coming needs. */
export interface Hotplug {
  /** An element a CPU: 1 online. */
  readonly online: Variable;
  /** Held by whom the stopping of all CPUs waits for, and by the stopper. */
  readonly stopper: Variable;
}

/** All CPUs are online at the start. */
export const hotplugMemory = (cpus: number): Hotplug => ({
  online: shared('online', { size: cpus, max: 1, initial: 1 }),
  stopper: shared('stopper', { max: 1 }),
});

/** Asks by a cross-call; a CPU that is offline at that moment is quiescent. */
export function callingWhoIsOnline(call: CrossCall, { online, stopper }: Hotplug): Asking {
  const passed = local('passed', { max: 1 });
  return {
    ...call,
    variables: [...call.variables, online, stopper],
    ask: (cpu, passes) => [
      label('again'),
      spinLock('disable preemption', stopper),
      load(`look whether CPU ${cpu} is online`, at(online, cpu), undefined, { goTo: [[not(value), 'absent']] }),
      callCpu(cpu),
      takeAnswer(call.reply, { set: [[passed, passes(answered)]] }),
      spinUnlock('enable preemption', stopper, {
        goTo: [
          [not(passed), 'again'],
          [1, 'settled'],
        ],
      }),
      label('absent'),
      spinUnlock('enable preemption: ENXIO', stopper),
      label('settled'),
    ],
  };
}

const listed = (cpu: number): Local => local(`lists CPU ${cpu}`, { max: 1 });

/** Reads the list of online CPUs once, for {@link callingWhoIsListed}. */
export const readList = ({ online }: Hotplug): StepList =>
  Array.from({ length: online.size }, (_, cpu) =>
    load(`list CPU ${cpu} if it is online`, at(online, cpu), listed(cpu)),
  );

/** Calls no CPU that was offline when the list was read. */
export const callingWhoIsListed = (asking: Asking): Asking => ({
  ...asking,
  ask: (cpu, passes) => [branch(not(listed(cpu)), 'unlisted'), asking.ask(cpu, passes), label('unlisted')],
});

/** The CPU goes offline and comes back. */
export const goAndCome = ({ online, stopper }: Hotplug): StepList => [
  spinLock('stop all CPUs', stopper),
  disableInterrupts(),
  atomic('leave the online CPUs', at(online, self), 0),
  spinUnlock('let all CPUs go', stopper),
  atomic('join the online CPUs', at(online, self), 1),
  enableInterrupts(),
];
