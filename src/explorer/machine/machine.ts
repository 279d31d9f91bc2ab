/** The machine of docs/machine.md: states as vectors, and the transitions between them. */

import type { TraceEntry } from '../exploration.js';
import { contexts, type MemoryModel, type Model } from '../model/model.js';
import { createFairness, type Fairness } from './fairness.js';
import type { Fields } from './fields.js';
import { type Frame, framesOf } from './frames.js';
import { type Layout, layoutOf, startOf } from './layout.js';
import type { Bound, MachineContext, Outcome, Recorder } from './outcome.js';
import { createProperties, type Properties, sourceGhosts } from './properties.js';
import { checkModel } from './validate.js';

/** A transition, as the machine makes it; the object is used again for the next one. */
export interface Transition {
  kind: TraceEntry['kind'];
  cpu: number;
  /** What moved, of {@link Fairness}. */
  group: number;
  /** The environment may do without it: a source that does not fire for ever. */
  optional: boolean;
  readonly outcome: Outcome;
}

/** Hears of a transition; both objects are used again. */
export type Visit = (next: Int32Array, transition: Transition) => void;

/** A model that runs. Not re-entrant: one call of `successors` at a time. */
export interface Machine {
  readonly model: Model;
  readonly memory: MemoryModel;
  readonly layout: Layout;
  readonly fields: Fields;
  readonly properties: Properties;
  readonly fairness: Fairness;
  /** Bounds that were reached since the machine was made. */
  readonly bounds: ReadonlySet<Bound>;
  /** The state at the start. */
  readonly initial: () => Int32Array;
  /** All transitions from a state, in the order of docs/machine.md. Throws {@link MechanismError} where the mechanism errs. */
  readonly successors: (state: Int32Array, visit: Visit) => void;
  /** Hears of reads and writes while it is set. */
  readonly record: (recorder: Recorder | undefined) => void;
  /** The running frame of a CPU; undefined where it has none or its task has ended. */
  readonly running: (state: Int32Array, cpu: number) => Frame | undefined;
  /** The frames of a CPU above its task, lowest first. */
  readonly stack: (state: Int32Array, cpu: number) => readonly Frame[];
  /** The tasks, in the model's order. */
  readonly tasks: readonly Frame[];
  /** Whether an interrupt of some CPU finds no room on the stack: what would come of it is not known. */
  readonly crowded: (state: Int32Array) => boolean;
  /** Whether a CPU has finished. */
  readonly finished: (state: Int32Array, cpu: number) => boolean;
  /** Whether every task has ended or rests. */
  readonly idle: (state: Int32Array) => boolean;
}

/** How a machine is made. */
export interface MachineOptions {
  /** Execute steps on registers together with the transition before them; yes unless told. */
  readonly fold?: boolean;
}

/** Rank of an NMI's frame. */
const nmi = contexts.indexOf('nmi');

/** Entries of a store buffer, where a model does not say. */
const usualStoreBuffer = 3;

/** Makes a model run. Throws {@link MechanismError}, with the place, where it is malformed. */
export function createMachine(model: Model, memory: MemoryModel, { fold = true }: MachineOptions = {}): Machine {
  checkModel(model);
  const storeBuffer = memory === 'tso' ? (model.storeBuffer ?? usualStoreBuffer) : 0;
  const layout = layoutOf(model, storeBuffer);
  const outcome: Outcome = { progress: false, broken: [], breaches: [] };
  const context: MachineContext = { outcome, recorder: undefined, bounds: new Set() };
  const frames = framesOf(model, layout, context);
  const { memories, handlers, tasks } = frames;
  const properties = createProperties(model, layout);
  const cpus = layout.cpus.map((fields, cpu) => ({ fields, cpu, own: layout.tasksOf[cpu] ?? [] }));
  const preemptible = model.tasks.map((task) => task.preemptible === true);
  const vectors = layout.vectorPrograms.map(({ vector, offset }) => ({
    kind: vector.kind,
    level: vector.level ?? 0,
    interrupts: (vector.interrupts ?? (vector.kind === 'softirq' ? 'on' : 'off')) === 'on' ? 1 : 0,
    start: 1 + offset,
  }));
  const next = new Int32Array(layout.fields.length);
  const transition: Transition = { kind: 'step', cpu: 0, group: 0, optional: false, outcome };

  const handler = (state: Int32Array, cpu: number, depth: number): Frame | undefined => {
    const at = layout.cpus[cpu]?.frames[depth - 1]?.at;
    return at === undefined ? undefined : handlers[cpu]?.[depth - 1]?.[state[at] as number];
  };
  const currentTask = (state: Int32Array, cpu: number): number | undefined =>
    layout.tasksOf[cpu]?.[state[layout.cpus[cpu]?.current ?? 0] as number];
  const running = (state: Int32Array, cpu: number): Frame | undefined => {
    const depth = state[layout.cpus[cpu]?.depth ?? 0] as number;
    if (depth > 0) return handler(state, cpu, depth);
    const task = currentTask(state, cpu);
    return task === undefined ? undefined : tasks[task];
  };
  const hasEnded = (state: Int32Array, frame: Frame): boolean =>
    (state[frame.at] as number) - frame.start === frame.steps.length;
  const stepOf = (state: Int32Array, frame: Frame) => frame.steps[(state[frame.at] as number) - frame.start];
  const isReady = (state: Int32Array, frame: Frame): boolean => stepOf(state, frame)?.ready(state) ?? false;
  const isDue = (state: Int32Array, frame: Frame): boolean => stepOf(state, frame)?.due(state) ?? false;
  const sleeps = (state: Int32Array, frame: Frame): boolean => {
    const step = stepOf(state, frame)?.row.step;
    return step?.kind === 'wait' && step.sleeping;
  };
  const rests = (state: Int32Array, frame: Frame): boolean => {
    const at = stepOf(state, frame);
    return at !== undefined && at.row.step.kind === 'wait' && at.row.step.rest && !at.ready(state);
  };

  /** Whether a CPU takes a vector as it is now: its masks and what it runs permit it. */
  const admits = (state: Int32Array, cpu: number, index: number): boolean => {
    const { fields } = cpus[cpu] as (typeof cpus)[number];
    const depth = state[fields.depth] as number;
    const { kind, level } = vectors[index] as (typeof vectors)[number];
    if (kind === 'nmi') return !hasNmi(state, cpu, depth);
    if (state[fields.interrupts] === 0 || (level !== 0 && level <= (state[fields.level] as number))) return false;
    return kind === 'hardirq' || depth === 0;
  };
  /** The pending vector that goes first, if any could be delivered; its index. */
  const deliverable = (state: Int32Array, cpu: number): number => {
    const pending = state[layout.cpus[cpu]?.pending ?? 0] as number;
    if (pending === 0) return -1;
    for (let index = 0; index < vectors.length; index++) {
      if (((pending >> index) & 1) === 1 && admits(state, cpu, index)) return index;
    }
    return -1;
  };
  const hasNmi = (state: Int32Array, cpu: number, depth: number): boolean => {
    for (let above = 1; above <= depth; above++) {
      if (handler(state, cpu, above)?.context === nmi) return true;
    }
    return false;
  };
  const canDeliver = (state: Int32Array, cpu: number): number => {
    const vector = deliverable(state, cpu);
    if (vector < 0 || memories[cpu]?.drained(state) !== true) return -1;
    if ((state[layout.cpus[cpu]?.depth ?? 0] as number) < layout.frames) return vector;
    context.bounds.add('frames');
    return -1;
  };
  /** Whether the scheduler may take the CPU from its current task, once the store buffer is drained. */
  const leaves = (state: Int32Array, cpu: number): boolean => {
    const { fields } = cpus[cpu] as (typeof cpus)[number];
    const task = currentTask(state, cpu);
    if (task === undefined || (state[fields.depth] as number) > 0) return false;
    const frame = tasks[task] as Frame;
    if (hasEnded(state, frame) || sleeps(state, frame)) return true;
    return (
      preemptible[task] === true &&
      state[layout.tasks[task]?.preemption ?? 0] === 0 &&
      state[fields.interrupts] === 1 &&
      state[fields.level] === 0
    );
  };
  const enters = (state: Int32Array, frame: Frame): boolean =>
    !hasEnded(state, frame) && (!sleeps(state, frame) || isReady(state, frame));

  const fairness = createFairness(model, layout, {
    task: (state, task) => isDue(state, tasks[task] as Frame),
    frame: (state, cpu, depth) => {
      if (depth > (state[layout.cpus[cpu]?.depth ?? 0] as number)) return false;
      const frame = handler(state, cpu, depth);
      if (frame === undefined) return false;
      return hasEnded(state, frame) || isDue(state, frame);
    },
    runs: (state, cpu, depth, task) =>
      (state[layout.cpus[cpu]?.depth ?? 0] as number) === depth && (depth > 0 || currentTask(state, cpu) === task),
    pending: (state, cpu, vector) => (((state[layout.cpus[cpu]?.pending ?? 0] as number) >> vector) & 1) === 1,
    admits: (state, cpu, vector) =>
      admits(state, cpu, vector) && (state[layout.cpus[cpu]?.depth ?? 0] as number) < layout.frames,
    drain: (state, cpu) => memories[cpu]?.drained(state) === false,
    switch: (state, task) => {
      const { cpu } = tasks[task] as Frame;
      return currentTask(state, cpu) !== task && leaves(state, cpu) && enters(state, tasks[task] as Frame);
    },
    fire: (state, source) => canFire(state, source),
  });

  const canFire = (state: Int32Array, source: number): boolean => {
    const times = layout.sources[source];
    if (times !== undefined) return (state[times] as number) > 0;
    const { cpu, bit } = sources[source] as (typeof sources)[number];
    return ((state[layout.cpus[cpu]?.pending ?? 0] as number) & bit) === 0;
  };
  const sources = model.sources.map(({ cpu, vector, times }) => ({
    cpu,
    bit: 1 << model.vectors.findIndex(({ name }) => name === vector),
    optional: times !== 'forever',
  }));
  const writeGhosts = model.sources.map((source) => sourceGhosts(source, model, layout, context));

  /** Executes the silent steps that a frame has come to. */
  const foldFrom = (state: Int32Array, frame: Frame): void => {
    if (!fold) return;
    for (let position = (state[frame.at] as number) - frame.start; frame.silent[position] === true; ) {
      frame.steps[position]?.apply(state, 0);
      position = (state[frame.at] as number) - frame.start;
    }
  };
  const begin = (state: Int32Array, kind: Transition['kind'], cpu: number, group: number): Int32Array => {
    next.set(state);
    transition.kind = kind;
    transition.cpu = cpu;
    transition.group = group;
    transition.optional = false;
    outcome.progress = false;
    if (outcome.broken.length > 0) outcome.broken.length = 0;
    if (outcome.breaches.length > 0) outcome.breaches.length = 0;
    return next;
  };

  const deliver = (state: Int32Array, cpu: number, index: number): Int32Array => {
    const made = begin(state, 'deliver', cpu, fairness.deliver(cpu, index));
    const { fields } = cpus[cpu] as (typeof cpus)[number];
    const vector = vectors[index] as (typeof vectors)[number];
    const depth = made[fields.depth] as number;
    const frame = fields.frames[depth] as (typeof fields.frames)[number];
    made[fields.pending] = (made[fields.pending] as number) & ~(1 << index);
    made[frame.at] = vector.start;
    made[frame.interrupts] = made[fields.interrupts] as number;
    made[frame.level] = made[fields.level] as number;
    for (const [position, local] of (layout.vectorPrograms[index]?.program.locals ?? []).entries()) {
      made[frame.locals[position] as number] = startOf(local);
    }
    made[fields.interrupts] = vector.interrupts;
    if (vector.level > (made[fields.level] as number)) made[fields.level] = vector.level;
    made[fields.depth] = depth + 1;
    foldFrom(made, handler(made, cpu, depth + 1) as Frame);
    return made;
  };
  const giveBack = (state: Int32Array, cpu: number, depth: number): Int32Array => {
    const made = begin(state, 'return', cpu, fairness.frame(cpu, depth));
    const { fields } = cpus[cpu] as (typeof cpus)[number];
    const frame = fields.frames[depth - 1] as (typeof fields.frames)[number];
    made[fields.interrupts] = made[frame.interrupts] as number;
    made[fields.level] = made[frame.level] as number;
    made[fields.depth] = depth - 1;
    for (const field of [frame.at, frame.interrupts, frame.level, ...frame.locals]) made[field] = 0;
    return made;
  };

  const ofCpu = (state: Int32Array, cpu: number, visit: Visit): void => {
    const { fields, own } = cpus[cpu] as (typeof cpus)[number];
    const vector = canDeliver(state, cpu);
    if (vector >= 0) visit(deliver(state, cpu, vector), transition);
    const depth = state[fields.depth] as number;
    const frame = running(state, cpu);
    const step = frame === undefined ? undefined : stepOf(state, frame);
    if (frame !== undefined && step?.ready(state) === true) {
      const group = depth > 0 ? fairness.frame(cpu, depth) : fairness.task(currentTask(state, cpu) ?? 0);
      const ways = step.ways(state);
      for (let way = 0; way < ways; way++) {
        if (!step.open(state, way)) continue;
        const made = begin(state, 'step', cpu, group);
        step.apply(made, way);
        foldFrom(made, frame);
        visit(made, transition);
      }
    }
    const drained = memories[cpu]?.drained(state) === true;
    if (depth > 0 && drained && frame !== undefined && hasEnded(state, frame))
      visit(giveBack(state, cpu, depth), transition);
    if (!drained) {
      const made = begin(state, 'drain', cpu, fairness.drain(cpu));
      memories[cpu]?.drain(made);
      visit(made, transition);
    }
    if (own.length > 1 && drained && leaves(state, cpu)) {
      for (const [index, task] of own.entries()) {
        if (index === state[fields.current] || !enters(state, tasks[task] as Frame)) continue;
        const made = begin(state, 'switch', cpu, fairness.switch(task));
        made[fields.current] = index;
        // A task that has not run yet may stand before steps that fold.
        foldFrom(made, tasks[task] as Frame);
        visit(made, transition);
      }
    }
  };

  return {
    model,
    memory,
    layout,
    fields: layout.fields,
    properties,
    fairness,
    bounds: context.bounds,
    tasks,
    running: (state, cpu) => {
      const frame = running(state, cpu);
      return frame === undefined || (frame.depth === 0 && hasEnded(state, frame)) ? undefined : frame;
    },
    stack: (state, cpu) =>
      Array.from(
        { length: state[layout.cpus[cpu]?.depth ?? 0] as number },
        (_, above) => handler(state, cpu, above + 1) as Frame,
      ),
    record(recorder) {
      context.recorder = recorder;
    },
    initial() {
      const state = new Int32Array(layout.fields.length);
      for (const { name, initial } of model.variables) state.set(initial, layout.variables.get(name));
      for (const fields of layout.cpus) state[fields.interrupts] = 1;
      for (const [index, { program }] of layout.taskPrograms.entries()) {
        for (const [position, local] of program.locals.entries()) {
          state[layout.tasks[index]?.locals[position] ?? 0] = startOf(local);
        }
      }
      for (const [index, { times }] of model.sources.entries()) {
        const field = layout.sources[index];
        if (field !== undefined && times !== 'forever') state[field] = times;
      }
      // Only tasks that have the CPU: the others have not got anywhere before they are switched to.
      for (const [first] of layout.tasksOf) if (first !== undefined) foldFrom(state, tasks[first] as Frame);
      return state;
    },
    successors(state, visit) {
      for (let cpu = 0; cpu < model.cpus; cpu++) ofCpu(state, cpu, visit);
      for (const [source, { cpu, bit, optional }] of sources.entries()) {
        if (!canFire(state, source)) continue;
        const made = begin(state, 'fire', cpu, fairness.fire(source));
        transition.optional = optional;
        const pending = layout.cpus[cpu]?.pending ?? 0;
        made[pending] = (made[pending] as number) | bit;
        const times = layout.sources[source];
        if (times !== undefined) made[times] = (made[times] as number) - 1;
        writeGhosts[source]?.(made);
        visit(made, transition);
      }
    },
    crowded: (state) =>
      cpus.some(({ fields, cpu }) => (state[fields.depth] as number) >= layout.frames && deliverable(state, cpu) >= 0),
    finished: (state, cpu) =>
      state[layout.cpus[cpu]?.depth ?? 0] === 0 &&
      (layout.tasksOf[cpu] ?? []).every((task) => {
        const frame = tasks[task] as Frame;
        return hasEnded(state, frame) || rests(state, frame);
      }),
    idle: (state) => tasks.every((frame) => hasEnded(state, frame) || rests(state, frame)),
  };
}
