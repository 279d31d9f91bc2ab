/** Groups of transitions that a fair run does not neglect (docs/machine.md, Verdicts): who moves, and who could. */

import type { Model } from '../model/model.js';
import type { Layout } from './layout.js';

/** Whether each kind of group could move in a state, what is in store buffers aside. */
export interface Readiness {
  readonly task: (state: Int32Array, task: number) => boolean;
  /** A frame by CPU and depth from 1. */
  readonly frame: (state: Int32Array, cpu: number, depth: number) => boolean;
  readonly deliver: (state: Int32Array, cpu: number) => boolean;
  readonly drain: (state: Int32Array, cpu: number) => boolean;
  readonly switch: (state: Int32Array, task: number) => boolean;
  readonly fire: (state: Int32Array, source: number) => boolean;
}

/** Numbers of groups, and which are ready. */
export interface Fairness {
  readonly groups: number;
  readonly task: (task: number) => number;
  /** By CPU and depth from 1. */
  readonly frame: (cpu: number, depth: number) => number;
  readonly deliver: (cpu: number) => number;
  readonly drain: (cpu: number) => number;
  readonly switch: (task: number) => number;
  /** Of a source that fires for ever; -1 of another, which may be neglected. */
  readonly fire: (source: number) => number;
  /** Clears in `all` (a byte a group) those that are not ready in a state. */
  readonly retain: (state: Int32Array, all: Uint8Array) => void;
}

/** Numbers the groups of a model. */
export function createFairness(model: Model, layout: Layout, ready: Readiness): Fairness {
  const { cpus, tasks } = model;
  const checks: ((state: Int32Array) => boolean)[] = [];
  const add = (check: (state: Int32Array) => boolean): number => checks.push(check) - 1;
  const each = <Item>(
    items: readonly Item[],
    check: (state: Int32Array, index: number) => boolean,
  ): readonly number[] => items.map((_, index) => add((state) => check(state, index)));
  const everyCpu = Array.from({ length: cpus }, (_, cpu) => cpu);
  const taskGroups = each(tasks, ready.task);
  const frameGroups = everyCpu.map((cpu) =>
    Array.from({ length: layout.frames }, (_, above) => add((state) => ready.frame(state, cpu, above + 1))),
  );
  const deliverGroups = each(everyCpu, ready.deliver);
  const drainGroups = each(everyCpu, ready.drain);
  const switchGroups = each(tasks, ready.switch);
  const fireGroups = model.sources.map(({ times }, source) =>
    times === 'forever' ? add((state) => ready.fire(state, source)) : -1,
  );
  const number = (group: number | undefined): number => group ?? -1;
  return {
    groups: checks.length,
    task: (task) => number(taskGroups[task]),
    frame: (cpu, depth) => number(frameGroups[cpu]?.[depth - 1]),
    deliver: (cpu) => number(deliverGroups[cpu]),
    drain: (cpu) => number(drainGroups[cpu]),
    switch: (task) => number(switchGroups[task]),
    fire: (source) => number(fireGroups[source]),
    retain(state, all) {
      for (const [group, check] of checks.entries()) if (all[group] === 1 && !check(state)) all[group] = 0;
    },
  };
}
