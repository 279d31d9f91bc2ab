/** The frames that a machine can have, each with the functions of its steps. */

import { MechanismError } from '../model/error.js';
import { contexts, type Model } from '../model/model.js';
import type { Layout, TaskProgram, VectorProgram } from './layout.js';
import { type CpuMemory, cpuMemory } from './memory.js';
import type { MachineContext } from './outcome.js';
import { followers, type Program, type ProgramStep } from './program.js';
import { type FrameScope, type FrameStep, frameStep } from './step.js';

/** A task, or a handler at one depth of one CPU's stack. */
export interface Frame {
  readonly cpu: number;
  /** 0 for a task, otherwise its place on the stack, from 1. */
  readonly depth: number;
  /** Rank: 0 task, 1 softirq, 2 hardirq, 3 NMI. */
  readonly context: number;
  /** `task consumer`, `hardirq timer`. */
  readonly name: string;
  readonly routine: string;
  /** Field of the position, and what a position 0 is there. */
  readonly at: number;
  readonly start: number;
  /** By position; the end has none. */
  readonly steps: readonly FrameStep[];
  /** Steps that are folded into the one before them, by position. */
  readonly silent: readonly boolean[];
  /** Registers by name. */
  readonly locals: ReadonlyMap<string, number>;
}

/** All frames of a machine. */
export interface Frames {
  readonly tasks: readonly Frame[];
  /** By CPU, depth less one, and what the frame's position field holds; undefined where it holds 0. */
  readonly handlers: readonly (readonly (readonly (Frame | undefined)[])[])[];
  readonly memories: readonly CpuMemory[];
}

/** Whether a step is seen by nobody but its frame, and sees nothing but its registers. */
function isSilent(row: ProgramStep, position: number, { steps }: Program, task: TaskSight | undefined): boolean {
  const { step } = row;
  return (
    step.kind === 'compute' &&
    step.ghost.length === 0 &&
    step.check.length === 0 &&
    step.requires.length === 0 &&
    !step.progress &&
    (task === undefined ||
      (!followers(row, position).some((next) => mayRest(steps[next])) &&
        !(task.sharesCpu && mentions(step, (kind) => kind === 'interrupts' || kind === 'level'))))
  );
}

/** What is seen of a task, and what it sees, besides registers. */
interface TaskSight {
  /** Another task of the CPU can change the interrupt flag and the level. */
  readonly sharesCpu: boolean;
}

/**
 * Whether a task that gets here may have nothing left to get on with. Verdicts ask for that, and a step on registers can
 * be what a task still has left: while an interrupt or another task keeps it from the CPU, or a store of its own drains.
 */
const mayRest = (row: ProgramStep | undefined): boolean =>
  row === undefined || (row.step.kind === 'wait' && row.step.rest);

/** Whether something in a piece of a model is of a kind. */
function mentions(node: unknown, test: (kind: unknown) => boolean): boolean {
  if (typeof node !== 'object' || node === null) return false;
  if ('kind' in node && test(node.kind)) return true;
  return Object.values(node).some((inner) => mentions(inner, test));
}

/** Makes the frames of a model. Throws {@link MechanismError}. */
export function framesOf(model: Model, layout: Layout, context: MachineContext): Frames {
  const memories = layout.cpus.map(cpuMemory);
  const pending = layout.cpus.map((cpu) => cpu.pending);
  const make = (
    { program }: TaskProgram | VectorProgram,
    own: Pick<FrameScope, 'cpu' | 'context' | 'at' | 'start' | 'preemption'> & { readonly locals: readonly number[] },
    name: string,
    depth: number,
  ): Frame => {
    const cpuFields = layout.cpus[own.cpu];
    const sight = { sharesCpu: (layout.tasksOf[own.cpu] ?? []).length > 1 };
    const memory = memories[own.cpu];
    if (cpuFields === undefined || memory === undefined) throw new MechanismError(name, `there is no CPU ${own.cpu}`);
    const locals = new Map(program.locals.map(({ name: register }, index) => [register, own.locals[index] ?? 0]));
    const scope: FrameScope = {
      ...own,
      program,
      memory,
      interrupts: cpuFields.interrupts,
      level: cpuFields.level,
      cpus: model.cpus,
      pending,
      register: (register) => locals.get(register) ?? unknown(name, `register ${register}`),
      variable: (variable) => layout.variables.get(variable) ?? unknown(name, `variable ${variable}`),
      task: (task) => {
        const index = model.tasks.findIndex((other) => other.name === task);
        const fields = layout.tasks[index];
        const other = layout.taskPrograms[index];
        if (fields === undefined || other === undefined) return unknown(name, `task ${task}`);
        return { at: fields.at, end: other.program.steps.length };
      },
      vectorBit: (vector) => {
        const index = model.vectors.findIndex((other) => other.name === vector);
        return index < 0 ? unknown(name, `vector ${vector}`) : 1 << index;
      },
      property: (property) => {
        const index = model.properties.findIndex((other) => other.name === property);
        return index < 0 ? unknown(name, `property ${property}`) : index;
      },
    };
    return {
      cpu: own.cpu,
      depth,
      context: own.context,
      name,
      routine: program.routine.name,
      at: own.at,
      start: own.start,
      steps: program.steps.map((row, position) => frameStep(row, position, scope, context)),
      silent: program.steps.map((row, position) => isSilent(row, position, program, depth === 0 ? sight : undefined)),
      locals,
    };
  };
  const tasks = layout.taskPrograms.map((program, index) => {
    const { at = 0, preemption = 0, locals = [] } = layout.tasks[index] ?? {};
    const { cpu, name } = program.task;
    return make(program, { cpu, context: 0, at, start: 0, preemption, locals }, `task ${name}`, 0);
  });
  const handlers = layout.cpus.map(({ frames }, cpu) =>
    frames.map(({ at, locals }, depth) => [
      undefined,
      ...layout.vectorPrograms.flatMap((program) => {
        const { name, kind } = program.vector;
        const own = {
          cpu,
          context: contexts.indexOf(kind),
          at,
          start: 1 + program.offset,
          preemption: undefined,
          locals,
        };
        const frame = make(program, own, `${kind} ${name}`, depth + 1);
        // One entry a position, and one for the end.
        return Array.from({ length: frame.steps.length + 1 }, () => frame);
      }),
    ]),
  );
  return { tasks, handlers, memories };
}

function unknown(place: string, what: string): never {
  throw new MechanismError(place, `there is no ${what}`);
}
