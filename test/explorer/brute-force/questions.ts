/** What is asked of a single state: docs/machine.md, Verdicts. */

import type { Property } from '../../../src/explorer/model/model.js';
import { holds, type Scope } from './evaluate.js';
import type { Machine } from './program.js';
import { ended, item, type State, taskActor } from './state.js';
import { nextStep, waysOf } from './step.js';
import type { Transition } from './successors.js';

/** Something that is wrong. */
export interface Refutation {
  readonly verdict: 'violated' | 'deadlock' | 'livelock';
  readonly scope: 'total' | 'partial' | undefined;
  readonly property: string | null;
}

/** A property that does not hold. */
export const violated = (property: string): Refutation => ({ verdict: 'violated', scope: undefined, property });

/** A deadlock. */
export const deadlock = (scope: 'total' | 'partial'): Refutation => ({ verdict: 'deadlock', scope, property: null });

/** A livelock. */
export const livelock: Refutation = { verdict: 'livelock', scope: undefined, property: null };

/** Whether a task has ended or waits where it may for ever. */
function rests(machine: Machine, state: State, task: number): boolean {
  const actor = taskActor(machine, state, task);
  const step = nextStep(actor)?.step;
  return ended(actor) || (step?.kind === 'wait' && step.rest && waysOf(machine, state, actor).length === 0);
}

/** Whether no task has anything left to get on with. */
export const allRest = (machine: Machine, state: State): boolean =>
  state.tasks.every((_, task) => rests(machine, state, task));

/** Whether a CPU has finished. */
export function hasFinished(machine: Machine, state: State, cpu: number): boolean {
  const { stack } = item(state.cpus, cpu);
  return (
    stack.length === 0 && machine.model.tasks.every((task, index) => task.cpu !== cpu || rests(machine, state, index))
  );
}

/** Which CPUs have finished. */
export const finishedCpus = (machine: Machine, state: State): readonly boolean[] =>
  state.cpus.map((_, cpu) => hasFinished(machine, state, cpu));

/** Whether a property of a state (not `checked`) holds. */
export function propertyHolds(machine: Machine, state: State, property: Property): boolean {
  if (property.kind === 'checked') return true;
  const where = `property ${property.name}`;
  const scope: Scope = { machine, state, where, cpu: -1, context: 'task', locals: {}, value: 0 };
  return holds(property.holds, scope);
}

/** Whether nothing but the environment could go on. */
export const isFinal = (transitions: readonly Transition[]): boolean => transitions.every(({ optional }) => optional);

/** Properties that never may fail and fail in a state. */
export const failingAlways = (machine: Machine, state: State): readonly Refutation[] =>
  machine.model.properties.flatMap((property) =>
    property.kind === 'always' && !propertyHolds(machine, state, property) ? [violated(property.name)] : [],
  );

/** What refutes a state from which only the environment could go on, or nothing: deadlock, or `eventually` at the end. */
export function refutationsOfEnd(machine: Machine, state: State): readonly Refutation[] {
  const done = finishedCpus(machine, state);
  if (done.includes(false)) return [deadlock(done.includes(true) ? 'partial' : 'total')];
  return machine.model.properties.flatMap((property) =>
    property.kind === 'eventually' && !propertyHolds(machine, state, property) ? [violated(property.name)] : [],
  );
}
