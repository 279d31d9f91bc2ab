/** Mechanisms made of models that were changed on purpose: to see what each part is for. */

import type { Mechanism } from '../../../../src/explorer/model/mechanism.js';
import type { Model } from '../../../../src/explorer/model/model.js';
import type { Label, Step, StepList } from '../../../../src/explorer/model/step.js';

/** A mechanism of one model, without options. */
export const mechanismOf = (name: string, build: (cpus: number) => Model): Mechanism => ({
  name,
  summary: name,
  options: [],
  variants: [[]],
  build: ({ cpus }) => build(cpus),
});

const isList = (entry: Step | Label | StepList): entry is StepList => Array.isArray(entry);

function stepNamed(steps: StepList, name: string): Step | undefined {
  for (const entry of steps) {
    const found = isList(entry) ? stepNamed(entry, name) : entry;
    if (found !== undefined && found.kind !== 'label' && found.name === name) return found;
  }
  return undefined;
}

/** Takes the step out, and puts it before or after the step named `beside`. */
function moved(steps: StepList, step: Step, where: 'before' | 'after', beside: string): StepList {
  return steps.flatMap((entry): StepList => {
    if (isList(entry)) return [moved(entry, step, where, beside)];
    if (entry === step) return [];
    if (entry.kind === 'label' || entry.name !== beside) return [entry];
    return where === 'before' ? [step, entry] : [entry, step];
  });
}

/** The model with a step of the first task's routine at another place; an error where there is no such step or place. */
export function withStepMoved(model: Model, name: string, where: 'before' | 'after', beside: string): Model {
  const [first, ...others] = model.tasks;
  if (first === undefined) throw new Error('the model has no task');
  const { steps } = first.routine;
  const step = stepNamed(steps, name);
  if (step === undefined || stepNamed(steps, beside) === undefined) throw new Error(`no step ${name}, or ${beside}`);
  const routine = { ...first.routine, steps: moved(steps, step, where, beside) };
  return { ...model, tasks: [{ ...first, routine }, ...others] };
}
