/** Routines as the machine runs them: steps in a row, labels turned into positions. */

import { MechanismError } from '../../../src/explorer/model/error.js';
import type { MemoryModel, Model } from '../../../src/explorer/model/model.js';
import type { Routine, Step, StepList } from '../../../src/explorer/model/step.js';
import type { Local } from '../../../src/explorer/model/variable.js';

/** A step at its position, with the places that its labels stand for. */
export interface PlacedStep {
  readonly step: Step;
  readonly routine: string;
  /** Position of each label that is in scope here. */
  readonly labels: ReadonlyMap<string, number>;
}

/** A routine, flattened. The position `steps.length` is the end. */
export interface Program {
  readonly steps: readonly PlacedStep[];
  /** Registers of a new frame. */
  readonly registers: Readonly<Record<string, number>>;
}

/** A model with its routines flattened and its variables laid out. */
export interface Machine {
  readonly model: Model;
  readonly memory: MemoryModel;
  /** By the task's place in the model. */
  readonly tasks: readonly Program[];
  /** By the vector's place in the model. */
  readonly handlers: readonly Program[];
  /** Where each variable's first element is in memory. */
  readonly offsets: ReadonlyMap<string, number>;
}

const stepsIn = (list: StepList): number =>
  list.reduce<number>((count, item) => {
    if (!('kind' in item)) return count + stepsIn(item);
    return item.kind === 'label' ? count : count + 1;
  }, 0);

function place(list: StepList, routine: string, outer: ReadonlyMap<string, number>, into: PlacedStep[]): void {
  const labels = new Map(outer);
  let position = into.length;
  for (const item of list) {
    if (!('kind' in item)) position += stepsIn(item);
    else if (item.kind === 'label') labels.set(item.name, position);
    else position += 1;
  }
  for (const item of list) {
    if (!('kind' in item)) place(item, routine, labels, into);
    else if (item.kind !== 'label') into.push({ step: item, routine, labels });
  }
}

function collectLocals(data: unknown, found: Map<string, Local>): void {
  if (typeof data !== 'object' || data === null) return;
  if ('kind' in data && data.kind === 'local') {
    const register = data as Local;
    if (!found.has(register.name)) found.set(register.name, register);
    return;
  }
  for (const part of Object.values(data)) collectLocals(part, found);
}

const startOf = ({ min, max }: Local): number => Math.max(min, Math.min(max, 0));

function programOf(routine: Routine): Program {
  const steps: PlacedStep[] = [];
  place(routine.steps, routine.name, new Map([['end', stepsIn(routine.steps)]]), steps);
  const locals = new Map<string, Local>();
  collectLocals(routine.steps, locals);
  const registers = Object.fromEntries([...locals.values()].map((register) => [register.name, startOf(register)]));
  return { steps, registers };
}

/** Lays a model out. */
export function machineOf(model: Model, memory: MemoryModel): Machine {
  const offsets = new Map<string, number>();
  let offset = 0;
  for (const { name, size } of model.variables) {
    offsets.set(name, offset);
    offset += size;
  }
  return {
    model,
    memory,
    tasks: model.tasks.map((task) => programOf(task.routine)),
    handlers: model.vectors.map((vector) => programOf(vector.handler)),
    offsets,
  };
}

/** The position of a label, as a step sees it. */
export function positionOf({ step, routine, labels }: PlacedStep, label: string): number {
  const position = labels.get(label);
  if (position === undefined) throw new MechanismError(`${routine} / ${step.name}`, `no label ${label}`);
  return position;
}
