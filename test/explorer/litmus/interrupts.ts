/** Interrupts and memory: between which steps a handler runs, and what it and others see. */

import { value } from '../../../src/explorer/model/expression.js';
import { fence, waitUntil } from '../../../src/explorer/model/steps.js';
import { at } from '../../../src/explorer/model/variable.js';
import {
  exchange,
  handler,
  interrupt,
  type Litmus,
  litmus,
  order,
  pass,
  r,
  read,
  reads,
  source,
  write,
  x,
  y,
  z,
} from './litmus.js';

/** Handlers as threads of their CPU. */
export const interruptTests: readonly Litmus[] = [
  litmus('MP to the own handler: it sees neither store, the first, or both', {
    tasks: [[write(x, 1), write(y, 1)]],
    vectors: [handler('h', [read(0, x), read(1, y)])],
    sources: [source('h')],
    observed: reads(0, 1),
    sc: '33 00 10 11',
  }),
  litmus('MP to the own handler: in whichever order it looks', {
    tasks: [[write(x, 1), write(y, 1)]],
    vectors: [handler('h', [read(0, y), read(1, x)])],
    sources: [source('h')],
    observed: reads(0, 1),
    sc: '33 00 01 11',
  }),
  litmus('MP to a handler of another CPU: it runs while the stores are made', {
    tasks: [[write(x, 1), write(y, 1)]],
    cpus: 2,
    vectors: [handler('h', [read(0, x), read(1, y)])],
    sources: [source('h', { cpu: 1 })],
    observed: reads(0, 1),
    sc: '33 00 01 10 11',
  }),
  litmus('MP from the own handler: all of it lies between two steps of the task', {
    tasks: [[read(0, x), read(1, y)]],
    vectors: [handler('h', [write(x, 1), write(y, 1)])],
    sources: [source('h')],
    observed: reads(0, 1),
    sc: '00 01 11',
  }),
  litmus('SB between a task and its own handler: one sees the other', {
    tasks: [[write(x, 1), read(0, y)]],
    vectors: [handler('h', [write(y, 1), read(1, x)])],
    sources: [source('h')],
    observed: reads(0, 1),
    sc: '03 01 10 11',
  }),
  litmus('SB between a task and a handler of another CPU: as between two tasks', {
    tasks: [[write(x, 1), read(0, y)]],
    cpus: 2,
    vectors: [handler('h', [write(y, 1), read(1, x)])],
    sources: [source('h', { cpu: 1 })],
    observed: reads(0, 1),
    sc: '03 01 10 11',
    tso: '03 00 01 10 11',
  }),
  litmus('SB between an interrupted store and another CPU: an empty handler is a fence, where it happens to come', {
    tasks: [
      [write(x, 1), read(0, y, { ghost: [[at(r, 2), order]] })],
      [write(y, 1), fence('mfence'), read(1, x)],
    ],
    vectors: [handler('h', [pass(1)])],
    sources: [source('h')],
    observed: reads(2, 0, 1),
    sc: '001 010 011 101 110 111',
    // r2 = 1: the handler ran before the read; it may have run before the store.
    tso: '000 001 010 011 100 101 110 111',
  }),
  litmus('an entry drains: what the task stored is out before the handler reads', {
    tasks: [[write(x, 1)], [write(y, 1), fence('mfence'), read(1, x)]],
    vectors: [handler('h', [read(2, x), read(0, y)])],
    sources: [source('h')],
    observed: reads(2, 0, 1),
    sc: '330 331 000 001 010 011 101 110 111',
  }),
  litmus('a return drains: what a handler stored is out before the task goes on', {
    tasks: [[read(0, y, { ghost: [[at(r, 2), order]] })], [write(y, 1), fence('mfence'), read(1, x)]],
    vectors: [handler('h', [write(x, 1), pass(1)])],
    sources: [source('h')],
    observed: reads(2, 0, 1),
    sc: '000 001 010 011 101 110 111',
  }),
  litmus('an IPI orders memory: its handler sees what the sender stored', {
    tasks: [[write(x, 1), interrupt('h', 1)]],
    cpus: 2,
    vectors: [handler('h', [read(0, x)])],
    observed: reads(0),
    sc: '1',
  }),
  litmus('SB with an IPI that is waited for on one side: the other is fenced from outside', {
    tasks: [
      [write(x, 1), interrupt('h', 1), waitUntil('until the answer', z, value), read(0, y)],
      [write(y, 1), read(1, x)],
    ],
    vectors: [handler('h', [exchange(z, 1)])],
    observed: reads(0, 1),
    sc: '01 10 11',
  }),
  litmus('SB with an IPI that is not waited for: the other may be fenced too late', {
    tasks: [
      [write(x, 1), interrupt('h', 1), read(0, y)],
      [write(y, 1), read(1, x)],
    ],
    vectors: [handler('h', [exchange(z, 1)])],
    observed: reads(0, 1),
    sc: '01 10 11',
    tso: '00 01 10 11',
  }),
];
