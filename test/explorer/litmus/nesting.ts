/** What interrupts what: nesting, levels, NMIs, coalescing, priority. */

import type { Vector } from '../../../src/explorer/model/model.js';
import { disableInterrupts, enableInterrupts, mark } from '../../../src/explorer/model/steps.js';
import { handler, interrupt, type Litmus, litmus, order, pass, read, reads, source, task, write, x } from './litmus.js';

const idle = task('idle', [mark('idle', {})]);

/** Whether a second vector comes between two steps of a first one's handler. */
function over(what: string, first: Partial<Vector>, second: Partial<Vector>, nests: boolean): Litmus {
  return litmus(`${what}: ${nests ? 'nests' : 'waits for the return'}`, {
    tasks: [idle],
    vectors: [handler('first', [write(x, 1), write(x, 2)], first), handler('second', [read(0, x)], second)],
    sources: [source('first'), source('second')],
    observed: [...reads(0), x],
    sc: `30 32 00 02 22${nests ? ' 12' : ''}`,
  });
}

/** Whether a vector interrupts its own handler. */
const overItself = (what: string, vector: Partial<Vector>, nests: boolean): Litmus =>
  litmus(`${what} over itself: ${nests ? 'nests' : 'waits for the return'}`, {
    tasks: [idle],
    vectors: [handler('h', [pass(1), pass(2)], vector)],
    sources: [source('h', { times: 2 })],
    observed: [order],
    sc: `0 12 1212${nests ? ' 1122' : ''}`,
  });

const softirq = { kind: 'softirq' } as const;
const nmi = { kind: 'nmi' } as const;
const open = { interrupts: 'on' } as const;

/** Frames over frames. */
export const nestingTests: readonly Litmus[] = [
  over('hardirq over softirq', softirq, {}, true),
  over('softirq over softirq', softirq, softirq, false),
  over('hardirq over softirq with interrupts off', { ...softirq, interrupts: 'off' }, {}, false),
  over('hardirq over hardirq', {}, {}, false),
  over('hardirq over hardirq with interrupts on', open, {}, true),
  over('softirq over hardirq with interrupts on', open, softirq, false),
  over('hardirq of level 5 over level 3', { ...open, level: 3 }, { level: 5 }, true),
  over('hardirq of level 5 over level 3 with interrupts off', { level: 3 }, { level: 5 }, false),
  over('hardirq of level 5 over level 5', { ...open, level: 5 }, { level: 5 }, false),
  over('hardirq of level 3 over level 5', { ...open, level: 5 }, { level: 3 }, false),
  over('hardirq without a level over level 5', { ...open, level: 5 }, {}, true),
  over('hardirq of level 3 over softirq of level 3', { ...softirq, level: 3 }, { level: 3 }, false),
  over('NMI over softirq', softirq, nmi, true),
  over('NMI over hardirq with interrupts off', {}, nmi, true),
  over('NMI over hardirq of level 15', { level: 15 }, nmi, true),
  over('NMI over another NMI', nmi, nmi, false),
  over('hardirq over NMI', nmi, {}, false),
  over('hardirq over NMI with interrupts on', { ...nmi, ...open }, {}, true),
  overItself('hardirq', {}, false),
  overItself('hardirq with interrupts on', open, true),
  overItself('hardirq of a level with interrupts on', { ...open, level: 2 }, false),
  overItself('softirq', softirq, false),
  overItself('NMI', nmi, false),

  litmus('NMI over a hardirq over another NMI: waits for the return of that NMI', {
    tasks: [idle],
    vectors: [
      handler('nmi', [write(x, 1), interrupt('hard'), write(x, 2)], { ...nmi, ...open }),
      handler('hard', [pass(1), interrupt('other'), pass(2)]),
      handler('other', [read(0, x), pass(3)], nmi),
    ],
    sources: [source('nmi')],
    observed: [...reads(0), order],
    sc: '30 2123 2132',
  }),
  litmus('three frames: hardirq over softirq, NMI over both', {
    tasks: [[interrupt('soft')]],
    vectors: [
      handler('nmi', [pass(3)], nmi),
      handler('hard', [pass(2), interrupt('nmi'), pass(5)]),
      handler('soft', [pass(1), interrupt('hard'), pass(4)], softirq),
    ],
    observed: [order],
    frames: 3,
    sc: '12354 12534 12543 14235 14253',
  }),
  litmus('level and flag are given back on return: what waited for it comes then', {
    tasks: [[interrupt('low'), interrupt('high')]],
    vectors: [
      handler('high', [pass(1), pass(2)], { ...open, level: 5 }),
      handler('low', [pass(3), pass(4)], { ...open, level: 3 }),
    ],
    observed: [order],
    sc: '1234 3412',
  }),
  litmus('two sends while nothing is delivered: one delivery', {
    tasks: [[disableInterrupts(), interrupt('h'), interrupt('h'), enableInterrupts()]],
    vectors: [handler('h', [pass(1)])],
    observed: [order],
    sc: '1',
  }),
  litmus('two sends: one delivery or two', {
    tasks: [[interrupt('h', 1), interrupt('h', 1)]],
    cpus: 2,
    vectors: [handler('h', [pass(1)])],
    observed: [order],
    sc: '1 11',
  }),
  litmus('a source that may fire twice: none, one or two deliveries', {
    tasks: [idle],
    vectors: [handler('h', [pass(1)])],
    sources: [source('h', { times: 2 })],
    observed: [order],
    sc: '0 1 11',
  }),
  litmus('of two that are pending the first of the model goes first', {
    tasks: [[disableInterrupts(), interrupt('second'), interrupt('first'), enableInterrupts()]],
    vectors: [handler('first', [pass(1)]), handler('second', [pass(2)])],
    observed: [order],
    sc: '12',
  }),
  litmus('of two that are pending the first that is not masked goes first', {
    tasks: [[disableInterrupts(), interrupt('hard'), interrupt('nmi'), enableInterrupts()]],
    vectors: [handler('hard', [pass(1)]), handler('nmi', [pass(2)], nmi)],
    observed: [order],
    sc: '12 21',
  }),
];
