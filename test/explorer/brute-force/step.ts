/** One step of a frame: docs/machine.md, Steps. */

import { MechanismError } from '../../../src/explorer/model/error.js';
import { contexts } from '../../../src/explorer/model/model.js';
import type { Rule } from '../../../src/explorer/model/step.js';
import type { Local, Place, Variable } from '../../../src/explorer/model/variable.js';
import { elementOf, evaluate, holds, type Scope } from './evaluate.js';
import { type Machine, type PlacedStep, positionOf } from './program.js';
import { type Actor, drained, ended, item, type State, seenBy } from './state.js';

/** A way to make a step: the number of an alternative of a wait, the value of a `choose`, 0 for the rest. */
export type Way = number;

/** What the step showed besides the state that it made. */
export interface StepReport {
  /** `routine / step`. */
  readonly where: string;
  readonly progress: boolean;
  readonly breaches: readonly Rule[];
  /** Properties whose checks failed. */
  readonly broken: readonly string[];
}

/** The step that a task or frame makes next; nothing at its end. */
export const nextStep = (actor: Actor): PlacedStep | undefined =>
  ended(actor) ? undefined : item(actor.program.steps, actor.activity.position);

const whereOf = ({ step, routine }: PlacedStep): string => `${routine} / ${step.name}`;

/** What the expressions of a task or frame see. */
export function scopeOf(machine: Machine, state: State, actor: Actor, value: number, where: string): Scope {
  const { cpu, context, activity } = actor;
  return { machine, state, where, cpu, context, locals: activity.locals, value };
}

/** Whether a store would find no room. */
export function storeBufferFull({ memory, model }: Machine, state: State, actor: Actor): boolean {
  const room = model.storeBuffer ?? 3;
  return (
    memory === 'tso' && nextStep(actor)?.step.kind === 'store' && item(state.cpus, actor.cpu).buffer.length >= room
  );
}

/** Every way to make the next step of a task or frame; none where it is not enabled. `onceDrained`: what is in the CPU's buffer aside. */
export function waysOf(machine: Machine, state: State, actor: Actor, onceDrained = false): readonly Way[] {
  const placed = nextStep(actor);
  if (placed === undefined) return [];
  const { step } = placed;
  const scope = scopeOf(machine, state, actor, 0, whereOf(placed));
  const isDrained = onceDrained || drained(item(state.cpus, actor.cpu));
  switch (step.kind) {
    case 'store':
      return !onceDrained && storeBufferFull(machine, state, actor) ? [] : [0];
    case 'atomic': {
      if (!isDrained) return [];
      if (step.until === undefined) return [0];
      const value = seenBy(state, actor.cpu, elementOf(step.place, scope));
      return holds(step.until, { ...scope, value }) ? [0] : [];
    }
    case 'wait':
      return step.alternatives.flatMap((alternative, way) => {
        const value = seenBy(state, actor.cpu, elementOf(alternative.place, scope));
        return holds(alternative.until, { ...scope, value }) ? [way] : [];
      });
    case 'fence':
    case 'send':
      return isDrained ? [0] : [];
    case 'choose': {
      const from = evaluate(step.from, scope);
      const to = evaluate(step.to, scope);
      return Array.from({ length: Math.max(0, to - from + 1) }, (_, index) => from + index);
    }
    default:
      return [0];
  }
}

function broken(rule: Rule, state: State, actor: Actor): boolean {
  const { flag, level } = item(state.cpus, actor.cpu);
  switch (rule) {
    case 'interrupts-enabled':
      return flag === 0;
    case 'task-context':
      return actor.context !== 'task';
    case 'not-nmi':
      return actor.context === 'nmi';
    case 'may-sleep':
      return actor.task === undefined || flag === 0 || actor.task.preemption > 0 || level > 0;
  }
}

function inRange(what: Local | Variable, value: number, where: string): number {
  if (value < what.min || value > what.max)
    throw new MechanismError(where, `${what.name} gets ${value}, outside ${what.min} to ${what.max}`);
  return value;
}

function setLocal(register: Local | undefined, value: number, scope: Scope): void {
  if (register !== undefined) scope.locals[register.name] = inRange(register, value, scope.where);
}

/** Writes an element of memory itself. */
export function setMemory(place: Place, value: number, scope: Scope): void {
  const element = elementOf(place, scope);
  scope.state.memory[element] = inRange(place.variable, value, scope.where);
}

function sendTo(targets: number, vector: string, { machine, state, where }: Scope): void {
  const index = machine.model.vectors.findIndex(({ name }) => name === vector);
  if (index < 0) throw new MechanismError(where, `no vector ${vector}`);
  for (let target = 0; target < 32; target += 1) {
    if (((targets >>> target) & 1) === 0) continue;
    const cpu = state.cpus[target];
    if (cpu === undefined) throw new MechanismError(where, `no CPU ${target}`);
    cpu.pending[index] = 1;
  }
}

/** Does the action, in `scope.state`, and gives `value`. */
function act({ step }: PlacedStep, way: Way, actor: Actor, scope: Scope): number {
  const { state, where, machine } = scope;
  const cpu = item(state.cpus, actor.cpu);
  switch (step.kind) {
    case 'load': {
      const value = seenBy(state, actor.cpu, elementOf(step.place, scope));
      setLocal(step.into, value, scope);
      return value;
    }
    case 'store': {
      const value = evaluate(step.value, scope);
      if (machine.memory === 'sc') setMemory(step.place, value, scope);
      else cpu.buffer.push([elementOf(step.place, scope), inRange(step.place.variable, value, where)]);
      return value;
    }
    case 'atomic': {
      const value = item(state.memory, elementOf(step.place, scope));
      setMemory(step.place, evaluate(step.store, { ...scope, value }), scope);
      setLocal(step.into, value, scope);
      return value;
    }
    case 'wait': {
      const alternative = item(step.alternatives, way);
      const value = seenBy(state, actor.cpu, elementOf(alternative.place, scope));
      setLocal(alternative.into, value, scope);
      return value;
    }
    case 'interrupts': {
      const before = cpu.flag;
      cpu.flag = holds(step.to, scope) ? 1 : 0;
      setLocal(step.saved, before, scope);
      return 0;
    }
    case 'level': {
      const before = cpu.level;
      cpu.level = evaluate(step.to, scope);
      if (cpu.level < 0 || cpu.level > 15) throw new MechanismError(where, `level ${cpu.level} is outside 0 to 15`);
      setLocal(step.saved, before, scope);
      return 0;
    }
    case 'preemption':
      if (actor.task === undefined) throw new MechanismError(where, `a ${actor.context} has no preemption count`);
      actor.task.preemption += step.change;
      if (actor.task.preemption < 0 || actor.task.preemption > 7)
        throw new MechanismError(where, `preemption count ${actor.task.preemption} is outside 0 to 7`);
      return 0;
    case 'send':
      sendTo(evaluate(step.targets, scope), step.vector, scope);
      return 0;
    case 'choose':
      setLocal(step.into, way, scope);
      return way;
    case 'fence':
    case 'mark':
    case 'compute':
      return 0;
  }
}

function nextPosition(placed: PlacedStep, way: Way, position: number, scope: Scope): number {
  const { step } = placed;
  const to = step.kind === 'wait' ? step.alternatives[way]?.to : undefined;
  if (to !== undefined) return positionOf(placed, to);
  const jump = step.goTo.find(({ when }) => holds(when, scope));
  return jump === undefined ? position + 1 : positionOf(placed, jump.to);
}

/** Makes the next step of a running task or frame, in `state`; the step must be enabled. */
export function takeStep(machine: Machine, state: State, actor: Actor, way: Way): StepReport {
  const placed = item(actor.program.steps, actor.activity.position);
  const { step } = placed;
  const where = whereOf(placed);
  const required = new Set<Rule>(step.requires);
  if (step.kind === 'wait' && step.sleeping) required.add('may-sleep');
  const breaches = [...required].filter((rule) => broken(rule, state, actor));

  const before = scopeOf(machine, state, actor, 0, where);
  const scope = { ...before, value: act(placed, way, actor, before) };
  for (const { local, value } of step.set) setLocal(local, evaluate(value, scope), scope);
  for (const { place, value } of step.ghost) setMemory(place, evaluate(value, scope), scope);
  const failed = step.check.filter((check) => !holds(check.holds, scope)).map(({ property }) => property);

  actor.activity.position = nextPosition(placed, way, actor.activity.position, scope);
  if (actor.task !== undefined && ended(actor)) actor.activity.locals = { ...actor.program.registers };
  return { where, progress: step.progress, breaches, broken: failed };
}

/** Writes the ghosts of a source that fires. */
export function writeSourceGhosts(machine: Machine, state: State, source: number, running: Actor | undefined): void {
  const { cpu, vector, ghost = [] } = item(machine.model.sources, source);
  const context = running?.context ?? contexts[0];
  const scope: Scope = { machine, state, where: `source of ${vector}`, cpu, context, locals: {}, value: 0 };
  for (const { place, value } of ghost) setMemory(place, evaluate(value, scope), scope);
}
