/**
 * What an operation that DTrace guards by dtrace_sync() or dtrace_xcall() is made of, and the three ways to put it into a
 * machine. CPU 0 operates; the other CPUs fire probes from a task each. One run of each operation.
 */

import { type Expression, equal, notEqual, self, value } from '../../../model/expression.js';
import type { Model, Property, Task, Vector } from '../../../model/model.js';
import type { StepList } from '../../../model/step.js';
import { branch, label, routine, send, store, waitUntil } from '../../../model/steps.js';
import { shared, type Variable } from '../../../model/variable.js';
import { smp } from '../../linux/smp.js';
import { crossCall } from '../cross-call.js';

/** Ways to ask for the sync; see {@link operationModel}. */
export type How = 'sync' | 'no-sync' | 'from-timer';

/** The parts of an operation, for one number of CPUs. */
export interface OperationParts {
  readonly variables: readonly Variable[];
  readonly properties: readonly Property[];
  /** The function that its cross-call runs, on the CPU that the expression names; nothing unless told, as dtrace_sync_func(). */
  readonly work?: (cpu: Expression) => StepList;
  /** The one CPU that its cross-call goes to; all unless told. */
  readonly target?: number;
  /** What CPU 0 does before: firings whose traces the operation cleans up. */
  readonly before?: StepList;
  /** The operation; `sync` gives the steps of a sync or cross-call, which the original has at that place. */
  readonly operate: (sync: (place: string) => StepList) => StepList;
  /** What CPU 0 does afterwards. */
  readonly after?: StepList;
  /** What the task of another CPU does. */
  readonly probes: (cpu: number) => StepList;
  /** A firing from a timer's interrupt, once, on the CPU named. */
  readonly tick?: { readonly cpu: number; readonly steps: StepList };
}

/** An operation of DTrace. */
export interface Operation {
  /** Kebab-case: the option that chooses it. */
  readonly name: string;
  /** What it is, in a sentence. */
  readonly summary: string;
  /** The function of the original, for traces. */
  readonly standsFor: string;
  /** Whether a cyclic calls it. */
  readonly cyclic: boolean;
  readonly parts: (cpus: number) => OperationParts;
}

/** Entries of a store buffer: enough for every run of stores without a fence in an operation and a firing on top of it. */
const storeBuffer = 6;

/** What the model with `no-sync` does in place of a cross-call: the caller does the work of all CPUs itself, from afar. */
function fromAfar(parts: OperationParts, cpus: number): StepList {
  const { work, target } = parts;
  if (work === undefined) return [];
  const all = Array.from({ length: cpus }, (_, cpu) => cpu);
  return all.filter((cpu) => target === undefined || cpu === target).map((cpu) => work(cpu));
}

/**
 * The model of an operation.
 *
 * - `sync`: in a task, as on Solaris (a cyclic of low level is interruptible like one), the sync by cross-call.
 * - `no-sync`: the syncs are left out, and the work of a cross-call is done from the caller's CPU.
 * - `from-timer`: the operation runs in a timer's interrupt on Linux, and its sync is smp_call_function(). On CPU 1
 *   another cyclic, of this consumer or the next, asks for a sync too, once, at any moment.
 *
 * `without` names places whose sync is left out though the others stay: what is each one for?
 */
export function operationModel(
  operation: Operation,
  how: How,
  cpus: number,
  without: ReadonlySet<string> = new Set(),
): Model {
  const parts = operation.parts(cpus);
  const { before = [], after = [], operate, work, target, tick } = parts;
  const { name, standsFor } = operation;
  const tasks: Task[] = Array.from({ length: cpus - 1 }, (_, index) => index + 1).map((cpu) => ({
    name: `probes ${cpu}`,
    cpu,
    routine: routine('probes', 'dtrace_probe()', parts.probes(cpu)),
  }));
  const ticking: Vector[] =
    tick === undefined
      ? []
      : [{ name: 'tick', kind: 'hardirq', handler: routine('tick', 'cyclic: dtrace_probe()', tick.steps) }];
  const rest = {
    cpus,
    properties: parts.properties,
    sources: tick === undefined ? [] : [{ vector: 'tick', cpu: tick.cpu, times: 1 }],
    storeBuffer,
  };

  if (how !== 'from-timer') {
    const xcall = crossCall({ cpus, caller: 0, target, work });
    const unsynced = fromAfar(parts, cpus);
    const sync = (place: string): StepList => (how === 'no-sync' || without.has(place) ? unsynced : xcall.call());
    return {
      ...rest,
      variables: [...parts.variables, ...xcall.variables],
      tasks: [{ name, cpu: 0, routine: routine(name, standsFor, [before, operate(sync), after]) }, ...tasks],
      vectors: [xcall.vector, ...ticking],
    };
  }

  const done = shared('done', { max: 1 });
  // The cyclic of CPU 0 owns descriptor 0; the other cyclic's, 1, stands for an empty function.
  const calls = smp({
    cpus,
    work: (slot) => (work === undefined ? [] : [branch(notEqual(slot, 0), 'done'), work(self), label('done')]),
  });
  const cyclic: Vector = {
    name: 'cyclic',
    kind: 'hardirq',
    handler: routine(name, `${standsFor}, from an hrtimer`, [
      operate(() => [calls.call(), work === undefined ? [] : work(0)]),
      store('the cyclic is done', done, 1),
    ]),
  };
  const peer: Vector = {
    name: 'other cyclic',
    kind: 'hardirq',
    handler: routine('other cyclic', 'dtrace_sync() of another cyclic, from an hrtimer', calls.call()),
  };
  const task = routine('cpu 0', 'dtrace_probe()', [
    before,
    send('the cyclic is due', 'cyclic', self),
    after.length === 0 ? [] : [waitUntil('after the cyclic', done, equal(value, 1)), after],
  ]);
  return {
    ...rest,
    variables: [...parts.variables, ...calls.variables, done],
    tasks: [{ name: 'cpu 0', cpu: 0, routine: task }, ...tasks],
    vectors: [calls.vector, cyclic, peer, ...ticking],
    sources: [...rest.sources, { vector: 'other cyclic', cpu: 1, times: 1 }],
  };
}
