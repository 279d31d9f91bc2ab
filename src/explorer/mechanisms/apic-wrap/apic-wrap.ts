/**
 * The dtrace4linux author's other idea: Linux's interrupt entries (through the APIC's vectors) wrapped, so that they
 * behave like Solaris and a timer may cross-call. Five designs of it, and for each what else it would need.
 *
 * **The machine around.** A timer comes on CPUs 0 (twice, where there are two CPUs) and 1 (once), at any moments, and
 * calls all others; further CPUs are targets only, to keep the states few. Each CPU runs a task that takes a spin
 * lock which no interrupt takes, so Linux lets it be held with interrupts enabled (even CPUs), and be waited for with
 * interrupts disabled (odd CPUs): the timer can interrupt the holder and call a CPU that spins for it with cli. Then
 * each task passes a probe, which has interrupts disabled.
 *
 * **Asked.** A call returns only when no probe that was open at its start is open (it is dtrace_sync()); a timer that
 * calls goes on only when every CPU has answered; and nobody hangs.
 *
 * **May a timer call synchronously, and what must the rest of the kernel promise?**
 * - `track-level` (the wrapper counts the interrupts under way; a call from within is made by the outermost wrapper
 *   at its exit, with interrupts enabled): no, the timer has gone on by then. And the call at the exit still needs
 *   the promise `brief-cli`: nobody waits for another CPU with interrupts disabled, because the task under the
 *   wrapper may hold what that CPU spins for.
 * - `own-vector` (a vector of its own, away from smp_call_function()): only if nobody waits for another CPU with
 *   interrupts disabled (`brief-cli`), and only one CPU calls at a time (`one-caller`): a caller in a timer is itself
 *   such a waiter.
 * - `serve` (own vector, and a caller that waits answers requests to it): yes, if nobody else waits for another CPU
 *   with interrupts disabled (`brief-cli`). This is Solaris' rule, and no rule of Linux.
 * - `soft-mask` (cli sets a software level; the vector of the call is always let through): yes, if probes disable
 *   interrupts by hardware (`hard-probes`), and for a short time: otherwise the call comes in the midst of a probe
 *   and its answer means nothing. All of the kernel must use the wrapped cli, and the called function must touch
 *   nothing that a section under cli guards.
 * - `nmi` (an IPI, and an NMI where it is unanswered): it never hangs, whatever the kernel does, but nothing keeps an
 *   NMI out of a probe, so its answer means nothing; unless a target inside a probe answers at the probe's exit
 *   (`answer-at-exit`). Then yes, if the NMI is ours alone and the function does what an NMI may.
 *
 * **Left out.** How entries are patched; that a wrapper must catch all of cli, sti, popf and iret (`soft-mask`);
 * other users of NMIs; the function's own work (it is empty); time: an IPI is unanswered for too long at any moment.
 * In soft-mask an interrupt that the level holds off is replayed by the wrapper; here it stays pending.
 */

import { MechanismError } from '../../model/error.js';
import { mechanism, type Setting } from '../../model/mechanism.js';
import { checked, type Model, type Source, type Task, type Vector } from '../../model/model.js';
import type { StepList } from '../../model/step.js';
import { mark, routine, spinLock, spinUnlock } from '../../model/steps.js';
import { shared, type Variable } from '../../model/variable.js';
import {
  answer,
  type Design,
  maskAll,
  probe,
  softLevels,
  timerCalls,
  timerDefers,
  unmaskAll,
  type WrappedCall,
  wrappedCall,
  wrappedProperties,
  wrappedVariables,
} from './wrapped-call.js';

const designs: readonly Design[] = ['track-level', 'own-vector', 'soft-mask', 'nmi', 'serve'];

/** The kernel's section under the lock; see the top. */
function underLock(x: WrappedCall, lock: Variable, cpu: number, briefCli: boolean): StepList {
  const take = spinLock('spin for the lock', lock);
  const release = spinUnlock('release the lock', lock);
  if (cpu % 2 === 0) return [take, release];
  return briefCli
    ? [take, maskAll(x), mark('work with interrupts disabled', {}), unmaskAll(x), release]
    : [maskAll(x), take, release, unmaskAll(x)];
}

function vectorsOf(x: WrappedCall): readonly Vector[] {
  const soft = x.design === 'soft-mask';
  const ipi: Vector = {
    name: 'xcall',
    kind: 'hardirq',
    handler: routine('xcall', 'dtrace4linux driver/x_call.c: xcall_slave()', answer(x)),
    ...(soft ? { level: softLevels.xcall, interrupts: 'on' } : {}),
  };
  const timer: Vector = {
    name: 'timer',
    kind: 'hardirq',
    handler: routine(
      'timer',
      'kernel/time/hrtimer.c: hrtimer_interrupt(); dtrace4linux driver/x_call.c: dtrace_xcall2()',
      x.design === 'track-level' ? timerDefers(x) : timerCalls(x),
    ),
    ...(soft ? { level: softLevels.cli, interrupts: 'on' } : {}),
  };
  const nmi: Vector = {
    name: 'nmi',
    kind: 'nmi',
    handler: routine('nmi', 'arch/x86/kernel/nmi.c: default_do_nmi()', answer(x)),
  };
  return x.design === 'nmi' ? [nmi, ipi, timer] : [ipi, timer];
}

function build({ cpus, options }: Setting): Model {
  const design = designs.find((name) => options.has(name)) ?? 'track-level';
  const hardProbes = options.has('hard-probes');
  if (hardProbes && design !== 'soft-mask') {
    throw new MechanismError(
      '',
      `hard-probes does not go with ${design}`,
      'probes disable interrupts by hardware there anyway',
    );
  }
  const x = wrappedCall({ cpus, design, hardProbes, answerAtExit: options.has('answer-at-exit') });
  const lock = shared('lock', { max: 1 });
  const timers = options.has('one-caller') ? 1 : 2;
  return {
    cpus,
    variables: [...wrappedVariables(x), lock],
    tasks: Array.from({ length: cpus }, (_, cpu): Task => {
      const steps = [underLock(x, lock, cpu, options.has('brief-cli')), probe(x)];
      return { name: `task ${cpu}`, cpu, routine: routine('task', '', steps) };
    }),
    vectors: vectorsOf(x),
    sources: Array.from(
      { length: timers },
      (_, cpu): Source => ({ vector: 'timer', cpu, times: cpu === 0 && cpus === 2 ? 2 : 1 }),
    ),
    properties: [checked(wrappedProperties.quiet), checked(wrappedProperties.synchronous)],
  };
}

/** Linux's interrupt entries wrapped so that a timer may cross-call. */
export const apicWrap = mechanism({
  name: 'apic-wrap',
  summary: "Linux's interrupt entries wrapped so that they behave like Solaris: may a timer call then?",
  options: [
    {
      name: 'track-level',
      group: 'design',
      summary: 'the wrapper counts interrupts under way; a call is deferred to its exit',
    },
    { name: 'own-vector', group: 'design', summary: 'a private IPI vector, still held off by cli' },
    {
      name: 'soft-mask',
      group: 'design',
      summary: 'cli only sets a software level; the cross-call always gets through',
    },
    { name: 'nmi', group: 'design', summary: 'an NMI follows where the IPI is unanswered' },
    { name: 'serve', group: 'design', summary: 'a private IPI vector, and waiters serve their own inbox' },
    { name: 'brief-cli', summary: 'the kernel promises that nobody waits for another CPU with interrupts disabled' },
    { name: 'one-caller', summary: 'the timer of one CPU only calls' },
    { name: 'hard-probes', summary: 'with soft-mask: probes disable interrupts by hardware' },
    { name: 'answer-at-exit', summary: 'a target that is inside a probe answers when the probe ends' },
  ],
  variants: [
    ['track-level'],
    ['track-level', 'brief-cli'],
    ['own-vector'],
    ['own-vector', 'brief-cli'],
    ['own-vector', 'brief-cli', 'one-caller'],
    ['soft-mask'],
    ['soft-mask', 'hard-probes'],
    ['nmi'],
    ['nmi', 'answer-at-exit'],
    ['serve'],
    ['serve', 'brief-cli'],
  ],
  build,
});
