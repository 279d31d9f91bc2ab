/** Refuses models that are malformed, before anything runs. */

import { MechanismError } from '../model/error.js';
import type { Expression } from '../model/expression.js';
import { contexts, type Model } from '../model/model.js';
import { type Routine, rules, type Step } from '../model/step.js';
import { isRange, type Place, type Variable } from '../model/variable.js';
import { placeOfStep, programOf } from './program.js';

/** Most CPUs of a model. */
const mostCpus = 16;
/** Most vectors of a model: their pending bits share a field. */
const mostVectors = 16;
/** Most frames above a task. */
const mostFrames = 8;
/** Most entries of a store buffer. */
const mostStoreBuffer = 16;

/** Throws {@link MechanismError}, with the place, for whatever of a model can be seen to be wrong without running it. */
export function checkModel(model: Model): void {
  whole('cpus', model.cpus, 1, mostCpus);
  whole('frames', model.frames ?? 2, 0, mostFrames);
  whole('storeBuffer', model.storeBuffer ?? 1, 1, mostStoreBuffer);
  whole('the number of vectors', model.vectors.length, 0, mostVectors);
  unique('variable', model.variables);
  unique('task', model.tasks);
  unique('vector', model.vectors);
  unique('property', model.properties);
  for (const variable of model.variables) checkVariable(variable);
  for (const { name, cpu } of model.tasks) checkCpu(`task ${name}`, cpu, model);
  const vectors = new Set(model.vectors.map(({ name }) => name));
  for (const { vector, cpu, times, ghost = [] } of model.sources) {
    const place = `source of ${vector} on CPU ${cpu}`;
    if (!vectors.has(vector)) throw new MechanismError(place, `there is no vector ${vector}`, known(vectors));
    checkCpu(place, cpu, model);
    if (times !== 'forever') whole(`${place}: times`, times, 0, 255);
    for (const { place: target, value } of ghost) {
      checkGhost(place, target, model);
      checkExpression(place, target.index, model, ['self', 'memory']);
      checkExpression(place, value, model, ['self', 'memory']);
    }
  }
  for (const { name, kind, level = 0, handler } of model.vectors) {
    if (!contexts.includes(kind) || (kind as string) === 'task') {
      throw new MechanismError(`vector ${name}`, `there is no kind ${kind}`, 'it is softirq, hardirq or nmi');
    }
    whole(`vector ${name}: level`, level, 0, 15);
    if (kind === 'nmi' && level !== 0) {
      throw new MechanismError(`vector ${name}`, 'an NMI has no level: nothing masks it', 'leave the level out');
    }
    checkRoutine(handler, model);
  }
  for (const { routine } of model.tasks) checkRoutine(routine, model);
  for (const property of model.properties) {
    const { name, kind } = property;
    if (!['always', 'eventually', 'checked'].includes(kind)) {
      throw new MechanismError(`property "${name}"`, `there is no kind ${kind}`, 'it is always, eventually or checked');
    }
    if (property.kind !== 'checked') {
      checkExpression(`property "${property.name}"`, property.holds, model, ['memory', 'finished']);
    }
  }
}

function whole(what: string, value: number, min: number, max: number): void {
  if (Number.isInteger(value) && value >= min && value <= max) return;
  throw new MechanismError('', `${what} is ${value}, and must be a whole number from ${min} to ${max}`);
}

function unique(what: string, all: readonly { readonly name: string }[]): void {
  const seen = new Set<string>();
  for (const { name } of all) {
    if (typeof name !== 'string' || name === '') throw new MechanismError(what, 'it has no name');
    if (seen.has(name)) throw new MechanismError(`${what} ${name}`, 'the name occurs twice', 'give each its own name');
    seen.add(name);
  }
}

const known = (names: Iterable<string>): string => {
  const all = [...names];
  return all.length === 0 ? 'none is declared' : `there is ${all.join(', ')}`;
};

function checkCpu(place: string, cpu: number, { cpus }: Model): void {
  if (Number.isInteger(cpu) && cpu >= 0 && cpu < cpus) return;
  throw new MechanismError(place, `there is no CPU ${cpu}`, `the model has CPUs 0 to ${cpus - 1}`);
}

function checkVariable({ name, size, min, max, initial }: Variable): void {
  const place = `variable ${name}`;
  whole(`${place}: size`, size, 1, 4096);
  if (!isRange(min, max)) {
    throw new MechanismError(place, `it has no values: ${min} to ${max}`, 'min must not be above max');
  }
  if (initial.length !== size) {
    throw new MechanismError(place, `it has ${size} elements and ${initial.length} initial values`);
  }
  for (const value of initial) {
    if (!(Number.isInteger(value) && value >= min && value <= max)) {
      throw new MechanismError(place, `it starts with ${value}, outside of ${min} to ${max}`);
    }
  }
}

/** What an expression may look at besides constants and operators. */
type Sight = 'self' | 'frame' | 'value' | 'memory' | 'finished';

function checkExpression(place: string, expression: Expression, model: Model, sight: readonly Sight[]): void {
  if (typeof expression === 'number') {
    if (Number.isInteger(expression) && expression >= -(2 ** 31) && expression < 2 ** 31) return;
    throw new MechanismError(place, `${expression} is not a whole number of 32 bits`);
  }
  const may = (what: Sight, text: string, hint: string): void => {
    if (!sight.includes(what)) throw new MechanismError(place, text, hint);
  };
  switch (expression.kind) {
    case 'self':
      may('self', 'there is no CPU of its own here', 'name the CPU by its number');
      return;
    case 'context':
    case 'interrupts':
    case 'level':
      may('frame', `${expression.kind} belongs to a frame, and there is none here`, 'keep it in a ghost');
      return;
    case 'local':
      may('frame', `register ${expression.name} belongs to a frame, and there is none here`, 'keep it in a ghost');
      return;
    case 'value':
      may('value', 'there is no value here', 'value is what the step has read, stored or chosen');
      return;
    case 'finished':
      may('finished', 'a step does not see whether tasks have ended', 'use it in properties, ghosts and checks');
      if (!model.tasks.some(({ name }) => name === expression.task)) {
        throw new MechanismError(
          place,
          `there is no task ${expression.task}`,
          known(model.tasks.map(({ name }) => name)),
        );
      }
      return;
    case 'place':
      may(
        'memory',
        `it looks at ${expression.variable.name} besides its own access`,
        'read it into a register by a load of its own: a step makes one shared access',
      );
      checkPlace(place, expression, model);
      checkExpression(place, expression.index, model, sight);
      return;
    case 'unary':
      checkExpression(place, expression.operand, model, sight);
      return;
    case 'binary':
      checkExpression(place, expression.left, model, sight);
      checkExpression(place, expression.right, model, sight);
      return;
    case 'conditional':
      checkExpression(place, expression.test, model, sight);
      checkExpression(place, expression.yes, model, sight);
      checkExpression(place, expression.no, model, sight);
      return;
    default:
      throw new MechanismError(place, 'there is something that is no expression', 'use the functions that make them');
  }
}

function checkPlace(place: string, { variable }: Place, model: Model): void {
  const declared = model.variables.find(({ name }) => name === variable.name);
  if (declared === undefined) {
    throw new MechanismError(place, `variable ${variable.name} is not among the model's variables`, 'add it to them');
  }
  const { scope, size, min, max } = variable;
  if (declared.scope !== scope || declared.size !== size || declared.min !== min || declared.max !== max) {
    throw new MechanismError(place, `there are two different variables ${variable.name}`, 'give each its own name');
  }
}

function checkGhost(place: string, target: Place, model: Model): void {
  checkPlace(place, target, model);
  if (target.variable.scope !== 'ghost') {
    throw new MechanismError(
      place,
      `it writes ${target.variable.name} as a ghost, which it is not`,
      'write shared memory by a store, or declare it by ghost()',
    );
  }
}

function checkRoutine(routine: Routine, model: Model): void {
  for (const { step } of programOf(routine).steps) checkStep(placeOfStep(routine, step), step, model);
}

function checkStep(place: string, step: Step, model: Model): void {
  const registers: readonly Sight[] = ['self', 'frame'];
  const after: readonly Sight[] = [...registers, 'value'];
  const everything: readonly Sight[] = [...after, 'memory', 'finished'];
  const expression = (what: Expression, sight: readonly Sight[]): void => checkExpression(place, what, model, sight);
  const access = (target: Place): void => {
    checkPlace(place, target, model);
    if (target.variable.scope === 'ghost') {
      throw new MechanismError(
        place,
        `it accesses the ghost ${target.variable.name}`,
        'what the program sees is declared by shared()',
      );
    }
    expression(target.index, registers);
  };
  for (const rule of step.requires) {
    if (!rules.includes(rule))
      throw new MechanismError(place, `there is no rule ${rule}`, `there is ${rules.join(', ')}`);
  }
  for (const { value } of step.set) expression(value, after);
  for (const { place: target, value } of step.ghost) {
    checkGhost(place, target, model);
    expression(target.index, everything);
    expression(value, everything);
  }
  for (const { property, holds } of step.check) {
    if (!model.properties.some(({ name, kind }) => name === property && kind === 'checked')) {
      throw new MechanismError(place, `there is no checked property "${property}"`, 'declare it by checked()');
    }
    expression(holds, everything);
  }
  for (const { when } of step.goTo) expression(when, after);
  switch (step.kind) {
    case 'load':
      access(step.place);
      return;
    case 'store':
      access(step.place);
      expression(step.value, registers);
      return;
    case 'atomic':
      access(step.place);
      expression(step.store, after);
      if (step.until !== undefined) expression(step.until, after);
      return;
    case 'wait':
      if (step.alternatives.length === 0)
        throw new MechanismError(place, 'it waits for nothing', 'give it an alternative');
      for (const alternative of step.alternatives) {
        access(alternative.place);
        expression(alternative.until, after);
      }
      return;
    case 'interrupts':
    case 'level':
      expression(step.to, registers);
      return;
    case 'send':
      if (!model.vectors.some(({ name }) => name === step.vector)) {
        throw new MechanismError(
          place,
          `there is no vector ${step.vector}`,
          known(model.vectors.map(({ name }) => name)),
        );
      }
      expression(step.targets, registers);
      return;
    case 'choose':
      expression(step.from, registers);
      expression(step.to, registers);
      return;
    case 'fence':
    case 'preemption':
    case 'mark':
    case 'compute':
      return;
    default:
      throw new MechanismError(place, 'there is something that is no step', 'use the functions that make them');
  }
}
