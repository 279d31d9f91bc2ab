/**
 * Probes as readers that somebody waits for, and what the specification knows of them: how many are open on each
 * CPU, and how many of those that were open when a waiter began still are. A probe opens by disabling preemption, which
 * no other CPU can see; it follows a pointer, uses the object, writes a record, and closes.
 */

import {
  add,
  and,
  atLeast,
  type Expression,
  equal,
  less,
  multiply,
  self,
  subtract,
  value,
  when,
} from '../../model/expression.js';
import type { StepList } from '../../model/step.js';
import { load, mark, store } from '../../model/steps.js';
import { at, ghost, local, type Place, shared, type Variable } from '../../model/variable.js';

/** A probe looks at memory that was freed, where this does not hold. */
export const noFreedObject = 'no probe uses the object that was freed';

/** What {@link readers} gives. */
export interface Readers {
  readonly ghosts: readonly Variable[];
  /** The pointer, the objects (1 while they are alive) and the records: used by {@link Readers.probe} only. */
  readonly memory: readonly Variable[];
  /** Which object probes use. */
  readonly pointer: Variable;
  readonly object: (index: number) => Place;
  /** A probe of a task, its `ordinal`th on its CPU, counted from 1; or of an interrupt (0), which writes no record. */
  readonly probe: (ordinal: number) => StepList;
  /** A probe that does nothing while it is open. */
  readonly bareProbe: StepList;
  /** Ghosts: waiter `waiter` begins, and is owed the end of every probe that is open. */
  readonly begin: (waiter: Expression) => readonly (readonly [Place, Expression])[];
  /** 1 where every probe is closed that was open when the waiter began. */
  readonly settled: (waiter: Expression) => Expression;
  /** 1 where the records are visible of all task probes that had opened when waiter 0 began. */
  readonly recorded: Expression;
}

/** Makes the probes of one model, for so many waiters. */
export function readers(cpus: number, waiters: number): Readers {
  const everyCpu = Array.from({ length: cpus }, (_, cpu) => cpu);
  const everyWaiter = Array.from({ length: waiters }, (_, waiter) => waiter);
  const open = ghost('open probes', { size: cpus, max: 3 });
  const owed = ghost('owed', { size: waiters * cpus, max: 3 });
  const opened = ghost('opened', { size: cpus, max: 2 });
  const expected = ghost('expected records', { size: cpus, max: 2 });
  const pointer = shared('pointer', { max: 1 });
  const objects = shared('objects', { size: 2, max: 1, initial: 1 });
  const records = shared('records', { size: cpus, max: 2 });
  const which = local('object', { max: 1 });

  const owedBy = (waiter: Expression, cpu: Expression): Place => at(owed, add(multiply(waiter, cpus), cpu));
  const openHere = at(open, self);
  const openStep = (ordinal: number): StepList => [
    mark('open', {
      ghost: [[openHere, add(openHere, 1)], ...(ordinal > 0 ? [[at(opened, self), ordinal] as const] : [])],
    }),
  ];
  // Probes of a CPU close in the order in which they nest: of those owed, as many are left as there are open ones at most.
  const close: StepList = [
    mark('close', {
      ghost: [
        [openHere, subtract(openHere, 1)],
        ...everyWaiter.map((waiter) => {
          const place = owedBy(waiter, self);
          return [place, when(less(openHere, place), openHere, place)] as const;
        }),
      ],
    }),
  ];
  return {
    ghosts: [open, owed, opened, expected],
    memory: [pointer, objects, records],
    pointer,
    object: (index) => at(objects, index),
    probe: (ordinal) => [
      openStep(ordinal),
      load('read the pointer', pointer, which),
      load('use the object', at(objects, which), undefined, { check: [[noFreedObject, equal(value, 1)]] }),
      ordinal > 0 ? store('write a record', at(records, self), ordinal) : [],
      close,
    ],
    bareProbe: [openStep(0), close],
    begin: (waiter) =>
      everyCpu.flatMap((cpu) => [
        [owedBy(waiter, cpu), at(open, cpu)] as const,
        ...(waiter === 0 ? [[at(expected, cpu), at(opened, cpu)] as const] : []),
      ]),
    settled: (waiter) => and(...everyCpu.map((cpu) => equal(owedBy(waiter, cpu), 0))),
    recorded: and(...everyCpu.map((cpu) => atLeast(at(records, cpu), at(expected, cpu)))),
  };
}
