/** What a task can hold off, and for how long. */

import type { Vector } from '../../../src/explorer/model/model.js';
import type { StepList } from '../../../src/explorer/model/step.js';
import {
  disableInterrupts,
  disablePreemption,
  enableInterrupts,
  enablePreemption,
  restoreInterrupts,
  setLevel,
} from '../../../src/explorer/model/steps.js';
import { local } from '../../../src/explorer/model/variable.js';
import { handler, interrupt, type Litmus, litmus, order, pass, read, reads, source, write, x } from './litmus.js';

const outer = local('outer', { max: 15 });
const inner = local('inner', { max: 15 });
const nmi = { kind: 'nmi' } as const;
const softirq = { kind: 'softirq' } as const;
const cli = [[disableInterrupts(outer)], [restoreInterrupts(outer)]] as const;
const level5 = [[setLevel('raise to 5', 5, outer)], [setLevel('back', outer)]] as const;
const preempt = [[disablePreemption()], [enablePreemption()]] as const;

/** Whether a vector comes between two steps of a task that are guarded. */
function within(
  guard: string,
  [before, after]: readonly [StepList, StepList],
  what: string,
  vector: Partial<Vector>,
  comes: boolean,
): Litmus {
  return litmus(`${guard}, ${what}: ${comes ? 'comes between' : 'is held off'}`, {
    tasks: [[before, write(x, 1), write(x, 2), after]],
    vectors: [handler('h', [read(0, x)], vector)],
    sources: [source('h')],
    observed: reads(0),
    sc: `3 0 2${comes ? ' 1' : ''}`,
  });
}

/** Masks of tasks. */
export const maskTests: readonly Litmus[] = [
  within('no guard', [[], []], 'hardirq', {}, true),
  within('no guard', [[], []], 'softirq', softirq, true),
  within('interrupts off', cli, 'hardirq', {}, false),
  within('interrupts off', cli, 'hardirq of level 15', { level: 15 }, false),
  within('interrupts off', cli, 'softirq', softirq, false),
  within('interrupts off', cli, 'NMI', nmi, true),
  within('level 5', level5, 'hardirq of level 4', { level: 4 }, false),
  within('level 5', level5, 'hardirq of level 5', { level: 5 }, false),
  within('level 5', level5, 'hardirq of level 6', { level: 6 }, true),
  within('level 5', level5, 'hardirq without a level', {}, true),
  within('level 5', level5, 'softirq of level 5', { ...softirq, level: 5 }, false),
  within('level 5', level5, 'NMI', nmi, true),
  within('preemption off', preempt, 'hardirq', {}, true),
  within(
    'interrupts off twice and restored once',
    [[disableInterrupts(outer), disableInterrupts(inner), restoreInterrupts(inner)], [restoreInterrupts(outer)]],
    'hardirq',
    {},
    false,
  ),
  within(
    'interrupts off and on again',
    [[disableInterrupts(outer), enableInterrupts(inner)], [restoreInterrupts(outer)]],
    'hardirq',
    {},
    true,
  ),
  litmus('what is sent while interrupts are off is latched, and comes after', {
    tasks: [[disableInterrupts(), interrupt('h'), write(x, 1), enableInterrupts(), write(x, 2)]],
    vectors: [handler('h', [read(0, x)])],
    observed: reads(0),
    sc: '1 2',
  }),
  litmus('what another CPU sends comes before or after, never between', {
    tasks: [[disableInterrupts(), write(x, 1), write(x, 2), enableInterrupts()], [interrupt('h', 0)]],
    vectors: [handler('h', [read(0, x)])],
    observed: reads(0),
    sc: '0 2',
  }),
  litmus('an NMI that another CPU sends comes between as well', {
    tasks: [[disableInterrupts(), write(x, 1), write(x, 2), enableInterrupts()], [interrupt('h', 0)]],
    vectors: [handler('h', [read(0, x)], nmi)],
    observed: reads(0),
    sc: '0 1 2',
  }),
  litmus('interrupts that are never enabled again are never delivered', {
    tasks: [[disableInterrupts(), interrupt('h')]],
    vectors: [handler('h', [pass(1)])],
    observed: [order],
    sc: '0',
  }),
  litmus('the flag belongs to its CPU: off here holds nothing off there', {
    tasks: [[disableInterrupts(), interrupt('h', 1)]],
    cpus: 2,
    vectors: [handler('h', [pass(1)])],
    observed: [order],
    sc: '1',
  }),
  litmus('an NMI gives the flag back as it was: off', {
    tasks: [[disableInterrupts(), write(x, 1), write(x, 2), enableInterrupts()]],
    vectors: [handler('h', [read(0, x)]), handler('nmi', [pass(1)], nmi)],
    sources: [source('h'), source('nmi')],
    observed: [...reads(0), order],
    sc: '30 31 00 01 20 21',
  }),
  litmus('what a handler does to the flag ends with it', {
    tasks: [[interrupt('soft'), interrupt('h')]],
    vectors: [handler('h', [pass(1)]), handler('soft', [pass(2), disableInterrupts()], softirq)],
    observed: [order],
    sc: '12 21',
  }),
  litmus('what a handler does to the level ends with it', {
    tasks: [[interrupt('soft'), interrupt('h')]],
    vectors: [handler('h', [pass(1)], { level: 5 }), handler('soft', [pass(2), setLevel('raise', 15)], softirq)],
    observed: [order],
    sc: '12 21',
  }),
];
