/** All transitions that leave a state: docs/machine.md, Transitions. */

import { MechanismError } from '../../../src/explorer/model/error.js';
import type { Rule } from '../../../src/explorer/model/step.js';
import type { Machine } from './program.js';
import {
  type Actor,
  copyOf,
  drained,
  ended,
  frameActor,
  item,
  keyOf,
  runningActor,
  type State,
  stateOf,
  taskActor,
} from './state.js';
import { nextStep, storeBufferFull, takeStep, waysOf, writeSourceGhosts } from './step.js';

/** A bound of the machine that cut transitions off. */
export type MachineBound = 'frames' | 'store-buffer';

/** A transition. */
export interface Transition {
  readonly kind: 'deliver' | 'step' | 'return' | 'drain' | 'switch' | 'fire';
  readonly cpu: number;
  /** Who or what moved, as fairness names it: `task 0`, `frame 1 0`, `deliver 1 0`, `drain 0`, `switch 2`, `source 0`. */
  readonly mover: string;
  /** Key of the state that it makes. */
  readonly to: string;
  /** A fire of a source that does not fire for ever: the environment may leave it out. */
  readonly optional: boolean;
  readonly progress: boolean;
  readonly breaches: readonly { readonly rule: Rule; readonly cpu: number; readonly step: string }[];
  readonly broken: readonly string[];
}

/** What leaves a state. */
export interface Successors {
  readonly transitions: readonly Transition[];
  readonly bounds: ReadonlySet<MachineBound>;
}

const silent = { optional: false, progress: false, breaches: [], broken: [] } as const;

/** Whether a vector is pending on a CPU and neither masked nor under a frame that it cannot interrupt. */
function isOpen({ model }: Machine, state: State, cpuIndex: number, vector: number): boolean {
  const cpu = item(state.cpus, cpuIndex);
  const { kind, level = 0 } = item(model.vectors, vector);
  if (cpu.pending[vector] !== 1) return false;
  if (kind === 'nmi') return !cpu.stack.some((frame) => item(model.vectors, frame.vector).kind === 'nmi');
  const open = cpu.flag === 1 && (level === 0 || level > cpu.level);
  return open && (kind === 'hardirq' || cpu.stack.length === 0);
}

/** The vector that would be delivered on a CPU if it is drained and has room for a frame; -1 for none. */
export const deliverable = (machine: Machine, state: State, cpu: number): number =>
  machine.model.vectors.findIndex((_, vector) => isOpen(machine, state, cpu, vector));

/** The deliveries that could come next, masks and frames permitting, whichever vector goes first: `deliver 1 0`. */
export const openDeliveries = (machine: Machine, state: State): ReadonlySet<string> =>
  new Set(
    state.cpus.flatMap((_, cpu) =>
      machine.model.vectors.flatMap((__, vector) =>
        isOpen(machine, state, cpu, vector) && hasRoom(machine, state, cpu) ? [`deliver ${cpu} ${vector}`] : [],
      ),
    ),
  );

/** Whether a CPU has room for one more frame. */
export const hasRoom = ({ model }: Machine, state: State, cpu: number): boolean =>
  item(state.cpus, cpu).stack.length < (model.frames ?? 2);

/** Whether an interrupt of some CPU finds no room. */
export const isCrowded = (machine: Machine, state: State): boolean =>
  state.cpus.some((_, cpu) => deliverable(machine, state, cpu) >= 0 && !hasRoom(machine, state, cpu));

/** Tasks that a CPU could switch to if it is drained, as places in the model. */
export function switchTargets(machine: Machine, state: State, cpuIndex: number): readonly number[] {
  const cpu = item(state.cpus, cpuIndex);
  if (cpu.stack.length > 0 || cpu.current < 0) return [];
  const current = taskActor(machine, state, cpu.current);
  const leaves =
    ended(current) ||
    sleeps(current) ||
    (item(machine.model.tasks, cpu.current).preemptible === true &&
      current.task?.preemption === 0 &&
      cpu.flag === 1 &&
      cpu.level === 0);
  if (!leaves) return [];
  return machine.model.tasks.flatMap((task, index) => {
    if (task.cpu !== cpuIndex || index === cpu.current) return [];
    const other = taskActor(machine, state, index);
    const ready = !ended(other) && !(sleeps(other) && waysOf(machine, state, other).length === 0);
    return ready ? [index] : [];
  });
}

function sleeps(actor: Actor): boolean {
  const step = nextStep(actor)?.step;
  return step?.kind === 'wait' && step.sleeping;
}

function deliver(machine: Machine, state: State, cpuIndex: number): void {
  const index = deliverable(machine, state, cpuIndex);
  const vector = item(machine.model.vectors, index);
  const cpu = item(state.cpus, cpuIndex);
  cpu.pending[index] = 0;
  const locals = { ...item(machine.handlers, index).registers };
  cpu.stack.push({ position: 0, locals, vector: index, flag: cpu.flag, level: cpu.level });
  const interrupts = vector.interrupts ?? (vector.kind === 'softirq' ? 'on' : 'off');
  cpu.flag = interrupts === 'on' ? 1 : 0;
  cpu.level = Math.max(cpu.level, vector.level ?? 0);
}

function returnFrom(state: State, cpuIndex: number): void {
  const cpu = item(state.cpus, cpuIndex);
  const frame = cpu.stack.pop();
  if (frame === undefined) throw new RangeError('no frame to return from');
  cpu.flag = frame.flag;
  cpu.level = frame.level;
}

function drain(state: State, cpuIndex: number): void {
  const entry = item(state.cpus, cpuIndex).buffer.shift();
  if (entry === undefined) throw new RangeError('nothing to drain');
  state.memory[entry[0]] = entry[1];
}

function ofCpu(machine: Machine, state: State, cpu: number, bounds: Set<MachineBound>): Transition[] {
  const found: Transition[] = [];
  const isDrained = drained(item(state.cpus, cpu));
  const add = (kind: Transition['kind'], mover: string, change: (copy: State) => void): void => {
    const copy = copyOf(state);
    change(copy);
    found.push({ ...silent, kind, cpu, mover, to: keyOf(copy) });
  };

  if (isDrained && deliverable(machine, state, cpu) >= 0) {
    if (hasRoom(machine, state, cpu)) {
      const vector = deliverable(machine, state, cpu);
      add('deliver', `deliver ${cpu} ${vector}`, (copy) => deliver(machine, copy, cpu));
    } else bounds.add('frames');
  }
  const running = runningActor(machine, state, cpu);
  if (running !== undefined) {
    if (storeBufferFull(machine, state, running)) bounds.add('store-buffer');
    for (const way of waysOf(machine, state, running)) {
      const copy = copyOf(state);
      const actor = runningActor(machine, copy, cpu);
      if (actor === undefined) throw new RangeError('nothing runs');
      const { where, progress, breaches, broken } = takeStep(machine, copy, actor, way);
      const places = breaches.map((rule) => ({ rule, cpu, step: where }));
      const { id } = running;
      found.push({
        kind: 'step',
        cpu,
        mover: id,
        to: keyOf(copy),
        optional: false,
        progress,
        breaches: places,
        broken,
      });
    }
    if (running.task === undefined && ended(running) && isDrained)
      add('return', running.id, (copy) => returnFrom(copy, cpu));
  }
  if (!isDrained) add('drain', `drain ${cpu}`, (copy) => drain(copy, cpu));
  for (const task of isDrained ? switchTargets(machine, state, cpu) : []) {
    add('switch', `switch ${task}`, (copy) => {
      item(copy.cpus, cpu).current = task;
    });
  }
  return found;
}

/** Whether a source may fire. */
export function mayFire({ model }: Machine, state: State, source: number): boolean {
  const { times, cpu, vector } = item(model.sources, source);
  if (times !== 'forever') return item(state.sources, source) > 0;
  return item(state.cpus, cpu).pending[vectorIndex(model.vectors, vector)] === 0;
}

function vectorIndex(vectors: readonly { readonly name: string }[], name: string): number {
  const index = vectors.findIndex((vector) => vector.name === name);
  if (index < 0) throw new MechanismError(`source of ${name}`, `no vector ${name}`);
  return index;
}

function fire(machine: Machine, state: State, source: number): Transition {
  const { times, cpu, vector } = item(machine.model.sources, source);
  const copy = copyOf(state);
  item(copy.cpus, cpu).pending[vectorIndex(machine.model.vectors, vector)] = 1;
  const optional = times !== 'forever';
  if (optional) copy.sources[source] = item(copy.sources, source) - 1;
  writeSourceGhosts(machine, copy, source, runningActor(machine, copy, cpu));
  return { ...silent, kind: 'fire', cpu, mover: `source ${source}`, to: keyOf(copy), optional };
}

/** All transitions that leave a state, in the order of docs/machine.md. */
export function successorsOf(machine: Machine, key: string): Successors {
  const state = stateOf(machine, key);
  const bounds = new Set<MachineBound>();
  const transitions = state.cpus.flatMap((_, cpu) => ofCpu(machine, state, cpu, bounds));
  machine.model.sources.forEach((_, source) => {
    if (mayFire(machine, state, source)) transitions.push(fire(machine, state, source));
  });
  return { transitions, bounds };
}

/** Everything that fairness speaks of and that is ready in a state, store buffers aside, by the names of {@link Transition.mover}. */
export function readyIn(machine: Machine, state: State): ReadonlySet<string> {
  const ready = new Set<string>();
  const see = (actor: Actor): void => {
    const returns = actor.task === undefined && ended(actor);
    if (returns || waysOf(machine, state, actor, true).length > 0) ready.add(actor.id);
  };
  state.tasks.forEach((_, index) => {
    see(taskActor(machine, state, index));
  });
  state.cpus.forEach((cpu, index) => {
    cpu.stack.forEach((_, depth) => {
      see(frameActor(machine, state, index, depth));
    });
    cpu.pending.forEach((bit, vector) => {
      if (bit === 1) ready.add(`deliver ${index} ${vector}`);
    });
    if (!drained(cpu)) ready.add(`drain ${index}`);
    for (const task of switchTargets(machine, state, index)) ready.add(`switch ${task}`);
  });
  machine.model.sources.forEach(({ times }, source) => {
    if (times === 'forever' && mayFire(machine, state, source)) ready.add(`source ${source}`);
  });
  return ready;
}
