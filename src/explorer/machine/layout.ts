/** Where everything that a state holds (docs/machine.md, State) lies in the vector of a machine. */

import type { Model, Task, Vector } from '../model/model.js';
import type { Local, Variable } from '../model/variable.js';
import { createFields, type Fields } from './fields.js';
import { type Program, programOf } from './program.js';

/** Greatest preemption count. */
export const mostPreemption = 7;
/** Greatest interrupt priority level. */
export const mostLevel = 15;

/** Fields of a frame above the task. */
export interface FrameFields {
  /** 0: no frame. Otherwise 1 + the vector's offset + the position in its handler. */
  readonly at: number;
  /** Interrupt flag and level on entry. */
  readonly interrupts: number;
  readonly level: number;
  readonly locals: readonly number[];
}

/** Fields of a CPU. */
export interface CpuFields {
  readonly interrupts: number;
  readonly level: number;
  /** Index of the current task among the tasks of the CPU. */
  readonly current: number;
  /** A bit a vector. */
  readonly pending: number;
  /** Frames above the task. */
  readonly depth: number;
  readonly frames: readonly FrameFields[];
  /** Entries of the store buffer, and each entry's element and value; element 0 and value 0 where there is none. */
  readonly buffered: number;
  readonly entries: readonly { readonly element: number; readonly value: number }[];
}

/** Fields of a task. */
export interface TaskFields {
  readonly at: number;
  readonly preemption: number;
  readonly locals: readonly number[];
}

/** A vector with its handler, flat. */
export interface VectorProgram {
  readonly vector: Vector;
  readonly program: Program;
  /** What to add to a position to tell handlers apart. */
  readonly offset: number;
}

/** A task with its routine, flat. */
export interface TaskProgram {
  readonly task: Task;
  readonly program: Program;
}

/** Programs and fields of a model. */
export interface Layout {
  readonly fields: Fields;
  /** First field of each variable, by name; its elements follow. Shared ones come first: an element's field is its number. */
  readonly variables: ReadonlyMap<string, number>;
  readonly cpus: readonly CpuFields[];
  readonly tasks: readonly TaskFields[];
  readonly tasksOf: readonly (readonly number[])[];
  /** How often each source may still fire; undefined where it fires for ever. */
  readonly sources: readonly (number | undefined)[];
  readonly vectorPrograms: readonly VectorProgram[];
  readonly taskPrograms: readonly TaskProgram[];
  /** Most frames above the task. */
  readonly frames: number;
  /** Entries of a store buffer; 0 under SC. */
  readonly storeBuffer: number;
}

/** The value of a register when its frame begins. */
export const startOf = ({ min, max }: Local): number => Math.min(Math.max(0, min), max);

/** Lays out a model; `storeBuffer` is 0 under SC. Throws {@link MechanismError} where a routine is malformed. */
export function layoutOf(model: Model, storeBuffer: number): Layout {
  const fields = createFields();
  const taskPrograms = model.tasks.map((task) => ({ task, program: programOf(task.routine) }));
  let offset = 0;
  const vectorPrograms = model.vectors.map((vector): VectorProgram => {
    const program = programOf(vector.handler);
    const mine = { vector, program, offset };
    offset += program.steps.length + 1;
    return mine;
  });
  const everyStep = [...taskPrograms, ...vectorPrograms].flatMap(({ program }) => program.steps);
  const levels =
    model.vectors.some(({ level = 0 }) => level > 0) || everyStep.some(({ step }) => step.kind === 'level');
  const counts = everyStep.some(({ step }) => step.kind === 'preemption');
  const topLevel = levels ? mostLevel : 0;

  const elements = [...model.variables].sort((left, right) => rank(left) - rank(right));
  const variables = new Map<string, number>();
  for (const { name, size, min, max } of elements) {
    variables.set(name, fields.add(min, max));
    for (let index = 1; index < size; index++) fields.add(min, max);
  }
  const sharedOnes = elements.filter(({ scope }) => scope === 'shared');
  const lastElement = sharedOnes.reduce((count, { size }) => count + size, 0);
  const least = Math.min(0, ...sharedOnes.map(({ min }) => min));
  const most = Math.max(0, ...sharedOnes.map(({ max }) => max));

  const frames = model.frames ?? 2;
  const room = model.vectors.length === 0 ? 0 : frames;
  const registers = Math.max(0, ...vectorPrograms.map(({ program }) => program.locals.length));
  const registerRanges = Array.from({ length: registers }, (_, index) => {
    const same = vectorPrograms.flatMap(({ program }) => program.locals[index] ?? []);
    return { min: Math.min(0, ...same.map(({ min }) => min)), max: Math.max(0, ...same.map(({ max }) => max)) };
  });
  const tasksOf = Array.from({ length: model.cpus }, (_, cpu) =>
    model.tasks.flatMap((task, index) => (task.cpu === cpu ? [index] : [])),
  );
  const cpus = tasksOf.map((own): CpuFields => {
    return {
      interrupts: fields.add(0, 1),
      level: fields.add(0, topLevel),
      current: fields.add(0, Math.max(own.length - 1, 0)),
      pending: fields.add(0, 2 ** model.vectors.length - 1),
      depth: fields.add(0, room),
      frames: Array.from({ length: room }, () => ({
        at: fields.add(0, offset),
        interrupts: fields.add(0, 1),
        level: fields.add(0, topLevel),
        locals: registerRanges.map(({ min, max }) => fields.add(min, max)),
      })),
      buffered: fields.add(0, storeBuffer),
      entries: Array.from({ length: storeBuffer }, () => ({
        element: fields.add(0, lastElement),
        value: fields.add(least, most),
      })),
    };
  });
  const tasks = taskPrograms.map(({ program }): TaskFields => {
    return {
      at: fields.add(0, program.steps.length),
      preemption: fields.add(0, counts ? mostPreemption : 0),
      locals: program.locals.map(({ min, max }) => fields.add(min, max)),
    };
  });
  const sources = model.sources.map(({ times }) => (times === 'forever' ? undefined : fields.add(0, times)));
  return {
    fields: fields.build(),
    variables,
    cpus,
    tasks,
    tasksOf,
    sources,
    vectorPrograms,
    taskPrograms,
    frames: room,
    storeBuffer,
  };
}

const rank = ({ scope }: Variable): number => (scope === 'shared' ? 0 : 1);
