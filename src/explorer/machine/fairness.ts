/** Groups of transitions that a fair run does not neglect (docs/machine.md, Verdicts): who moves, and who could. */

import type { Model } from '../model/model.js';
import type { Layout } from './layout.js';

/** When a group of each kind is owed a move, what is in store buffers aside. */
export interface Readiness {
  readonly task: (state: Int32Array, task: number) => boolean;
  /** A frame by CPU and depth from 1. */
  readonly frame: (state: Int32Array, cpu: number, depth: number) => boolean;
  /** Whether a task, or a frame by depth from 1, is the running frame of its CPU. */
  readonly runs: (state: Int32Array, cpu: number, depth: number, task: number | undefined) => boolean;
  /** Whether a vector is pending, and whether the CPU would take it now. */
  readonly pending: (state: Int32Array, cpu: number, vector: number) => boolean;
  readonly admits: (state: Int32Array, cpu: number, vector: number) => boolean;
  readonly drain: (state: Int32Array, cpu: number) => boolean;
  readonly switch: (state: Int32Array, task: number) => boolean;
  readonly fire: (state: Int32Array, source: number) => boolean;
}

/** Numbers of groups. A cycle owes a group a move that is ready in all of its states and has its turn in one of them. */
export interface Fairness {
  readonly groups: number;
  readonly task: (task: number) => number;
  /** By CPU and depth from 1. */
  readonly frame: (cpu: number, depth: number) => number;
  readonly deliver: (cpu: number, vector: number) => number;
  readonly drain: (cpu: number) => number;
  readonly switch: (task: number) => number;
  /** Of a source that fires for ever; -1 of another, which may be neglected. */
  readonly fire: (source: number) => number;
  readonly isReady: (state: Int32Array, group: number) => boolean;
  readonly hasTurn: (state: Int32Array, group: number) => boolean;
}

/** Numbers the groups of a model. */
export function createFairness(model: Model, layout: Layout, ready: Readiness): Fairness {
  const { cpus, tasks } = model;
  type Test = (state: Int32Array) => boolean;
  const yes: Test = () => true;
  const tests: { readonly ready: Test; readonly turn: Test }[] = [];
  const add = (ready: Test, turn: Test): number => tests.push({ ready, turn }) - 1;
  const everyCpu = Array.from({ length: cpus }, (_, cpu) => cpu);
  const taskGroups = tasks.map(({ cpu }, task) =>
    add(
      (state) => ready.task(state, task),
      (state) => ready.runs(state, cpu, 0, task),
    ),
  );
  const frameGroups = everyCpu.map((cpu) =>
    Array.from({ length: layout.frames }, (_, above) =>
      add(
        (state) => ready.frame(state, cpu, above + 1),
        (state) => ready.runs(state, cpu, above + 1, undefined),
      ),
    ),
  );
  const deliverGroups = everyCpu.map((cpu) =>
    model.vectors.map((_, vector) =>
      add(
        (state) => ready.pending(state, cpu, vector),
        (state) => ready.admits(state, cpu, vector),
      ),
    ),
  );
  const drainGroups = everyCpu.map((cpu) => add((state) => ready.drain(state, cpu), yes));
  // Once is enough for the scheduler: what forbids to switch for a moment postpones it to the next.
  const switchGroups = tasks.map((_, task) => add(yes, (state) => ready.switch(state, task)));
  const fireGroups = model.sources.map(({ times }, source) =>
    times === 'forever' ? add((state) => ready.fire(state, source), yes) : -1,
  );
  const number = (group: number | undefined): number => group ?? -1;
  return {
    groups: tests.length,
    task: (task) => number(taskGroups[task]),
    frame: (cpu, depth) => number(frameGroups[cpu]?.[depth - 1]),
    deliver: (cpu, vector) => number(deliverGroups[cpu]?.[vector]),
    drain: (cpu) => number(drainGroups[cpu]),
    switch: (task) => number(switchGroups[task]),
    fire: (source) => number(fireGroups[source]),
    isReady: (state, group) => tests[group]?.ready(state) === true,
    hasTurn: (state, group) => tests[group]?.turn(state) === true,
  };
}
