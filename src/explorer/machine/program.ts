/** Routines as the machine runs them: steps numbered in order, labels resolved, registers listed. */

import { MechanismError } from '../model/error.js';
import type { Expression } from '../model/expression.js';
import type { Routine, Step, StepList } from '../model/step.js';
import { isRange, type Local } from '../model/variable.js';

/** A test and the position to go on at. */
export interface ResolvedJump {
  readonly when: Expression;
  readonly to: number;
}

/** One row of a routine's table. */
export interface ProgramStep {
  readonly step: Step;
  readonly jumps: readonly ResolvedJump[];
  /** Of a wait: where each alternative leads; undefined where the step's own jumps decide. */
  readonly ways: readonly (number | undefined)[];
}

/** A routine, flat. Position `steps.length` is its end. */
export interface Program {
  readonly routine: Routine;
  readonly steps: readonly ProgramStep[];
  readonly locals: readonly Local[];
}

/** Names a step for messages: `routine / step`. */
export const placeOfStep = (routine: Routine, step: Step): string => `${routine.name} / ${step.name}`;

interface Scope {
  readonly labels: ReadonlyMap<string, number>;
  readonly outer: Scope | undefined;
}

interface ScopedStep {
  readonly step: Step;
  readonly scope: Scope;
}

function isList(item: StepList[number]): item is StepList {
  return Array.isArray(item);
}

function flatten(routine: Routine, list: StepList, outer: Scope | undefined, steps: ScopedStep[]): void {
  const labels = new Map<string, number>();
  const scope: Scope = { labels, outer };
  for (const item of list) {
    if (isList(item)) {
      flatten(routine, item, scope, steps);
    } else if (item.kind === 'label') {
      if (labels.has(item.name) || item.name === 'end') {
        throw new MechanismError(
          routine.name,
          item.name === 'end' ? 'the label end is the end of every routine' : `label ${item.name} occurs twice`,
          'give one of them another name, or put its steps into a list of their own',
        );
      }
      labels.set(item.name, steps.length);
    } else {
      steps.push({ step: item, scope });
    }
  }
}

function resolve(routine: Routine, step: Step, scope: Scope, label: string, end: number): number {
  for (let inner: Scope | undefined = scope; inner !== undefined; inner = inner.outer) {
    const position = inner.labels.get(label);
    if (position !== undefined) return position;
  }
  if (label === 'end') return end;
  throw new MechanismError(
    placeOfStep(routine, step),
    `there is no label ${label} to go to`,
    'a jump sees the labels of its own list and of those around it',
  );
}

function registersOf(step: Step): readonly Local[] {
  const found: Local[] = step.set.map(({ local }) => local);
  const walk = (node: unknown): void => {
    if (typeof node !== 'object' || node === null) return;
    if ('kind' in node && node.kind === 'local') {
      found.push(node as Local);
      return;
    }
    // Variables hold no registers, and their initial values can be long.
    if ('kind' in node && node.kind === 'variable') return;
    for (const inner of Object.values(node)) walk(inner);
  };
  walk(step);
  return found;
}

function localsOf(routine: Routine, steps: readonly ScopedStep[]): readonly Local[] {
  const locals = new Map<string, Local>();
  for (const { step } of steps) {
    for (const register of registersOf(step)) {
      const { name, min, max } = register;
      if (!isRange(min, max)) {
        throw new MechanismError(placeOfStep(routine, step), `register ${name} has no values: ${min} to ${max}`);
      }
      const known = locals.get(name);
      if (known !== undefined && (known.min !== min || known.max !== max)) {
        throw new MechanismError(
          placeOfStep(routine, step),
          `register ${name} is declared as ${known.min} to ${known.max} and as ${min} to ${max}`,
          'declare it once, with local(), and use that',
        );
      }
      locals.set(name, register);
    }
  }
  return [...locals.values()];
}

/** Positions that a step may be followed by; `steps.length` is the end. */
export function followers({ step, jumps, ways }: ProgramStep, position: number): readonly number[] {
  const decided = jumps.findIndex(({ when }) => when === 1);
  const taken = decided < 0 ? jumps : jumps.slice(0, decided + 1);
  const own = [...taken.map(({ to }) => to), ...(decided < 0 ? [position + 1] : [])];
  if (step.kind !== 'wait') return own;
  return [...ways.flatMap((way) => (way === undefined ? own : [way]))];
}

/** A loop of nothing but registers would be a step without an end. */
function refuseEndlessSteps(routine: Routine, steps: readonly ProgramStep[]): void {
  const state = new Uint8Array(steps.length);
  const visit = (position: number): void => {
    const row = steps[position];
    if (row === undefined || row.step.kind !== 'compute' || state[position] === 2) return;
    if (state[position] === 1) {
      throw new MechanismError(
        placeOfStep(routine, row.step),
        'the step never ends: it is part of a loop that makes no access',
        'a loop needs a load, a wait or another step that is seen from outside; unroll loops that only compute',
      );
    }
    state[position] = 1;
    for (const next of followers(row, position)) visit(next);
    state[position] = 2;
  };
  for (let position = 0; position < steps.length; position++) visit(position);
}

/** Numbers a routine's steps and resolves its labels. Throws {@link MechanismError}. */
export function programOf(routine: Routine): Program {
  const scoped: ScopedStep[] = [];
  flatten(routine, routine.steps, undefined, scoped);
  const end = scoped.length;
  const steps = scoped.map(({ step, scope }): ProgramStep => {
    const position = (label: string): number => resolve(routine, step, scope, label, end);
    return {
      step,
      jumps: step.goTo.map(({ when, to }) => ({ when, to: position(to) })),
      ways:
        step.kind === 'wait' ? step.alternatives.map(({ to }) => (to === undefined ? undefined : position(to))) : [],
    };
  });
  refuseEndlessSteps(routine, steps);
  return { routine, steps, locals: localsOf(routine, scoped) };
}
