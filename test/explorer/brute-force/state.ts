/** What a state is: docs/machine.md, State. */

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

/** Numbers in a key are characters: this is what 0 is, and the most that a number may be away from it. */
const zero = 0x8000;
const farthest = 0x7fff;

/** Where keys are made; a string that grows by characters would cost far more. */
const characters = new Uint16Array(4096);

/** A state's identity: all of its numbers in a row, each as a character. */
export function keyOf(state: State): string {
  let length = 0;
  const add = (number: number): void => {
    if (number > farthest || number < -farthest) throw new RangeError(`the enumerator has no room for ${number}`);
    characters[length++] = number + zero;
  };
  const activity = ({ position, locals }: Activity): void => {
    add(position);
    for (const name in locals) add(locals[name] ?? 0);
  };
  for (const value of state.memory) add(value);
  for (const { flag, level, current, pending, stack, buffer } of state.cpus) {
    add(flag);
    add(level);
    add(current);
    for (const bit of pending) add(bit);
    add(stack.length);
    for (const frame of stack) {
      add(frame.vector);
      add(frame.flag);
      add(frame.level);
      activity(frame);
    }
    add(buffer.length);
    for (const [element, value] of buffer) {
      add(element);
      add(value);
    }
  }
  for (const task of state.tasks) {
    add(task.preemption);
    activity(task);
  }
  for (const times of state.sources) add(times);
  if (length > characters.length) throw new RangeError(`the enumerator has no room for ${length} numbers`);
  return String.fromCharCode(...characters.subarray(0, length));
}

/** The state of a key; each call gives a new object. */
export function stateOf({ model, tasks, handlers }: Machine, key: string): State {
  let at = 0;
  const next = (): number => key.charCodeAt(at++) - zero;
  const several = (count: number): number[] => {
    const values: number[] = [];
    while (values.length < count) values.push(next());
    return values;
  };
  const activity = ({ registers }: Program): Activity => {
    const position = next();
    const locals: Record<string, number> = {};
    for (const name in registers) locals[name] = next();
    return { position, locals };
  };
  return {
    memory: several(model.variables.reduce((count, { size }) => count + size, 0)),
    cpus: Array.from({ length: model.cpus }, () => {
      const [flag, level, current] = [next(), next(), next()];
      const pending = several(model.vectors.length);
      const stack = Array.from({ length: next() }, (): Frame => {
        const [vector, saved, before] = [next(), next(), next()];
        return { vector, flag: saved, level: before, ...activity(item(handlers, vector)) };
      });
      const buffer = Array.from({ length: next() }, (): [number, number] => [next(), next()]);
      return { flag, level, current, pending, stack, buffer };
    }),
    tasks: tasks.map((program) => ({ preemption: next(), ...activity(program) })),
    sources: several(model.sources.length),
  };
}

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
