/**
 * Memory, specification and firings of `buffer-switch`.
 *
 * Every CPU has two halves of a principal buffer, of as many records as can be made there. A record is a header and a
 * payload, both the number of the firing that made it (from 1). A half is emptied by setting its offset to 0; the
 * records stay where they are (src/session/principal.ts).
 */

import {
  add,
  and,
  atMost,
  bitAnd,
  bitXor,
  type Expression,
  equal,
  multiply,
  not,
  notEqual,
  type Operand,
  or,
  self,
  value,
  when,
} from '../../../model/expression.js';
import { checked, type Property } from '../../../model/model.js';
import type { Routine, Step, StepList } from '../../../model/step.js';
import { atomic, branch, label, load, routine, store } from '../../../model/steps.js';
import { at, ghost, type Local, local, shared, type Variable } from '../../../model/variable.js';
import {
  closeFiring,
  type FiringRegisters,
  firingRegisters,
  type ProbeMemory,
  probeMemory,
  raiseCount,
} from '../probe.js';

/** What is asked of `buffer-switch`. */
export const asked = {
  settled: 'the consumer reads no half in which a probe is at work',
  torn: 'no record is torn',
  doubled: 'no record is taken twice',
  lost: 'every record that was made is taken',
} as const;

/** The properties of `buffer-switch`. */
export const properties: readonly Property[] = Object.values(asked).map(checked);

/** Records that a half of one CPU can hold. */
const room = 2;

/** Memory, ghosts and registers of one model. */
export interface Buffers {
  readonly cpus: number;
  readonly firings: number;
  readonly memory: ProbeMemory;
  /** The session stops: no firing makes records any more. It is read in one access with the selector. */
  readonly draining: number;
  /** [half][cpu]: records reserved. */
  readonly offset: Variable;
  /** [half][cpu][position] */
  readonly header: Variable;
  readonly payload: Variable;
  /** Ghost, by firing from 1: 0 not at work, else 1 + the half that it works in. */
  readonly working: Variable;
  /** Ghost: 0 the consumer reads no half, else 1 + the half that it reads. */
  readonly reading: Variable;
  /** Ghosts by firing from 1: the record was made; how often it was taken (2: more than once). */
  readonly made: Variable;
  readonly taken: Variable;
  /** Register: the half that was left. */
  readonly left: Local;
}

/** Makes the memory for `cpus` CPUs and `firings` firings. */
export function buffersOf(cpus: number, firings: number): Buffers {
  const cells = 2 * cpus * room;
  const { inprobe } = probeMemory(cpus, room);
  return {
    cpus,
    firings,
    memory: { inprobe, selector: shared('control', { max: 3 }) },
    draining: 2,
    offset: shared('offset', { size: 2 * cpus, max: room }),
    header: shared('header', { size: cells, max: firings }),
    payload: shared('payload', { size: cells, max: firings }),
    working: ghost('working', { size: firings + 1, max: 2 }),
    reading: ghost('reading', { max: 2 }),
    made: ghost('made', { size: firings + 1, max: 1 }),
    taken: ghost('taken', { size: firings + 1, max: 2 }),
    left: local('left', { max: 1 }),
  };
}

/** All variables. */
export const variablesOf = (buffers: Buffers): readonly Variable[] => [
  ...[buffers.memory.inprobe, buffers.memory.selector, buffers.offset, buffers.header, buffers.payload],
  ...[buffers.working, buffers.reading, buffers.made, buffers.taken],
];

const bufferOf = ({ cpus }: Buffers, half: Operand, cpu: Operand): Expression => add(multiply(half, cpus), cpu);

const cellOf = (buffers: Buffers, half: Operand, cpu: Operand, position: Operand): Expression =>
  add(multiply(bufferOf(buffers, half, cpu), room), position);

/** The firing with a number: makes one record. `plainReserve`: the space is reserved by a load and a store. */
export function recording(buffers: Buffers, firing: number, plainReserve: boolean): Routine {
  const { memory, draining, offset, header, payload, working, reading, made } = buffers;
  const registers: FiringRegisters = firingRegisters(room);
  const { half } = registers;
  const control = local('control', { max: 3 });
  const position = local('position', { max: room });
  const buffer = bufferOf(buffers, half, self);
  const cell = cellOf(buffers, half, self, position);
  const harmless = [[asked.settled, notEqual(reading, add(half, 1))] as const];
  const reserve: StepList = plainReserve
    ? [
        load('read the offset', at(offset, buffer), position),
        store('reserve space', at(offset, buffer), add(position, 1), { check: harmless }),
      ]
    : [atomic('reserve space', at(offset, buffer), add(value, 1), { into: position, check: harmless })];
  return routine(`firing ${firing}`, 'src/d/codegen/clause.ts: emitReservation()', [
    ...raiseCount(memory, 'plain', registers),
    load('read activity and selector', memory.selector, control, {
      set: [[half, when(atMost(draining, control), 0, control)]],
      ghost: [[at(working, firing), when(atMost(draining, control), 0, add(control, 1))]],
    }),
    branch(atMost(draining, control), 'inert'),
    ...reserve,
    store('write the header', at(header, cell), firing, { check: harmless }),
    store('write the payload', at(payload, cell), firing, { check: harmless, ghost: [[at(made, firing), 1]] }),
    label('inert'),
    ...closeFiring(memory, 'plain', registers, { ghost: [[at(working, firing), 0]] }),
  ]);
}

/** Makes the other half live; `left` gets the half that was. */
export const flip = ({ memory, left }: Buffers, into: Local = left): Step =>
  atomic('flip the selector', memory.selector, bitXor(value, 1), { set: [[into, bitAnd(value, 1)]] });

/** No firing that begins from now on makes records. */
export const drain = ({ memory, draining }: Buffers): Step =>
  atomic('set the activity to draining', memory.selector, add(value, draining));

/** Takes the records of one CPU out of the half that was left, and empties it. */
export function take(buffers: Buffers, cpu: number): StepList {
  const { firings, offset, header, payload, working, reading, taken, left } = buffers;
  const used = local('used', { max: room });
  const record = local('record', { max: firings });
  const settled = [
    asked.settled,
    and(...Array.from({ length: firings }, (_, index) => notEqual(at(working, index + 1), add(left, 1)))),
  ] as const;
  const takeOne = (position: number): StepList => [
    branch(atMost(used, position), 'empty'),
    load(`read header ${position} of CPU ${cpu}`, at(header, cellOf(buffers, left, cpu, position)), record, {
      check: [settled],
    }),
    load(`read payload ${position} of CPU ${cpu}`, at(payload, cellOf(buffers, left, cpu, position)), undefined, {
      ghost: [[at(taken, record), when(at(taken, record), 2, 1)]],
      check: [
        settled,
        [asked.torn, and(equal(value, record), notEqual(record, 0))],
        [asked.doubled, or(not(record), notEqual(at(taken, record), 2))],
      ],
    }),
  ];
  return [
    load(`read the offset of CPU ${cpu}`, at(offset, bufferOf(buffers, left, cpu)), used, {
      ghost: [[reading, add(left, 1)]],
      check: [settled],
    }),
    ...Array.from({ length: room }, (_, position) => takeOne(position)).flat(),
    label('empty'),
    store(`empty the half of CPU ${cpu}`, at(offset, bufferOf(buffers, left, cpu)), 0, {
      ghost: [[reading, 0]],
      check: [settled],
    }),
  ];
}

/** What must hold when all has been taken. */
export const nothingLost = ({ firings, made, taken }: Buffers): readonly [string, Expression] => [
  asked.lost,
  and(...Array.from({ length: firings }, (_, index) => equal(not(at(made, index + 1)), not(at(taken, index + 1))))),
];
