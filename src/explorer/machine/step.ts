/** The steps of one frame as functions of a state (docs/machine.md, Steps). */

import { MechanismError } from '../model/error.js';
import type { Expression } from '../model/expression.js';
import type { Rule } from '../model/step.js';
import type { Local, Place } from '../model/variable.js';
import { type Evaluate, elementOf, evaluator, type Scope } from './evaluate.js';
import { mostLevel, mostPreemption } from './layout.js';
import type { CpuMemory } from './memory.js';
import type { MachineContext } from './outcome.js';
import { type Program, type ProgramStep, placeOfStep } from './program.js';

/** Where a frame lies, and what its steps may touch. */
export interface FrameScope extends Omit<Scope, 'place'> {
  readonly program: Program;
  /** Field of the position, and what a position 0 is there. */
  readonly at: number;
  readonly start: number;
  readonly memory: CpuMemory;
  /** Field of the task's preemption count; the frame's own or, in an interrupt, none. */
  readonly preemption: number | undefined;
  /** Number of CPUs. */
  readonly cpus: number;
  /** All CPUs' pending fields. */
  readonly pending: readonly number[];
  /** Bit of a vector in a pending field. */
  readonly vectorBit: (name: string) => number;
  /** Index of a property. */
  readonly property: (name: string) => number;
}

/** A step of a frame. */
export interface FrameStep {
  readonly row: ProgramStep;
  /** Whether it can be made, by whichever way. */
  readonly ready: (state: Int32Array) => boolean;
  /** Whether it can be made, or could be but for what is in the CPU's store buffer. */
  readonly due: (state: Int32Array) => boolean;
  /** How many ways there are to look at, from 0; those of a wait need `open` besides. */
  readonly ways: (state: Int32Array) => number;
  /** Whether a way can be taken, of a step that is ready. */
  readonly open: (state: Int32Array, way: number) => boolean;
  /** Makes the step in `state`, which becomes the next state. */
  readonly apply: (state: Int32Array, way: number) => void;
  /** Places that a wait polls, as fields; undefined for a step that is no wait. */
  readonly polled: ((state: Int32Array) => readonly number[]) | undefined;
}

/** What the kinds of actions differ in. */
interface ActionCode {
  readonly ready?: (state: Int32Array) => boolean;
  /** As `ready`, the store buffer aside; the same, unless told. */
  readonly due?: (state: Int32Array) => boolean;
  readonly ways?: (state: Int32Array) => number;
  readonly open?: (state: Int32Array, way: number) => boolean;
  /** Gives `value`. */
  readonly act: (state: Int32Array, way: number) => number;
  readonly polled?: (state: Int32Array) => readonly number[];
}

const always = (): boolean => true;
const one = (): number => 1;

/** Makes the functions of one row. Throws {@link MechanismError} where it is malformed. */
export function frameStep(row: ProgramStep, position: number, frame: FrameScope, context: MachineContext): FrameStep {
  const { step } = row;
  const place = placeOfStep(frame.program.routine, step);
  const scope: Scope = { ...frame, place };
  const {
    ready = always,
    due = ready,
    ways = one,
    open = always,
    act,
    polled,
  } = actionCode(row, scope, frame, context);
  const requires = step.kind === 'wait' && step.sleeping ? [...step.requires, 'may-sleep' as const] : step.requires;
  const rules = [...new Set(requires)].map((rule) => ({
    breach: { rule, step: place },
    broken: breachOf(rule, frame),
  }));
  const sets = step.set.map(({ local, value }) => assign(local, evaluator(value, scope), scope));
  const ghosts = step.ghost.map(({ place: target, value }) => {
    const store = writer(target, scope);
    const compute = evaluator(value, scope);
    return (state: Int32Array, read: number): void => {
      const what = compute(state, read);
      const field = store(state, read, what);
      state[field] = what;
      context.recorder?.write(field, what);
    };
  });
  const checks = step.check.map(({ property, holds }) => ({
    property: frame.property(property),
    holds: evaluator(holds, scope),
  }));
  const jumps = row.jumps.map(({ when, to }) => ({ when: evaluator(when, scope), to }));
  const end = frame.program.steps.length;
  const move = mover(frame, end);
  const { outcome } = context;
  return {
    row,
    ready,
    due,
    ways,
    open,
    polled,
    apply(state, way) {
      for (const { breach, broken } of rules) if (broken(state)) outcome.breaches.push(breach);
      const value = act(state, way);
      for (const set of sets) set(state, value);
      for (const ghost of ghosts) ghost(state, value);
      for (const { property, holds } of checks) if (holds(state, value) === 0) outcome.broken.push(property);
      if (step.progress) outcome.progress = true;
      const to = row.ways[way];
      if (to !== undefined) {
        move(state, to);
        return;
      }
      for (const { when, to: target } of jumps) {
        if (when(state, value) !== 0) {
          move(state, target);
          return;
        }
      }
      move(state, position + 1);
    },
  };
}

/** A task that ends forgets its registers: {@link FrameScope.preemption} tells it from a handler, which returns instead. */
function mover(frame: FrameScope, end: number): (state: Int32Array, to: number) => void {
  const { at, start, preemption, program } = frame;
  if (preemption === undefined) {
    return (state, to) => {
      state[at] = start + to;
    };
  }
  const registers = program.locals.map((local) => ({
    field: frame.register(local.name),
    value: Math.min(Math.max(0, local.min), local.max),
  }));
  return (state, to) => {
    state[at] = start + to;
    if (to === end) for (const { field, value } of registers) state[field] = value;
  };
}

function breachOf(rule: Rule, frame: FrameScope): (state: Int32Array) => boolean {
  const { context, interrupts, level, preemption } = frame;
  switch (rule) {
    case 'interrupts-enabled':
      return (state) => state[interrupts] === 0;
    case 'task-context':
      return () => context !== 0;
    case 'not-nmi':
      return () => context === 3;
    case 'may-sleep':
      return (state) =>
        context !== 0 ||
        state[interrupts] === 0 ||
        state[level] !== 0 ||
        (preemption !== undefined && state[preemption] !== 0);
  }
}

function assign(local: Local, compute: Evaluate, scope: Scope): (state: Int32Array, value: number) => void {
  const field = scope.register(local.name);
  return (state, value) => {
    state[field] = ranged(local, compute(state, value), scope);
  };
}

function ranged({ name, min, max }: { name: string; min: number; max: number }, value: number, scope: Scope): number {
  if (value >= min && value <= max) return value;
  throw new MechanismError(
    scope.place,
    `it gives ${name} the value ${value}, outside of ${min} to ${max}`,
    'declare a wider range, or stop the mechanism before it gets there',
  );
}

/** Checks a value's range and gives the field that it is for. */
function writer(place: Place, scope: Scope): (state: Int32Array, value: number, what: number) => number {
  const element = elementOf(place, scope);
  const { variable } = place;
  return (state, value, what) => {
    ranged(variable, what, scope);
    return typeof element === 'number' ? element : element(state, value);
  };
}

function actionCode(row: ProgramStep, scope: Scope, frame: FrameScope, context: MachineContext): ActionCode {
  const { step } = row;
  const { memory } = frame;
  const compute = (expression: Expression): Evaluate => evaluator(expression, scope);
  const into = (local: Local | undefined): ((state: Int32Array, value: number) => void) => {
    if (local === undefined) return () => undefined;
    const field = scope.register(local.name);
    return (state, value) => {
      state[field] = ranged(local, value, scope);
    };
  };
  /** What the CPU sees at a place. */
  const reader = (place: Place): ((state: Int32Array) => number) => {
    const element = elementOf(place, scope);
    return (state) => memory.read(state, typeof element === 'number' ? element : element(state, 0));
  };
  const field = (place: Place): ((state: Int32Array) => number) => {
    const element = elementOf(place, scope);
    return (state) => (typeof element === 'number' ? element : element(state, 0));
  };
  switch (step.kind) {
    case 'load': {
      const element = field(step.place);
      const keep = into(step.into);
      return {
        act(state) {
          const from = element(state);
          const value = memory.read(state, from);
          context.recorder?.read(from, value);
          keep(state, value);
          return value;
        },
      };
    }
    case 'store': {
      const target = writer(step.place, scope);
      const what = compute(step.value);
      return {
        due: always,
        ready(state) {
          const room = memory.hasRoom(state);
          if (!room) context.bounds.add('store-buffer');
          return room;
        },
        act(state) {
          const value = what(state, 0);
          const to = target(state, value, value);
          memory.write(state, to, value);
          context.recorder?.write(to, value);
          return value;
        },
      };
    }
    case 'atomic': {
      const element = field(step.place);
      const read = reader(step.place);
      const target = writer(step.place, scope);
      const what = compute(step.store);
      const until = step.until === undefined ? undefined : compute(step.until);
      const keep = into(step.into);
      return {
        due: (state) => until === undefined || until(state, read(state)) !== 0,
        ready: (state) => memory.drained(state) && (until === undefined || until(state, read(state)) !== 0),
        act(state) {
          const old = read(state);
          const value = what(state, old);
          const to = target(state, old, value);
          context.recorder?.read(to, old);
          state[to] = value;
          context.recorder?.write(to, value);
          keep(state, old);
          return old;
        },
        ...(until === undefined ? {} : { polled: (state: Int32Array) => [element(state)] }),
      };
    }
    case 'wait': {
      const alternatives = step.alternatives.map((alternative) => ({
        element: field(alternative.place),
        read: reader(alternative.place),
        until: compute(alternative.until),
        keep: into(alternative.into),
      }));
      const open = (state: Int32Array, way: number): boolean => {
        const alternative = alternatives[way];
        return alternative !== undefined && alternative.until(state, alternative.read(state)) !== 0;
      };
      return {
        ready: (state) => alternatives.some(({ read, until }) => until(state, read(state)) !== 0),
        ways: () => alternatives.length,
        open,
        act(state, way) {
          const alternative = alternatives[way] as (typeof alternatives)[number];
          const from = alternative.element(state);
          const value = alternative.read(state);
          context.recorder?.read(from, value);
          alternative.keep(state, value);
          return value;
        },
        polled: (state) => alternatives.map(({ element }) => element(state)),
      };
    }
    case 'fence':
      return { due: always, ready: memory.drained, act: () => 0 };
    case 'interrupts': {
      const to = compute(step.to);
      const keep = into(step.saved);
      return {
        act(state) {
          const flag = to(state, 0) !== 0 ? 1 : 0;
          keep(state, state[frame.interrupts] as number);
          state[frame.interrupts] = flag;
          return 0;
        },
      };
    }
    case 'level': {
      const to = compute(step.to);
      const keep = into(step.saved);
      return {
        act(state) {
          const level = ranged({ name: 'the level', min: 0, max: mostLevel }, to(state, 0), scope);
          keep(state, state[frame.level] as number);
          state[frame.level] = level;
          return 0;
        },
      };
    }
    case 'preemption': {
      const { preemption } = frame;
      if (preemption === undefined) {
        throw new MechanismError(scope.place, 'an interrupt handler has no preemption count', 'leave the step out');
      }
      return {
        act(state) {
          const count = (state[preemption] as number) + step.change;
          state[preemption] = ranged({ name: 'the preemption count', min: 0, max: mostPreemption }, count, scope);
          return 0;
        },
      };
    }
    case 'send': {
      const targets = compute(step.targets);
      const bit = frame.vectorBit(step.vector);
      return {
        due: always,
        ready: memory.drained,
        act(state) {
          const mask = targets(state, 0);
          if (mask < 0 || mask >= 2 ** frame.cpus) {
            throw new MechanismError(scope.place, `it sends ${step.vector} to a CPU that is not there (mask ${mask})`);
          }
          for (const [cpu, pending] of frame.pending.entries()) {
            if ((mask >> cpu) & 1) state[pending] = (state[pending] as number) | bit;
          }
          return 0;
        },
      };
    }
    case 'choose': {
      const from = compute(step.from);
      const to = compute(step.to);
      const keep = into(step.into);
      return {
        ready: (state) => to(state, 0) >= from(state, 0),
        ways: (state) => to(state, 0) - from(state, 0) + 1,
        act(state, way) {
          const value = from(state, 0) + way;
          keep(state, value);
          return value;
        },
      };
    }
    case 'mark':
    case 'compute':
      return { act: () => 0 };
  }
}
