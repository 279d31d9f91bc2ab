/** What a state is: docs/machine.md, State. Plain data, so that its JSON text is its identity. */

import type { Context } from '../../../src/explorer/model/model.js';
import type { Machine, Program } from './program.js';

/** Where a routine is, and its registers. */
export interface Activity {
  position: number;
  locals: Record<string, number>;
}

/** A frame above the task; `flag` and `level` are as they were on entry. */
export interface Frame extends Activity {
  vector: number;
  flag: number;
  level: number;
}

/** A task. */
export interface TaskState extends Activity {
  preemption: number;
}

/** A CPU. `current` is a task's place in the model, or -1. */
export interface Cpu {
  flag: number;
  level: number;
  current: number;
  pending: number[];
  stack: Frame[];
  buffer: [element: number, value: number][];
}

/** A state of the machine. `sources` holds how often each may still fire, 0 for one that fires for ever. */
export interface State {
  memory: number[];
  cpus: Cpu[];
  tasks: TaskState[];
  sources: number[];
}

/** Something that has a position: a task, or a frame at a depth of its CPU's stack. */
export interface Actor {
  readonly cpu: number;
  /** `task 0`, `frame 1 0`: the same in all states in which it is the same one. */
  readonly id: string;
  readonly context: Context;
  readonly program: Program;
  readonly activity: Activity;
  /** Of a task. */
  readonly task: TaskState | undefined;
}

/** The element that the list has there; an error of the enumerator where it has none. */
export function item<T>(list: readonly T[], index: number): T {
  const found = list[index];
  if (found === undefined) throw new RangeError(`no element ${index} of ${list.length}`);
  return found;
}

/** The state at the start. */
export function initialState({ model, tasks }: Machine): State {
  return {
    memory: model.variables.flatMap((variable) => variable.initial),
    cpus: Array.from({ length: model.cpus }, (_, cpu) => ({
      flag: 1,
      level: 0,
      current: model.tasks.findIndex((task) => task.cpu === cpu),
      pending: model.vectors.map(() => 0),
      stack: [],
      buffer: [],
    })),
    tasks: tasks.map((program) => ({ position: 0, locals: { ...program.registers }, preemption: 0 })),
    sources: model.sources.map(({ times }) => (times === 'forever' ? 0 : times)),
  };
}

/** A state's identity. */
export const keyOf = (state: State): string => JSON.stringify(state);

/** The state of a key; each call gives a new object. */
export const stateOf = (key: string): State => JSON.parse(key) as State;

/** A state that can be changed without the first. */
export const copyOf = (state: State): State => ({
  memory: [...state.memory],
  cpus: state.cpus.map((cpu) => ({
    ...cpu,
    pending: [...cpu.pending],
    stack: cpu.stack.map((frame) => ({ ...frame, locals: { ...frame.locals } })),
    buffer: cpu.buffer.map(([element, value]) => [element, value]),
  })),
  tasks: state.tasks.map((task) => ({ ...task, locals: { ...task.locals } })),
  sources: [...state.sources],
});

/** A task as an actor. */
export function taskActor(machine: Machine, state: State, index: number): Actor {
  const task = item(state.tasks, index);
  return {
    cpu: item(machine.model.tasks, index).cpu,
    id: `task ${index}`,
    context: 'task',
    program: item(machine.tasks, index),
    activity: task,
    task,
  };
}

/** A frame of a CPU's stack as an actor. */
export function frameActor(machine: Machine, state: State, cpu: number, depth: number): Actor {
  const frame = item(item(state.cpus, cpu).stack, depth);
  return {
    cpu,
    id: `frame ${cpu} ${depth}`,
    context: item(machine.model.vectors, frame.vector).kind,
    program: item(machine.handlers, frame.vector),
    activity: frame,
    task: undefined,
  };
}

/** The running frame of a CPU; nothing where it has no task and no frame. */
export function runningActor(machine: Machine, state: State, cpu: number): Actor | undefined {
  const { stack, current } = item(state.cpus, cpu);
  if (stack.length > 0) return frameActor(machine, state, cpu, stack.length - 1);
  return current < 0 ? undefined : taskActor(machine, state, current);
}

/** Whether a task or frame is at its end. */
export const ended = ({ activity, program }: Actor): boolean => activity.position === program.steps.length;

/** Whether a CPU's stores are all in memory. */
export const drained = ({ buffer }: Cpu): boolean => buffer.length === 0;

/** What a CPU reads from an element: its own youngest store, else memory. */
export function seenBy(state: State, cpu: number, element: number): number {
  const own = item(state.cpus, cpu).buffer.findLast(([stored]) => stored === element);
  return own === undefined ? item(state.memory, element) : own[1];
}
