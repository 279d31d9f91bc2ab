/**
 * The port's attempt of April 2011: interrupts are enabled around smp_call_function() inside the timer interrupt.
 *
 * That silences the kernel's warning of the time, which looked only at the interrupt flag, and other CPUs' calls get
 * through while this one waits. The kernel's documentation forbids the call from any interrupt all the same (today's
 * WARN_ON_ONCE(!in_task()) says so at run time): the descriptors are one a CPU, and whatever interrupts a call
 * between the queueing and the interrupt that it sends waits for a descriptor that nobody will release.
 *
 * What the explorer found: alone, and with the timers of other CPUs, it breaks the rule and returns all the same; as soon as
 * a second call can come in on the same CPU, it hangs.
 *
 * Bounds: one timer interrupt on CPU 0 (`one`), on each CPU (`peers`), two on CPU 0 (`nested`: the second can interrupt
 * the first, for its interrupts are enabled, and the controller was told at its start that it was served).
 *
 * Left out: calls in process context (that is linux-smp-call, timer-over-process), and what else of the kernel runs
 * from a timer interrupt and counts on interrupts being off.
 */

import { add, self, subtract } from '../../model/expression.js';
import { type Mechanism, mechanism, type Setting } from '../../model/mechanism.js';
import type { Model, Source } from '../../model/model.js';
import { disableInterrupts, enableInterrupts, mark, routine } from '../../model/steps.js';
import { at, ghost } from '../../model/variable.js';
import { smp } from '../linux/smp.js';
import { syncContract } from './sync-contract.js';

function build({ cpus, options }: Setting): Model {
  const levels = options.has('nested') ? 2 : 1;
  const contract = syncContract(cpus, levels);
  // How many timer interrupts are inside one another; a handler cannot tell by itself.
  const depth = ghost('depth', { size: cpus, max: levels });
  const deeper = at(depth, self);
  const innermost = subtract(deeper, 1);

  const { variables, vector, call } = smp({
    cpus,
    work: (slot) => [mark('run the function', contract.served(slot))],
  });

  const timer = routine('timer', 'cyclic_linux.c: be_callback(), x_call.c: orig_dtrace_xcall()', [
    enableInterrupts(undefined, { ghost: [[deeper, add(deeper, 1)]] }),
    call({ entered: contract.begun(innermost), returned: contract.returned(innermost) }),
    disableInterrupts(undefined, { ghost: [[deeper, innermost]] }),
  ]);

  const sources: readonly Source[] = options.has('peers')
    ? Array.from({ length: cpus }, (_, cpu) => ({ vector: 'timer', cpu, times: 1 }))
    : [{ vector: 'timer', cpu: 0, times: levels }];
  return {
    cpus,
    variables: [...variables, ...contract.variables, depth],
    tasks: [],
    vectors: [vector, { name: 'timer', kind: 'hardirq', handler: timer }],
    sources,
    properties: [contract.returnsAfterAll],
  };
}

/** smp_call_function() from the timer interrupt, with interrupts enabled around it. */
export const dtrace4linuxEnableIrqs: Mechanism = mechanism({
  name: 'dtrace4linux-enable-irqs',
  summary: 'the port in April 2011: interrupts enabled around smp_call_function() inside the timer interrupt',
  options: [
    { name: 'one', group: 'timers', summary: 'one timer interrupt on one CPU' },
    { name: 'peers', group: 'timers', summary: 'one timer interrupt on each CPU' },
    { name: 'nested', group: 'timers', summary: 'a second timer interrupt on the CPU, that may come during the first' },
  ],
  variants: [['one'], ['peers'], ['nested']],
  reported: [2, 3],
  build,
});
