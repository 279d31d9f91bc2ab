/** Transitions and states in words. */

import type { CpuPicture, FramePicture, Picture, TraceEntry } from '../exploration.js';
import type { Frame } from './frames.js';
import type { Machine } from './machine.js';

/** A transition that was made once more, in words, and where it leads. */
export interface Described {
  readonly entry: TraceEntry;
  /** The state after it; the caller's own. */
  readonly next: Int32Array;
}

/** Names of the elements of all variables, by field. */
export function elementNames({ model, layout }: Machine): ReadonlyMap<number, string> {
  return new Map(
    model.variables.flatMap(({ name, size }) =>
      Array.from({ length: size }, (_, index) => {
        const field = (layout.variables.get(name) ?? 0) + index;
        return [field, size === 1 ? name : `${name}[${index}]`] as const;
      }),
    ),
  );
}

/** Describes a state's transition of that number (they are numbered in their order); undefined where there are fewer. */
export function describeTransition(machine: Machine, state: Int32Array, number: number): Described | undefined {
  let reached = -1;
  return describeFirst(machine, state, () => ++reached === number);
}

/** Describes the first transition of a state whose successor passes a test. */
export function describeFirst(
  machine: Machine,
  state: Int32Array,
  test: (next: Int32Array) => boolean,
): Described | undefined {
  const names = elementNames(machine);
  let reads: Record<string, number> = {};
  let writes: Record<string, number> = {};
  let described: Described | undefined;
  const nameOf = (field: number): string => names.get(field) ?? `field ${field}`;
  machine.record({
    read(field, value) {
      reads[nameOf(field)] = value;
    },
    write(field, value) {
      writes[nameOf(field)] = value;
    },
  });
  try {
    machine.successors(state, (next, { kind, cpu, outcome }) => {
      if (described === undefined && test(next)) {
        const drained = kind === 'drain' ? drainedStore(machine, state, cpu, nameOf) : undefined;
        described = {
          entry: {
            cpu,
            kind,
            ...whoMoves(machine, state, next, kind, cpu),
            reads,
            writes: drained ?? writes,
            breaches: outcome.breaches.map(({ rule }) => rule),
            broken: outcome.broken.map((property) => machine.model.properties[property]?.name ?? ''),
          },
          next: next.slice(),
        };
      }
      reads = {};
      writes = {};
    });
  } finally {
    machine.record(undefined);
  }
  return described;
}

function drainedStore(
  machine: Machine,
  state: Int32Array,
  cpu: number,
  nameOf: (field: number) => string,
): Record<string, number> {
  const oldest = machine.layout.cpus[cpu]?.entries[0];
  if (oldest === undefined) return {};
  return { [nameOf(state[oldest.element] as number)]: state[oldest.value] as number };
}

type Who = Pick<TraceEntry, 'frame' | 'depth' | 'routine' | 'step'>;

function whoMoves(machine: Machine, state: Int32Array, next: Int32Array, kind: TraceEntry['kind'], cpu: number): Who {
  const frame = machine.running(state, cpu);
  const { model, layout } = machine;
  switch (kind) {
    case 'step': {
      if (frame === undefined) break;
      const step = frame.steps[(state[frame.at] as number) - frame.start]?.row.step.name ?? '';
      return { frame: frame.name, depth: frame.depth, routine: frame.routine, step };
    }
    case 'deliver': {
      const top = machine.stack(next, cpu).at(-1);
      if (top === undefined) break;
      const over = frame === undefined ? 'idle' : frame.name;
      return { frame: top.name, depth: top.depth, routine: top.routine, step: `${top.name} interrupts ${over}` };
    }
    case 'return': {
      const top = machine.stack(state, cpu).at(-1);
      if (top === undefined) break;
      return { frame: top.name, depth: top.depth, routine: top.routine, step: `${top.name} returns` };
    }
    case 'drain':
      return { frame: 'store buffer', depth: 0, routine: '', step: 'the oldest store becomes visible' };
    case 'switch': {
      const task = layout.tasksOf[cpu]?.[next[layout.cpus[cpu]?.current ?? 0] as number];
      const to = task === undefined ? undefined : machine.tasks[task];
      if (to === undefined) break;
      return { frame: to.name, depth: 0, routine: to.routine, step: `the scheduler switches to ${to.name}` };
    }
    case 'fire': {
      const before = state[layout.cpus[cpu]?.pending ?? 0] as number;
      const after = next[layout.cpus[cpu]?.pending ?? 0] as number;
      const fired = model.vectors.findIndex((_, index) => (((after & ~before) >> index) & 1) === 1);
      const name = model.vectors[fired]?.name;
      const step = name === undefined ? 'an interrupt fires that is pending already' : `${name} becomes pending`;
      return { frame: 'outside', depth: 0, routine: '', step };
    }
  }
  return { frame: '', depth: 0, routine: '', step: '' };
}

/** What a state looks like. */
export function pictureOf(machine: Machine, state: Int32Array): Picture {
  const names = elementNames(machine);
  const { model, layout } = machine;
  const frame = (one: Frame): FramePicture => {
    const step = one.steps[(state[one.at] as number) - one.start];
    const waits = step?.polled !== undefined && !step.ready(state);
    return {
      frame: one.name,
      routine: one.routine,
      step: step?.row.step.name ?? 'ended',
      waitsFor: waits
        ? Object.fromEntries(
            (step.polled?.(state) ?? []).map((field) => [names.get(field) ?? '', state[field] as number]),
          )
        : undefined,
      locals: Object.fromEntries([...one.locals].map(([name, field]) => [name, state[field] as number])),
    };
  };
  const cpus = layout.cpus.map((fields, cpu): CpuPicture => {
    const own = (layout.tasksOf[cpu] ?? []).flatMap((task) => machine.tasks[task] ?? []);
    const current = own[state[fields.current] as number];
    return {
      cpu,
      finished: machine.finished(state, cpu),
      frames: [...(current === undefined ? [] : [frame(current)]), ...machine.stack(state, cpu).map(frame)],
      otherTasks: own.filter((task) => task !== current).map(frame),
      interrupts: state[fields.interrupts] === 1,
      level: state[fields.level] as number,
      pending: model.vectors.flatMap(({ name }, index) =>
        (((state[fields.pending] as number) >> index) & 1) === 1 ? [name] : [],
      ),
      storeBuffer: fields.entries
        .slice(0, state[fields.buffered] as number)
        .map(({ element, value }) => [names.get(state[element] as number) ?? '', state[value] as number] as const),
    };
  });
  return {
    cpus,
    memory: Object.fromEntries([...names].map(([field, name]) => [name, state[field] as number])),
  };
}
