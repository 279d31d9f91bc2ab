/** Properties, and the ghosts of sources, as functions of a state: what is computed outside of any frame. */

import { MechanismError } from '../model/error.js';
import type { Model, Source } from '../model/model.js';
import { elementOf, evaluator, type Scope } from './evaluate.js';
import type { Layout } from './layout.js';
import type { MachineContext } from './outcome.js';

/** A property that states have or have not. */
export interface StateProperty {
  /** Its index among the model's properties. */
  readonly index: number;
  readonly name: string;
  readonly holds: (state: Int32Array) => boolean;
}

/** The properties of a model, by kind. */
export interface Properties {
  readonly always: readonly StateProperty[];
  readonly eventually: readonly StateProperty[];
}

/** A scope without a frame: memory, and whether tasks have ended. */
function outerScope(place: string, cpu: number, model: Model, layout: Layout): Scope {
  const none = (what: string): never => {
    throw new MechanismError(place, `there is no ${what} here`);
  };
  return {
    place,
    cpu,
    context: 0,
    interrupts: layout.cpus[cpu]?.interrupts ?? 0,
    level: layout.cpus[cpu]?.level ?? 0,
    register: (name) => none(`register ${name}`),
    variable: (name) => layout.variables.get(name) ?? none(`variable ${name}`),
    task(name) {
      const index = model.tasks.findIndex((task) => task.name === name);
      const at = layout.tasks[index]?.at;
      const end = layout.taskPrograms[index]?.program.steps.length;
      return at === undefined || end === undefined ? none(`task ${name}`) : { at, end };
    },
  };
}

/** Makes the functions of a model's properties. */
export function createProperties(model: Model, layout: Layout): Properties {
  const ofKind = (kind: 'always' | 'eventually'): readonly StateProperty[] =>
    model.properties.flatMap((property, index) => {
      if (property.kind !== kind) return [];
      const holds = evaluator(property.holds, outerScope(`property "${property.name}"`, 0, model, layout));
      return [{ index, name: property.name, holds: (state) => holds(state, 0) !== 0 }];
    });
  return { always: ofKind('always'), eventually: ofKind('eventually') };
}

/** Makes the function that writes a source's ghosts as it fires. */
export function sourceGhosts(
  source: Source,
  model: Model,
  layout: Layout,
  context: MachineContext,
): (state: Int32Array) => void {
  const place = `source of ${source.vector} on CPU ${source.cpu}`;
  const scope = outerScope(place, source.cpu, model, layout);
  const writes = (source.ghost ?? []).map((ghost) => {
    const { variable } = ghost.place;
    return { variable, element: elementOf(ghost.place, scope), compute: evaluator(ghost.value, scope) };
  });
  return (state) => {
    for (const { variable, element, compute } of writes) {
      const value = compute(state, 0);
      if (value < variable.min || value > variable.max) {
        throw new MechanismError(
          place,
          `it gives ${variable.name} the value ${value}, outside of ${variable.min} to ${variable.max}`,
        );
      }
      const field = typeof element === 'number' ? element : element(state, 0);
      state[field] = value;
      context.recorder?.write(field, value);
    }
  };
}
