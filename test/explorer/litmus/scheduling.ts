/** Several tasks of a CPU: who runs when. */

import { finished, value } from '../../../src/explorer/model/expression.js';
import type { StepList } from '../../../src/explorer/model/step.js';
import {
  disableInterrupts,
  disablePreemption,
  enableInterrupts,
  enablePreemption,
  fence,
  mark,
  setLevel,
  waitUntil,
} from '../../../src/explorer/model/steps.js';
import { at } from '../../../src/explorer/model/variable.js';
import {
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
  task,
  write,
  x,
  y,
} from './litmus.js';

const preemptible = { preemptible: true } as const;
const all = '1122 1212 1221 2112 2121 2211';

/** Two tasks of CPU 0 that pass twice each, as 1 and 2. */
function twoTasks(what: string, guard: readonly [StepList, StepList], free: readonly [boolean, boolean], sc: string) {
  return litmus(what, {
    tasks: [
      task('one', [guard[0], pass(1), pass(1), guard[1]], { preemptible: free[0] }),
      task('two', [pass(2), pass(2)], { preemptible: free[1] }),
    ],
    observed: [order],
    sc,
  });
}

const none = [[], []] as const;

/** Tasks and the scheduler. */
export const schedulingTests: readonly Litmus[] = [
  twoTasks('tasks that are not preemptible run to their ends, the first first', none, [false, false], '1122'),
  twoTasks('preemptible tasks interleave in every way, not only as a stack', none, [true, true], all),
  twoTasks('a task that is not preemptible keeps the CPU once it has it', none, [true, false], '1122 1221 2211'),
  twoTasks(
    'preemption off keeps the CPU',
    [[disablePreemption()], [enablePreemption()]],
    [true, true],
    '1122 2112 2211',
  ),
  twoTasks(
    'preemption off twice and on once keeps the CPU',
    [[disablePreemption(), disablePreemption(), enablePreemption()], [enablePreemption()]],
    [true, true],
    '1122 2112 2211',
  ),
  twoTasks(
    'interrupts off keeps the CPU',
    [[disableInterrupts()], [enableInterrupts()]],
    [true, true],
    '1122 2112 2211',
  ),
  twoTasks(
    'a raised level keeps the CPU',
    [[setLevel('raise', 1)], [setLevel('back', 0)]],
    [true, true],
    '1122 2112 2211',
  ),
  litmus('three preemptible tasks take every order', {
    tasks: [1, 2, 3].map((digit) => task(`t${digit}`, [pass(digit)], preemptible)),
    observed: [order],
    sc: '123 132 213 231 312 321',
  }),
  litmus('tasks of two CPUs need no scheduler to interleave', {
    tasks: [
      [pass(1), pass(1)],
      [pass(2), pass(2)],
    ],
    observed: [order],
    sc: all,
  }),
  litmus('a handler is not preempted', {
    tasks: [task('one', [pass(1)], preemptible), task('two', [pass(2)], preemptible)],
    vectors: [handler('h', [pass(3), pass(3)], { interrupts: 'on' })],
    sources: [source('h')],
    observed: [order],
    sc: '12 21 3312 3321 1332 2331 1233 2133',
  }),
  litmus('SB between tasks of one CPU: one sees the other', {
    tasks: [task('one', [write(x, 1), read(0, y)], preemptible), task('two', [write(y, 1), read(1, x)], preemptible)],
    observed: reads(0, 1),
    sc: '01 10 11',
  }),
  litmus('a switch drains: what a task stored is out before the next one reads', {
    tasks: [
      task('one', [write(x, 1)]),
      task('two', [read(0, y)]),
      task('other', [write(y, 1), fence('mfence'), read(1, x)], { cpu: 1 }),
    ],
    observed: reads(0, 1),
    sc: '01 10 11',
  }),
  litmus('a wait that sleeps leaves the CPU to a task that ends it', {
    tasks: [
      task('one', [waitUntil('until x', x, value, { sleeping: true }), pass(1)]),
      task('two', [pass(2), write(x, 1)]),
    ],
    observed: [order],
    sc: '21',
  }),
  litmus('a sleeper gets the CPU back once what it waits for holds, not before', {
    tasks: [
      task('one', [waitUntil('until x', x, value, { sleeping: true }), pass(1)]),
      task('two', [pass(2), write(x, 1), pass(2)], preemptible),
    ],
    observed: [order],
    sc: '212 221',
  }),
  litmus('a wait that need not sleep may yield all the same', {
    tasks: [
      task('one', [write(x, 1), waitUntil('until x', x, value, { sleeping: true }), pass(1)]),
      task('two', [pass(2)]),
    ],
    observed: [order],
    sc: '12 21',
  }),
  litmus('a sleeper of another CPU is woken by memory alone', {
    tasks: [
      [waitUntil('until x', x, value, { sleeping: true }), pass(1)],
      [pass(2), write(x, 1), pass(3)],
    ],
    observed: [order],
    sc: '213 231',
  }),
  litmus('a handler wakes a sleeper', {
    tasks: [
      task('one', [interrupt('h'), waitUntil('until x', x, value, { sleeping: true }), pass(1)]),
      task('two', [pass(2)]),
    ],
    vectors: [handler('h', [pass(3), write(x, 1)])],
    observed: [order],
    sc: '231 321 312',
  }),
  litmus('finished says whether a task has ended', {
    tasks: [
      task('one', [pass(1)], preemptible),
      task('two', [mark('look', { ghost: [[at(r, 0), finished('one')]] }), pass(2)], preemptible),
    ],
    observed: [...reads(0), order],
    sc: '012 021 112',
  }),
];
