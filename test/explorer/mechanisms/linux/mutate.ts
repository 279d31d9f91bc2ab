/** Mutations: a mechanism with some of its steps spoiled, to show that its properties can fail. */

import type { Mechanism } from '../../../../src/explorer/model/mechanism.js';
import type { Model } from '../../../../src/explorer/model/model.js';
import type { Routine, Step, StepList } from '../../../../src/explorer/model/step.js';

/** Every step of a list, nested lists included. */
export const stepsOf = (list: StepList): readonly Step[] =>
  list.flatMap((item): readonly Step[] => {
    if ('kind' in item) return item.kind === 'label' ? [] : [item];
    return stepsOf(item);
  });

/** The routines of a model. */
export const routinesOf = (model: Model): readonly Routine[] => [
  ...model.tasks.map(({ routine }) => routine),
  ...model.vectors.map(({ handler }) => handler),
];

/** Steps whose names start with one of `names` become what `change` makes of them; throws where none is named so. */
function mutated(mechanism: Mechanism, names: readonly string[], change: (step: Step) => StepList): Mechanism {
  const isMeant = (step: Step): boolean => names.some((name) => step.name.startsWith(name));
  const changeAll = (list: StepList): StepList =>
    list.flatMap((item): StepList => {
      if (!('kind' in item)) return [changeAll(item)];
      return item.kind !== 'label' && isMeant(item) ? change(item) : [item];
    });
  const changed = (routine: Routine): Routine => ({ ...routine, steps: changeAll(routine.steps) });
  return {
    ...mechanism,
    build: (setting): Model => {
      const model = mechanism.build(setting);
      const all = routinesOf(model).flatMap(({ steps }) => stepsOf(steps));
      for (const name of names) {
        if (!all.some((step) => step.name.startsWith(name))) throw new Error(`no step starts with "${name}"`);
      }
      return {
        ...model,
        tasks: model.tasks.map((task) => ({ ...task, routine: changed(task.routine) })),
        vectors: model.vectors.map((vector) => ({ ...vector, handler: changed(vector.handler) })),
      };
    },
  };
}

/** The mechanism without the steps whose names start so. */
export const without = (mechanism: Mechanism, ...names: readonly string[]): Mechanism =>
  mutated(mechanism, names, () => []);

/** The mechanism with waits, of names that start so, that do not wait. */
export const impatient = (mechanism: Mechanism, ...names: readonly string[]): Mechanism =>
  mutated(mechanism, names, (step) =>
    step.kind === 'wait'
      ? [{ ...step, alternatives: step.alternatives.map((alternative) => ({ ...alternative, until: 1 })) }]
      : [step],
  );
